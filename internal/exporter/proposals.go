package exporter

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/aftercheck/aftercheck"
)

// proposalMetrics are about rollback proposals and who is told of them.
type proposalMetrics struct {
	opened      prometheus.Counter
	closed      *prometheus.CounterVec
	open        prometheus.Gauge
	undelivered prometheus.Gauge
	sent        *prometheus.CounterVec
	failed      *prometheus.CounterVec
	known       *alertmanagers
}

// alertmanagers are those whose series there are.
type alertmanagers struct {
	mu    sync.Mutex
	names map[string]bool
}

func newProposalMetrics(d *declaration) proposalMetrics {
	m := proposalMetrics{
		opened:      d.one("proposals_opened_total", "Rollback proposals that were opened."),
		closed:      d.counter("proposals_closed_total", "Rollback proposals that were closed, by outcome.", "outcome"),
		open:        d.gauge("proposals_open", "Open rollback proposals of the whole store, whose sidecars all tell the same: take the maximum.").WithLabelValues(),
		undelivered: d.gauge("proposals_undelivered", "Open rollback proposals of the whole store that are to be sent, and that no Alertmanager has taken.").WithLabelValues(),
		sent:        d.counter("notifications_total", "Requests with rollback proposals that were sent to an Alertmanager, failed ones too.", "alertmanager"),
		failed:      d.counter("notifications_failed_total", "Requests with rollback proposals that an Alertmanager did not take.", "alertmanager"),
		known:       &alertmanagers{names: map[string]bool{}},
	}
	for _, state := range aftercheck.ProposalStates() {
		if state != aftercheck.ProposalOpen {
			m.closed.WithLabelValues(string(state))
		}
	}
	return m
}

func (m proposalMetrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.opened, m.closed, m.open, m.undelivered, m.sent, m.failed}
}

// ProposalOpened counts a rollback proposal that was opened.
func (m *Metrics) ProposalOpened() { m.proposals.opened.Inc() }

// ProposalClosed counts a proposal that was closed, by its state then; the state
// open is no outcome and is not counted.
func (m *Metrics) ProposalClosed(outcome string) {
	for _, state := range aftercheck.ProposalStates()[1:] {
		if string(state) == outcome {
			m.proposals.closed.WithLabelValues(outcome).Inc()
		}
	}
}

// Proposals sets how many proposals are open in the store, and how many of them no
// Alertmanager has taken.
func (m *Metrics) Proposals(open, undelivered int) {
	m.proposals.open.Set(float64(open))
	m.proposals.undelivered.Set(float64(undelivered))
}

// SetAlertmanagers presets the series of those that there are, and removes those
// of others.
func (m *Metrics) SetAlertmanagers(names []string) {
	known := m.proposals.known
	known.mu.Lock()
	defer known.mu.Unlock()
	before := known.names
	known.names = map[string]bool{}
	for _, name := range names {
		known.names[name] = true
		m.proposals.sent.WithLabelValues(name)
		m.proposals.failed.WithLabelValues(name)
	}
	for name := range before {
		if !known.names[name] {
			m.proposals.sent.DeleteLabelValues(name)
			m.proposals.failed.DeleteLabelValues(name)
		}
	}
}

// Notified counts a request to an Alertmanager out of SetAlertmanagers.
func (m *Metrics) Notified(alertmanager string, failed bool) {
	known := m.proposals.known
	known.mu.Lock()
	defer known.mu.Unlock()
	if !known.names[alertmanager] {
		return
	}
	m.proposals.sent.WithLabelValues(alertmanager).Inc()
	if failed {
		m.proposals.failed.WithLabelValues(alertmanager).Inc()
	}
}
