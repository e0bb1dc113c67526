package main

import (
	"context"
	"sync/atomic"

	promconfig "github.com/prometheus/common/config"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
	"github.com/aftercheck/aftercheck/internal/config"
	"github.com/aftercheck/aftercheck/internal/notify"
	"github.com/aftercheck/aftercheck/internal/verify"
)

// buildNotifier returns who proposes rollbacks, or nil where nobody does.
func buildNotifier(c *config.Config, redactor *collect.Redactor) (verify.Notifier, error) {
	s := c.SelfHealing
	if !s.Enabled {
		return nil, nil
	}
	client, err := promconfig.NewClientFromConfig(s.Client, "alertmanager", collect.TokensStay(s.Client, s.Alertmanagers...)...)
	if err != nil {
		return nil, c.At("self_healing", err)
	}
	client.Timeout = s.Timeout
	notifier, err := notify.New(notify.Options{
		URLs: s.Alertmanagers, Client: client, Timeout: s.Timeout, Lifetime: s.ProposalLifetime,
		Redact: func(text string) string {
			clean, _ := redactor.Text(text)
			return clean
		},
	})
	if err != nil {
		return nil, c.At("self_healing", err)
	}
	return notifier, nil
}

// switchable is a Notifier that a reload can replace.
type switchable struct {
	current atomic.Pointer[verify.Notifier]
}

func (s *switchable) set(n verify.Notifier) { s.current.Store(&n) }

// Notify implements verify.Notifier.
func (s *switchable) Notify(ctx context.Context, v aftercheck.Verification) error {
	if n := *s.current.Load(); n != nil {
		return n.Notify(ctx, v)
	}
	return nil
}
