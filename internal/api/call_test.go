package api_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/api"
	"github.com/aftercheck/aftercheck/internal/api/apitest"
)

// caller sends raw requests to the API over a real unix socket.
type caller struct {
	t      testing.TB
	socket string
	http   *http.Client
}

func serve(t testing.TB, engine *apitest.Engine) *caller {
	t.Helper()
	return serveWith(t, api.Options{Engine: engine})
}

func serveWith(t testing.TB, o api.Options) *caller {
	t.Helper()
	return callerOf(t, apitest.Serve(t, o))
}

func callerOf(t testing.TB, socket string) *caller {
	t.Helper()
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}
	transport := &http.Transport{DialContext: dial}
	t.Cleanup(transport.CloseIdleConnections)
	return &caller{t, socket, &http.Client{
		Transport:     transport,
		Timeout:       20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// reply is a whole answer.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) problem(t testing.TB) api.Problem {
	t.Helper()
	if kind := r.header.Get("Content-Type"); kind != "application/problem+json" {
		t.Fatalf("status %d has content type %q: %s", r.status, kind, r.body)
	}
	var p api.Problem
	decode(t, r.body, &p)
	if p.Status != r.status || p.Title != http.StatusText(r.status) || p.Detail == "" {
		t.Errorf("status %d has the problem %+v", r.status, p)
	}
	return p
}

func decode(t testing.TB, document string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(document), into); err != nil {
		t.Fatalf("decoding %s: %v", document, err)
	}
}

func (c *caller) do(method, path, body string, headers ...string) reply {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, "http://localhost"+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return c.send(r)
}

func (c *caller) send(r *http.Request) reply {
	c.t.Helper()
	response, err := c.http.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(body)}
}

// want calls and decodes an answer with the wanted status.
func (c *caller) want(status int, into any, method, path, body string) reply {
	c.t.Helper()
	got := c.do(method, path, body)
	if got.status != status {
		c.t.Fatalf("%s %s: status %d, want %d: %s", method, path, got.status, status, got.body)
	}
	if into != nil {
		decode(c.t, got.body, into)
	}
	return got
}

const (
	snapshotBody     = `{"incident":{"id":"inc-1","labels":{"app.kubernetes.io/name":"api"}},"action":{"text":"restart_service:api"}}`
	verificationBody = `{"id":"v1","incident":{"id":"inc-1"},"action":{"text":"auto_repair:pb-1"},"warmup":"1s"}`
	assessmentBody   = `{"incident":{"id":"inc-1"},"action":{"text":"x"},"post_state":[]}`
)

func success() aftercheck.Assessment {
	score, coverage := 0.9, 1.0
	return aftercheck.Assessment{
		Verdict: aftercheck.Success, Reason: aftercheck.ReasonRecovered, Explanation: "It recovered.",
		Score: &score, Coverage: &coverage, RootCauseCleared: aftercheck.AnswerYes,
		Regressions: []aftercheck.Regression{{Subject: aftercheck.Subject{Kind: "Pod"}, Check: aftercheck.CheckHealth, Scope: aftercheck.ScopeNeighbour}},
		Findings:    []aftercheck.Finding{{Check: aftercheck.CheckMetric, Scope: aftercheck.ScopeTarget, Value: &aftercheck.Value{Number: 0.25, Unit: "ratio"}}},
		Parts:       []aftercheck.Part{{Name: aftercheck.PartMetrics}},
	}
}

// ask hands a request to the handler, if these can be one.
func ask(handler http.Handler, method, path, body string) (status int, answer string, ok bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://localhost"+path, strings.NewReader(body))
	if err != nil || r.URL.Host != "localhost" {
		return 0, "", false
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Code, w.Body.String(), true
}
