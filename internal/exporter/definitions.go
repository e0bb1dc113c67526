package exporter

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metricSet is every metric as it is registered.
type metricSet struct {
	verifications  *prometheus.CounterVec
	captures       *prometheus.CounterVec
	accepted       prometheus.Counter
	lost           prometheus.Counter
	refused        *prometheus.CounterVec
	storeCaveat    *prometheus.GaugeVec
	score          prometheus.Histogram
	duration       *prometheus.HistogramVec
	overhead       prometheus.Histogram
	inFlight       prometheus.Gauge
	overdue        *prometheus.GaugeVec
	storeDuration  *prometheus.HistogramVec
	storeErrors    *prometheus.CounterVec
	storeAway      *prometheus.GaugeVec
	journalEntries *prometheus.GaugeVec
	redactions     *prometheus.CounterVec
	reloadOK       *prometheus.GaugeVec
	reloadAt       *prometheus.GaugeVec
	sensorDuration *prometheus.HistogramVec
	sensorRequests *prometheus.CounterVec
	sensorUp       *prometheus.GaugeVec
	sensorBreaker  *prometheus.GaugeVec

	playbookVerdicts *prometheus.CounterVec
	incidentVerdicts *prometheus.CounterVec
	playbookScore    *prometheus.SummaryVec
	coverage         prometheus.Histogram
	rootCause        *prometheus.CounterVec
	regressions      prometheus.Counter
	proposals        proposalMetrics
}

// The classic buckets, in seconds but for the ratios'.
var (
	scoreBuckets    = []float64{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1}
	coverageBuckets = []float64{0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1}
	durationBuckets = []float64{1, 5, 10, 20, 30, 45, 60, 120, 300, 900, 3600}
	overheadBuckets = []float64{.0001, .00025, .0005, .001, .002, .005, .01, .025, .1, .5, 2.5}
	sensorBuckets   = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	storeBuckets    = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .05, .25, 1, 5}
)

func definitions() (metricSet, []Definition) {
	d := &declaration{}
	counter, gauge, histogram := d.counter, d.gauge, d.histogram
	set := metricSet{
		verifications:  counter("verifications_total", "Sealed verifications by verdict and reason.", "verdict", "reason"),
		captures:       counter("captures_total", "Captures of a state before an action, by outcome.", "outcome"),
		accepted:       d.one("verifications_accepted_total", "Verifications that were accepted."),
		score:          d.oneHistogram("self_healing_score", "Self-healing score of sealed verifications that have one, from 0 to 1.", scoreBuckets),
		duration:       histogram("verification_duration_seconds", "Time from the acceptance of a verification to its verdict.", durationBuckets, "verdict"),
		overhead:       d.oneHistogram("verification_overhead_seconds", "What the sidecar itself added to a verification, beyond waiting and the slowest sensor.", overheadBuckets),
		inFlight:       gauge("verifications_in_flight", "Verifications that are accepted and not sealed.").WithLabelValues(),
		overdue:        gauge("verifications_overdue", "Verifications that are accepted and not sealed although their deadline has passed."),
		lost:           d.one("verifications_lost_total", "Verifications that the store has held and lost before their verdict."),
		refused:        counter("api_requests_refused_total", "Calls of the API that were refused, by reason.", "reason"),
		storeCaveat:    gauge("store_caveat", "Whether the Redis server is configured so that it may lose what was accepted (1) or not (0), by how. Absent without Redis.", "caveat"),
		storeDuration:  histogram("store_operation_duration_seconds", "Duration of the store's operations.", storeBuckets, "operation"),
		storeErrors:    counter("store_errors_total", "Operations that the store could not serve.", "operation"),
		storeAway:      gauge("store_away", "Whether Redis does not answer (1), so that the journal takes what comes, or does (0). Absent without a journal."),
		journalEntries: gauge("store_journal_entries", "Snapshots, verifications and errands in the journal that are to be delivered to Redis. Absent without a journal."),
		redactions:     counter("redactions_total", "Secrets that were removed from what sensors answered and callers said, by rule.", "rule"),
		reloadOK:       gauge("config_last_reload_successful", "Whether the last attempt to load the configuration succeeded (1) or not (0)."),
		reloadAt:       gauge("config_last_reload_success_timestamp_seconds", "When the configuration was last loaded successfully, in seconds since the epoch."),
		sensorDuration: histogram("sensor_duration_seconds", "Duration of the sensors' readings.", sensorBuckets, "sensor"),
		sensorRequests: counter("sensor_requests_total", "Readings that were asked of the sensors, by outcome.", "sensor", "outcome"),
		sensorUp:       gauge("sensor_up", "Whether the sensor's last reading answered (1) or not (0). Absent until the sensor was first asked.", "sensor"),
		sensorBreaker:  gauge("sensor_breaker_open", "Whether calls are kept from the sensor's endpoint because it does not serve (1) or not (0).", "sensor"),

		playbookVerdicts: counter("playbook_verifications_total", "Sealed verifications by the playbook that the action names and verdict; an empty playbook: none, other: beyond metrics.max_playbooks.", "playbook", "verdict"),
		incidentVerdicts: counter("incident_verifications_total", "Sealed verifications by the incident's alert name and verdict; an empty name: none, other: beyond metrics.max_alertnames.", "incident_alertname", "verdict"),
		playbookScore:    d.summary("playbook_self_healing_score", "Self-healing score, from 0 to 1, of sealed verifications that have one, by playbook.", "playbook"),
		coverage:         d.oneHistogram("coverage_ratio", "Share of what should have been observed that was, from 0 to 1, of sealed verifications that know it.", coverageBuckets),
		rootCause:        counter("root_cause_cleared_total", "Sealed verifications by whether the root cause is cleared.", "cleared"),
		regressions:      d.one("regressions_total", "Regressions that sealed verifications found: what was healthy before the action and is not after it."),
		proposals:        newProposalMetrics(d),
	}
	return set, append(d.made, buildInfo())
}

// histogramOptions gives a histogram classic buckets for every server, and
// native ones, bounded in number, for those that ingest them.
func histogramOptions(name, help string, buckets []float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor:     1.1,
		NativeHistogramMaxBucketNumber:  100,
		NativeHistogramMinResetDuration: time.Hour,
	}
}
