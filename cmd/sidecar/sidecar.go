package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/version"
	"golang.org/x/sync/errgroup"

	"github.com/aftercheck/aftercheck/internal/api"
	"github.com/aftercheck/aftercheck/internal/collect"
	"github.com/aftercheck/aftercheck/internal/config"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/exporter"
	"github.com/aftercheck/aftercheck/internal/notify"
	"github.com/aftercheck/aftercheck/internal/verify"
)

// sidecar is everything that serve runs.
type sidecar struct {
	options  serveOptions
	log      *slog.Logger
	registry *prometheus.Registry
	store    store
	engine   *verify.Engine
	proposer *notify.Proposer
	reloader *reloader
	handler  http.Handler
	limiter  *api.Limiter
	refused  func(reason string)
	peers    api.Peers

	socket net.Listener
	tcp    net.Listener // nil: none
	tokens api.Tokens   // nil: none are asked for
	web    []net.Listener
	// externalURL is the base of links to the evidence pages, without a slash at
	// its end.
	externalURL *url.URL
	teardown    teardown
}

// newSidecar builds everything and binds every address, and starts nothing. If
// it fails, it has given back what it took.
func newSidecar(o serveOptions, log *slog.Logger) (*sidecar, error) {
	s := &sidecar{options: o, log: log, teardown: teardown{log: log}, registry: prometheus.NewRegistry()}
	if err := s.build(); err != nil {
		s.teardown.run(o.grace)
		return nil, err
	}
	return s, nil
}

// build wires config, registry, sensors, store, engine, API and listeners.
func (s *sidecar) build() error {
	o, log := s.options, s.log
	settings, err := o.load()
	if err != nil {
		return err
	}
	s.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	metrics := exporter.New(prometheus.WrapRegistererWithPrefix(exporter.Prefix, s.registry), exporter.Options{
		StoreOperations: evidence.Operations(), RedactionRules: collect.RedactionRules(), APIRefusals: api.Refusals(),
		MaxPlaybooks: settings.Metrics.MaxPlaybooks, MaxAlertnames: settings.Metrics.MaxAlertnames,
	})
	world, err := buildWorld(settings, metrics, log)
	if err != nil {
		return err
	}
	if s.store, err = openStore(settings.Store, o.storagePath, o.socket, metrics, log); err != nil {
		return err
	}
	s.teardown.add("store", s.store.Close)
	record := evidence.Observe(s.store, metrics.StoreOperation)
	if err := s.listenWeb(); err != nil {
		return err
	}
	if s.proposer, err = newProposer(world.proposals, record, settings.Store.Retention, s.evidenceURL(), metrics, log); err != nil {
		return err
	}
	s.engine = verify.New(verify.Options{
		Store: record, Sensors: world.sensors, Policies: world.policies.find,
		Metrics: metrics, Notifier: s.proposer, Logger: log, ReadWords: readWords, MaxInFlight: settings.Limits.MaxInFlight,
		MaxEvidenceBytes: settings.Limits.MaxEvidenceBytes,
		MaxPerClient:     api.Share(settings.Limits.MaxInFlight, settings.Limits.ClientShare), Grace: o.grace,
	})
	scrub := &scrubber{count: metrics.Redacted}
	scrub.current.Store(world.redactor)
	s.reloader = &reloader{load: o.load, scrub: scrub, current: settings, engine: s.engine, proposer: s.proposer, metrics: metrics, log: log, names: world.sensors.Names()}
	s.handler = api.New(api.Options{
		Engine: answering{s.engine, s.proposer, record}, Logger: log, Redact: scrub.text, Reload: s.reloader.reload, RequestTimeout: longestCapture(settings) + 10*time.Second,
	})
	s.limiter = api.NewLimiter(api.Limits{
		Calls: settings.Limits.MaxCalls, BodyBytes: settings.Limits.MaxBodyBytes,
		ClientShare: settings.Limits.ClientShare, Rate: float64(settings.Limits.ClientRate),
	})
	s.refused = metrics.Refused
	metrics.ConfigReloaded(true)
	return s.listen(settings.Listen)
}

// longestCapture is the longest that a capture may take under any policy.
func longestCapture(c *config.Config) time.Duration {
	longest := max(20*time.Second, time.Duration(c.DefaultPolicy.CaptureTimeout))
	for _, p := range c.Policies {
		longest = max(longest, time.Duration(p.CaptureTimeout))
	}
	return longest
}

// run serves until the context ends, then drains within the grace period and
// closes the store.
func (s *sidecar) run(ctx context.Context) error {
	group, running := errgroup.WithContext(ctx)
	// The store keeps its lease until the last steps of the engine have ended.
	storing, stopStore := context.WithCancel(context.WithoutCancel(ctx))
	defer stopStore()
	group.Go(func() error { return s.store.Run(storing, s.engine.Adopt) })
	group.Go(func() error {
		defer stopStore()
		return s.engine.Run(running)
	})
	group.Go(func() error { return s.proposer.Run(running) })
	group.Go(func() error { return s.reloader.run(running) })
	group.Go(func() error {
		guarded := api.GuardSocket(s.limiter.Before(s.handler), s.peers, s.log)
		return api.Serve(running, s.socket, api.CountRefusals(guarded, s.refused), s.options.grace, s.log)
	})
	if s.tcp != nil {
		guarded := api.Guard(s.limiter.Before(s.handler), s.tokens, s.log)
		group.Go(func() error {
			return api.Serve(running, s.tcp, api.CountRefusals(guarded, s.refused), s.options.grace, s.log)
		})
	}
	for _, l := range s.web {
		group.Go(func() error { return s.serveWeb(running, l) })
	}
	s.log.Info("serving", s.addresses()...)

	ended := make(chan error, 1)
	go func() { ended <- group.Wait() }()
	var err error
	select {
	case err = <-ended: // something failed, and the rest has stopped
	case <-ctx.Done():
		s.log.Info("stopping", "grace_period", s.options.grace)
		err = within(s.options.grace+5*time.Second, ended)
	}
	s.teardown.run(s.options.grace)
	if err == nil || errors.Is(err, context.Canceled) {
		s.log.Info("stopped")
		return nil
	}
	return err
}

// within waits for the end, but not for ever.
func within(atMost time.Duration, ended <-chan error) error {
	select {
	case err := <-ended:
		return err
	case <-time.After(atMost):
		return fmt.Errorf("stopping took longer than %s", atMost)
	}
}

// addresses is what the log line at the start says.
func (s *sidecar) addresses() []any {
	said := []any{"version", version.Version, "socket", s.socket.Addr().String(), "store", s.store.place}
	if s.tcp != nil {
		said = append(said, "api", s.tcp.Addr().String())
	}
	for _, l := range s.web {
		said = append(said, "metrics", l.Addr().String())
	}
	return append(said, "sensors", s.reloader.sensors())
}
