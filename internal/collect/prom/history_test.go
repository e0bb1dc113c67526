package prom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/baseline"
	"github.com/aftercheck/aftercheck/internal/collect"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// loadAt is what a metric with a day of 24 hours has at a time: 20 to 180.
func loadAt(at time.Time) float64 {
	return 100 + 80*math.Sin(2*math.Pi*float64(at.Unix())/86400)
}

// past is two weeks of samples until an hour before now. Both parts of the load
// have some noise, and the last ten hours an incident, which began ten hours ago.
func past(now time.Time) string {
	var lines [4]strings.Builder
	for at := now.Add(-14 * 24 * time.Hour); at.Before(now.Add(-time.Hour)); at = at.Add(5 * time.Minute) {
		noise := float64(at.Unix()*2654435761%1000)/1000 - 0.5
		value := loadAt(at) + 4*noise
		if at.After(now.Add(-10 * time.Hour)) {
			value += 500
		}
		for i, v := range []float64{value * 0.25, value * 0.75} {
			fmt.Fprintf(&lines[0], "load{namespace=\"shop\",part=\"%d\"} %g %d\n", i, v, at.Unix())
		}
		fmt.Fprintf(&lines[1], "steady{namespace=\"shop\"} 7 %d\n", at.Unix())
		if at.After(now.Add(-12 * time.Hour)) {
			fmt.Fprintf(&lines[2], "young{namespace=\"shop\"} %g %d\n", 5+noise, at.Unix())
		}
	}
	return "# TYPE load gauge\n" + lines[0].String() + "# TYPE steady gauge\n" + lines[1].String() + "# TYPE young gauge\n" + lines[2].String() + "# EOF\n"
}

func nowPage(load, steady float64) string {
	return fmt.Sprintf("load{part=\"0\"} %g\nload{part=\"1\"} %g\nsteady %g\nyoung 5\nnew 5\n", load*0.25, load*0.75, steady)
}

func TestWhatIsUsualAtThisHourOnARealServer(t *testing.T) {
	t.Parallel()
	now := time.Now()
	p := newPatient(t, nowPage(loadAt(now), 7))
	config := fmt.Sprintf(`
global: {scrape_interval: 200ms, scrape_timeout: 200ms}
scrape_configs:
- job_name: patient
  static_configs: [{targets: [%q], labels: {namespace: shop}}]
`, p.address())
	server := testbed.Prometheus(t, config, "", "--scrape.discovery-reload-interval=200ms", testbed.Backfill(t, past(now)), "--storage.tsdb.retention.time=60d")
	counted := newCounter(t, server)
	close(counted.open)
	histories := func() int { return counted.requests()["/api/v1/query_range"] }

	sum := `load{namespace="$namespace"}`
	queries := []Query{
		{Name: "load", Expr: sum, Aggregation: AggregateSum},
		{Name: "lower", Expr: sum, Aggregation: AggregateSum, Better: "lower"},
		{Name: "higher", Expr: sum, Aggregation: AggregateSum, Better: "higher"},
		{Name: "criterion", Expr: sum, Aggregation: AggregateSum, Healthy: "< 9000"},
		{Name: "both", Expr: sum, Aggregation: AggregateSum, Healthy: "< 9000", Baseline: Baseline{Use: BaselineOn}},
		{Name: "off", Expr: sum, Aggregation: AggregateSum, Better: "lower", Baseline: Baseline{Use: BaselineOff}},
		{Name: "steady", Expr: `steady`},
		{Name: "young", Expr: `young`, Better: "lower"},
		{Name: "new", Expr: `new`, Better: "lower"},
	}
	s, _ := sensors(t, Config{URL: counted.URL, Queries: queries, Window: 10 * time.Second})
	q := collect.Question{Incident: incident("Slow", "namespace", "shop")}
	q.Incident.StartsAt = now.Add(-10*time.Hour + beforeIncident)

	f := becomes(t, s, q, "load", aftercheck.StateHealthy, ReasonUsual)
	if !strings.HasSuffix(f.Wanted, ", usual at this hour") || !strings.HasPrefix(f.Message, "Holt-Winters over ") || f.Value.Number < 1 {
		t.Errorf("got %+v", f)
	}
	before := histories()
	becomes(t, s, q, "lower", aftercheck.StateHealthy, ReasonUsual)
	becomes(t, s, q, "higher", aftercheck.StateHealthy, ReasonUsual)
	becomes(t, s, q, "criterion", aftercheck.StateHealthy, ReasonInRange)
	f = becomes(t, s, q, "both", aftercheck.StateHealthy, ReasonInRange)
	if f.Wanted != "< 9000" || !strings.HasPrefix(f.Message, "Holt-Winters") {
		t.Errorf("got %+v", f)
	}
	becomes(t, s, q, "off", "", ReasonMeasured)
	f = becomes(t, s, q, "steady", aftercheck.StateHealthy, ReasonUsual)
	if !strings.Contains(f.Message, "(constant)") || f.Wanted != "6.65 to 7.35, usual" {
		t.Errorf("got %+v", f)
	}
	f = becomes(t, s, q, "young", "", ReasonMeasured)
	if f.Message != "no baseline (no_history: 8 samples)" && !strings.HasPrefix(f.Message, "no baseline (no_history: ") || f.Wanted != "lower" {
		t.Errorf("got %+v", f)
	}
	f = becomes(t, s, q, "new", "", ReasonMeasured)
	if f.Message != "no baseline (no_history: 0 samples)" {
		t.Errorf("got %+v", f)
	}
	// Seven readings were taken, each of which asks for nine values and their
	// samples' times over the window, and none for a history again.
	if asked := histories() - before; asked%18 != 0 {
		t.Errorf("%d range queries, so that a history was read again", asked)
	}

	p.show(nowPage(loadAt(now)+60, 9))
	becomes(t, s, q, "load", aftercheck.StateUnhealthy, ReasonUnusual)
	becomes(t, s, q, "lower", aftercheck.StateUnhealthy, ReasonUnusual)
	becomes(t, s, q, "higher", aftercheck.StateHealthy, ReasonUsual)
	f = becomes(t, s, q, "both", aftercheck.StateUnhealthy, ReasonUnusual)
	if !strings.HasSuffix(f.Wanted, ", usual at this hour") {
		t.Errorf("got %+v", f)
	}
	becomes(t, s, q, "steady", aftercheck.StateUnhealthy, ReasonUnusual)
	p.show(nowPage(loadAt(now)-60, 7))
	becomes(t, s, q, "lower", aftercheck.StateHealthy, ReasonUsual)
	becomes(t, s, q, "higher", aftercheck.StateUnhealthy, ReasonUnusual)

	// Each scrape is one sample, however often the window's steps meet it.
	testbed.Eventually(t, 15*time.Second, func() error {
		f = becomes(t, s, q, "off", "", ReasonMeasured)
		if len(f.Samples) < 10 {
			return fmt.Errorf("%d samples", len(f.Samples))
		}
		return nil
	})
	if newest := f.Samples[len(f.Samples)-1]; len(f.Samples) > 41 || newest != f.Value.Number {
		t.Errorf("%d samples up to %v of %v", len(f.Samples), newest, f.Value)
	}
	q.After = f.At
	answer, err := read(t, s, q)
	if err != nil {
		t.Fatal(err)
	}
	if later, _ := find(answer, "off"); len(later.Samples) >= len(f.Samples) {
		t.Errorf("%d samples after the action, %d before", len(later.Samples), len(f.Samples))
	}
}

// A server that is quick with values and never ends with ranges costs the value
// half of the time, once.
func TestASlowHistoryLeavesTheValue(t *testing.T) {
	url := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "query_range") {
			_, _ = io.Copy(io.Discard, r.Body) // so that the server sees the caller leave
			<-r.Context().Done()
			return
		}
		_, _ = fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[%d,"%d"]}]}}`, time.Now().Unix(), time.Now().Unix())
	})
	s, _ := sensors(t, Config{URL: url, Queries: []Query{{Name: "share", Expr: "share", Better: "lower"}}})
	plan, _ := s.Plan(shop)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	answer, err := plan.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	f, err := find(plan.Interpret(answer), "share")
	if err != nil || f.Value == nil || f.Reason != ReasonMeasured || len(f.Samples) != 0 || !strings.HasPrefix(f.Message, "what is usual is not known: ") {
		t.Errorf("got %+v and %v", f, err)
	}
}

func TestHistoriesAreReadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, loads := newHistories(), 0
		get := func(key string, err error) error {
			_, got := h.get(t.Context(), key, func() (baseline.Model, error) { loads++; return baseline.Model{}, err })
			return got
		}
		trouble := errors.New("trouble")
		for _, step := range []struct {
			wait  time.Duration
			key   string
			err   error
			loads int // so far
			fails bool
		}{
			{0, "a", nil, 1, false},
			{0, "a", trouble, 1, false},
			{9 * time.Minute, "a", trouble, 1, false},
			{2 * time.Minute, "a", trouble, 2, true},
			{30 * time.Second, "a", nil, 2, true},
			{40 * time.Second, "a", nil, 3, false},
			{0, "b", context.Canceled, 4, true},
			{0, "b", nil, 5, false},
		} {
			time.Sleep(step.wait)
			if err := get(step.key, step.err); loads != step.loads || (err != nil) != step.fails {
				t.Errorf("%+v: %d loads and %v", step, loads, err)
			}
		}
		for i := range 2 * maxHistories {
			_ = get(fmt.Sprint(i), nil)
			time.Sleep(time.Millisecond)
		}
		if len(h.models) > maxHistories {
			t.Errorf("%d histories are kept", len(h.models))
		}
	})
}

func TestThoseWhoWantTheSameHistoryWaitForOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, loads := newHistories(), 0
		var group sync.WaitGroup
		for range 5 {
			group.Go(func() {
				m, err := h.get(t.Context(), "a", func() (baseline.Model, error) {
					loads++
					time.Sleep(time.Second)
					return baseline.Model{Method: baseline.MethodMedian}, nil
				})
				if err != nil || m.Method != baseline.MethodMedian {
					t.Errorf("got %v and %v", m, err)
				}
			})
		}
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		synctest.Wait()
		if _, err := h.get(impatient, "a", nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("one who does not wait gets %v", err)
		}
		group.Wait()
		if loads != 1 {
			t.Errorf("%d loads", loads)
		}
	})
}

func TestTheSpanOfAHistory(t *testing.T) {
	end := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		b       Baseline
		history time.Duration
		step    time.Duration
	}{
		"default":        {Baseline{}, 14 * day, 15 * time.Minute},
		"four weeks":     {Baseline{History: 28 * day}, 28 * day, 30 * time.Minute},
		"a day":          {Baseline{History: day}, day, 2 * time.Minute},
		"a year":         {Baseline{History: 365 * day}, 365 * day, 12*time.Hour - 5*time.Hour - 29*time.Minute - 12*time.Second},
		"its own step":   {Baseline{Step: time.Hour}, 14 * day, time.Hour},
		"a step refused": {Baseline{Step: time.Second}, 14 * day, 2 * time.Minute},
	} {
		start, step := c.b.span(end)
		if name == "a year" {
			c.step = step // any that the server takes
		}
		if end.Sub(start) != c.history || step != c.step || c.history/step+1 > maxPoints {
			t.Errorf("%s: %s by %s", name, end.Sub(start), step)
		}
	}
	if got := historyEnd(time.Time{}, end.Add(time.Minute)); !got.Equal(end.Add(-3 * time.Hour)) {
		t.Errorf("without a start it ends at %s", got)
	}
	if got := historyEnd(end.Add(time.Hour), end); !got.Equal(end.Add(-3 * time.Hour)) {
		t.Errorf("with a start in the future it ends at %s", got)
	}
	if got := historyEnd(end.Add(-5*time.Hour), end); !got.Equal(end.Add(-6 * time.Hour)) {
		t.Errorf("with a start it ends at %s", got)
	}
}

// The history ends where the incident began, so that incidents of another hour
// read another one; where none is read, the start changes nothing.
func TestTheStartOfTheIncidentIsInTheKeyOfAHistory(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 30, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		query   Query
		another time.Time
		shared  bool
	}{
		"the same hour":     {Query{Better: "lower"}, noon.Add(10 * time.Minute), true},
		"another hour":      {Query{Better: "lower"}, noon.Add(3 * time.Hour), false},
		"with a criterion":  {Query{Healthy: "< 5"}, noon.Add(3 * time.Hour), true},
		"both":              {Query{Healthy: "< 5", Baseline: Baseline{Use: BaselineOn}}, noon.Add(3 * time.Hour), false},
		"without a history": {Query{Better: "lower", Baseline: Baseline{Use: BaselineOff}}, noon.Add(3 * time.Hour), true},
	} {
		c.query.Name, c.query.Expr = "share", "share"
		s, _ := sensors(t, Config{URL: "http://127.0.0.1:1", Queries: []Query{c.query}})
		q := collect.Question{Incident: incident("A")}
		q.Incident.StartsAt = noon
		first, _ := s.Plan(q)
		q.Incident.StartsAt = c.another
		second, _ := s.Plan(q)
		if (first.Key == second.Key) != c.shared {
			t.Errorf("%s: the keys are %q and %q", name, first.Key, second.Key)
		}
	}
}

func TestWrongBaselines(t *testing.T) {
	for _, b := range []Baseline{{Use: "sometimes"}, {History: -1}, {Season: -1}, {Step: -1}, {Width: -1}, {Width: math.NaN()}, {Width: 1000}} {
		if _, err := New(Config{URL: "http://127.0.0.1:1", Queries: []Query{{Name: "x", Expr: "x", Baseline: b}}}); err == nil {
			t.Errorf("%+v is taken", b)
		}
		if _, err := New(Config{URL: "http://127.0.0.1:1", Baseline: b}); err == nil {
			t.Errorf("%+v is taken for all", b)
		}
	}
	if _, err := New(Config{URL: "http://127.0.0.1:1", Window: -1}); err == nil {
		t.Error("a negative window is taken")
	}
}
