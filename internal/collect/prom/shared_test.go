package prom

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

// counter stands before a real server, counts the requests for each path, and
// holds them back until it is opened.
type counter struct {
	*httptest.Server
	mu    sync.Mutex
	paths map[string]int
	open  chan struct{}
}

func newCounter(t *testing.T, server string) *counter {
	t.Helper()
	address, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{paths: map[string]int{}, open: make(chan struct{})}
	proxy := httputil.NewSingleHostReverseProxy(address)
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.paths[r.URL.Path]++
		c.mu.Unlock()
		select {
		case <-c.open:
			proxy.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *counter) requests() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.paths)
}

// askAtOnce asks all questions and opens the counter once each has begun or
// joined its calls, which is when the Set comes to the sensor behind them.
func askAtOnce(t *testing.T, c *counter, sensors []collect.Sensor, questions []collect.Question) [][]aftercheck.Reading {
	t.Helper()
	var joined, asks sync.WaitGroup
	joined.Add(len(questions))
	last := collect.Sensor{Name: "last", Plan: func(collect.Question) (collect.Plan, bool) {
		joined.Done()
		return collect.Plan{}, false
	}}
	set := collect.NewSet(append(sensors, last), collect.Options{Timeout: 10 * time.Second})
	readings := make([][]aftercheck.Reading, len(questions))
	for i, q := range questions {
		asks.Go(func() { readings[i] = set.Ask(t.Context(), q) })
	}
	joined.Wait()
	close(c.open)
	asks.Wait()
	return readings
}

const sharedRules = `
groups:
- name: shop
  interval: 200ms
  rules:
  - {alert: Errors, expr: "max_over_time(broken[1m]) > 0"}
`

// Ten verifications whose actions ended at different moments, of two pods, cost
// what one costs; and each is told what holds for its own moment and pod.
func TestTenQuestionsOfDifferentTimesCostOneCallOfARealServer(t *testing.T) {
	t.Parallel()
	p := newPatient(t, "broken{pod=\"api-0\"} 1\nbroken{pod=\"api-1\"} 0\n")
	server := startPrometheus(t, p, sharedRules)
	queries := []Query{
		{Name: "worst", Expr: `max_over_time(broken{namespace="$namespace"}[1m])`, Aggregation: AggregateMax, Healthy: "== 0"},
		{Name: "of the pod", Expr: `broken{pod="$missing"}`, Healthy: "== 0"},
	}
	about := func(pod string) collect.Question {
		return collect.Question{Incident: incident("Errors", "alertname", "Errors", "namespace", "shop", "job", "patient", "instance", p.address(), "pod", pod)}
	}
	metrics, alerts := sensors(t, Config{URL: server, Queries: queries})
	becomes(t, metrics, about("api-0"), "worst", aftercheck.StateUnhealthy, ReasonOutOfRange)
	becomes(t, alerts, about("api-0"), "Errors", aftercheck.StateUnhealthy, ReasonFiring)

	c := newCounter(t, server)
	metrics, alerts = sensors(t, Config{URL: c.URL, Queries: queries})
	var questions []collect.Question
	var want []string
	for i := range 5 {
		for _, one := range []struct {
			ago         time.Duration
			pod         string
			worst, rule string
		}{
			{time.Duration(i+1) * 5 * time.Second, "api-0", "unknown WindowReachesBack", "unknown WindowReachesBack"},
			{time.Duration(i+5) * time.Minute, "api-1", "unhealthy OutOfRange", "healthy Inactive"},
		} {
			q := about(one.pod)
			q.After = time.Now().Add(-one.ago)
			q.Known = aftercheck.Target{Kind: "Deployment", Name: fmt.Sprint(i)}
			questions = append(questions, q)
			want = append(want, one.worst+", unknown MissingLabel; "+one.rule)
		}
	}
	for i, readings := range askAtOnce(t, c, []collect.Sensor{metrics, alerts}, questions) {
		if readings[0].Outcome != aftercheck.ReadingOK || readings[1].Outcome != aftercheck.ReadingOK || len(readings[0].Findings) != 2 {
			t.Fatalf("question %d: %+v", i, readings)
		}
		m, a := readings[0].Findings, readings[1].Findings[0]
		got := fmt.Sprintf("%s %s, %s %s; %s %s", m[0].State, m[0].Reason, m[1].State, m[1].Reason, a.State, a.Reason)
		if got != want[i] {
			t.Errorf("question %d: got %s, want %s", i, got, want[i])
		}
	}
	// The query has one selector, so that its samples' time is asked for too. The
	// rule's expression is asked for once for each of the two incidents, as what it
	// stands on depends on their labels; recording rules and targets once for all.
	if diff := cmp.Diff(map[string]int{"/api/v1/query": 6, "/api/v1/rules": 3, "/api/v1/alerts": 2, "/api/v1/targets": 1}, c.requests()); diff != "" {
		t.Errorf("requests of ten questions: %s", diff)
	}
}
