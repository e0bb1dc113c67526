package prom

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

func parsed(t testing.TB, text string) parser.Expr {
	t.Helper()
	expr, err := promQL.ParseExpr(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return expr
}

// TestFootingFollowsTheIncidentsLabels: which of the labels namespace, pod and job
// the series of each selector must share.
func TestFootingFollowsTheIncidentsLabels(t *testing.T) {
	names := []string{"job", "namespace", "pod"}
	for text, want := range map[string]string{
		`a > 0`:                           `a[job namespace pod]`,
		`sum by (pod) (rate(a[5m])) > 1`:  `a[pod]`,
		`sum without (job) (a)`:           `a[namespace pod]`,
		`sum(a) > 1`:                      `a[]`,
		`sum by (pod) (max by (job) (a))`: `a[]`,
		`a / b`:                           `a[job namespace pod] b[job namespace pod]`,
		`a / on (pod) b`:                  `a[pod] b[pod]`,
		`a / ignoring (job) b`:            `a[namespace pod] b[namespace pod]`,
		`a * on (pod) group_left (job) b`: `a[namespace pod] b[pod job]`,
		`a * on (pod) group_right b`:      `a[pod] b[job namespace pod]`,
		`a and on (pod) b`:                `a[job namespace pod] b[pod]`,
		`a unless on () b`:                `a[job namespace pod] b[]`,
		`a or b`:                          `a[job namespace pod] b[job namespace pod]`,
		`a > scalar(b)`:                   `a[job namespace pod] b[]`,
		`label_replace(a, "pod", "$1", "name", "(.*)") > 0`:       `a[job namespace]`,
		`label_join(a, "job", "-", "x", "y")`:                     `a[namespace pod]`,
		`absent(a{pod="p", zone="z", job=~"x"})`:                  `absent a[pod]`,
		`max_over_time((-a)[5m:1m])`:                              `a[job namespace pod]`,
		`a / a offset 1d`:                                         `a[job namespace pod] past a[job namespace pod]`,
		`a offset 1m > 0`:                                         `a[job namespace pod]`,
		`a > avg_over_time(b[1h:] offset 1d)`:                     `a[job namespace pod] past b[job namespace pod]`,
		`a @ 1700000000 > 0`:                                      `past a[job namespace pod]`,
		`topk by (pod) (3, a)`:                                    `a[pod]`,
		`count(up == 0) by (job) / count(up) by (job) > 1`:        `up[job] up[job]`,
		`histogram_quantile(0.9, sum by (le, pod) (rate(a[5m])))`: `a[pod]`,
		`vector(1) > time()`:                                      ``,
	} {
		var got []string
		for _, l := range footingOf(parsed(t, text), names).leaves() {
			mark := ""
			if l.absent {
				mark += "absent "
			}
			if l.past {
				mark += "past "
			}
			got = append(got, mark+l.selector.Name+fmt.Sprint(l.names))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s stands on %s, want %s", text, strings.Join(got, " "), want)
		}
	}
	if !slices.Equal(names, []string{"job", "namespace", "pod"}) {
		t.Errorf("the names were changed: %v", names)
	}
}

// TestFootingPresence: what the presence of single metrics means for the whole.
func TestFootingPresence(t *testing.T) {
	seen := map[string]presence{"f": fresh, "o": old, "u": unheard, "v": vanished}
	for text, want := range map[string]presence{
		`f`:                  fresh,
		`vector(1)`:          needless,
		`f / o`:              old,
		`f / v`:              vanished,
		`f and u`:            unheard,
		`f unless f`:         fresh,
		`f unless u`:         fresh,
		`f unless v`:         fresh,
		`f unless o`:         old,
		`v unless f`:         vanished,
		`f or f`:             fresh,
		`f or u`:             fresh,
		`u or f`:             fresh,
		`u or o`:             old,
		`u or u`:             unheard,
		`f or v`:             vanished,
		`u or v`:             vanished,
		`(u or f) / v`:       vanished,
		`u or vector(0)`:     needless,
		`(f > 1) or (u < 3)`: fresh,
	} {
		if got := footingOf(parsed(t, text), nil).presence(func(l leaf) presence { return seen[l.selector.Name] }); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

func TestRecordingsAreSeenThrough(t *testing.T) {
	rule := func(name, expr string, interval time.Duration) recordingRule {
		return recordingRule{name, parsed(t, expr), interval}
	}
	known := newRecordings([]recordingRule{
		rule("a:rate5m", "rate(a[5m])", time.Minute),
		rule("a:rate5m:max1h", "max_over_time(a:rate5m[1h])", 2*time.Minute),
		rule("several", "rate(b[1m])", time.Second),
		rule("several", "rate(b[10m])", time.Second),
		rule("circle:a", "circle:b + rate(c[1m])", time.Second),
		rule("circle:b", "circle:a", time.Second),
		rule("itself", "itself + rate(c[1m])", time.Second),
	})
	for text, want := range map[string]reach{
		`up`:                            {},
		`vector(1)`:                     {},
		`rate(x[5m])`:                   {window: 5 * time.Minute},
		`a:rate5m`:                      {5 * time.Minute, time.Minute},
		`{__name__="a:rate5m"}`:         {5 * time.Minute, time.Minute},
		`a:rate5m / rate(x[20m])`:       {window: 20 * time.Minute},
		`avg_over_time(a:rate5m[3m])`:   {8 * time.Minute, time.Minute},
		`a:rate5m:max1h > 0`:            {65 * time.Minute, 3 * time.Minute},
		`several`:                       {10 * time.Minute, time.Second},
		`itself`:                        {time.Minute, time.Second},
		`a:rate5m / a:rate5m offset 1d`: {5 * time.Minute, time.Minute},
		`a:rate5m offset 2m`:            {7 * time.Minute, time.Minute},
		`rate(x[5m]) > 2 * rate(x[5m] offset 1w)`: {window: 5 * time.Minute},
		`x offset -5m`: {},
	} {
		if got := known.reach(parsed(t, text)); got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
	if got := known.reach(parsed(t, "circle:a")); got.window != time.Minute || got.interval > 2*time.Second {
		t.Errorf("a circle: %+v", got)
	}
	if got := recordings(nil).reach(parsed(t, "a:rate5m")); got != (reach{}) {
		t.Errorf("nothing known: %+v", got)
	}
}

// TestWitness is about the same subject, and not about what comes and goes.
func TestWitness(t *testing.T) {
	const nothing = `__name__!~"up|scrape_.+|ALERTS|ALERTS_FOR_STATE|.*:.*"`
	for _, c := range []struct {
		expr string
		own  set
		late string // the labels of the series that were there
		want string
	}{
		{`w{reason="x"}`, set{"namespace": "shop", "pod": "api-7d9f7bcd5f-bcd2f", "job": "ksm", "reason": "x", "uid": "1", "instance": "i"},
			`{"namespace":"shop","pod":"api-7d9f7bcd5f-bcd2f","job":"ksm","reason":"x","uid":"1","instance":"i"}`,
			`max by (pod) (timestamp({` + nothing + `,job=~"ksm",namespace="shop",pod=~"api-7d9f7bcd5f-bcd2f|api-.+"}))`},
		{`w`, set{"namespace": "shop", "deployment": "api", "cluster": "east"},
			`{"namespace":"shop","deployment":"api","job":"b"},"value":[1,"1"]},{"metric":{"namespace":"shop","deployment":"api","job":"a.b"}`,
			`max(timestamp({` + nothing + `,deployment="api",job=~"a\\.b|b",namespace="shop"}))`},
		{`errors{code="500", handler="/x"}`, set{"job": "api", "handler": "/x", "code": "500", "namespace": "shop"},
			`{"job":"api","handler":"/x","code":"500","namespace":"shop"}`,
			`max(timestamp({` + nothing + `,handler="/x",job=~"api",namespace="shop"}))`},
		{`errors{code="500"}`, set{"handler": "/x", "reason": "r"}, `{"job":"api","handler":"/x","reason":"r"}`,
			`max(timestamp({` + nothing + `,handler="/x",job=~"api"}))`},
		{`errors`, set{"handler": "/x"}, `{"job":"other","handler":"/y"},"value":[1,"1"]},{"metric":{"job":"api","handler":"/x"}`,
			`max(timestamp({` + nothing + `,handler="/x",job=~"api"}))`},
		{`w{namespace=~".+"}`, set{"namespace": `a"} or vector(1) #`}, `{"namespace":"a\"} or vector(1) #","job":"x"}`,
			`max(timestamp({` + nothing + `,job=~"x",namespace="a\"} or vector(1) #"}))`},
		{`fs{mountpoint="/x"}`, set{"instance": "10.0.0.1:9100", "mountpoint": "/x"}, `{"job":"node","instance":"10.0.0.1:9100","mountpoint":"/x"}`,
			`max(timestamp({` + nothing + `,instance="10.0.0.1:9100",job=~"node",mountpoint="/x"}))`},
		{`w`, set{"pod": "a.b"}, `{"pod":"a.b"}`, `max by (pod) (timestamp({` + nothing + `,__name__="w",pod=~"a\\.b"}))`},
	} {
		server := answering(t, with(200, `{"status":"success","data":{"resultType":"vector","result":[{"metric":`+c.late+`,"value":[1,"1"]}]}}`))
		a := theAlerts(t, AlertsConfig{})
		var err error
		if a.client, err = newClient(Config{URL: server}); err != nil {
			t.Fatal(err)
		}
		s := subjectOf(a, collect.Question{Incident: aftercheck.Incident{Alertname: "A", Labels: c.own}})
		l := footingOf(parsed(t, c.expr), s.telling(rule{})).leaves()[0]
		got, err := a.witness(t.Context(), &evaluation{at: time.Now()}, l, rule{}, s)
		if err != nil {
			t.Fatal(err)
		}
		if canonical(t, got) != canonical(t, c.want) {
			t.Errorf("%s for %v:\ngot  %s\nwant %s", c.expr, c.own, got, c.want)
		}
	}
}

// canonical is an expression with its matchers in order.
func canonical(t *testing.T, text string) string {
	expr := parsed(t, text)
	eachSelector(expr, func(s *parser.VectorSelector, _ []parser.Node) {
		slices.SortFunc(s.LabelMatchers, func(a, b *labels.Matcher) int { return strings.Compare(a.String(), b.String()) })
	})
	return expr.String()
}

// TestConditionByExpression: what an answer means, by the samples behind it.
func TestConditionByExpression(t *testing.T) {
	end := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	now := end.Add(time.Minute)
	own, other := set{"pod": "a"}, set{"pod": "b"}
	at := func(labels set, after time.Duration) []sampled { return []sampled{{labels, end.Add(after)}} }
	firing := alert{Labels: own, State: "firing", ActiveAt: end.Add(-time.Hour)}
	for name, c := range map[string]struct {
		holds  []map[string]string
		heard  heard
		window time.Duration
		warned string
		alerts []alert
		rule   rule
		state  aftercheck.State
		reason string
		says   string
	}{
		"quiet":                         {heard: heard{series: at(own, 1)}, state: aftercheck.StateHealthy, reason: ReasonInactive},
		"quiet while another's holds":   {holds: []map[string]string{other}, heard: heard{series: at(own, 1)}, state: aftercheck.StateHealthy, reason: ReasonInactive},
		"quiet over an old window":      {window: time.Hour, heard: heard{series: at(own, 1)}, state: aftercheck.StateHealthy, reason: ReasonInactive},
		"quiet by old samples":          {heard: heard{series: at(own, 0)}, state: aftercheck.StateUnknown, reason: ReasonNotYet},
		"quiet, and one sample is old":  {heard: heard{series: append(at(own, 1), at(own, -1)...)}, state: aftercheck.StateUnknown, reason: ReasonNotYet},
		"quiet by a recording of then":  {heard: heard{series: at(own, 1), margin: time.Second}, state: aftercheck.StateUnknown, reason: ReasonNotYet},
		"quiet, kept firing":            {heard: heard{series: at(own, 1)}, alerts: []alert{firing}, rule: rule{KeepFiringFor: 300}, state: aftercheck.StateHealthy, reason: ReasonCleared, says: "keeps it firing for 5m"},
		"quiet, not evaluated since":    {heard: heard{series: at(own, 1)}, alerts: []alert{firing}, rule: rule{interval: 60}, state: aftercheck.StateHealthy, reason: ReasonCleared, says: "every 1m"},
		"quiet, pending a moment ago":   {heard: heard{series: at(own, 1)}, alerts: []alert{{Labels: own, State: "pending"}}, state: aftercheck.StateHealthy, reason: ReasonInactive},
		"its series are gone":           {heard: heard{series: at(other, 1)}, state: aftercheck.StateUnknown, reason: ReasonSeriesGone},
		"all series are gone":           {state: aftercheck.StateUnknown, reason: ReasonSeriesGone},
		"gone while it is kept firing":  {alerts: []alert{firing}, rule: rule{KeepFiringFor: 300}, state: aftercheck.StateUnknown, reason: ReasonSeriesGone},
		"gone, with a witness":          {heard: heard{witness: at(own, 1)}, state: aftercheck.StateHealthy, reason: ReasonInactive},
		"gone, with a witness of then":  {heard: heard{witness: at(own, 0)}, state: aftercheck.StateUnknown, reason: ReasonNotYet},
		"gone, one for another":         {heard: heard{witness: at(other, 1)}, state: aftercheck.StateUnknown, reason: ReasonSeriesGone},
		"holds and fires":               {holds: []map[string]string{own}, heard: heard{series: at(own, 1)}, alerts: []alert{firing}, state: aftercheck.StateUnhealthy, reason: ReasonFiring},
		"holds, pending":                {holds: []map[string]string{own}, heard: heard{series: at(own, 1)}, alerts: []alert{{Labels: own, State: "pending"}}, state: aftercheck.StateProgressing, reason: ReasonPending},
		"holds, not evaluated yet":      {holds: []map[string]string{own}, heard: heard{series: at(own, 1)}, state: aftercheck.StateProgressing, reason: ReasonPending, says: "does not fire yet"},
		"holds, fires for another":      {holds: []map[string]string{own}, heard: heard{series: at(own, 1)}, alerts: []alert{{Labels: other, State: "firing"}}, state: aftercheck.StateProgressing, reason: ReasonPending},
		"holds by old samples":          {holds: []map[string]string{own}, heard: heard{series: at(own, 0)}, alerts: []alert{firing}, state: aftercheck.StateUnknown, reason: ReasonNotYet},
		"holds over an old window":      {window: 2 * time.Minute, holds: []map[string]string{own}, heard: heard{series: at(own, 1)}, alerts: []alert{firing}, state: aftercheck.StateUnknown, reason: ReasonWindowReachesBack, says: "until 2026-01-02T03:06:05Z"},
		"holds over a window of since":  {window: time.Minute, holds: []map[string]string{own}, heard: heard{series: at(own, 1)}, alerts: []alert{firing}, state: aftercheck.StateUnhealthy, reason: ReasonFiring},
		"holds for nobody known":        {holds: []map[string]string{{"node": "n"}}, heard: heard{series: at(own, 1)}, state: aftercheck.StateUnknown, reason: ReasonAmbiguous},
		"holds for it and nobody known": {holds: []map[string]string{{"node": "n"}, own}, heard: heard{series: at(own, 1)}, alerts: []alert{firing}, state: aftercheck.StateUnhealthy, reason: ReasonFiring},
		"a partial answer":              {warned: "store b did not answer", heard: heard{series: at(own, 1)}, state: aftercheck.StateUnknown, reason: ReasonPartial},
	} {
		t.Run(name, func(t *testing.T) {
			s := subjectOf(theAlerts(t, AlertsConfig{}), collect.Question{Incident: incident("A", "pod", "a"), After: end})
			r := c.rule
			r.Name, r.Query, r.Health, r.Alerts = "A", "x > 0", "ok", c.alerts
			f := footingOf(parsed(t, r.Query), s.telling(r))
			r.evaluated = &evaluation{
				at: now, holds: c.holds, footing: f, warning: c.warned, reach: reach{window: c.window},
				heard: map[string]heard{f.leaves()[0].query(): c.heard},
			}
			got := s.finding([]rule{r}, now)
			if got.State != c.state || got.Reason != c.reason || !strings.Contains(got.Message, c.says) {
				t.Errorf("got %s with %s (%s), want %s with %s (%s)", got.State, got.Reason, got.Message, c.state, c.reason, c.says)
			}
			if !got.At.Equal(now) || got.Query != "x > 0" || !got.Signal {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestDelayOfAnAlert: the alert's own for and keep_firing_for count only where its
// expression could not be evaluated.
func TestDelayOfAnAlert(t *testing.T) {
	r := rule{Name: "A", Duration: 60, KeepFiringFor: 300, interval: 15}
	e := evaluation{scraped: 30 * time.Second, reach: reach{window: 5 * time.Minute, interval: 20 * time.Second}}
	for failed, want := range map[bool]string{
		false: "scrape_interval 30s, range 5m0s, evaluation_interval 35s",
		true:  "scrape_interval 30s, range 5m0s, evaluation_interval 35s, for 1m0s, keep_firing_for 5m0s",
	} {
		e.failed = failed
		if got := written(e.delay(r)); got != want {
			t.Errorf("failed %t: %s, want %s", failed, got, want)
		}
	}
	if got := (evaluation{}).delay(rule{Name: "B"}); got.Of != "alert B" || got.Total() != 0 {
		t.Errorf("nothing known: %+v", got)
	}
}

func TestScrapeIntervalIsThatOfTheJob(t *testing.T) {
	s := scrapes{byJob: map[string]time.Duration{"api": time.Second, "ksm": 2 * time.Second, "slow": time.Hour}, common: 3 * time.Second}
	for _, c := range []struct {
		expr, job string
		want      time.Duration
	}{
		{`up{job="api"}`, "slow", time.Second},
		{`a{job="api"} / b{job="ksm"}`, "", 2 * time.Second},
		{`a`, "ksm", 2 * time.Second},
		{`a`, "", 3 * time.Second},
		{`a{job="gone"}`, "api", 3 * time.Second},
		{`a{job=~"api"}`, "", 3 * time.Second},
		{`vector(1)`, "api", 0},
	} {
		if got := s.interval(parsed(t, c.expr), c.job); got != c.want {
			t.Errorf("%s of job %q: %s, want %s", c.expr, c.job, got, c.want)
		}
	}
	if got := (scrapes{}).interval(parsed(t, "up"), "api"); got != 0 {
		t.Errorf("nothing known: %s", got)
	}
}
