package main

import (
	"context"
	"log/slog"
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
	"github.com/aftercheck/aftercheck/internal/config"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/exporter"
	"github.com/aftercheck/aftercheck/internal/notify"
)

// proposalSettings returns how rollbacks are proposed.
func proposalSettings(c *config.Config, redactor *collect.Redactor) (notify.Settings, error) {
	s := c.SelfHealing
	client, err := promconfig.NewClientFromConfig(s.Client, "alertmanager", collect.TokensStay(s.Client, s.Alertmanagers...)...)
	if err != nil {
		return notify.Settings{}, c.At("self_healing", err)
	}
	client.Timeout = s.Timeout
	settings := notify.Settings{
		Disabled: !s.Enabled, DryRun: s.DryRun, URLs: s.Alertmanagers, Client: client, Timeout: s.Timeout,
		Resend: s.ResendInterval, Lifetime: s.ProposalLifetime, IncidentLabels: s.IncidentLabels,
		Redact: func(text string) string {
			clean, _ := redactor.Text(text)
			return clean
		},
	}
	return settings, c.At("self_healing", settings.Check())
}

// newProposer returns who proposes rollbacks, and keeps them in the record.
func newProposer(s notify.Settings, record evidence.Store, keep time.Duration, externalURL string, metrics *exporter.Metrics, log *slog.Logger) (*notify.Proposer, error) {
	return notify.New(notify.Options{
		Store: record, Settings: s, ExternalURL: externalURL, Keep: keep, Metrics: metrics, Logger: log,
		Succeeded: func(ctx context.Context, incident string, after time.Time) (bool, error) {
			return succeeded(ctx, record, incident, after)
		},
	})
}

// succeeded reports whether one of the incident's last verifications was sealed as
// a success after a time.
func succeeded(ctx context.Context, record evidence.Store, incident string, after time.Time) (bool, error) {
	page, err := record.List(ctx, aftercheck.Filter{IncidentID: incident, Verdict: aftercheck.Success})
	for _, v := range page.Verifications {
		if v.SealedAt.After(after) {
			return true, err
		}
	}
	return false, err
}
