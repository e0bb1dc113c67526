package prom

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

const alertRules = `
groups:
- name: shop
  interval: 200ms
  rules:
  - {alert: Broken, expr: broken > 0, for: 1s, labels: {severity: page, team: a}}
  - {alert: Kept, expr: broken > 0, keep_firing_for: 1m, labels: {severity: page}}
  - {alert: Errors, expr: "increase(errors_total[6s]) > 0"}
  - {alert: Failing, expr: many * on (namespace) many > 0}
  - {alert: Levels, expr: broken > 0, labels: {severity: warning}}
  - {alert: Levels, expr: broken > 100, labels: {severity: critical}}
  - {alert: "Hostile", expr: "hostile > 0"}
  - {alert: Watchdog, expr: vector(1), labels: {namespace: shop}}
  - {alert: Sleepless, expr: vector(1), labels: {namespace: shop, severity: none}}
- name: slow
  interval: 1h
  rules:
  - {alert: Slow, expr: broken > 0}
`

func alertPage(broken, errors int) string {
	return fmt.Sprintf(`broken{pod="api-0"} %d
broken{pod="api-1"} 0
many{i="1"} 1
many{i="2"} 2
errors_total{pod="api-0"} %d
hostile{x="a\"} or vector(1) # {b}\n\\ü🦀.*"} %d
`, broken, errors, broken)
}

func TestAlertsOfARealServer(t *testing.T) {
	t.Parallel()
	p := newPatient(t, alertPage(0, 0))
	_, s := sensors(t, Config{URL: startPrometheus(t, p, alertRules)})
	// As Alertmanager sends them: an external label more, and a severity that
	// relabelling changed.
	about := func(alertname string, more ...string) collect.Question {
		return collect.Question{Incident: incident(alertname, append([]string{"alertname", alertname, "namespace", "shop",
			"job", "patient", "instance", p.address(), "pod", "api-0", "cluster", "east", "severity", "critical"}, more...)...)}
	}
	broken := about("Broken", "team", "a")
	f := becomes(t, s, broken, "Broken", aftercheck.StateHealthy, ReasonInactive)
	if f.Query != "broken > 0" || !f.Signal || f.Scope != aftercheck.ScopeTarget || f.Check != aftercheck.CheckAlert || f.Since != (time.Time{}) {
		t.Errorf("got %+v", f)
	}

	p.show(alertPage(1, 0))
	begun := time.Now()
	becomes(t, s, broken, "Broken", aftercheck.StateProgressing, ReasonPending)
	f = becomes(t, s, broken, "Broken", aftercheck.StateUnhealthy, ReasonFiring)
	if age := f.Since.Sub(begun); age < -5*time.Second || age > 15*time.Second {
		t.Errorf("active since %s, and it began at %s", f.Since, begun)
	}
	becomes(t, s, about("Hostile", "x", hostileValue), "Hostile", aftercheck.StateUnhealthy, ReasonFiring)
	becomes(t, s, about("Hostile", "x", "another"), "Hostile", aftercheck.StateUnknown, ReasonSeriesGone)
	becomes(t, s, about("Broken", "pod", "db-0"), "Broken", aftercheck.StateUnknown, ReasonSeriesGone)
	becomes(t, s, about("Broken", "pod", "api-1"), "Broken", aftercheck.StateHealthy, ReasonInactive)
	becomes(t, s, about("Levels"), "Levels", aftercheck.StateHealthy, ReasonInactive)
	becomes(t, s, about("Levels", "severity", "warning"), "Levels", aftercheck.StateUnhealthy, ReasonFiring)
	becomes(t, s, collect.Question{Incident: incident("Broken")}, "Broken", aftercheck.StateUnknown, ReasonAmbiguous)
	becomes(t, s, collect.Question{Incident: incident("Broken", "namespace", "shop")}, "Broken", aftercheck.StateUnhealthy, ReasonFiring)
	becomes(t, s, about("Failing"), "Failing", aftercheck.StateUnknown, ReasonRuleFailing)
	becomes(t, s, about("NoSuchAlert"), "NoSuchAlert", aftercheck.StateUnknown, ReasonNoSuchRule)
	neighbours(t, s, broken)

	// The action ends while the alerts fire; then the target heals.
	becomes(t, s, about("Kept"), "Kept", aftercheck.StateUnhealthy, ReasonFiring)
	p.show(alertPage(1, 50))
	becomes(t, s, about("Errors"), "Errors", aftercheck.StateUnhealthy, ReasonFiring)
	after := time.Now()
	at := func(q collect.Question) collect.Question { q.After = after; return q }
	becomes(t, s, at(about("Errors")), "Errors", aftercheck.StateUnknown, ReasonWindowReachesBack)
	becomes(t, s, at(about("Slow")), "Slow", aftercheck.StateProgressing, ReasonPending)
	becomes(t, s, at(broken), "Broken", aftercheck.StateUnhealthy, ReasonFiring)
	p.show(alertPage(0, 50))
	f = becomes(t, s, at(broken), "Broken", aftercheck.StateHealthy, ReasonInactive)
	if !f.At.After(after) {
		t.Errorf("evaluated at %s, not after %s", f.At, after)
	}
	f = becomes(t, s, at(about("Kept")), "Kept", aftercheck.StateHealthy, ReasonCleared)
	if !strings.Contains(f.Message, "keeps it firing for 1m") || f.Since.IsZero() {
		t.Errorf("got %+v", f)
	}
	becomes(t, s, at(about("Slow")), "Slow", aftercheck.StateHealthy, ReasonInactive)
	becomes(t, s, at(about("Errors")), "Errors", aftercheck.StateHealthy, ReasonInactive)
}

// neighbours checks the other alerts that fire in the namespace.
func neighbours(t *testing.T, s collect.Sensor, q collect.Question) {
	t.Helper()
	becomes(t, s, q, "Broken", aftercheck.StateUnhealthy, ReasonFiring)
	testbed.Eventually(t, 10*time.Second, func() error {
		answer, err := read(t, s, q)
		if err != nil {
			return err
		}
		var names []string
		for _, f := range answer.Findings[1:] {
			if f.Scope != aftercheck.ScopeNeighbour || f.State != aftercheck.StateUnhealthy || f.Since.IsZero() || f.Signal || f.Subject.Kind != "Alert" {
				return fmt.Errorf("got %+v", f)
			}
			name, _, _ := strings.Cut(f.Subject.Name, "{")
			names = append(names, name)
		}
		all := " " + strings.Join(names, " ") + " "
		for _, want := range []string{" Kept ", " Levels ", " Hostile "} {
			if strings.Count(all, want) != 1 {
				return fmt.Errorf("want%sonce among the neighbours%s", want, all)
			}
		}
		for _, unwanted := range []string{"Broken", "Watchdog", "Sleepless"} {
			if strings.Contains(all, unwanted) {
				return fmt.Errorf("%s is among the neighbours%s", unwanted, all)
			}
		}
		return nil
	})
}
