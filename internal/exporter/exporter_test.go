package exporter_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/exporter"
)

// registered returns metrics as main registers them, and where they are
// gathered.
func registered(o exporter.Options) (*exporter.Metrics, *prometheus.Registry) {
	registry := prometheus.NewPedanticRegistry()
	return exporter.New(prometheus.WrapRegistererWithPrefix(exporter.Prefix, registry), o), registry
}

func someOptions() exporter.Options {
	return exporter.Options{
		Sensors:         []string{"alerts", "kubernetes"},
		APIRefusals:     []string{"invalid", "too_many"},
		StoreOperations: []string{"accept", "seal"},
		RedactionRules:  []string{"bearer_token"},
		MaxPlaybooks:    2, MaxAlertnames: 2,
	}
}

func sealed(id string, verdict aftercheck.Verdict, reason aftercheck.Reason, score float64, took time.Duration) aftercheck.Verification {
	accepted, coverage := time.Unix(1_700_000_000, 0), 0.75
	return aftercheck.Verification{
		ID: id, State: aftercheck.StateSealed, AcceptedAt: accepted, SealedAt: accepted.Add(took),
		Assessment: &aftercheck.Assessment{
			Verdict: verdict, Reason: reason, Score: &score, Coverage: &coverage,
			RootCauseCleared: aftercheck.AnswerYes, Regressions: make([]aftercheck.Regression, 2),
		},
	}
}

// busy reports something of each kind.
func busy(m *exporter.Metrics) {
	repair := sealed("v1", aftercheck.Success, aftercheck.ReasonRecovered, 0.93, 41*time.Second)
	repair.Playbook, repair.Incident.Alertname = "pb-42", "ApiErrorsHigh"
	m.Accepted(repair)
	m.Accepted(aftercheck.Verification{})
	m.InFlight(1)
	m.Overdue(func() int { return 3 })
	m.Captured(exporter.CapturePartial)
	m.Sealed(repair, 1500*time.Microsecond)
	m.SensorAsked("kubernetes", aftercheck.ReadingOK, 30*time.Millisecond)
	m.SensorAsked("alerts", aftercheck.ReadingTimeout, 8*time.Second)
	m.SensorBreaker("alerts", true)
	m.SensorBreaker("alerts", false)
	m.SensorBreaker("kubernetes", true)
	m.StoreOperation("accept", 300*time.Microsecond, nil)
	m.StoreOperation("seal", 2*time.Second, fmt.Errorf("writing: %w", aftercheck.ErrUnavailable))
	m.Journal(true, 2)
	m.Lost()
	m.Refused("too_many")
	m.Refused("a reason that nobody knows")
	m.StoreCaveats(map[string]bool{"eviction": true, "persistence": false})
	m.Redacted("bearer_token", 3)
	m.SetAlertmanagers([]string{"http://gone:9093", "http://a:9093"})
	m.SetAlertmanagers([]string{"http://a:9093", "http://b:9093"})
	m.Notified("http://a:9093", false)
	m.Notified("http://a:9093", true)
	m.ProposalOpened()
	m.ProposalClosed("resolved")
	m.Proposals(2, 1)
	m.ConfigReloaded(true)
}

// changing are the metrics whose values differ from run to run or build to
// build.
var changing = []string{"aftercheck_build_info", "aftercheck_config_last_reload_success_timestamp_seconds"}

func TestPageAsText(t *testing.T) {
	m, registry := registered(someOptions())
	busy(m)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, family := range families {
		if !slices.Contains(changing, family.GetName()) {
			names = append(names, family.GetName())
		}
	}
	if len(names)+len(changing) != len(families) {
		t.Errorf("%v: want each on the page", changing)
	}
	want, err := os.Open("testdata/metrics.prom")
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	if err := testutil.GatherAndCompare(registry, want, names...); err != nil {
		t.Error(err)
	}
}

func TestPageIsClean(t *testing.T) {
	m, registry := registered(someOptions())
	busy(m)
	problems, err := testutil.GatherAndLint(registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Errorf("%s: %s", problem.Metric, problem.Text)
	}
	families, _ := registry.Gather()
	for _, family := range families {
		if family.GetHelp() == "" {
			t.Errorf("%s has no help, which the linter does not see", family.GetName())
		}
		if !strings.HasPrefix(family.GetName(), exporter.Prefix) || strings.Count(family.GetName(), exporter.Prefix) > 1 {
			t.Errorf("%s: want the prefix once", family.GetName())
		}
	}
}

func TestLabelsAreBounded(t *testing.T) {
	m, registry := registered(someOptions())
	busy(m)
	before := series(t, registry)
	m.Captured("free text")
	m.Redacted("no such rule", 1)
	m.Redacted("bearer_token", 0)
	m.StoreOperation("no such operation", time.Second, nil)
	m.SensorAsked("no such sensor", aftercheck.ReadingOK, time.Second)
	m.SensorBreaker("no such sensor", true)
	m.Notified("http://no-such:9093", true)
	m.ProposalClosed("open")
	m.ProposalClosed("free text")
	m.SensorAsked("kubernetes", "no such outcome", time.Second)
	m.Sealed(sealed("v2", "no such verdict", "no such reason", 1, time.Second), 0)
	m.Sealed(aftercheck.Verification{ID: "not sealed"}, 0)
	if after := series(t, registry); !maps.Equal(before, after) {
		t.Errorf("unknown names changed the page:\nbefore %v\nafter  %v", before, after)
	}
}

func TestEachOutcomeIsPreset(t *testing.T) {
	_, registry := registered(someOptions())
	got := series(t, registry)
	for _, outcome := range aftercheck.Outcomes() {
		name := fmt.Sprintf("aftercheck_verifications_total{reason=%s,verdict=%s}", outcome.Reason, outcome.Verdict)
		if value, present := got[name]; !present || value != 0 {
			t.Errorf("%s = %v, %v; want a preset 0", name, value, present)
		}
	}
	for _, name := range []string{
		"aftercheck_captures_total{outcome=store_error}",
		"aftercheck_sensor_requests_total{outcome=panic,sensor=alerts}",
		"aftercheck_store_errors_total{operation=seal}",
		"aftercheck_redactions_total{rule=bearer_token}",
		"aftercheck_root_cause_cleared_total{cleared=unknown}",
		"aftercheck_regressions_total{}",
		"aftercheck_playbook_verifications_total{playbook=,verdict=success}",
		"aftercheck_playbook_verifications_total{playbook=other,verdict=timeout}",
		"aftercheck_playbook_self_healing_score{playbook=other}",
		"aftercheck_incident_verifications_total{incident_alertname=,verdict=failed}",
	} {
		if value, present := got[name]; !present || value != 0 {
			t.Errorf("%s = %v, %v; want a preset 0", name, value, present)
		}
	}
	for name := range got {
		if strings.HasPrefix(name, "aftercheck_sensor_up") || strings.HasPrefix(name, "aftercheck_config") {
			t.Errorf("%s is present before it is known", name)
		}
	}
}

func TestReloadSwapsSensorSeries(t *testing.T) {
	m, registry := registered(someOptions())
	busy(m)
	m.SetSensors([]string{"kubernetes", "probe"})
	m.SensorAsked("alerts", aftercheck.ReadingOK, time.Second) // was under way during the reload
	got := series(t, registry)
	for name := range got {
		if strings.Contains(name, "sensor=alerts") {
			t.Errorf("%s outlived its sensor", name)
		}
	}
	if got["aftercheck_sensor_requests_total{outcome=ok,sensor=kubernetes}"] != 1 {
		t.Error("a sensor that stayed lost its count")
	}
	if _, present := got["aftercheck_sensor_requests_total{outcome=ok,sensor=probe}"]; !present {
		t.Error("a new sensor is not preset")
	}
}

func TestStoreAnswersAreNoErrors(t *testing.T) {
	m, registry := registered(someOptions())
	for _, answer := range []error{
		aftercheck.ErrNotFound, aftercheck.ErrConflict, aftercheck.ErrSealed,
		&aftercheck.FieldError{Field: "cursor", Want: "a cursor"},
	} {
		m.StoreOperation("seal", time.Millisecond, fmt.Errorf("sealing: %w", answer))
	}
	if got := series(t, registry)["aftercheck_store_errors_total{operation=seal}"]; got != 0 {
		t.Errorf("%v errors counted, want none", got)
	}
}

func TestReloadFailureKeepsTimeOfLastSuccess(t *testing.T) {
	m, registry := registered(someOptions())
	m.ConfigReloaded(true)
	at := series(t, registry)["aftercheck_config_last_reload_success_timestamp_seconds{}"]
	m.ConfigReloaded(false)
	got := series(t, registry)
	if got["aftercheck_config_last_reload_successful{}"] != 0 || got["aftercheck_config_last_reload_success_timestamp_seconds{}"] != at || at == 0 {
		t.Errorf("after a failed reload: %v", got)
	}
}

func TestScoreAndDurationCarryExemplars(t *testing.T) {
	m, registry := registered(someOptions())
	m.Sealed(sealed("0198c0de-0000-7000-8000-000000000000", aftercheck.Failed, aftercheck.ReasonStillBroken, 0.2, time.Second), 0)
	m.Sealed(sealed(strings.Repeat("x", 128), aftercheck.Failed, aftercheck.ReasonStillBroken, 0.9, 2*time.Second), 0)
	var page strings.Builder
	encoder := expfmt.NewEncoder(&page, expfmt.NewFormat(expfmt.TypeOpenMetrics))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if err := encoder.Encode(family); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		`aftercheck_self_healing_score_bucket{le="0.2"} 1 # {verification_id="0198c0de-0000-7000-8000-000000000000"} 0.2`,
		`aftercheck_verification_duration_seconds_bucket{verdict="failed",le="1.0"} 1 # {verification_id="0198c0de-0000-7000-8000-000000000000"} 1.0`,
		"aftercheck_self_healing_score_count 2\n", // also the one whose ID is too long for an exemplar
		"aftercheck_verification_duration_seconds_count{verdict=\"failed\"} 2\n",
	} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("want %s on the page", want)
		}
	}
}

func TestHistogramsAreNativeToo(t *testing.T) {
	m, registry := registered(someOptions())
	busy(m)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetType() != dto.MetricType_HISTOGRAM {
			continue
		}
		for _, metric := range family.GetMetric() {
			if metric.GetHistogram().Schema == nil || len(metric.GetHistogram().GetBucket()) == 0 {
				t.Errorf("%s: want classic and native buckets", family.GetName())
			}
		}
	}
}

// series returns the value, or the count, of every series by name{label=value,…}.
func series(t *testing.T, g prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			var labels []string
			for _, label := range metric.GetLabel() {
				labels = append(labels, label.GetName()+"="+label.GetValue())
			}
			name := fmt.Sprintf("%s{%s}", family.GetName(), strings.Join(labels, ","))
			values[name] = metric.GetCounter().GetValue() + metric.GetGauge().GetValue() +
				float64(metric.GetHistogram().GetSampleCount()+metric.GetSummary().GetSampleCount())
		}
	}
	return values
}
