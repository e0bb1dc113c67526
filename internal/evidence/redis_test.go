package evidence_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// openRedis opens a store that is closed with the test. Few tests Run it, so nobody renews its lease: on a busy
// machine the default one would lapse in the middle of a test that is about
// something else.
func openRedis(t testing.TB, o evidence.RedisOptions) *evidence.Redis {
	t.Helper()
	if o.Lease == 0 {
		o.Lease = 10 * time.Minute
	}
	s, err := evidence.OpenRedis(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// prefixes gives each store of a test binary its own keys on a shared server.
var prefixes atomic.Int64

func freshPrefix() string { return fmt.Sprintf("test-%d", prefixes.Add(1)) }

// restartable is a server that keeps what it has acknowledged over a kill.
func restartable(t testing.TB) (evidence.Store, func() evidence.Store) {
	server := testbed.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	open := func() evidence.Store {
		return openRedis(t, evidence.RedisOptions{URL: "redis://" + server.Addr, Identity: "sidecar-1"})
	}
	return open(), func() evidence.Store {
		server.Restart(t) // kills it first
		return open()
	}
}

func TestRedisKeepsThePromises(t *testing.T) {
	addr := testbed.Redis(t)
	evidencetest.Run(t, evidencetest.Backend{
		Open: func(t testing.TB, retention time.Duration) evidence.Store {
			return openRedis(t, evidence.RedisOptions{URL: "redis://" + addr, Prefix: freshPrefix(), Retention: retention})
		},
		Crash: restartable,
		Fleet: fleetOn(evidence.RedisOptions{URL: "redis://" + addr}),
	})
}

// fleetOn opens stores of sidecars of one group on a server, with keys of their
// own.
func fleetOn(o evidence.RedisOptions) func(testing.TB) func(string) evidencetest.Sidecar {
	return func(t testing.TB) func(string) evidencetest.Sidecar {
		o.Prefix, o.Lease = freshPrefix(), evidencetest.LeaseOfFleet
		return func(identity string) evidencetest.Sidecar {
			o.Identity = identity
			return openRedis(t, o)
		}
	}
}

func TestRedisClusterKeepsThePromises(t *testing.T) {
	addrs := testbed.RedisCluster(t)
	evidencetest.Run(t, evidencetest.Backend{
		Open: func(t testing.TB, retention time.Duration) evidence.Store {
			return openRedis(t, evidence.RedisOptions{
				URL: "redis://" + strings.Join(addrs, ","), Cluster: true, Prefix: freshPrefix(), Retention: retention,
			})
		},
		Crash: restartable,
		Fleet: fleetOn(evidence.RedisOptions{URL: "redis://" + strings.Join(addrs, ","), Cluster: true}),
	})
}
