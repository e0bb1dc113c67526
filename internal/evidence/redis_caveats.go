package evidence

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Caveat is how the configuration of a Redis server lets it lose what was accepted.
type Caveat string

const (
	// CaveatEviction says that it may evict records before they expire.
	CaveatEviction Caveat = "eviction"
	// CaveatPersistence says that it forgets what it holds when it restarts.
	CaveatPersistence Caveat = "persistence"
)

// AllCaveats returns every Caveat.
func AllCaveats() []Caveat { return []Caveat{CaveatEviction, CaveatPersistence} }

// Advice is a sentence for the operator.
func (c Caveat) Advice() string {
	if c == CaveatEviction {
		return "Redis may evict records before they expire: set maxmemory-policy to noeviction"
	}
	return "Redis may forget accepted verifications when it restarts: set appendonly to yes"
}

// inspectEvery is how often the server is asked for its caveats: its configuration
// may be changed at any time.
const inspectEvery = time.Minute

// Caveats asks the server, or one of the cluster, for what an operator should know
// of its configuration. None means that nothing was found, which needs the command
// INFO.
func (r *Redis) Caveats(ctx context.Context) ([]Caveat, error) {
	info, err := r.client.Info(ctx).Result()
	if err != nil {
		return nil, unavailable("asking Redis about itself", err)
	}
	var caveats []Caveat
	said := func(line string) bool { return strings.Contains("\n"+info, "\n"+line) }
	if said("maxmemory_policy:") && !said("maxmemory_policy:noeviction") {
		caveats = append(caveats, CaveatEviction)
	}
	if said("aof_enabled:0") {
		caveats = append(caveats, CaveatPersistence)
	}
	return caveats, nil
}

// inspecting asks for the caveats again and again until the context ends, logs each
// when it is new, and reports them.
func (r *Redis) inspecting(ctx context.Context) {
	ticks := time.NewTicker(inspectEvery)
	defer ticks.Stop()
	var known []Caveat
	for {
		if caveats, err := r.Caveats(ctx); err == nil { // a server that does not answer shows elsewhere
			for _, caveat := range caveats {
				if !slices.Contains(known, caveat) {
					r.options.Logger.Warn("the Redis server has a caveat", "caveat", caveat.Advice())
				}
			}
			known = caveats
			r.options.Caveats(known)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}
