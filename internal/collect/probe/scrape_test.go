package probe_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
	"github.com/aftercheck/aftercheck/internal/collect/probe"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

func newScrape(t *testing.T, c probe.ScrapeConfig) collect.Sensor {
	t.Helper()
	if c.Name == "" {
		c.Name = "backlog"
	}
	sensor, err := probe.NewScrape(c)
	if err != nil {
		t.Fatal(err)
	}
	return sensor
}

const page = `# HELP queue_depth Messages waiting.
# TYPE queue_depth gauge
queue_depth{queue="mail"} 3
queue_depth{queue="sms"} 40
# TYPE broken_ratio gauge
broken_ratio{part="a"} NaN
broken_ratio{part="b"} 0.5
broken_ratio{part="c"} +Inf
# TYPE huge gauge
huge{n="1"} 1.7e308
huge{n="2"} 1.7e308
# TYPE requests_total counter
requests_total{code="200"} 100
requests_total{code="500"} 7
# TYPE latency_seconds histogram
latency_seconds_bucket{le="0.1"} 5
latency_seconds_bucket{le="+Inf"} 9
latency_seconds_sum 2.5
latency_seconds_count 9
# TYPE gc_seconds summary
gc_seconds{quantile="0.5"} 0.001
gc_seconds{quantile="0.99"} 0.02
gc_seconds_sum 1
gc_seconds_count 80
untyped_thing 1
`

func TestScrapeReadsOneNumber(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, page) })
	number := func(n float64) *float64 { return &n }
	for name, c := range map[string]struct {
		config probe.ScrapeConfig
		value  *float64
		state  aftercheck.State
		reason string
		wanted string
		query  string
	}{
		"healthy":        {probe.ScrapeConfig{Metric: "queue_depth", Labels: []string{`queue="mail"`}, Healthy: "< 10"}, number(3), aftercheck.StateHealthy, "", "< 10", `queue_depth{queue="mail"}`},
		"unhealthy":      {probe.ScrapeConfig{Metric: "queue_depth", Labels: []string{`queue=sms`}, Healthy: "< 10"}, number(40), aftercheck.StateUnhealthy, "", "< 10", `queue_depth{queue="sms"}`},
		"compared":       {probe.ScrapeConfig{Metric: "untyped_thing", Better: "higher"}, number(1), "", "", "higher", `untyped_thing`},
		"many":           {probe.ScrapeConfig{Metric: "queue_depth", Healthy: "< 10"}, nil, aftercheck.StateUnknown, collect.ReasonManySeries, "< 10", `queue_depth`},
		"sum":            {probe.ScrapeConfig{Metric: "queue_depth", Aggregate: probe.AggregateSum, Healthy: "< 10"}, number(43), aftercheck.StateUnhealthy, "", "< 10", `sum(queue_depth)`},
		"max":            {probe.ScrapeConfig{Metric: "queue_depth", Aggregate: probe.AggregateMax, Healthy: "<= 40"}, number(40), aftercheck.StateHealthy, "", "<= 40", `max(queue_depth)`},
		"min":            {probe.ScrapeConfig{Metric: "queue_depth", Aggregate: probe.AggregateMin, Healthy: "<= 3"}, number(3), aftercheck.StateHealthy, "", "<= 3", `min(queue_depth)`},
		"avg":            {probe.ScrapeConfig{Metric: "queue_depth", Aggregate: probe.AggregateAvg, Healthy: "0..21.5"}, number(21.5), aftercheck.StateHealthy, "", "0..21.5", `avg(queue_depth)`},
		"no such metric": {probe.ScrapeConfig{Metric: "queue_dept", Healthy: "< 10"}, nil, aftercheck.StateUnknown, collect.ReasonNoData, "< 10", `queue_dept`},
		"no such series": {probe.ScrapeConfig{Metric: "queue_depth", Labels: []string{`queue="fax"`}, Aggregate: probe.AggregateSum, Healthy: "< 10"}, nil, aftercheck.StateUnknown, collect.ReasonNoData, "< 10", `sum(queue_depth{queue="fax"})`},
		"not a number":   {probe.ScrapeConfig{Metric: "broken_ratio", Labels: []string{`part="a"`}, Healthy: "< 1"}, nil, aftercheck.StateUnknown, collect.ReasonNaN, "< 1", `broken_ratio{part="a"}`},
		"infinite":       {probe.ScrapeConfig{Metric: "broken_ratio", Labels: []string{`part="c"`}, Healthy: "> 1"}, nil, aftercheck.StateUnknown, collect.ReasonInfinite, "> 1", `broken_ratio{part="c"}`},
		"one is NaN":     {probe.ScrapeConfig{Metric: "broken_ratio", Labels: []string{`part=~"a|b"`}, Aggregate: probe.AggregateMax, Healthy: "< 1"}, nil, aftercheck.StateUnknown, collect.ReasonNaN, "< 1", `max(broken_ratio{part=~"a|b"})`},
		"sum overflows":  {probe.ScrapeConfig{Metric: "huge", Aggregate: probe.AggregateSum, Healthy: "> 1"}, nil, aftercheck.StateUnknown, collect.ReasonInfinite, "> 1", `sum(huge)`},
		"counter":        {probe.ScrapeConfig{Metric: "requests_total", Labels: []string{`code=~"5.."`}, Healthy: "< 10"}, number(7), "", probe.ReasonCounter, "lower", `requests_total{code=~"5.."}`},
		"histogram":      {probe.ScrapeConfig{Metric: "latency_seconds_count", Better: "higher"}, number(9), "", probe.ReasonCounter, "higher", `latency_seconds_count`},
		"bucket":         {probe.ScrapeConfig{Metric: "latency_seconds_bucket", Labels: []string{`le="0.1"`}, Better: "higher"}, number(5), "", probe.ReasonCounter, "higher", `latency_seconds_bucket{le="0.1"}`},
		"quantile":       {probe.ScrapeConfig{Metric: "gc_seconds", Labels: []string{`quantile="0.99"`}, Healthy: "< 0.1"}, number(0.02), aftercheck.StateHealthy, "", "< 0.1", `gc_seconds{quantile="0.99"}`},
		"summary's sum":  {probe.ScrapeConfig{Metric: "gc_seconds_sum", Healthy: "< 0.1"}, number(1), "", probe.ReasonCounter, "lower", `gc_seconds_sum`},
	} {
		t.Run(name, func(t *testing.T) {
			c.config.URL, c.config.Unit = url+"/metrics", "messages"
			begun := time.Now()
			got := only(t, ask(t, newScrape(t, c.config), collect.Question{After: begun}))
			if got.At.Before(begun) {
				t.Errorf("at %s, before it was asked for", got.At)
			}
			if (got.State == aftercheck.StateUnknown) != (got.Message != "") {
				t.Errorf("state %q with message %q", got.State, got.Message)
			}
			got.At, got.Message = time.Time{}, ""
			want := aftercheck.Finding{
				Subject: aftercheck.Subject{Kind: "Metric", Name: "backlog"}, Check: aftercheck.CheckMetric, Scope: aftercheck.ScopeTarget,
				State: c.state, Reason: c.reason, Wanted: c.wanted, Query: c.query + " from " + url + "/metrics",
			}
			if c.value != nil {
				want.Value = &aftercheck.Value{Number: *c.value, Unit: "messages"}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestScrapeKeepsTheChosenLines(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, page) })
	got := ask(t, newScrape(t, probe.ScrapeConfig{URL: url, Metric: "queue_depth"}), collect.Question{})
	if want := "queue_depth{queue=\"mail\"} 3\nqueue_depth{queue=\"sms\"} 40\n"; got.Raw != want {
		t.Errorf("raw %q, want %q", got.Raw, want)
	}
}

func TestScrapeMindsASamplesOwnTime(t *testing.T) {
	now := time.Now().Truncate(time.Millisecond)
	own := now.Add(-time.Minute)
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "relayed{n=\"old\"} 1 %d\nrelayed{n=\"new\"} 2\n", own.UnixMilli())
	})
	read := func(after time.Time, labels ...string) aftercheck.Finding {
		return only(t, ask(t, newScrape(t, probe.ScrapeConfig{URL: url, Metric: "relayed", Labels: labels, Aggregate: probe.AggregateMax, Healthy: "< 5"}), collect.Question{After: after}))
	}
	if got := read(now, `n="old"`); got.State != aftercheck.StateUnknown || got.Reason != collect.ReasonStale || got.Value != nil || !got.At.Equal(own) {
		t.Errorf("older than the action's end: %+v", got)
	}
	if got := read(now); got.Reason != collect.ReasonStale {
		t.Errorf("one of two is old: %+v", got)
	}
	if got := read(now, `n="new"`); got.State != aftercheck.StateHealthy {
		t.Errorf("without a time of its own: %+v", got)
	}
	for _, after := range []time.Time{{}, own.Add(-time.Second), own} {
		if got := read(after, `n="old"`); got.State != aftercheck.StateHealthy || !got.At.Equal(own) {
			t.Errorf("after %s: %+v", after, got)
		}
	}
}

func TestAPageThatIsNoneIsTheReadingsError(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"html":        {200, "<html><body>login</body></html>\n", "reading the page"},
		"json":        {200, `{"queue_depth": 3}` + "\n", "reading the page"},
		"binary":      {200, "\x00\x01\xff\xfe", "reading the page"},
		"cut":         {200, "queue_depth{queue=\"mail\"} 3\nqueue_de", "reading the page"},
		"twice":       {200, "queue_depth 3\nqueue_depth abc\n", "reading the page"},
		"not found":   {404, "queue_depth 3\n", "answered 404"},
		"unavailable": {503, page, "answered 503"},
		"too long":    {200, strings.Repeat("# comment\n", 500) + page, "longer than 4096 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			url := serve(t, answering(c.status, c.body))
			got := ask(t, newScrape(t, probe.ScrapeConfig{URL: url, Metric: "queue_depth", Healthy: "< 10", MaxBytes: 4096}), collect.Question{})
			if got.Outcome != aftercheck.ReadingError || !strings.Contains(got.Error, c.want) || len(got.Findings) != 0 {
				t.Errorf("%+v, want an error with %q", got, c.want)
			}
		})
	}
	empty := serve(t, answering(200, ""))
	if got := only(t, ask(t, newScrape(t, probe.ScrapeConfig{URL: empty, Metric: "queue_depth"}), collect.Question{})); got.Reason != collect.ReasonNoData {
		t.Errorf("an empty page: %+v", got)
	}
}

func TestAScrapeThatDoesNotComeIsTheReadingsError(t *testing.T) {
	refused := fmt.Sprintf("http://127.0.0.1:%d/metrics", testbed.FreePort(t))
	if got := ask(t, newScrape(t, probe.ScrapeConfig{URL: refused, Metric: "m"}), collect.Question{}); got.Outcome != aftercheck.ReadingError {
		t.Errorf("refused: %+v", got)
	}
	silent := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	if got := ask(t, newScrape(t, probe.ScrapeConfig{URL: silent, Metric: "m", Timeout: 50 * time.Millisecond}), collect.Question{}); got.Outcome != aftercheck.ReadingTimeout {
		t.Errorf("silent: %+v", got)
	}
}

// Ten verifications whose actions ended at different moments cost one scrape;
// and each is told whether the page is newer than its own action's end.
func TestTenQuestionsOfDifferentTimesCostOneScrape(t *testing.T) {
	var scrapes atomic.Int32
	var joined, asks sync.WaitGroup
	joined.Add(10)
	now := time.Now()
	sampled := now.Add(-45 * time.Second)
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		scrapes.Add(1)
		joined.Wait()
		fmt.Fprintf(w, "queue_depth 3 %d\n", sampled.UnixMilli())
	})
	// The Set comes to this sensor when the one before it has begun or joined
	// its call.
	last := collect.Sensor{Name: "last", Plan: func(collect.Question) (collect.Plan, bool) {
		joined.Done()
		return collect.Plan{}, false
	}}
	sensor := newScrape(t, probe.ScrapeConfig{URL: url, Metric: "queue_depth", Healthy: "< 10"})
	set := collect.NewSet([]collect.Sensor{sensor, last}, collect.Options{})
	readings := make([][]aftercheck.Reading, 10)
	for i := range readings {
		asks.Go(func() {
			readings[i] = set.Ask(t.Context(), collect.Question{After: now.Add(-time.Duration(i) * 10 * time.Second)})
		})
	}
	asks.Wait()
	for i, got := range readings {
		state, reason := aftercheck.StateHealthy, ""
		if i < 5 {
			state, reason = aftercheck.StateUnknown, collect.ReasonStale
		}
		if f := only(t, got[0]); f.State != state || f.Reason != reason || got[0].Raw != "queue_depth 3\n" {
			t.Errorf("an action's end %d s ago: %+v, want %q %q", i*10, got[0], state, reason)
		}
	}
	if scrapes.Load() != 1 {
		t.Errorf("%d scrapes, want 1", scrapes.Load())
	}
}

func TestScrapeOfARealPrometheus(t *testing.T) {
	url := testbed.Prometheus(t, "global: {scrape_interval: 1s}\n", "")
	for _, c := range []struct {
		config probe.ScrapeConfig
		state  aftercheck.State
		reason string
	}{
		{probe.ScrapeConfig{Metric: "prometheus_config_last_reload_successful", Healthy: "== 1"}, aftercheck.StateHealthy, ""},
		{probe.ScrapeConfig{Metric: "prometheus_build_info", Labels: []string{`goversion=~"go.+"`}, Healthy: "> 1"}, aftercheck.StateUnhealthy, ""},
		{probe.ScrapeConfig{Metric: "prometheus_http_requests_total", Aggregate: probe.AggregateSum, Better: "lower"}, "", probe.ReasonCounter},
		{probe.ScrapeConfig{Metric: "go_gc_duration_seconds", Labels: []string{`quantile="1"`}, Healthy: "< 10"}, aftercheck.StateHealthy, ""},
		{probe.ScrapeConfig{Metric: "no_such_metric", Healthy: "== 1"}, aftercheck.StateUnknown, collect.ReasonNoData},
	} {
		c.config.URL = url + "/metrics"
		if got := only(t, ask(t, newScrape(t, c.config), collect.Question{})); got.State != c.state || got.Reason != c.reason {
			t.Errorf("%s: %+v, want %q %q", c.config.Metric, got, c.state, c.reason)
		}
	}
	if got := only(t, ask(t, newHTTP(t, probe.HTTPConfig{URL: url + "/-/healthy", BodyContains: "Healthy"}), collect.Question{})); got.State != aftercheck.StateHealthy {
		t.Errorf("its health: %+v", got)
	}
}

func TestScrapeRejects(t *testing.T) {
	valid := func() probe.ScrapeConfig { return probe.ScrapeConfig{Name: "n", URL: "http://a/", Metric: "m"} }
	for want, change := range map[string]func(*probe.ScrapeConfig){
		"name: ":       func(c *probe.ScrapeConfig) { c.Name = "" },
		"url: ":        func(c *probe.ScrapeConfig) { c.URL = "a" },
		"metric: ":     func(c *probe.ScrapeConfig) { c.Metric = "" },
		"aggregate: ":  func(c *probe.ScrapeConfig) { c.Aggregate = "mean" },
		"better: ":     func(c *probe.ScrapeConfig) { c.Better = "smaller" },
		"healthy: ":    func(c *probe.ScrapeConfig) { c.Healthy = "< NaN" },
		"labels[1]: ":  func(c *probe.ScrapeConfig) { c.Labels = []string{"a=b", "c"} },
		"timeout: ":    func(c *probe.ScrapeConfig) { c.Timeout = -1 },
		"http client:": func(c *probe.ScrapeConfig) { c.Client.TLSConfig.CAFile = "/nonexistent/ca.pem" },
	} {
		config := valid()
		change(&config)
		if _, err := probe.NewScrape(config); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
