package prom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	promconfig "github.com/prometheus/common/config"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

// answering is a server that answers every request in one way.
func answering(t *testing.T, h http.HandlerFunc) string {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func with(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

var shop = collect.Question{Incident: incident("A", "namespace", "shop", "pod", "p")}

func TestFaultsAreTheReadingsErrors(t *testing.T) {
	giant := strings.Repeat(" ", 200<<10)
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		says   string
	}{
		{"garbage", with(200, "<html>"), ""},
		{"empty", with(200, ""), ""},
		{"another JSON", with(200, `[1,2]`), ""},
		{"null", with(200, `null`), ""},
		{"an error with status 200", with(200, `{"status":"error","errorType":"internal","error":"x"}`), ""},
		{"data of another type", with(200, `{"status":"success","data":7}`), ""},
		{"bad request", with(400, `{"status":"error","errorType":"bad_data","error":"no"}`), ""},
		{"unauthorized", with(401, "no"), "401"},
		{"too many requests", with(429, "slow down"), "429"},
		{"server error", with(500, "oops"), "500"},
		{"unavailable", with(503, "{"), "503"},
		{"giant", with(200, `{"status":"success","data":"`+giant+`"}`), "larger than the limit"},
		{"giant error", with(500, giant), "larger than the limit"},
		{"endless redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, ""},
		{"cut", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"status"`)
		}, "EOF"},
		{"gone", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, a := sensors(t, Config{URL: answering(t, c.answer), MaxResponseBytes: 100 << 10, Queries: []Query{{Name: "share", Expr: "share"}}})
			for _, s := range []collect.Sensor{m, a} {
				answer, err := read(t, s, shop)
				if err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%s: got %+v and %v, want an error that says %q", s.Name, answer, err, c.says)
				}
				if err != nil && len(err.Error()) > 1000 {
					t.Errorf("%s: the error has %d bytes", s.Name, len(err.Error()))
				}
			}
		})
	}
}

func TestALimitThatIsJustMet(t *testing.T) {
	body := `{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}`
	for _, c := range []struct {
		limit int64
		ok    bool
	}{{int64(len(body)), true}, {int64(len(body)) - 1, false}} {
		m, _ := sensors(t, Config{URL: answering(t, with(200, body)), MaxResponseBytes: c.limit, Queries: []Query{{Name: "one", Expr: "vector(1)"}}})
		if _, err := read(t, m, shop); (err == nil) != c.ok || (err != nil && !errors.Is(err, errTooLarge)) {
			t.Errorf("a limit of %d for %d bytes: got %v", c.limit, len(body), err)
		}
	}
}

func TestASlowServerIsATimeout(t *testing.T) {
	release := make(chan struct{})
	url := answering(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	m, a := sensors(t, Config{URL: url})
	for _, s := range []collect.Sensor{m, a} {
		plan, _ := s.Plan(shop)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		begun := time.Now()
		_, err := plan.Read(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) > 5*time.Second {
			t.Errorf("%s: got %v after %s", s.Name, err, time.Since(begun))
		}
	}
}

func TestWarningsMakeAnAnswerPartial(t *testing.T) {
	url := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/prefix/api/v1/query" {
			_, _ = fmt.Fprintf(w, `{"status":"success","warnings":["store b did not answer"],"data":{"resultType":"vector","result":[{"metric":{},"value":[%d,"1"]}]}}`, time.Now().Unix())
			return
		}
		_, _ = io.WriteString(w, `{"status":"success","warnings":["store b did not answer"],"data":{"groups":[],"alerts":[]}}`)
	})
	m, a := sensors(t, Config{URL: url + "/prefix/", Queries: []Query{{Name: "share", Expr: "share", Healthy: "> 0"}}})
	answer, err := read(t, m, shop)
	if err != nil {
		t.Fatal(err)
	}
	if f, _ := find(answer, "share"); f.State != aftercheck.StateUnknown || f.Reason != ReasonPartial || !strings.Contains(f.Message, "store b") {
		t.Errorf("got %+v", f)
	}
	if answer, err := read(t, a, shop); err == nil || !strings.Contains(err.Error(), "partial") {
		t.Errorf("got %+v and %v", answer, err)
	}
}

func TestWarningsAboutTheSampleTimesCountToo(t *testing.T) {
	url := answering(t, func(w http.ResponseWriter, r *http.Request) {
		warnings := ""
		if strings.Contains(r.FormValue("query"), "timestamp") {
			warnings = `"warnings":["store b did not answer"],`
		}
		_, _ = fmt.Fprintf(w, `{"status":"success",%s"data":{"resultType":"vector","result":[{"metric":{},"value":[%d,"1"]}]}}`, warnings, time.Now().Unix())
	})
	m, _ := sensors(t, Config{URL: url, Queries: []Query{{Name: "share", Expr: "share", Healthy: "> 0"}}})
	answer, err := read(t, m, shop)
	if err != nil {
		t.Fatal(err)
	}
	if f, _ := find(answer, "share"); f.State != aftercheck.StateUnknown || f.Reason != ReasonPartial {
		t.Errorf("got %+v", f)
	}
}

func TestHistogramsAreNoNumbers(t *testing.T) {
	url := answering(t, with(200, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1,{"count":"3","sum":"2","buckets":[]}]}]}}`))
	m, _ := sensors(t, Config{URL: url, Queries: []Query{{Name: "h", Expr: "h", Healthy: "> 0"}}})
	answer, err := read(t, m, shop)
	if err != nil {
		t.Fatal(err)
	}
	if f, _ := find(answer, "h"); f.State != aftercheck.StateUnknown || f.Reason != ReasonHistogram {
		t.Errorf("got %+v", f)
	}
}

func TestCredentialsAreSentAndNeverTold(t *testing.T) {
	url := answering(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != "prober" || password != "s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, `{"status":"success","data":{"groups":[],"alerts":[]}}`)
	})
	_, a := sensors(t, Config{URL: url, HTTP: promconfig.HTTPClientConfig{BasicAuth: &promconfig.BasicAuth{Username: "prober", Password: "s3cret"}}})
	if _, err := read(t, a, shop); err != nil {
		t.Error(err)
	}
	m, a := sensors(t, Config{URL: "http://prober:s3cret@127.0.0.1:1"})
	for _, s := range []collect.Sensor{m, a} {
		if _, err := read(t, s, shop); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: got %v", s.Name, err)
		}
	}
}

func TestServerTimeoutIsOneThatServersRead(t *testing.T) {
	for left, want := range map[time.Duration]string{
		5 * time.Second:         "4s",
		8 * time.Second:         "7s",
		100 * time.Second:       "1m30s",
		1234 * time.Microsecond: "1ms",
		500 * time.Millisecond:  "450ms",
		0:                       "1ms",
		-time.Second:            "1ms",
	} {
		if got := serverTimeout(left).String(); got != want {
			t.Errorf("%s left: got %s, want %s", left, got, want)
		}
	}
}

func TestNewRejects(t *testing.T) {
	good := Query{Name: "q", Expr: "up"}
	change := func(f func(*Query)) Config {
		q := good
		f(&q)
		return Config{URL: "http://127.0.0.1:9090", Queries: []Query{q}}
	}
	for _, c := range []struct {
		name   string
		config Config
		says   string
	}{
		{"no address", Config{}, "url: want an address"},
		{"no host", Config{URL: "http://"}, "url: want an address"},
		{"another scheme", Config{URL: "unix:///run/x"}, "url: want an address"},
		{"two kinds of credentials", Config{URL: "http://h", HTTP: promconfig.HTTPClientConfig{BearerToken: "a", BearerTokenFile: "b"}}, "http: "},
		{"a file that is missing", Config{URL: "https://h", HTTP: promconfig.HTTPClientConfig{TLSConfig: promconfig.TLSConfig{CAFile: "/does/not/exist"}}}, "http: "},
		{"a negative limit", Config{URL: "http://h", MaxResponseBytes: -1}, "max_response_bytes"},
		{"no name", change(func(q *Query) { q.Name = "" }), "queries[0]: name: want a name"},
		{"the same name twice", Config{URL: "http://h", Queries: []Query{good, good}}, "queries[1]: name: want a name that no other"},
		{"not PromQL", change(func(q *Query) { q.Expr = "up{" }), "queries[0]: q: expr: want a PromQL"},
		{"a placeholder elsewhere", change(func(q *Query) { q.Expr = `sum by ("$x") (up)` }), "in the values of matchers only"},
		{"a range", change(func(q *Query) { q.Expr = "up[5m]" }), "want an instant vector or a scalar"},
		{"a string", change(func(q *Query) { q.Expr = `"up"` }), "want an instant vector or a scalar"},
		{"a fixed time", change(func(q *Query) { q.Expr = "up @ 1700000000" }), "@ modifier"},
		{"a fixed time around", change(func(q *Query) { q.Expr = "max_over_time(up[5m:1m] @ 1700000000)" }), "@ modifier"},
		{"many selectors", change(func(q *Query) { q.Expr = "a+b+c+d+e+f+g+h+i" }), "at most 8"},
		{"a criterion", change(func(q *Query) { q.Healthy = "small" }), "healthy: want"},
		{"a direction", change(func(q *Query) { q.Better = "up" }), "better: want"},
		{"an aggregation", change(func(q *Query) { q.Aggregation = "median" }), "aggregation: want"},
		{"a scope", change(func(q *Query) { q.Scope = "world" }), "scope: want"},
		{"an age", change(func(q *Query) { q.MaxSampleAge = -1 }), "max_sample_age: want"},
		{"names to ignore", Config{URL: "http://h", Alerts: AlertsConfig{Ignore: "("}}, "alerts: ignore: want"},
		{"neighbours", Config{URL: "http://h", Alerts: AlertsConfig{MaxNeighbours: -1}}, "alerts: max_neighbours: want"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := New(c.config); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want an error that says %q", err, c.says)
			}
		})
	}
	made, err := New(Config{URL: "http://h", Alerts: AlertsConfig{Disabled: true}})
	if err != nil || len(made) != 1 || made[0].Name != MetricsSensor {
		t.Errorf("without alerts: got %v, %v", made, err)
	}
}

// canned answers every request with the same body.
type canned string

func (c canned) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(string(c)))}, nil
}

// FuzzAnswers: whatever a server answers, the sensors do not panic, and no
// finding holds a number that is none.
func FuzzAnswers(f *testing.F) {
	for _, data := range []string{
		`{"resultType":"vector","result":[{"metric":{},"value":[1,"NaN"]}]}`,
		`{"resultType":"vector","result":[{"metric":{},"value":[1,"1e308"]},{"metric":{"a":"b"},"value":[1,"1e308"]}]}`,
		`{"resultType":"scalar","result":[1,"+Inf"]}`,
		`{"resultType":"string","result":[1,"x"]}`,
		`{"resultType":"matrix","result":[{"metric":{},"values":[[1,"2"]]}]}`,
		`{"groups":[{"rules":[{"name":"A","type":"alerting","query":"x","health":"ok","lastEvaluation":"2026-01-02T03:04:05Z","alerts":[{"labels":{"pod":"p"},"state":"firing","activeAt":"2026-01-02T03:04:05Z"}]}]}]}`,
		`{"alerts":[{"labels":{"alertname":"B","namespace":"shop"},"state":"firing","activeAt":"2026-01-02T03:04:05Z"}]}`,
		`{"groups":[{"rules":[null]}],"alerts":[null]}`,
		`{"alerts":[{"labels":{"alertname":"B","namespace":"shop"},"state":"firing","activeAt":"9999-12-31T23:59:59-23:59"}]}`,
		`{"resultType":"vector","result":[{"metric":{},"value":[1,"1e300"]}]}`,
		`{"groups":[{"interval":1,"rules":[{"name":"A","type":"alerting","query":"sum by (pod) (x{reason=\"y\"}) > absent(z)","health":"ok","lastEvaluation":"2026-01-02T03:04:05Z","alerts":[]}]}],
			"alerts":[],"resultType":"vector","result":[{"metric":{"pod":"p"},"value":[1,"1e9"]}],"activeTargets":[{"labels":{"job":"j"},"scrapeInterval":"15s"}]}`,
		`{"groups":[{"interval":1e300,"rules":[{"name":"A","type":"alerting","query":"x","duration":-1,"keepFiringFor":1e308}]}],"resultType":"scalar","result":[1,"1e300"]}`,
		`null`,
	} {
		f.Add(`{"status":"success","data":` + data + `}`)
	}
	f.Fuzz(func(t *testing.T, body string) {
		inner, err := api.NewClient(api.Config{Address: "http://h", RoundTripper: canned(body)})
		if err != nil {
			t.Fatal(err)
		}
		c := &client{http: inner, v1: v1.NewAPI(inner)}
		q, err := compile(Query{Name: "q", Expr: "x", Healthy: "< 1", Aggregation: AggregateSum})
		if err != nil {
			t.Fatal(err)
		}
		m := metrics{client: c, queries: []compiledQuery{q}}
		a, err := newAlerts(c, AlertsConfig{})
		if err != nil {
			t.Fatal(err)
		}
		for _, plan := range []func(collect.Question) (collect.Plan, bool){m.plan, a.plan} {
			p, _ := plan(shop)
			answer, err := p.Read(t.Context())
			if err != nil {
				continue
			}
			answer = p.Interpret(answer)
			if _, err := json.Marshal(answer.Findings); err != nil {
				t.Error(err)
			}
			for _, finding := range answer.Findings {
				if v := finding.Value; v != nil && (math.IsNaN(v.Number) || math.IsInf(v.Number, 0)) {
					t.Errorf("the value is %v", v.Number)
				}
				if finding.Subject.Name == "" || finding.Check == "" {
					t.Errorf("got %+v", finding)
				}
			}
		}
	})
}
