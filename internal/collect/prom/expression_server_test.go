package prom

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

const expressionRules = `
groups:
- name: recorded
  interval: 400ms
  rules:
  - {record: "pod:errors:increase4s", expr: "increase(errors_total[4s])"}
  - {record: "pod:errors:twice", expr: "2 * pod:errors:increase4s"}
- name: shop
  interval: 200ms
  rules:
  - {alert: Held, expr: broken > 0, for: 400ms, keep_firing_for: 1m, labels: {severity: page}}
  - {alert: Slowly, expr: broken > 0, for: 1h}
  - {alert: Waiting, expr: 'waiting{reason="CrashLoopBackOff"} > 0'}
  - {alert: Summed, expr: 'sum by (namespace, pod) (waiting{reason="CrashLoopBackOff"}) > 0'}
  - {alert: Recorded, expr: "pod:errors:twice > 0"}
  - {alert: Absent, expr: 'absent(broken{pod="api-0"})'}
  - {alert: Down, expr: up == 0}
- name: seldom
  interval: 1h
  rules:
  - {alert: Seldom, expr: broken > 0}
`

const (
	good    = "broken{pod=\"api-0\"} 0\nbroken{pod=\"db-0\"} 0\nready{pod=\"api-0\"} 1\nerrors_total{pod=\"api-0\"} 7\n"
	bad     = "broken{pod=\"api-0\"} 1\nbroken{pod=\"db-0\"} 0\nready{pod=\"api-0\"} 1\nerrors_total{pod=\"api-0\"} 7\n" + waiting
	waiting = "waiting{pod=\"api-0\",reason=\"CrashLoopBackOff\"} 1\n"
	// away: the pod and all its series are gone, and the exporter is well.
	away = "broken{pod=\"db-0\"} 0\nerrors_total{pod=\"db-0\"} 0\n"
)

// scene is a server with rules and the patient that it scrapes.
type scene struct {
	t       *testing.T
	patient *patient
	sensor  collect.Sensor
	after   time.Time
}

func newScene(t *testing.T, page string) *scene {
	p := newPatient(t, page)
	_, s := sensors(t, Config{URL: startPrometheus(t, p, expressionRules)})
	return &scene{t: t, patient: p, sensor: s}
}

// about is the question for an alert of the pod.
func (s *scene) about(alertname string, more ...string) collect.Question {
	pairs := append([]string{"alertname", alertname, "namespace", "shop", "pod", "api-0", "severity", "page", "cluster", "east"}, more...)
	return collect.Question{Incident: incident(alertname, pairs...), After: s.after}
}

// scraped are the labels that an alert has from its series.
func (s *scene) scraped() []string {
	return []string{"job", "patient", "instance", s.patient.address()}
}

func (s *scene) becomes(q collect.Question, state aftercheck.State, reason string) aftercheck.Finding {
	s.t.Helper()
	return becomes(s.t, s.sensor, q, q.Incident.Alertname, state, reason)
}

// act is the end of an action, after which the page is another.
func (s *scene) act(page string) {
	s.after = time.Now()
	s.patient.show(page)
}

// TestExpressionClearsBeforeTheAlert: the alert fires on, kept or not evaluated
// again, and comes back as what it is.
func TestExpressionClearsBeforeTheAlert(t *testing.T) {
	t.Parallel()
	s := newScene(t, good)
	s.becomes(s.about("Held"), aftercheck.StateHealthy, ReasonInactive)
	s.patient.show(bad)
	s.becomes(s.about("Seldom"), aftercheck.StateProgressing, ReasonPending)
	s.becomes(s.about("Slowly"), aftercheck.StateProgressing, ReasonPending)
	s.becomes(s.about("Held"), aftercheck.StateUnhealthy, ReasonFiring)
	s.act(good)
	f := s.becomes(s.about("Held"), aftercheck.StateHealthy, ReasonCleared)
	if f.Query != "broken > 0" || !f.Signal || !f.At.After(s.after) || !strings.Contains(f.Message, "keeps it firing") {
		t.Errorf("got %+v", f)
	}
	s.becomes(s.about("Slowly"), aftercheck.StateHealthy, ReasonInactive)
	s.becomes(s.about("Seldom"), aftercheck.StateHealthy, ReasonInactive)
	s.act(bad)
	s.becomes(s.about("Held"), aftercheck.StateUnhealthy, ReasonFiring)
	s.becomes(s.about("Slowly"), aftercheck.StateProgressing, ReasonPending)

	// What was scraped before the action's end is neither a no nor a yes.
	s.after = time.Now().Add(time.Hour)
	s.becomes(s.about("Held"), aftercheck.StateUnknown, ReasonNotYet)
	s.becomes(s.about("Held", "pod", "db-0"), aftercheck.StateUnknown, ReasonNotYet)
	s.becomes(s.about("Absent"), aftercheck.StateUnknown, ReasonNotYet)
}

// TestQuietBecauseTheSeriesAreGone tells an alert that is quiet because all is
// well from one that has lost what it watched.
func TestQuietBecauseTheSeriesAreGone(t *testing.T) {
	t.Parallel()
	s := newScene(t, bad)
	down := append([]string{"pod", ""}, s.scraped()...)
	s.becomes(s.about("Held", s.scraped()...), aftercheck.StateUnhealthy, ReasonFiring)
	s.becomes(s.about("Waiting"), aftercheck.StateUnhealthy, ReasonFiring)
	s.becomes(s.about("Summed"), aftercheck.StateUnhealthy, ReasonFiring)
	s.becomes(s.about("Down", down...), aftercheck.StateHealthy, ReasonInactive)
	s.becomes(s.about("Absent"), aftercheck.StateHealthy, ReasonInactive)

	// The series that is there while the pod waits is gone, and the pod is not.
	s.act(good)
	s.becomes(s.about("Waiting"), aftercheck.StateHealthy, ReasonInactive)
	s.becomes(s.about("Waiting", s.scraped()...), aftercheck.StateHealthy, ReasonInactive)
	s.becomes(s.about("Summed"), aftercheck.StateHealthy, ReasonInactive)

	// The pod is gone, and its exporter is not.
	s.act(away)
	s.becomes(s.about("Held", s.scraped()...), aftercheck.StateUnknown, ReasonSeriesGone)
	s.becomes(s.about("Waiting"), aftercheck.StateUnknown, ReasonSeriesGone)
	s.becomes(s.about("Summed"), aftercheck.StateUnknown, ReasonSeriesGone)
	s.becomes(s.about("Absent"), aftercheck.StateUnhealthy, ReasonFiring)
	s.becomes(s.about("Held", "pod", "db-0"), aftercheck.StateHealthy, ReasonInactive)

	// It is back, with the exporter; then the exporter is gone.
	s.act(good)
	s.becomes(s.about("Held"), aftercheck.StateHealthy, ReasonCleared)
	s.becomes(s.about("Absent"), aftercheck.StateHealthy, ReasonInactive)
	s.patient.Close()
	s.after = time.Now()
	s.becomes(s.about("Held", s.scraped()...), aftercheck.StateUnknown, ReasonSeriesGone)
	s.becomes(s.about("Waiting", s.scraped()...), aftercheck.StateUnknown, ReasonSeriesGone)
	s.becomes(s.about("Down", down...), aftercheck.StateUnhealthy, ReasonFiring)
}

// TestWindowsOfRecordingRulesAreSeen: the window that a recording rule hides
// still holds the time before the action's end.
func TestWindowsOfRecordingRulesAreSeen(t *testing.T) {
	t.Parallel()
	s := newScene(t, good)
	s.becomes(s.about("Recorded"), aftercheck.StateHealthy, ReasonInactive)
	s.patient.show(strings.Replace(good, "errors_total{pod=\"api-0\"} 7", "errors_total{pod=\"api-0\"} 99", 1))
	s.becomes(s.about("Recorded"), aftercheck.StateUnhealthy, ReasonFiring)
	s.after = time.Now()
	f := s.becomes(s.about("Recorded"), aftercheck.StateUnknown, ReasonWindowReachesBack)
	if !strings.Contains(f.Message, "4s800ms") {
		t.Errorf("the window is to be the range and two evaluations: %s", f.Message)
	}
	s.becomes(s.about("Recorded"), aftercheck.StateHealthy, ReasonInactive)
}

// TestDelaysOfARealServer: what the server tells of scrapes and rules makes up
// the delays of both sensors.
func TestDelaysOfARealServer(t *testing.T) {
	t.Parallel()
	p := newPatient(t, good)
	server := startPrometheus(t, p, expressionRules)
	fresh := func() (metrics, alerts collect.Sensor) {
		return sensors(t, Config{URL: server, Queries: []Query{
			{Name: "errors", Expr: `sum(rate(errors_total{namespace="$namespace"}[1m]))`, Healthy: "< 1"},
			{Name: "recorded", Expr: `pod:errors:twice{namespace="$namespace"}`, Healthy: "< 1"},
			{Name: "two", Expr: `vector(2)`, Healthy: "< 3"},
		}})
	}
	_, first := fresh()
	s := &scene{t: t, patient: p, sensor: first}
	s.becomes(s.about("Held"), aftercheck.StateHealthy, ReasonInactive)
	metrics, alerts := fresh() // the first ones asked for the targets before there were any
	got := map[string]string{}
	for _, ask := range []struct {
		sensor collect.Sensor
		about  collect.Question
	}{{metrics, s.about("Held")}, {alerts, s.about("Held")}, {alerts, s.about("Recorded")}} {
		answer, err := read(t, ask.sensor, ask.about)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range answer.Delays {
			got[d.Of] = written(d)
		}
	}
	want := map[string]string{
		"query errors":   "scrape_interval 200ms, range 1m0s",
		"query recorded": "scrape_interval 200ms, range 4s, evaluation_interval 800ms",
		"query two":      "",
		"alert Held":     "scrape_interval 200ms, evaluation_interval 200ms",
		"alert Recorded": "scrape_interval 200ms, range 4s, evaluation_interval 1s",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("delays: %s", diff)
	}
}

// written is a delay's sum as text.
func written(d aftercheck.Delay) string {
	var parts []string
	for _, part := range d.Parts {
		parts = append(parts, part.Name+" "+part.Duration.String())
	}
	return strings.Join(parts, ", ")
}
