package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	promconfig "github.com/prometheus/common/config"
	"golang.org/x/sync/errgroup"

	"github.com/aftercheck/aftercheck/internal/collect"
)

// The limits of a sensor where its configuration leaves them zero.
const (
	DefaultMaxNeighbours = 50
	// maxTargets bounds the containers of one Compose service.
	maxTargets = 50
	// atOnce is how many containers are inspected at the same time.
	atOnce = 4
)

// Config describes one host: how its engine is reached, and which incidents are
// about it.
type Config struct {
	// Name is the sensor's name, and the host's in findings.
	Name string
	// URL is the engine's address: unix:///var/run/docker.sock, https://host:2376
	// or tcp://host:2376 with TLS, http://host:2375 for a proxy, or
	// ssh://user@host/var/run/docker.sock, whose path may be left out.
	URL string
	// TLS is for https and tcp.
	TLS promconfig.TLSConfig
	// IdentityFile is the private key for ssh, and KnownHostsFile holds the host's
	// own, as OpenSSH writes both. Ssh wants both.
	IdentityFile, KnownHostsFile string
	// Instances are the values of the labels host and instance, without a port,
	// that mean this host. Empty: its Name.
	Instances []string
	// Only says that no other host is configured, so that what is not here is
	// nowhere.
	Only bool
	// Match says which incidents the host is for, if Matched. Without it all are
	// that name a container and no pod or namespace.
	Match   collect.Match
	Matched bool
	// Timeout bounds one reading; zero leaves it to the caller.
	Timeout time.Duration
	// MaxNeighbours bounds the other containers of the Compose project that are
	// looked at. Zero: DefaultMaxNeighbours.
	MaxNeighbours int
}

// host is a checked Config with its engine.
type host struct {
	Config
	engine *engine
}

// New returns a sensor for the containers of one host. It connects to nobody yet.
// Errors name the setting and what would be right.
func New(c Config) (collect.Sensor, error) {
	if c.Name == "" {
		return collect.Sensor{}, errors.New("name: want one")
	}
	if len(c.Instances) == 0 {
		c.Instances = []string{c.Name}
	}
	if c.MaxNeighbours <= 0 {
		c.MaxNeighbours = DefaultMaxNeighbours
	}
	e, err := connect(c)
	if err != nil {
		return collect.Sensor{}, err
	}
	h := &host{Config: c, engine: e}
	return collect.Sensor{Name: c.Name, Timeout: c.Timeout, Plan: h.plan}, nil
}

func (h *host) plan(q collect.Question) (collect.Plan, bool) {
	w, fits := h.wantedBy(q)
	if !fits {
		return collect.Plan{}, false
	}
	return collect.Plan{
		Key:  fmt.Sprintf("%q %q %q %t", w.name, w.project, w.service, w.sure),
		Read: func(ctx context.Context) (collect.Answer, error) { return h.read(ctx, w) },
		Interpret: func(a collect.Answer) collect.Answer {
			seen, _ := a.Seen.(observation) // Read leaves nothing else
			a.Target, a.Findings = seen.findings(q.Incident, q.Action)
			a.Delays = collect.DelaysOfCrashes(a.Findings)
			return a
		},
	}, true
}

// read lists all containers, inspects those wanted and their neighbours, and
// reads the events of those wanted.
func (h *host) read(ctx context.Context, w wanted) (collect.Answer, error) {
	asked := time.Now().UTC()
	all, now, err := h.engine.list(ctx)
	if err != nil {
		return collect.Answer{}, err
	}
	own, near, ambiguous := w.chosen(all)
	o := observation{host: h.Name, wanted: w, asked: asked, skew: skewOf(asked, now), ambiguous: ambiguous}
	o.missed = max(len(own)-maxTargets, 0) + max(len(near)-h.MaxNeighbours, 0)
	own, near = own[:min(len(own), maxTargets)], near[:min(len(near), h.MaxNeighbours)]
	if o.own, err = h.engine.inspectAll(ctx, own); err != nil {
		return collect.Answer{}, err
	}
	if o.near, err = h.engine.inspectAll(ctx, near); err != nil {
		return collect.Answer{}, err
	}
	if len(o.own) > 0 {
		names := make([]string, len(o.own))
		for i, c := range o.own {
			names[i] = c.name()
		}
		o.events, o.eventsErr = h.engine.events(ctx, names, now)
	}
	if ctx.Err() != nil {
		return collect.Answer{}, fmt.Errorf("reading containers: %w", ctx.Err())
	}
	raw, err := json.MarshalIndent(struct {
		Containers []container
		Neighbours []container `json:",omitempty"`
		Events     []event     `json:",omitempty"`
	}{o.own, o.near, o.events}, "", " ")
	if err != nil {
		return collect.Answer{}, fmt.Errorf("writing what was read: %w", err)
	}
	return collect.Answer{Raw: string(raw), Seen: o}, nil
}

// inspectAll inspects containers, some at a time. Those that are gone meanwhile
// are left out.
func (e *engine) inspectAll(ctx context.Context, all []listed) ([]container, error) {
	found := make([]*container, len(all))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, l := range all {
		group.Go(func() error {
			c, there, err := e.inspect(ctx, l.ID)
			if there {
				found[i] = &c
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var there []container
	for _, c := range found {
		if c != nil {
			there = append(there, *c)
		}
	}
	return there, nil
}
