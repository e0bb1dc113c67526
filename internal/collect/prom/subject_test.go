package prom

import (
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

type set = map[string]string

func theAlerts(t *testing.T, c AlertsConfig) *alerts {
	t.Helper()
	a, err := newAlerts(nil, c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestRelate(t *testing.T) {
	deployment := aftercheck.Target{Kind: "Deployment", Namespace: "shop", Name: "api"}
	for _, c := range []struct {
		name             string
		rule, own, other set
		known            aftercheck.Target
		want             relation
	}{
		{name: "equal", own: set{"pod": "a"}, other: set{"pod": "a"}, want: same},
		{name: "labels added on the way", own: set{"pod": "a", "cluster": "east", "prometheus": "p"}, other: set{"pod": "a"}, want: same},
		{name: "severity changed on the way", own: set{"pod": "a", "severity": "page"}, other: set{"pod": "a", "severity": "info"}, want: same},
		{name: "constant label changed on the way", rule: set{"team": "x"}, own: set{"pod": "a", "team": "y"}, other: set{"pod": "a", "team": "x"}, want: same},
		{name: "another container", own: set{"pod": "a", "container": "c"}, other: set{"pod": "a", "container": "d"}, want: another},
		{name: "another instance", own: set{"instance": "a:1"}, other: set{"instance": "b:1"}, want: another},
		{name: "less is known than the alert says", own: set{"namespace": "shop"}, other: set{"namespace": "shop", "pod": "a"}, want: same},
		{name: "nothing in common", own: set{"cluster": "east"}, other: set{"pod": "a"}, want: unclear},
		{name: "an alert without labels", own: set{"cluster": "east"}, other: set{"alertname": "A"}, want: same},
		{name: "only constants", rule: set{"team": "x"}, own: set{}, other: set{"team": "x"}, want: same},
		{name: "an empty label is none", own: set{"pod": "a", "x": ""}, other: set{"pod": "a", "x": "y"}, want: same},
		{name: "the new pod of the same Deployment", own: set{"pod": "api-7d9f7bcd5f-abcde", "namespace": "shop"},
			other: set{"pod": "api-5c4d5f6b7d-xwz2q", "namespace": "shop"}, want: another},
		{name: "the new pod, by the names' own letters", own: set{"pod": "api-7d9f7bcd5f-bcd2f", "namespace": "shop"},
			other: set{"pod": "api-5c4d5f6b7d-xwz2q", "namespace": "shop"}, want: successor},
		{name: "the new pod, by the known target", known: deployment, own: set{"pod": "api-old", "namespace": "shop"},
			other: set{"pod": "api-5c4d5f6b7d-xwz2q", "namespace": "shop"}, want: successor},
		{name: "the new pod on a new address", known: deployment, own: set{"pod": "api-7d9f7bcd5f-bcd2f", "instance": "10.0.0.1:80"},
			other: set{"pod": "api-5c4d5f6b7d-xwz2q", "instance": "10.0.0.2:80"}, want: successor},
		{name: "another Deployment's pod", known: deployment, own: set{"pod": "api-7d9f7bcd5f-bcd2f"},
			other: set{"pod": "api-v2-5c4d5f6b7d-xwz2q"}, want: another},
		{name: "the new pod in another namespace", known: deployment, own: set{"pod": "api-7d9f7bcd5f-bcd2f", "namespace": "a"},
			other: set{"pod": "api-5c4d5f6b7d-xwz2q", "namespace": "b"}, want: another},
		{name: "a StatefulSet's pod on a new address", own: set{"pod": "db-0", "instance": "10.0.0.1:80"}, other: set{"pod": "db-0", "instance": "10.0.0.2:80"}, want: successor},
		{name: "another pod of a StatefulSet", own: set{"pod": "db-0"}, other: set{"pod": "db-1"}, want: another},
		{name: "a new address without a pod", own: set{"instance": "a:1", "job": "j"}, other: set{"instance": "b:1", "job": "j"}, want: another},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := subjectOf(theAlerts(t, AlertsConfig{}), collect.Question{Incident: aftercheck.Incident{Alertname: "A", Labels: c.own}, Known: c.known})
			if got := s.relate(rule{Labels: c.rule}, alert{Labels: c.other}); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

func TestStanding(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	evaluated := rule{Name: "A", Query: "x > 0", Health: "ok", LastEvaluation: now}
	with := func(change func(*rule), alerts ...alert) rule {
		r := evaluated
		r.Alerts = alerts
		if change != nil {
			change(&r)
		}
		return r
	}
	firing := alert{Labels: set{"pod": "a"}, State: "firing", ActiveAt: now.Add(-time.Hour)}
	pending := alert{Labels: set{"pod": "a"}, State: "pending", ActiveAt: now.Add(-time.Minute)}
	before := time.Time{}
	for _, c := range []struct {
		name   string
		rules  []rule
		after  time.Time
		state  aftercheck.State
		reason string
	}{
		{"no rule", nil, before, aftercheck.StateUnknown, ReasonNoSuchRule},
		{"inactive", []rule{with(nil)}, before, aftercheck.StateHealthy, ReasonInactive},
		{"inactive after", []rule{with(nil)}, now.Add(-time.Second), aftercheck.StateHealthy, ReasonInactive},
		{"inactive, evaluated before the end", []rule{with(nil)}, now.Add(time.Second), aftercheck.StateUnknown, ReasonNotYetEvaluated},
		{"inactive, evaluated at the end", []rule{with(nil)}, now, aftercheck.StateUnknown, ReasonNotYetEvaluated},
		{"never evaluated", []rule{with(func(r *rule) { r.LastEvaluation = time.Time{}; r.Health = "unknown" })}, before, aftercheck.StateUnknown, ReasonNotYetEvaluated},
		{"failing", []rule{with(func(r *rule) { r.Health = "err"; r.LastError = "many-to-many" })}, before, aftercheck.StateUnknown, ReasonRuleFailing},
		{"failing while firing", []rule{with(func(r *rule) { r.Health = "err" }, firing)}, before, aftercheck.StateUnknown, ReasonRuleFailing},
		{"firing", []rule{with(nil, firing)}, before, aftercheck.StateUnhealthy, ReasonFiring},
		{"pending", []rule{with(nil, pending)}, before, aftercheck.StateProgressing, ReasonPending},
		{"pending and firing", []rule{with(nil, pending, firing)}, before, aftercheck.StateUnhealthy, ReasonFiring},
		{"firing, evaluated before the end", []rule{with(nil, firing)}, now.Add(time.Second), aftercheck.StateUnknown, ReasonNotYetEvaluated},
		{"firing over an old window", []rule{with(func(r *rule) { r.Query = "rate(x[5m]) > 0" }, firing)}, now.Add(-time.Minute), aftercheck.StateUnknown, ReasonWindowReachesBack},
		{"firing over a new window", []rule{with(func(r *rule) { r.Query = "rate(x[5m]) > 0" }, firing)}, now.Add(-time.Hour), aftercheck.StateUnhealthy, ReasonFiring},
		{"firing over a window, before the action", []rule{with(func(r *rule) { r.Query = "rate(x[5m]) > 0" }, firing)}, before, aftercheck.StateUnhealthy, ReasonFiring},
		{"firing by an expression of another parser", []rule{with(func(r *rule) { r.Query = "x{" }, firing)}, now.Add(-time.Minute), aftercheck.StateUnhealthy, ReasonFiring},
		{"firing for another pod", []rule{with(nil, alert{Labels: set{"pod": "b"}, State: "firing"})}, before, aftercheck.StateHealthy, ReasonInactive},
		{"firing for nobody known", []rule{with(nil, alert{Labels: set{"node": "n"}, State: "firing"})}, before, aftercheck.StateUnknown, ReasonAmbiguous},
		{"firing for it and for nobody known", []rule{with(nil, alert{Labels: set{"node": "n"}, State: "firing"}, pending)}, before, aftercheck.StateProgressing, ReasonPending},
		{"the worst of two rules", []rule{with(nil), with(nil, firing)}, before, aftercheck.StateUnhealthy, ReasonFiring},
		{"one of two rules not evaluated yet", []rule{with(nil), with(func(r *rule) { r.LastEvaluation = time.Time{} })}, before, aftercheck.StateUnknown, ReasonNotYetEvaluated},
		{"an unknown state is none", []rule{with(nil, alert{Labels: set{"pod": "a"}, State: "inactive"})}, before, aftercheck.StateHealthy, ReasonInactive},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := collect.Question{Incident: incident("A", "pod", "a", "namespace", "shop"), After: c.after}
			f := subjectOf(theAlerts(t, AlertsConfig{}), q).finding(c.rules, now)
			if f.State != c.state || f.Reason != c.reason {
				t.Errorf("got %s with %s (%s), want %s with %s", f.State, f.Reason, f.Message, c.state, c.reason)
			}
			if f.Subject.String() != "Alert/shop/A" || !f.Signal || f.Check != aftercheck.CheckAlert {
				t.Errorf("got %+v", f)
			}
		})
	}
}

func TestOthers(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	firing := func(age time.Duration, labels set) alert {
		return alert{Labels: labels, State: "firing", ActiveAt: now.Add(-age)}
	}
	active := []alert{
		firing(3, set{"alertname": "Old", "namespace": "shop", "pod": "b", "container": "c", "severity": "page"}),
		firing(1, set{"alertname": "New", "namespace": "shop"}),
		firing(2, set{"alertname": "Elsewhere", "namespace": "office"}),
		firing(2, set{"alertname": "A", "namespace": "shop", "pod": "a"}),
		firing(2, set{"alertname": "A", "namespace": "shop", "pod": "z"}),
		firing(2, set{"alertname": "Watchdog", "namespace": "shop"}),
		firing(2, set{"alertname": "Sleepless", "namespace": "shop", "severity": "none"}),
		{Labels: set{"alertname": "Pending", "namespace": "shop"}, State: "pending"},
	}
	q := collect.Question{Incident: incident("A", "namespace", "shop", "pod", "a")}
	names := func(a *alerts) (string, int) {
		label, value := a.neighbours(q.Incident)
		findings, left := a.others(subjectOf(a, q), nil, active, label, value, now)
		var names []string
		for _, f := range findings {
			names = append(names, f.Subject.String())
		}
		return strings.Join(names, " "), left
	}
	want := `Alert/shop/New Alert/shop/A{pod="z"} Alert/shop/Old{container="c", pod="b", severity="page"}`
	if got, left := names(theAlerts(t, AlertsConfig{})); got != want || left != 0 {
		t.Errorf("got  %s, %d left out\nwant %s", got, left, want)
	}
	if got, left := names(theAlerts(t, AlertsConfig{MaxNeighbours: 1})); got != "Alert/shop/New" || left != 2 {
		t.Errorf("at most one: got %s, %d left out", got, left)
	}
	if got, _ := names(theAlerts(t, AlertsConfig{Ignore: "New|Old"})); got != `Alert/shop/Watchdog Alert/shop/A{pod="z"}` && got != `Alert/shop/A{pod="z"} Alert/shop/Watchdog` {
		t.Errorf("own names to ignore: got %s", got)
	}
}

func TestOthersNameTheirPods(t *testing.T) {
	a := theAlerts(t, AlertsConfig{})
	q := collect.Question{Incident: incident("A", "namespace", "shop")}
	active := []alert{
		{Labels: set{"alertname": "B", "namespace": "shop", "pod": "p-1"}, State: "firing"},
		{Labels: set{"alertname": "C", "namespace": "shop"}, State: "firing"},
	}
	findings, _ := a.others(subjectOf(a, q), nil, active, "namespace", "shop", time.Now())
	if len(findings) != 2 || findings[0].Subject.Owner != "Pod/p-1" || findings[1].Subject.Owner != "" {
		t.Errorf("got %+v", findings)
	}
}

func TestNameOfIsBoundedAndStable(t *testing.T) {
	long := set{"alertname": "A", "x": strings.Repeat("ü", 500), "y": "1"}
	other := set{"alertname": "A", "x": strings.Repeat("ü", 500), "y": "2"}
	if got := nameOf(long); len(got) > maxName || got != nameOf(long) || got == nameOf(other) {
		t.Errorf("got %s (%d bytes)", got, len(got))
	}
	if got := nameOf(set{"alertname": "A", "namespace": "n"}); got != "A" {
		t.Errorf("got %s", got)
	}
}

func TestWorkloadOf(t *testing.T) {
	for pod, want := range map[string]string{
		"api-7d9f7bcd5f-bcd2f":    "api",
		"api-v2-7d9f7bcd5f-bcd2f": "api-v2",
		"agent-x2kdl":             "agent",
		"db-0":                    "",
		"plain":                   "",
		"":                        "",
	} {
		if got := workloadOf(pod); got != want {
			t.Errorf("%s: got %q, want %q", pod, got, want)
		}
	}
}

func TestAlertsPlan(t *testing.T) {
	a := theAlerts(t, AlertsConfig{})
	for name, c := range map[string]struct {
		incident aftercheck.Incident
		fits     bool
	}{
		"nothing":                       {incident(""), false},
		"a name":                        {incident("A"), true},
		"a name as a label":             {incident("", "alertname", "A"), true},
		"a neighbourhood without alert": {incident("", "namespace", "shop"), true},
		"labels that say nothing":       {incident("", "team", "x"), false},
	} {
		if _, fits := a.plan(collect.Question{Incident: c.incident}); fits != c.fits {
			t.Errorf("%s: got %v", name, fits)
		}
	}
}
