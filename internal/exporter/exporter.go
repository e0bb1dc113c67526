package exporter

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors/version"

	"github.com/aftercheck/aftercheck"
)

// Options names the closed sets of the labels, and bounds those that are open.
type Options struct {
	Sensors         []string // as SetSensors takes them
	StoreOperations []string // evidence.Operations()
	RedactionRules  []string // collect.RedactionRules()
	APIRefusals     []string // api.Refusals()

	// How many playbooks and alert names have series of their own. 0: none has.
	MaxPlaybooks, MaxAlertnames int
}

// Metrics is every metric of the sidecar. All methods may be called
// concurrently.
type Metrics struct {
	outcomes map[aftercheck.Outcome]prometheus.Counter
	captures map[string]prometheus.Counter
	accepted prometheus.Counter
	lost     prometheus.Counter
	score    prometheus.Histogram
	duration map[aftercheck.Verdict]prometheus.Observer
	overhead prometheus.Histogram
	inFlight prometheus.Gauge
	overdue  *countedWhenAsked

	storeDuration map[string]prometheus.Observer
	storeErrors   map[string]prometheus.Counter
	redactions    map[string]prometheus.Counter

	refused map[string]prometheus.Counter

	storeCaveat    *prometheus.GaugeVec
	storeAway      *prometheus.GaugeVec
	journalEntries *prometheus.GaugeVec

	reloadOK *prometheus.GaugeVec
	reloadAt *prometheus.GaugeVec

	sensors   sensorMetrics
	repairs   repairMetrics
	proposals proposalMetrics
}

// New registers every metric with reg and presets each known outcome to 0. It
// panics if one is registered already, as prometheus.MustRegister does.
func New(reg prometheus.Registerer, o Options) *Metrics {
	d, _ := definitions()
	reg.MustRegister(
		d.verifications, d.captures, d.accepted, d.lost, d.refused, d.storeCaveat, d.score, d.duration, d.overhead, d.inFlight,
		d.storeDuration, d.storeErrors, d.storeAway, d.journalEntries, d.redactions, d.reloadOK, d.reloadAt,
		d.sensorDuration, d.sensorRequests, d.sensorUp, d.sensorBreaker,
		d.playbookVerdicts, d.incidentVerdicts, d.playbookScore, d.coverage, d.rootCause, d.regressions,
		version.NewCollector(""),
	)
	overdue := &countedWhenAsked{GaugeVec: d.overdue}
	reg.MustRegister(overdue)
	reg.MustRegister(d.proposals.collectors()...)
	m := &Metrics{
		overdue:        overdue,
		outcomes:       map[aftercheck.Outcome]prometheus.Counter{},
		duration:       map[aftercheck.Verdict]prometheus.Observer{},
		captures:       presetCounters(d.captures, CaptureOutcomes()),
		accepted:       d.accepted,
		lost:           d.lost,
		refused:        presetCounters(d.refused, o.APIRefusals),
		storeCaveat:    d.storeCaveat,
		score:          d.score,
		overhead:       d.overhead,
		inFlight:       d.inFlight,
		storeDuration:  presetObservers(d.storeDuration, o.StoreOperations),
		storeErrors:    presetCounters(d.storeErrors, o.StoreOperations),
		redactions:     presetCounters(d.redactions, o.RedactionRules),
		storeAway:      d.storeAway,
		journalEntries: d.journalEntries,
		reloadOK:       d.reloadOK,
		reloadAt:       d.reloadAt,
		sensors:        sensorMetrics{duration: d.sensorDuration, requests: d.sensorRequests, up: d.sensorUp, breaker: d.sensorBreaker},
		repairs:        newRepairMetrics(d, o.MaxPlaybooks, o.MaxAlertnames),
		proposals:      d.proposals,
	}
	for _, outcome := range aftercheck.Outcomes() {
		verdict := string(outcome.Verdict)
		m.outcomes[outcome] = d.verifications.WithLabelValues(verdict, string(outcome.Reason))
		m.duration[outcome.Verdict] = d.duration.WithLabelValues(verdict)
	}
	m.SetSensors(o.Sensors)
	return m
}

// Unseen returns metrics that no page shows, for an owner who was given none.
func Unseen() *Metrics { return New(prometheus.NewRegistry(), Options{}) }

func presetCounters(vec *prometheus.CounterVec, values []string) map[string]prometheus.Counter {
	preset := make(map[string]prometheus.Counter, len(values))
	for _, value := range values {
		preset[value] = vec.WithLabelValues(value)
	}
	return preset
}

func presetObservers(vec *prometheus.HistogramVec, values []string) map[string]prometheus.Observer {
	preset := make(map[string]prometheus.Observer, len(values))
	for _, value := range values {
		preset[value] = vec.WithLabelValues(value)
	}
	return preset
}

// Captured counts one capture by its outcome, one of CaptureOutcomes.
func (m *Metrics) Captured(outcome string) {
	if counter, known := m.captures[outcome]; known {
		counter.Inc()
	}
}

// Accepted counts one new verification; a repeated request is not one. The series
// that its verdict will count in begin now, at 0, so that a rate sees even the
// first one.
func (m *Metrics) Accepted(v aftercheck.Verification) {
	m.accepted.Inc()
	m.repairs.expect(v)
}

// Lost counts a verification that the store has held, and lost before its verdict.
func (m *Metrics) Lost() { m.lost.Inc() }

// Refused counts a call of the API that was refused, for one of Options.APIRefusals.
func (m *Metrics) Refused(why string) {
	if counter, known := m.refused[why]; known {
		counter.Inc()
	}
}

// StoreCaveats sets for each of all caveats whether it holds for the store's server.
// Until it is called there are no series: there is no server, or it was not asked.
func (m *Metrics) StoreCaveats(holds map[string]bool) {
	for name, does := range holds {
		value := 0.0
		if does {
			value = 1
		}
		m.storeCaveat.WithLabelValues(name).Set(value)
	}
}

// InFlight sets how many verifications are accepted and not sealed.
func (m *Metrics) InFlight(n int) { m.inFlight.Set(float64(n)) }

// Sealed counts a verdict, once for each verification: by the one who sealed
// it. Overhead is what the sidecar itself added beyond waiting and the slowest
// sensor. A verification without a verdict is not counted.
func (m *Metrics) Sealed(v aftercheck.Verification, overhead time.Duration) {
	if v.Assessment == nil {
		return
	}
	counter, known := m.outcomes[aftercheck.Outcome{Verdict: v.Verdict, Reason: v.Reason}]
	if !known {
		return
	}
	counter.Inc()
	m.repairs.sealed(v)
	observeWithID(m.duration[v.Verdict], max(0, v.SealedAt.Sub(v.AcceptedAt)).Seconds(), v.ID)
	m.overhead.Observe(max(0, overhead).Seconds())
	if v.Score != nil {
		observeWithID(m.score, *v.Score, v.ID)
	}
}

// ExemplarLabel leads from a point on a graph to the verification behind it.
const ExemplarLabel = "verification_id"

// observeWithID observes the value with the ID as its exemplar, unless the ID
// is longer than OpenMetrics lets an exemplar be.
func observeWithID(h prometheus.Observer, value float64, id string) {
	exemplar, able := h.(prometheus.ExemplarObserver)
	if !able || len(ExemplarLabel)+len(id) > prometheus.ExemplarMaxRunes {
		h.Observe(value)
		return
	}
	exemplar.ObserveWithExemplar(value, prometheus.Labels{ExemplarLabel: id})
}

// StoreOperation records one call of the store, by a name out of
// Options.StoreOperations. ErrNotFound, ErrConflict, ErrSealed and ErrFenced are
// answers of a healthy store, and no errors here.
func (m *Metrics) StoreOperation(operation string, took time.Duration, err error) {
	observer, known := m.storeDuration[operation]
	if !known {
		return
	}
	observer.Observe(took.Seconds())
	if err != nil && !isAnswer(err) {
		m.storeErrors[operation].Inc()
	}
}

func isAnswer(err error) bool {
	var field *aftercheck.FieldError
	return errors.Is(err, aftercheck.ErrNotFound) || errors.Is(err, aftercheck.ErrConflict) ||
		errors.Is(err, aftercheck.ErrSealed) || errors.Is(err, aftercheck.ErrFenced) || errors.As(err, &field)
}

// Journal sets whether Redis is away, and how many entries the journal holds.
// Until it is called there are no series: there is no journal.
func (m *Metrics) Journal(away bool, entries int) {
	value := 0.0
	if away {
		value = 1
	}
	m.storeAway.WithLabelValues().Set(value)
	m.journalEntries.WithLabelValues().Set(float64(entries))
}

// Redacted counts n secrets that the rule, one of Options.RedactionRules,
// removed.
func (m *Metrics) Redacted(rule string, n int) {
	if counter, known := m.redactions[rule]; known && n > 0 {
		counter.Add(float64(n))
	}
}

// ConfigReloaded records whether the configuration was loaded, at the start and
// at each reload. Until it is called there is no series, so that "never tried"
// is neither a success nor a failure; after a failure the time of the last
// success stays.
func (m *Metrics) ConfigReloaded(ok bool) {
	if !ok {
		m.reloadOK.WithLabelValues().Set(0)
		return
	}
	m.reloadOK.WithLabelValues().Set(1)
	m.reloadAt.WithLabelValues().SetToCurrentTime()
}
