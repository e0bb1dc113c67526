package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/api"
	"github.com/aftercheck/aftercheck/internal/api/apitest"
	"github.com/aftercheck/aftercheck/internal/testbed"
	"github.com/aftercheck/aftercheck/internal/verify"
)

func TestSnapshotIsCapturedAndRead(t *testing.T) {
	c := serve(t, &apitest.Engine{Readings: []aftercheck.Reading{{Sensor: "kubernetes", Outcome: aftercheck.ReadingTimeout, Error: "too late"}}})
	var captured, read aftercheck.Snapshot
	created := c.want(http.StatusCreated, &captured, "POST", "/v1/snapshots", snapshotBody)
	if captured.Readings[0].Error != "too late" || captured.Incident.Labels["app.kubernetes.io/name"] != "api" {
		t.Errorf("captured %+v", captured)
	}
	c.want(http.StatusOK, &read, "GET", created.header.Get("Location"), "")
	if read.ID != captured.ID || !read.CapturedAt.Equal(captured.CapturedAt) {
		t.Errorf("read %+v, captured %+v", read, captured)
	}
}

func TestVerificationAnswersAtOnceWithoutWait(t *testing.T) {
	c := serve(t, &apitest.Engine{})
	var v aftercheck.Verification
	got := c.want(http.StatusAccepted, &v, "POST", "/v1/verifications", verificationBody)
	if v.ID != "v1" || v.Sealed() || got.header.Get("Location") != "/v1/verifications/v1" {
		t.Errorf("answered %s at %s", got.body, got.header.Get("Location"))
	}
	if v.Assessment != nil {
		t.Error("a verification that waits has an assessment")
	}
}

func TestVerificationHoldsUntilTheVerdict(t *testing.T) {
	engine := &apitest.Engine{}
	c := serve(t, engine)
	answered := make(chan reply)
	go func() { answered <- c.do("POST", "/v1/verifications?wait=60s", verificationBody) }()
	testbed.Eventually(t, 10*time.Second, func() error {
		if engine.Calls("Wait") == 0 {
			return errors.New("nobody waits")
		}
		return nil
	})
	if !engine.Seal("v1", success()) {
		t.Fatal("cannot seal")
	}
	var v aftercheck.Verification
	got := <-answered
	decode(t, got.body, &v)
	if got.status != http.StatusAccepted || v.Assessment == nil || v.Verdict != aftercheck.Success || *v.Score != 0.9 {
		t.Errorf("status %d: %s", got.status, got.body)
	}
}

func TestWaitEndsWithoutAVerdict(t *testing.T) {
	c := serve(t, &apitest.Engine{})
	var v aftercheck.Verification
	c.want(http.StatusAccepted, &v, "POST", "/v1/verifications?wait=10ms", verificationBody)
	c.want(http.StatusOK, &v, "GET", "/v1/verifications/v1?wait=10ms", "")
	if v.State != aftercheck.StateWaiting {
		t.Errorf("state %s", v.State)
	}
}

func TestAcceptedIsToldThoughWaitingFails(t *testing.T) {
	c := serve(t, &apitest.Engine{Fail: func(call string) error {
		if call == "Wait" {
			return aftercheck.ErrUnavailable
		}
		return nil
	}})
	var v aftercheck.Verification
	c.want(http.StatusAccepted, &v, "POST", "/v1/verifications?wait=10s", verificationBody)
	if v.ID != "v1" || v.State != aftercheck.StateWaiting {
		t.Errorf("answered %+v", v)
	}
}

func TestRepeatedRequestAnswersTheSame(t *testing.T) {
	engine := &apitest.Engine{}
	c := serve(t, engine)
	var first, second aftercheck.Verification
	c.want(http.StatusAccepted, &first, "POST", "/v1/verifications", verificationBody)
	engine.Seal("v1", success())
	c.want(http.StatusAccepted, &second, "POST", "/v1/verifications", verificationBody)
	if !second.Sealed() || !second.AcceptedAt.Equal(first.AcceptedAt) {
		t.Errorf("first %+v, second %+v", first, second)
	}
	p := c.do("POST", "/v1/verifications", strings.Replace(verificationBody, "1s", "2s", 1)).problem(t)
	if p.Status != http.StatusConflict || p.Errors[0].Location != "body.id" {
		t.Errorf("another body: %+v", p)
	}
}

func TestWaitEndsWhenTheCallerLeaves(t *testing.T) {
	waits := &watched{Engine: &apitest.Engine{}, began: make(chan struct{}), ended: make(chan error, 1)}
	c := serveWith(t, api.Options{Engine: waits})
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "POST", "http://localhost/v1/verifications?wait=10m", strings.NewReader(verificationBody))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-waits.began
		leave()
	}()
	if response, err := c.http.Do(r); err == nil {
		_ = response.Body.Close()
		t.Fatal("answered though the caller left")
	}
	if err := <-waits.ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the wait ended with %v", err)
	}
}

// watched tells when its one wait begins and how it ends.
type watched struct {
	*apitest.Engine
	began chan struct{}
	ended chan error
}

func (w *watched) Wait(ctx context.Context, id string, atMost time.Duration) (aftercheck.Verification, error) {
	close(w.began)
	v, err := w.Engine.Wait(ctx, id, atMost)
	w.ended <- err
	return v, err
}

func TestListPagesAndFilters(t *testing.T) {
	engine := &apitest.Engine{}
	c := serve(t, engine)
	for i := range 5 {
		body := fmt.Sprintf(`{"id":"v%d","incident":{"id":"inc-%d"},"action":{"text":"auto_repair:pb-%d"}}`, i, i%2, i)
		c.want(http.StatusAccepted, nil, "POST", "/v1/verifications", body)
	}
	engine.Seal("v3", success())
	future := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	for query, want := range map[string]string{
		"":                                 "v4 v3 v2 v1 v0",
		"?incident=inc-1":                  "v3 v1",
		"?verdict=success":                 "v3",
		"?verdict=failed":                  "",
		"?playbook=pb-2":                   "v2",
		"?since=" + future:                 "",
		"?limit=2":                         "v4 v3",
		"?limit=2&cursor=2":                "v2 v1",
		"?incident=&verdict=&limit=0":      "v4 v3 v2 v1 v0",
		"?incident=inc-1&verdict=success&": "v3",
	} {
		var page aftercheck.Page
		c.want(http.StatusOK, &page, "GET", "/v1/verifications"+query, "")
		var got []string
		for _, v := range page.Verifications {
			got = append(got, v.ID)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: got %v, want %s", query, got, want)
		}
	}
}

func TestAssess(t *testing.T) {
	made := success()
	c := serve(t, &apitest.Engine{SealWith: &made})
	var a aftercheck.Assessment
	c.want(http.StatusOK, &a, "POST", "/v1/assessments", assessmentBody)
	if a.Verdict != aftercheck.Success || a.Parts[0].Name != aftercheck.PartMetrics {
		t.Errorf("assessed %+v", a)
	}
}

func TestLifecycle(t *testing.T) {
	up := true
	engine := &apitest.Engine{Fail: func(call string) error {
		if call == "Ready" && !up {
			return aftercheck.ErrUnavailable
		}
		return nil
	}}
	var reloading error
	c := serveWith(t, api.Options{Engine: engine, Reload: func(context.Context) error { return reloading }})
	check := func(method, path string, status int, body string) {
		t.Helper()
		got := c.do(method, path, "")
		if got.status != status || got.body != body || got.header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s %s: %+v", method, path, got)
		}
	}
	check("GET", "/-/healthy", 200, "Aftercheck is Healthy.\n")
	check("HEAD", "/-/healthy", 200, "")
	check("GET", "/-/ready", 200, "Aftercheck is Ready.\n")
	check("POST", "/-/reload", 200, "Reloaded.\n")
	up, reloading = false, errors.New("password: hunter2 is wrong")
	check("GET", "/-/ready", 503, "Service Unavailable\n")
	check("GET", "/-/healthy", 200, "Aftercheck is Healthy.\n")
	if got := c.do("POST", "/-/reload", ""); got.status != 500 || strings.Contains(got.body, "hunter2") {
		t.Errorf("a reload that fails: %+v", got)
	}
	if got := serve(t, engine).do("POST", "/-/reload", ""); got.status != 403 {
		t.Errorf("a reload that is not enabled: %+v", got)
	}
}

func TestEngineErrorsBecomeStatuses(t *testing.T) {
	for name, example := range map[string]struct {
		err        error
		status     int
		retryAfter string
		logged     bool
	}{
		"a field":     {&aftercheck.FieldError{Field: "incident.labels", Want: "at most 64 labels"}, 422, "", false},
		"not found":   {fmt.Errorf("reading: %w", aftercheck.ErrNotFound), 404, "", false},
		"conflict":    {fmt.Errorf("storing: %w", aftercheck.ErrConflict), 409, "", false},
		"sealed":      {aftercheck.ErrSealed, 409, "", false},
		"overload":    {fmt.Errorf("accepting: %w", &verify.Overloaded{RetryAfter: 1100 * time.Millisecond}), 429, "2", false},
		"unavailable": {fmt.Errorf("storing: %w", aftercheck.ErrUnavailable), 503, "1", true},
		"too slow":    {context.DeadlineExceeded, 503, "1", true},
		"unexpected":  {errors.New("secret-internals"), 500, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			c := serveWith(t, api.Options{
				Engine: &apitest.Engine{Fail: func(string) error { return example.err }},
				Logger: slog.New(slog.NewTextHandler(&log, nil)),
			})
			got := c.do("POST", "/v1/snapshots", snapshotBody)
			p := got.problem(t)
			if p.Status != example.status || got.header.Get("Retry-After") != example.retryAfter {
				t.Errorf("status %d, Retry-After %q", p.Status, got.header.Get("Retry-After"))
			}
			if strings.Contains(got.body, "secret-internals") || strings.Contains(got.body, "storing") {
				t.Errorf("the problem tells internals: %s", got.body)
			}
			lines := strings.Count(log.String(), "\n")
			if example.logged != (lines == 1) {
				t.Errorf("logged %d lines: %s", lines, &log)
			}
		})
	}
}

func TestPanicIsAProblem(t *testing.T) {
	var log bytes.Buffer
	c := serveWith(t, api.Options{
		Engine: &apitest.Engine{Fail: func(string) error { panic("secret-internals") }},
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	for range 2 { // the process lives on
		got := c.do("POST", "/v1/snapshots", snapshotBody)
		if p := got.problem(t); p.Status != 500 || strings.Contains(got.body, "secret-internals") {
			t.Errorf("answered %s", got.body)
		}
	}
	if strings.Count(log.String(), "secret-internals") != 2 {
		t.Errorf("logged %s", &log)
	}
}

func TestRequestHasADeadline(t *testing.T) {
	engine := &apitest.Engine{}
	c := serveWith(t, api.Options{Engine: &stuck{engine}, RequestTimeout: 20 * time.Millisecond})
	got := c.do("POST", "/v1/snapshots", snapshotBody)
	if p := got.problem(t); p.Status != 503 {
		t.Errorf("answered %s", got.body)
	}
}

// stuck captures until its context ends.
type stuck struct{ *apitest.Engine }

func (*stuck) Capture(ctx context.Context, _ aftercheck.SnapshotRequest) (aftercheck.Snapshot, error) {
	<-ctx.Done()
	return aftercheck.Snapshot{}, ctx.Err()
}

func TestUnansweredPathsAndMethods(t *testing.T) {
	c := serve(t, &apitest.Engine{})
	for _, path := range []string{"/", "/metrics", "/v1", "/v1/verifications/", "//v1/verifications", "/v1/../v1/verifications", "/docs", "/openapi.json", "/schemas/Incident.json"} {
		got := c.do("GET", path, "")
		if p := got.problem(t); p.Status != http.StatusNotFound || strings.Contains(got.body, "verifications") {
			t.Errorf("%s: %s", path, got.body)
		}
	}
	for path, allow := range map[string]string{"/v1/snapshots": "POST", "/v1/verifications": "GET, HEAD, POST", "/v1/verifications/x": "GET, HEAD", "/-/reload": "POST", "/openapi.yaml": "GET, HEAD"} {
		got := c.do("DELETE", path, "")
		if p := got.problem(t); p.Status != http.StatusMethodNotAllowed || got.header.Get("Allow") != allow {
			t.Errorf("%s: Allow %q, %s", path, got.header.Get("Allow"), got.body)
		}
	}
	head := c.do("HEAD", "/v1/verifications", "")
	if head.status != http.StatusOK || head.body != "" {
		t.Errorf("HEAD: %+v", head)
	}
}

func TestBodiesAreBounded(t *testing.T) {
	c := serve(t, &apitest.Engine{})
	for _, path := range []string{"/v1/snapshots", "/v1/verifications", "/v1/assessments"} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", "http://localhost"+path, io.LimitReader(neverending('{'), 64<<20))
		if err != nil {
			t.Fatal(err)
		}
		if got := c.send(r); got.problem(t).Status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %s", path, got.body)
		}
	}
}

type neverending byte

func (b neverending) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b)
	}
	return len(p), nil
}

// held is an engine whose assessments end when the test says so.
type held struct {
	*apitest.Engine
	release chan struct{}
}

func (h *held) Assess(context.Context, aftercheck.AssessmentRequest) (aftercheck.Assessment, error) {
	_, _ = h.Engine.Assess(context.Background(), aftercheck.AssessmentRequest{})
	<-h.release
	return success(), nil
}

func TestAssessmentsTakeTurns(t *testing.T) {
	const atOnce = 4
	engine := &held{&apitest.Engine{}, make(chan struct{})}
	c := serveWith(t, api.Options{Engine: engine, RequestTimeout: 100 * time.Millisecond})
	answered := make(chan reply, atOnce)
	for range atOnce {
		go func() { answered <- c.do("POST", "/v1/assessments", assessmentBody) }()
	}
	testbed.Eventually(t, 10*time.Second, func() error {
		if n := engine.Calls("Assess"); n != atOnce {
			return fmt.Errorf("%d assessments", n)
		}
		return nil
	})
	got := c.do("POST", "/v1/assessments", assessmentBody)
	if p := got.problem(t); p.Status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
		t.Errorf("one more: %s", got.body)
	}
	close(engine.release)
	for range atOnce {
		if got := <-answered; got.status != http.StatusOK {
			t.Errorf("under way: %s", got.body)
		}
	}
}
