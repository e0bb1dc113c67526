package client_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/client"
	"github.com/aftercheck/aftercheck/internal/api"
	"github.com/aftercheck/aftercheck/internal/api/apitest"
)

func incident() aftercheck.Incident {
	return aftercheck.Incident{ID: "inc-1", Labels: map[string]string{"app.kubernetes.io/name": "api"}}
}

func request() aftercheck.VerificationRequest {
	warmup := aftercheck.Duration(90 * time.Second)
	return aftercheck.VerificationRequest{Incident: incident(), Action: aftercheck.Action{Text: "auto_repair:pb-1"}, Warmup: &warmup}
}

func recovered() *aftercheck.Assessment {
	score := 0.9
	return &aftercheck.Assessment{Verdict: aftercheck.Success, Reason: aftercheck.ReasonRecovered, Score: &score}
}

// dial makes a client of the engine behind a real socket.
func dial(t *testing.T, engine api.Engine) *client.Client {
	t.Helper()
	return newClient(t, apitest.Serve(t, api.Options{Engine: engine}))
}

func newClient(t *testing.T, address string, options ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(address, options...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWholeWay(t *testing.T) {
	reading := aftercheck.Reading{Sensor: "kubernetes", At: time.Date(2026, 1, 2, 15, 4, 5, 6, time.UTC), Outcome: aftercheck.ReadingOK}
	engine := &apitest.Engine{Readings: []aftercheck.Reading{reading}}
	c, ctx := dial(t, engine), t.Context()

	snapshot, err := c.Capture(ctx, aftercheck.SnapshotRequest{Incident: incident(), Action: aftercheck.Action{Text: "auto_repair:pb-1"}})
	if err != nil || snapshot.ID == "" {
		t.Fatalf("captured %+v, %v", snapshot, err)
	}
	if read, err := c.Snapshot(ctx, snapshot.ID); err != nil || !cmp.Equal(read, snapshot) {
		t.Errorf("read %v, %s", err, cmp.Diff(snapshot, read))
	}
	r := request()
	r.SnapshotID = snapshot.ID
	v, err := c.Verify(ctx, r, 0)
	if err != nil || v.Sealed() || v.Evidence.PreState == nil {
		t.Fatalf("accepted %+v, %v", v, err)
	}
	engine.Seal(v.ID, *recovered())
	got, err := c.Get(ctx, v.ID)
	if err != nil || !got.Sealed() || got.Verdict != aftercheck.Success || *got.Score != 0.9 {
		t.Errorf("got %+v, %v", got, err)
	}
	page, err := c.List(ctx, aftercheck.Filter{IncidentID: "inc-1", Verdict: aftercheck.Success, Playbook: "pb-1", Since: v.AcceptedAt, Limit: 3})
	if err != nil || len(page.Verifications) != 1 || page.Verifications[0].ID != v.ID {
		t.Errorf("listed %+v, %v", page, err)
	}
	a, err := c.Assess(ctx, aftercheck.AssessmentRequest{Incident: incident(), PreState: snapshot.Readings})
	if err != nil || a.Verdict != aftercheck.Degraded {
		t.Errorf("assessed %+v, %v", a, err)
	}
	if err := errors.Join(c.Healthy(ctx), c.Ready(ctx)); err != nil {
		t.Error(err)
	}
}

func TestVerifyWaitsForTheVerdict(t *testing.T) {
	c := dial(t, &apitest.Engine{SealWith: recovered()})
	v, err := c.Verify(t.Context(), request(), time.Minute)
	if err != nil || v.Verdict != aftercheck.Success {
		t.Errorf("verified %+v, %v", v, err)
	}
}

func TestWaitEndsInTime(t *testing.T) {
	c := dial(t, &apitest.Engine{})
	v, err := c.Verify(t.Context(), request(), 30*time.Millisecond)
	if err != nil || v.State != aftercheck.StateWaiting {
		t.Errorf("verified %+v, %v", v, err)
	}
	if v, err = c.Wait(t.Context(), v.ID, 30*time.Millisecond); err != nil || v.State != aftercheck.StateWaiting {
		t.Errorf("waited %+v, %v", v, err)
	}
}

// hasty answers its first waits at once, as a sidecar does for which too many
// wait, and notes how long it was asked to wait.
type hasty struct {
	*apitest.Engine
	waits []time.Duration
}

func (h *hasty) Wait(ctx context.Context, id string, atMost time.Duration) (aftercheck.Verification, error) {
	h.waits = append(h.waits, atMost)
	if len(h.waits) == 1 {
		atMost = 0
	}
	return h.Engine.Wait(ctx, id, atMost)
}

func TestWaitAsksAgainIfItIsAnsweredEarly(t *testing.T) {
	engine := &hasty{Engine: &apitest.Engine{SealWith: recovered()}}
	c := dial(t, engine)
	v, err := c.Verify(t.Context(), request(), time.Hour)
	if err != nil || !v.Sealed() {
		t.Errorf("verified %+v, %v", v, err)
	}
	if len(engine.waits) != 2 || engine.waits[0] != api.MaxWait || engine.waits[1] != api.MaxWait {
		t.Errorf("waits %v, want each as long as the API holds a call", engine.waits)
	}
}

func TestRefusalsAreProblems(t *testing.T) {
	var fail error
	c := dial(t, &apitest.Engine{Fail: func(string) error { return fail }})
	for _, example := range []struct {
		fail   error
		status int
		is     error
	}{
		{aftercheck.ErrConflict, 409, aftercheck.ErrConflict},
		{aftercheck.ErrUnavailable, 503, aftercheck.ErrUnavailable},
		{aftercheck.ErrNotFound, 404, aftercheck.ErrNotFound},
	} {
		fail = example.fail
		_, err := c.Verify(t.Context(), request(), 0)
		problem := (*client.Problem)(nil)
		if !errors.Is(err, example.is) || !errors.As(err, &problem) || problem.Status != example.status {
			t.Errorf("%v: %v", example.fail, err)
		}
		for _, other := range []error{aftercheck.ErrConflict, aftercheck.ErrUnavailable, aftercheck.ErrNotFound} {
			if !errors.Is(other, example.is) && errors.Is(err, other) {
				t.Errorf("%v is also %v", err, other)
			}
		}
	}
	fail = aftercheck.ErrUnavailable
	_, err := c.Get(t.Context(), "v1")
	if problem := (*client.Problem)(nil); !errors.As(err, &problem) || problem.RetryAfter != time.Second {
		t.Errorf("retry after: %v", err)
	}
	fail = nil
	_, err = c.Capture(t.Context(), aftercheck.SnapshotRequest{})
	problem := (*client.Problem)(nil)
	if !errors.As(err, &problem) || problem.Status != 422 || problem.Errors[0].Location != "body.incident.id" {
		t.Fatalf("an incident without ID: %v", err)
	}
	if text := err.Error(); strings.Count(text, "body.incident.id") != 1 || !strings.HasPrefix(text, "Unprocessable Entity: ") {
		t.Errorf("reads %q", text)
	}
}

// lossy loses its first answers after they were given.
func lossy(next http.Handler, lost int32) http.Handler {
	var calls atomic.Int32
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		if calls.Add(1) <= lost {
			panic(http.ErrAbortHandler)
		}
	})
}

func TestLostAnswerIsAskedForAgain(t *testing.T) {
	for lost, want := range map[int32]int{1: 2, 3: 4, 9: 4} {
		engine := &apitest.Engine{}
		handler := api.New(api.Options{Engine: engine})
		server := httptest.NewServer(lossy(handler, lost))
		t.Cleanup(server.Close)
		v, err := newClient(t, server.URL).Verify(t.Context(), request(), 0)
		if engine.Calls("Accept") != want {
			t.Errorf("%d lost: asked %d times", lost, engine.Calls("Accept"))
		}
		page, listed := engine.List(t.Context(), aftercheck.Filter{})
		if listed != nil || len(page.Verifications) != 1 {
			t.Errorf("%d lost: stored %+v, %v", lost, page, listed)
		}
		if lost < 9 && (err != nil || v.ID != page.Verifications[0].ID) {
			t.Errorf("answered %+v, %v", v, err)
		}
		if lost == 9 && !errors.Is(err, aftercheck.ErrUnavailable) {
			t.Errorf("all answers lost: %v", err)
		}
	}
}

func TestNoSidecar(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.sock")
	err := newClient(t, path).Healthy(t.Context())
	if !errors.Is(err, aftercheck.ErrUnavailable) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "http://") {
		t.Errorf("without a sidecar: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := newClient(t, path).Healthy(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that ended: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	socket := apitest.Serve(t, api.Options{Engine: &apitest.Engine{}})
	server := httptest.NewServer(api.New(api.Options{Engine: &apitest.Engine{}}))
	t.Cleanup(server.Close)
	for _, address := range []string{socket, "unix://" + socket, server.URL, server.URL + "/"} {
		if err := newClient(t, address).Ready(t.Context()); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"", "unix://", "localhost:8077", "ftp://localhost", "http://", "http://%zz"} {
		if _, err := client.New(address); err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestProposals(t *testing.T) {
	engine := &apitest.Engine{}
	c := newClient(t, apitest.Serve(t, api.Options{Engine: engine}))
	if _, err := c.Proposal(t.Context(), "p-1"); !errors.Is(err, aftercheck.ErrNotFound) {
		t.Errorf("no such proposal: %v", err)
	}
	for _, id := range []string{"p-1", "p-2", "p-3"} {
		engine.Propose(aftercheck.Proposal{ID: id, State: aftercheck.ProposalOpen, IncidentID: "i"})
	}
	p, err := c.Acknowledge(t.Context(), "p-2", aftercheck.AcknowledgementRequest{By: "kim"})
	if err != nil || p.State != aftercheck.ProposalAcknowledged || p.Acknowledgement.By != "kim" {
		t.Errorf("acknowledged: %+v, %v", p, err)
	}
	filter := aftercheck.ProposalFilter{State: aftercheck.ProposalOpen, IncidentID: "i", Limit: 1}
	for _, want := range []string{"p-3", "p-1"} {
		page, err := c.Proposals(t.Context(), filter)
		if err != nil || len(page.Proposals) != 1 || page.Proposals[0].ID != want {
			t.Fatalf("%+v, %v; want %s", page, err, want)
		}
		filter.Cursor = page.NextCursor
	}
	if filter.Cursor != "" {
		t.Error("the last page names another")
	}
	if p, err := c.Proposal(t.Context(), "p-2"); err != nil || p.State != aftercheck.ProposalAcknowledged {
		t.Errorf("read %+v, %v", p, err)
	}
	engine.Propose(aftercheck.Proposal{ID: "p-4", State: aftercheck.ProposalExpired})
	if _, err := c.Acknowledge(t.Context(), "p-4", aftercheck.AcknowledgementRequest{}); !errors.Is(err, aftercheck.ErrConflict) {
		t.Errorf("acknowledging what has expired: %v", err)
	}
}

func TestToken(t *testing.T) {
	token := func() ([]api.Token, error) { return []api.Token{{Name: "test", Text: "right"}}, nil }
	guarded := api.Guard(api.New(api.Options{Engine: &apitest.Engine{}}), token, slog.New(slog.DiscardHandler))
	server := httptest.NewServer(guarded)
	t.Cleanup(server.Close)
	_, err := newClient(t, server.URL, client.WithHTTPClient(server.Client()), client.WithToken("right")).List(t.Context(), aftercheck.Filter{})
	if err != nil {
		t.Errorf("with the token: %v", err)
	}
	_, err = newClient(t, server.URL, client.WithToken("wrong")).List(t.Context(), aftercheck.Filter{})
	if problem := (*client.Problem)(nil); !errors.As(err, &problem) || problem.Status != http.StatusUnauthorized {
		t.Errorf("with another: %v", err)
	}
}

func TestAnswerOfSomethingElse(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/-/ready" {
			http.Error(w, "no bananas", http.StatusTeapot)
			return
		}
		_, _ = w.Write([]byte("<html>"))
	}))
	t.Cleanup(server.Close)
	c := newClient(t, server.URL)
	problem := (*client.Problem)(nil)
	if err := c.Ready(t.Context()); !errors.As(err, &problem) || problem.Error() != "I'm a teapot: no bananas" {
		t.Errorf("a refusal that is no problem: %v", err)
	}
	if _, err := c.Get(t.Context(), "v1"); err == nil || !strings.Contains(err.Error(), "reading the answer") {
		t.Errorf("an answer that is no JSON: %v", err)
	}
}
