package prom

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

const hostileValue = "a\"} or vector(1) # {b}\n\\ü🦀.*"

// page is a metrics page in the text format; escaped as it wants.
func page(errors int) string {
	return fmt.Sprintf(`share 0.03
many{i="1"} 1
many{i="2"} 2
many{i="3"} 6
some_nan{i="1"} NaN
some_nan{i="2"} 1
infinite +Inf
old 5 %d
errors_total %d
hostile{x="a\"} or vector(1) # {b}\n\\ü🦀.*"} 7
hostile{x="innocent"} 8
`, time.Now().Add(-time.Minute).UnixMilli(), errors)
}

func TestMetricsOfARealServer(t *testing.T) {
	t.Parallel()
	p := newPatient(t, page(0))
	queries := []Query{
		{Name: "share", Expr: `share{namespace="$namespace"}`, Healthy: "< 0.05", Unit: "ratio", Signal: true},
		{Name: "share too high", Expr: `share`, Healthy: "< 0.01"},
		{Name: "share compared", Expr: `share`, Better: "lower"},
		{Name: "scalar", Expr: `scalar(share) * 2`, Healthy: "< 0.1"},
		{Name: "neighbour", Expr: `share`, Healthy: "< 1", Scope: aftercheck.ScopeNeighbour},
		{Name: "sum", Expr: `many`, Aggregation: AggregateSum, Healthy: "== 9"},
		{Name: "max", Expr: `many`, Aggregation: AggregateMax, Healthy: "== 6"},
		{Name: "min", Expr: `many`, Aggregation: AggregateMin, Healthy: "== 1"},
		{Name: "avg", Expr: `many`, Aggregation: AggregateAvg, Healthy: "== 3"},
		{Name: "many", Expr: `many`, Healthy: "> 0"},
		{Name: "nan", Expr: `some_nan`, Aggregation: AggregateMax, Healthy: "> 0"},
		{Name: "0/0", Expr: `share * 0 / 0`, Healthy: "< 1"},
		{Name: "infinite", Expr: `infinite`, Healthy: "> 0"},
		{Name: "nothing", Expr: `no_such_metric`, Healthy: "< 1"},
		{Name: "fallback", Expr: `sum(rate(no_such_metric[1m])) or vector(0)`, Healthy: "< 1"},
		{Name: "fallback beside a sample", Expr: `(sum(rate(no_such_metric[1m])) or vector(0)) / sum(share)`, Healthy: "< 1"},
		{Name: "absent", Expr: `absent(no_such_metric)`, Healthy: "== 1"},
		{Name: "stale", Expr: `old`, Healthy: "== 5", MaxSampleAge: 10 * time.Second},
		{Name: "old but allowed", Expr: `old`, Healthy: "== 5"},
		{Name: "missing label", Expr: `share{pod="$pod"}`, Healthy: "< 1"},
		{Name: "hostile", Expr: `hostile{x="$x"}`, Healthy: "== 7"},
		{Name: "hostile pattern", Expr: `hostile{x=~"$x"}`, Healthy: "== 7"},
		{Name: "many to many", Expr: `many * on () many`, Healthy: "> 0"},
	}
	s, _ := sensors(t, Config{URL: startPrometheus(t, p, ""), Queries: queries})
	q := collect.Question{Incident: incident("AnyAlert", "namespace", "shop", "x", hostileValue)}
	becomes(t, s, q, "share", aftercheck.StateHealthy, ReasonInRange)
	answer, err := read(t, s, q)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		state  aftercheck.State
		reason string
		value  float64 // NaN: none
	}{
		{"share", aftercheck.StateHealthy, ReasonInRange, 0.03},
		{"share too high", aftercheck.StateUnhealthy, ReasonOutOfRange, 0.03},
		{"share compared", "", ReasonMeasured, 0.03},
		{"scalar", aftercheck.StateHealthy, ReasonInRange, 0.06},
		{"neighbour", aftercheck.StateHealthy, ReasonInRange, 0.03},
		{"sum", aftercheck.StateHealthy, ReasonInRange, 9},
		{"max", aftercheck.StateHealthy, ReasonInRange, 6},
		{"min", aftercheck.StateHealthy, ReasonInRange, 1},
		{"avg", aftercheck.StateHealthy, ReasonInRange, 3},
		{"many", aftercheck.StateUnknown, ReasonManySeries, math.NaN()},
		{"nan", aftercheck.StateUnknown, ReasonNotANumber, math.NaN()},
		{"0/0", aftercheck.StateUnknown, ReasonNotANumber, math.NaN()},
		{"infinite", aftercheck.StateUnknown, ReasonInfinite, math.NaN()},
		{"nothing", aftercheck.StateUnknown, ReasonNoData, math.NaN()},
		{"fallback", aftercheck.StateUnknown, ReasonNoData, 0},
		{"fallback beside a sample", aftercheck.StateHealthy, ReasonInRange, 0},
		{"absent", aftercheck.StateHealthy, ReasonInRange, 1},
		{"stale", aftercheck.StateUnknown, ReasonStale, 5},
		{"old but allowed", aftercheck.StateHealthy, ReasonInRange, 5},
		{"missing label", aftercheck.StateUnknown, ReasonMissingLabel, math.NaN()},
		{"hostile", aftercheck.StateHealthy, ReasonInRange, 7},
		{"hostile pattern", aftercheck.StateHealthy, ReasonInRange, 7},
		{"many to many", aftercheck.StateUnknown, ReasonQueryFailed, math.NaN()},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := find(answer, c.name)
			if err != nil {
				t.Fatal(err)
			}
			if f.State != c.state || f.Reason != c.reason {
				t.Errorf("got %q with %s (%s), want %q with %s", f.State, f.Reason, f.Message, c.state, c.reason)
			}
			if (f.Value == nil) != math.IsNaN(c.value) || (f.Value != nil && f.Value.Number != c.value) {
				t.Errorf("got the value %+v, want %v", f.Value, c.value)
			}
			if f.Query == "" || f.Check != aftercheck.CheckMetric || f.Subject.Kind != "Metric" || f.Subject.Namespace != "shop" {
				t.Errorf("the finding cannot be traced: %+v", f)
			}
		})
	}
	f, _ := find(answer, "share")
	if !f.Signal || f.Scope != aftercheck.ScopeTarget || f.Wanted != "< 0.05" || f.Value.Unit != "ratio" || f.Query != `share{namespace="shop"}` {
		t.Errorf("got %+v", f)
	}
	if age := time.Since(f.At); age < 0 || age > 5*time.Second {
		t.Errorf("the sample's time is %s, %s ago", f.At, age)
	}
	if f, _ = find(answer, "neighbour"); f.Scope != aftercheck.ScopeNeighbour || f.Signal {
		t.Errorf("got %+v", f)
	}
	if !strings.Contains(answer.Raw, `share{namespace="shop"} => `) {
		t.Errorf("the raw answer is %s", answer.Raw)
	}
}

func TestOnlySamplesAfterTheActionCount(t *testing.T) {
	t.Parallel()
	p := newPatient(t, page(0))
	s, _ := sensors(t, Config{URL: startPrometheus(t, p, ""), Queries: []Query{
		{Name: "share", Expr: `share`, Healthy: "< 0.05"},
		{Name: "old", Expr: `old`, Healthy: "== 5"},
		{Name: "an hour ago", Expr: `share offset 1h or share offset 100ms`, Healthy: "< 1"},
		{Name: "errors", Expr: `increase(errors_total[2s])`, Healthy: "== 0"},
		{Name: "errors compared", Expr: `increase(errors_total[2s])`},
		{Name: "no errors", Expr: `sum(increase(errors_total[2s])) * 0`, Healthy: "== 0"},
	}})
	q := collect.Question{Incident: incident("AnyAlert", "namespace", "shop")}
	becomes(t, s, q, "errors", aftercheck.StateHealthy, ReasonInRange)
	p.show(page(100))
	becomes(t, s, q, "errors", aftercheck.StateUnhealthy, ReasonOutOfRange)

	q.After = time.Now()
	becomes(t, s, q, "old", aftercheck.StateUnknown, ReasonNotYet)
	f := becomes(t, s, q, "errors", aftercheck.StateUnknown, ReasonWindowReachesBack)
	if f.Value == nil || f.Value.Number == 0 {
		t.Errorf("the value is to be seen all the same: %+v", f)
	}
	becomes(t, s, q, "errors compared", aftercheck.StateUnknown, ReasonWindowReachesBack)
	becomes(t, s, q, "no errors", aftercheck.StateHealthy, ReasonWindowReachesBack)
	f = becomes(t, s, q, "share", aftercheck.StateHealthy, ReasonInRange)
	if !f.At.After(q.After) {
		t.Errorf("the sample of %s is not newer than %s", f.At, q.After)
	}
	f = becomes(t, s, q, "errors", aftercheck.StateHealthy, ReasonInRange)
	// The newest sample is at most some scrapes older than the evaluation.
	if cleared := q.After.Add(2 * time.Second); f.At.Before(cleared.Add(-time.Second)) {
		t.Errorf("cleared with a sample of %s, and the window reaches back until %s", f.At, cleared)
	}
	becomes(t, s, q, "errors compared", "", ReasonMeasured)

	q.After = time.Now().Add(time.Hour)
	becomes(t, s, q, "share", aftercheck.StateUnknown, ReasonNotYet)
	becomes(t, s, q, "an hour ago", aftercheck.StateUnknown, ReasonNotYet)
}

func TestATargetThatGoesAway(t *testing.T) {
	t.Parallel()
	p := newPatient(t, page(0))
	url := startPrometheus(t, p, "")
	s, _ := sensors(t, Config{URL: url, Queries: []Query{{Name: "share", Expr: `share`, Healthy: "< 0.05"}}})
	q := collect.Question{Incident: incident("AnyAlert", "namespace", "shop"), After: time.Now()}
	becomes(t, s, q, "share", aftercheck.StateHealthy, ReasonInRange)
	p.Close()
	becomes(t, s, q, "share", aftercheck.StateUnknown, ReasonNoData)

	builtIn, _ := sensors(t, Config{URL: url})
	q.Incident = incident("KubePodNotReady", "namespace", "shop")
	becomes(t, builtIn, q, "up", aftercheck.StateUnhealthy, ReasonOutOfRange)
}

func TestBuiltInQueriesOnARealServer(t *testing.T) {
	t.Parallel()
	p := newPatient(t, `probe_success{t="a"} 1
probe_success{t="b"} 1
kube_pod_container_status_restarts_total{pod="a"} 3
node_load5 2
container_memory_working_set_bytes{pod="api-0"} 2097152
`)
	s, _ := sensors(t, Config{URL: startPrometheus(t, p, ""), DefaultNamespace: "shop"})
	probe := collect.Question{Incident: incident("TargetDown")}
	f := becomes(t, s, probe, "probe_failures", aftercheck.StateHealthy, ReasonInRange)
	if f.Query != "1 - avg(probe_success)" || f.Wanted != "== 0" || f.Signal {
		t.Errorf("got %+v", f)
	}
	becomes(t, s, collect.Question{Incident: incident("Any")}, "up", aftercheck.StateHealthy, ReasonInRange)
	becomes(t, s, collect.Question{Incident: incident("HostDown", "instance", p.address())}, "up", aftercheck.StateHealthy, ReasonInRange)
	becomes(t, s, collect.Question{Incident: incident("HostDown", "instance", "10.1.1.1:1")}, "up", aftercheck.StateUnknown, ReasonNoData)
	becomes(t, s, collect.Question{Incident: incident("HostHighCpuLoad", "instance", p.address())}, "node_load5", "", ReasonMeasured)
	becomes(t, s, collect.Question{Incident: incident("KubePodCrashLooping")}, "restarts", aftercheck.StateHealthy, ReasonInRange)
	if f = becomes(t, s, collect.Question{Incident: incident("PodOOMKilled", "pod", "api-0")}, "memory", "", ReasonMeasured); f.Value.Number != 2 || f.Wanted != "lower" {
		t.Errorf("got %+v", f)
	}
	// The probe is of everything: one failure is not the target's, but all are.
	p.show("probe_success{t=\"a\"} 1\nprobe_success{t=\"b\"} 0\n")
	becomes(t, s, probe, "probe_failures", aftercheck.StateUnknown, ReasonWiderThanTarget)
	p.show("probe_success{t=\"a\"} 0\nprobe_success{t=\"b\"} 0\n")
	becomes(t, s, probe, "probe_failures", aftercheck.StateUnhealthy, ReasonOutOfRange)
	p.show("probe_success{t=\"a\"} 1\nkube_pod_container_status_restarts_total{pod=\"a\"} 5\n")
	becomes(t, s, collect.Question{Incident: incident("KubePodCrashLooping")}, "restarts", aftercheck.StateUnknown, ReasonWiderThanTarget)
	becomes(t, s, collect.Question{Incident: incident("KubePodCrashLooping"), After: time.Now().Add(-time.Second)}, "restarts", aftercheck.StateUnknown, ReasonWindowReachesBack)
}

func TestWhichQueriesAreAsked(t *testing.T) {
	shop, err := collect.NewMatch("Shop.*", `team="a"`)
	if err != nil {
		t.Fatal(err)
	}
	config := Config{URL: "http://127.0.0.1:1", Queries: []Query{{Name: "shop", Expr: "x", Match: shop}}}
	for _, c := range []struct {
		name      string
		incident  aftercheck.Incident
		noBuiltIn bool
		want      string
	}{
		{"configured", incident("ShopSlow", "team", "a"), false, "shop"},
		{"another team's", incident("ShopSlow", "team", "b"), false, "up"},
		{"built in", incident("HostDown"), false, "up"},
		{"none", incident("HostDown"), true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			config.NoBuiltIn = c.noBuiltIn
			client, err := newClient(config)
			if err != nil {
				t.Fatal(err)
			}
			compiled, err := compile(config.Queries[0])
			if err != nil {
				t.Fatal(err)
			}
			m := metrics{client: client, builtIn: !c.noBuiltIn, queries: []compiledQuery{compiled}, defaultNamespace: "default"}
			got := ""
			for _, a := range m.asksFor(c.incident) {
				got += a.Name
			}
			if _, fits := m.plan(collect.Question{Incident: c.incident}); got != c.want || fits != (c.want != "") {
				t.Errorf("asks %q, want %q", got, c.want)
			}
		})
	}
}

func TestPlansShareACallIfAndOnlyIfTheyAskTheSame(t *testing.T) {
	s, a := sensors(t, Config{URL: "http://127.0.0.1:1", Queries: []Query{
		{Name: "share", Expr: `share{pod="$pod"}`},
		{Name: "zone", Expr: `share{zone="$zone"}`},
	}})
	moment := time.Now()
	base := collect.Question{Incident: incident("A", "namespace", "shop", "pod", "p"), After: moment}
	renamed := base.Incident
	renamed.ID = "another"
	for name, c := range map[string]struct {
		other           collect.Question
		metrics, alerts bool // share
	}{
		"another ID":        {collect.Question{Incident: renamed, After: moment}, true, true},
		"another time":      {collect.Question{Incident: base.Incident, After: moment.Add(1)}, true, true},
		"before":            {collect.Question{Incident: base.Incident}, true, true},
		"a known target":    {collect.Question{Incident: base.Incident, After: moment, Known: aftercheck.Target{Kind: "Deployment", Name: "api"}}, true, true},
		"another namespace": {collect.Question{Incident: incident("A", "namespace", "s", "pod", "p"), After: moment}, true, false},
		"another pod":       {collect.Question{Incident: incident("A", "namespace", "shop", "pod", "q"), After: moment}, false, false},
		"another query":     {collect.Question{Incident: incident("A", "namespace", "shop", "pod", "p", "zone", "z"), After: moment}, false, false},
		"not sent":          {collect.Question{Incident: incident("A", "namespace", "shop", "pod", "p", "zone", "\xff"), After: moment}, true, true},
		"another alert":     {collect.Question{Incident: incident("B", "namespace", "shop", "pod", "p"), After: moment}, true, false},
		"no neighbourhood":  {collect.Question{Incident: incident("A", "pod", "p"), After: moment}, true, false},
	} {
		for _, one := range []struct {
			sensor collect.Sensor
			shared bool
		}{{s, c.metrics}, {a, c.alerts}} {
			first, _ := one.sensor.Plan(base)
			plan, _ := one.sensor.Plan(c.other)
			if first.Key == "" || (plan.Key == first.Key) != one.shared {
				t.Errorf("%s, %s: the keys are %q and %q, to be shared: %t", one.sensor.Name, name, first.Key, plan.Key, one.shared)
			}
		}
	}
}

// A label whose value looks like its own placeholder is asked for; the incident
// without the label is not.
func TestAQueryThatIsNotSentSharesNothing(t *testing.T) {
	s, _ := sensors(t, Config{URL: "http://127.0.0.1:1", Queries: []Query{{Name: "share", Expr: `share{pod="$pod"}`}}})
	without, _ := s.Plan(collect.Question{Incident: incident("A")})
	with, _ := s.Plan(collect.Question{Incident: incident("A", "pod", "$pod")})
	if without.Key != "" || with.Key == "" {
		t.Errorf("the keys are %q and %q", without.Key, with.Key)
	}
	answer, err := read(t, s, collect.Question{Incident: incident("A")})
	if f, _ := find(answer, "share"); err != nil || f.Reason != ReasonMissingLabel {
		t.Errorf("got %+v and %v", answer, err)
	}
}
