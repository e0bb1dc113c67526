package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"reflect"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/aftercheck/aftercheck/internal/config"
	"github.com/aftercheck/aftercheck/internal/exporter"
	"github.com/aftercheck/aftercheck/internal/notify"
	"github.com/aftercheck/aftercheck/internal/verify"
)

// reloader swaps the configuration for a new one that is wholly valid.
type reloader struct {
	load     func() (*config.Config, error)
	engine   *verify.Engine
	proposer *notify.Proposer
	scrub    *scrubber
	metrics  *exporter.Metrics
	log      *slog.Logger

	mu      sync.Mutex
	current *config.Config
	names   []string // of the sensors
}

// run reloads on each SIGHUP until the context ends.
func (r *reloader) run(ctx context.Context) error {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hangups:
			if err := r.reload(ctx); err != nil {
				r.log.Error("reloading the configuration", "err", err)
			}
		}
	}
}

// reload reads the file again. With any mistake in it nothing changes, and the
// error says where the mistakes are.
func (r *reloader) reload(context.Context) (err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() { r.metrics.ConfigReloaded(err == nil) }()
	loaded, err := r.load()
	if err != nil {
		return err
	}
	built, err := buildWorld(loaded, r.metrics, r.log)
	if err != nil {
		return err
	}
	if fixed := changedForGood(r.current, loaded); len(fixed) > 0 {
		r.log.Warn("some of what has changed in the configuration needs a restart", "keys", strings.Join(fixed, ", "))
	}
	r.engine.Reconfigure(built.sensors, built.policies.find)
	r.proposer.Reconfigure(built.proposals)
	r.scrub.current.Store(built.redactor)
	r.names = built.sensors.Names()
	loaded.Store, loaded.Listen, loaded.Metrics = r.current.Store, r.current.Listen, r.current.Metrics
	loaded.Limits = fixedLimits(loaded.Limits, r.current.Limits)
	r.current = loaded
	r.log.Info("the configuration was loaded again", "sensors", listed(r.names))
	return nil
}

// changedForGood lists the keys that differ and cannot change at runtime.
func changedForGood(before, after *config.Config) []string {
	var keys []string
	if !reflect.DeepEqual(before.Store, after.Store) {
		keys = append(keys, "store")
	}
	if !reflect.DeepEqual(before.Listen, after.Listen) {
		keys = append(keys, "listen")
	}
	if before.Metrics != after.Metrics {
		keys = append(keys, "metrics")
	}
	return append(keys, changedLimits(before.Limits, after.Limits)...)
}

// changedLimits lists the limits that differ and hold until a restart.
func changedLimits(before, after config.Limits) []string {
	var keys []string
	for key, differs := range map[string]bool{
		"limits.max_in_flight":           before.MaxInFlight != after.MaxInFlight,
		"limits.max_calls":               before.MaxCalls != after.MaxCalls,
		"limits.max_body_bytes":          before.MaxBodyBytes != after.MaxBodyBytes,
		"limits.client_share":            before.ClientShare != after.ClientShare,
		"limits.client_calls_per_second": before.ClientRate != after.ClientRate,
	} {
		if differs {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// fixedLimits are the new limits but for those that hold until a restart.
func fixedLimits(loaded, current config.Limits) config.Limits {
	current.MaxReadingBytes, current.MaxConcurrent = loaded.MaxReadingBytes, loaded.MaxConcurrent
	return current
}

// sensors names the current sensors for people.
func (r *reloader) sensors() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return listed(r.names)
}

func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, " ")
}
