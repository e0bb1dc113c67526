package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/client"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// patient is a service that is ill until it is cured.
type patient struct {
	*httptest.Server
	well atomic.Bool
}

func newPatient(t *testing.T) *patient {
	p := &patient{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !p.well.Load() {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// cure is a repair that works.
func (p *patient) cure(context.Context) error {
	p.well.Store(true)
	return nil
}

// started starts a real sidecar that looks at the patient; more is further
// configuration, in YAML.
func (p *patient) started(t *testing.T, more string, flags ...string) (*testbed.Sidecar, *client.Client) {
	t.Helper()
	config := fmt.Sprintf(`
default_policy: {warmup: 200ms, deadline: 60s, interval: 200ms, rounds: 2}
sensors:
  kubernetes: {enabled: false}
  http:
    - {name: shop, url: %q, timeout: 5s, signal: true}
%s`, p.URL, more)
	sidecar := testbed.StartSidecar(t, binary, config, flags...)
	return sidecar, newClient(t, sidecar.Socket)
}

func action() aftercheck.Action { return aftercheck.Action{Text: "restart_service:shop"} }

func TestAroundARepairThatWorks(t *testing.T) {
	p := newPatient(t)
	_, c := p.started(t, "policies:\n  - {name: quick, rounds: 1}\n")
	v, err := c.Around(t.Context(), incident(), action(), p.cure, client.WithPolicy("quick"))
	if err != nil || v.Trouble != nil || v.Verdict != aftercheck.Success || v.Reason != aftercheck.ReasonRecovered {
		t.Fatalf("verified %+v, %v", v, err)
	}
	if v.SnapshotID == "" || v.Action.StartedAt.IsZero() || v.Action.FinishedAt.Before(v.Action.StartedAt) || v.Policy.Name != "quick" {
		t.Errorf("asked for %+v", v)
	}
}

func TestAroundARepairThatDoesNothing(t *testing.T) {
	_, c := newPatient(t).started(t, "")
	warmup, deadline := aftercheck.Duration(100*time.Millisecond), aftercheck.Duration(2*time.Second)
	v, err := c.Around(t.Context(), incident(), action(), func(context.Context) error { return nil }, client.WithTimes(&warmup, &deadline))
	if err != nil || v.Trouble != nil || v.Verdict != aftercheck.Failed {
		t.Errorf("verified %+v, %v", v, err)
	}
	if v.Policy.Warmup != warmup || v.Policy.Deadline != deadline {
		t.Errorf("policy %+v", v.Policy)
	}
}

// What an action returns is what its executor gets, and its verification is
// asked for without a wait.
func TestAroundAnActionThatFails(t *testing.T) {
	_, c := newPatient(t).started(t, "")
	broken := errors.New("exit status 1")
	hour := aftercheck.Duration(time.Hour)
	v, err := c.Around(t.Context(), incident(), action(), func(context.Context) error { return broken }, client.WithTimes(&hour, nil))
	if err != broken || v.Trouble != nil || v.State != aftercheck.StateWaiting || v.SnapshotID == "" { //nolint:errorlint // the very error
		t.Errorf("verified %+v, %v", v, err)
	}
	if kept, err := c.Get(t.Context(), v.ID); err != nil || kept.Incident.ID != "inc-1" {
		t.Errorf("kept %+v, %v", kept, err)
	}
}

func TestAroundNothingDone(t *testing.T) {
	_, c := newPatient(t).started(t, "")
	v, err := c.Around(t.Context(), incident(), action(), func(context.Context) error {
		return fmt.Errorf("replicas are as wanted: %w", client.ErrNothingDone)
	})
	page, listed := c.List(t.Context(), aftercheck.Filter{})
	if !errors.Is(err, client.ErrNothingDone) || v.ID != "" || v.Trouble != nil || listed != nil || len(page.Verifications) != 0 {
		t.Errorf("verified %+v, %v; kept %+v, %v", v, err, page, listed)
	}
}

func TestAroundPassesPanicsOn(t *testing.T) {
	_, c := newPatient(t).started(t, "")
	passed := func() (passed any) {
		defer func() { passed = recover() }()
		_, _ = c.Around(t.Context(), incident(), action(), func(context.Context) error { panic("the action's own") })
		return nil
	}()
	page, err := c.List(t.Context(), aftercheck.Filter{})
	if passed != "the action's own" || err != nil || len(page.Verifications) != 1 || page.Verifications[0].SnapshotID == "" {
		t.Errorf("passed on %v, kept %+v, %v", passed, page, err)
	}
}

func TestAroundWithAContextThatEnds(t *testing.T) {
	_, c := newPatient(t).started(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	hour := aftercheck.Duration(time.Hour)
	v, err := c.Around(ctx, incident(), action(), func(ctx context.Context) error {
		cancel()
		return ctx.Err()
	}, client.WithTimes(&hour, nil))
	if !errors.Is(err, context.Canceled) || v.ID == "" || v.Trouble != nil {
		t.Errorf("while the action ran: %+v, %v", v, err)
	}
	ran := false
	_, err = c.Around(ctx, incident(), action(), func(context.Context) error { ran = true; return nil })
	if !errors.Is(err, context.Canceled) || ran {
		t.Errorf("before: ran %v, %v", ran, err)
	}
}

// counted is an action that counts its runs.
func counted(runs *int) func(context.Context) error {
	return func(context.Context) error { *runs++; return nil }
}

func TestAroundWithoutASidecar(t *testing.T) {
	runs := 0
	v, err := newClient(t, filepath.Join(t.TempDir(), "none.sock")).Around(t.Context(), incident(), action(), counted(&runs))
	if err != nil || runs != 1 || v.ID != "" || !errors.Is(v.Trouble, aftercheck.ErrUnavailable) {
		t.Errorf("ran %d times: %+v, %v", runs, v, err)
	}
	if said := v.Trouble.Error(); !strings.Contains(said, "capturing the state before") || !strings.Contains(said, "asking for a verification") {
		t.Errorf("the trouble reads %q", said)
	}
}

// A sidecar that hangs keeps the action waiting for the time-out of the capture,
// or for a part of what the context allows.
func TestAroundASidecarThatHangs(t *testing.T) {
	sidecar, c := newPatient(t).started(t, "")
	if err := sidecar.Pause(); err != nil {
		t.Fatal(err)
	}
	runs := 0
	v, err := c.Around(t.Context(), incident(), action(), counted(&runs), client.WithCaptureTimeout(50*time.Millisecond))
	if err != nil || runs != 1 || !errors.Is(v.Trouble, context.DeadlineExceeded) {
		t.Errorf("ran %d times: %+v, %v", runs, v, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	v, err = c.Around(ctx, incident(), action(), func(ctx context.Context) error { runs++; return ctx.Err() })
	if err != nil || runs != 2 || !errors.Is(v.Trouble, context.DeadlineExceeded) {
		t.Errorf("ran %d times: %+v, %v", runs, v, err)
	}
}

// What was captured before is verified by a sidecar that was killed while the
// action ran, and its verdict is waited for while it is killed again.
func TestAroundASidecarThatIsKilled(t *testing.T) {
	p := newPatient(t)
	sidecar, c := p.started(t, "")
	warmup := aftercheck.Duration(2 * time.Second)
	restarted := make(chan struct{})
	v, err := c.Around(t.Context(), incident(), action(), func(ctx context.Context) error {
		sidecar.Kill()
		go func() {
			defer close(restarted)
			sidecar.Restart(t)
			testbed.Eventually(t, time.Minute, func() error {
				page, err := c.List(t.Context(), aftercheck.Filter{})
				if err == nil && len(page.Verifications) == 0 {
					err = errors.New("nothing is accepted")
				}
				return err
			})
			sidecar.Restart(t)
		}()
		return p.cure(ctx)
	}, client.WithTimes(&warmup, nil))
	<-restarted
	if err != nil || v.Trouble != nil || v.Verdict != aftercheck.Success || v.SnapshotID == "" {
		t.Errorf("verified %+v, %v", v, err)
	}
}

// overSocket calls over a socket, and is told of each answer's status.
func overSocket(socket string, told func(status int)) *http.Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}
	return &http.Client{Transport: telling{&http.Transport{DialContext: dial, DisableKeepAlives: true}, told}}
}

type telling struct {
	http.RoundTripper
	told func(status int)
}

func (t telling) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.RoundTripper.RoundTrip(r)
	if err == nil {
		t.told(response.StatusCode)
	}
	return response, err
}

// A real sidecar that lets one call in, which somebody has who waits for a
// verdict until the second is refused.
func TestBusySidecarIsAskedAgain(t *testing.T) {
	sidecar, c := newPatient(t).started(t, "limits: {max_calls: 1}\n")
	hour := aftercheck.Duration(time.Hour)
	first := request()
	first.Warmup = &hour
	accepted, err := c.Verify(t.Context(), first, 0)
	if err != nil {
		t.Fatal(err)
	}
	waiting, leave := context.WithCancel(t.Context())
	defer leave()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = c.Wait(waiting, accepted.ID, time.Minute)
	}()
	refused := false
	busy := newClient(t, "http://sidecar", client.WithHTTPClient(overSocket(sidecar.Socket, func(status int) {
		if status == http.StatusTooManyRequests {
			refused = true
			leave()
			<-ended
		}
	})))
	testbed.Eventually(t, time.Minute, func() error {
		if _, err := busy.List(t.Context(), aftercheck.Filter{}); err != nil {
			t.Fatalf("once there is room: %v", err)
		}
		if !refused {
			return errors.New("nobody waits yet")
		}
		return nil
	})
}

// refusing answers its first calls with a status and a Retry-After.
type refusing struct {
	status     int
	retryAfter string
	left       atomic.Int32
	calls      atomic.Int32
}

func (r *refusing) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	r.calls.Add(1)
	if r.left.Add(-1) >= 0 {
		w.Header().Set("Retry-After", r.retryAfter)
		w.WriteHeader(r.status)
		return
	}
	_, _ = io.WriteString(w, `{"verifications":[]}`)
}

func TestRetryAfterIsHonoured(t *testing.T) {
	for name, example := range map[string]struct {
		status     int
		retryAfter string
		refusals   int32
		calls      int32
		well       bool
	}{
		"busy once":                   {429, "1", 1, 2, true},
		"unavailable twice":           {503, "0", 2, 3, true},
		"a proxy without its sidecar": {502, "", 1, 2, true},
		"for too long":                {503, "3600", 9, 1, false},
		"again and again":             {503, "0", 9, 4, false},
		"nonsense":                    {429, "-1", 1, 2, true},
		"a refusal for good":          {422, "0", 1, 1, false},
		"a fault":                     {500, "0", 1, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := &refusing{status: example.status, retryAfter: example.retryAfter}
			r.left.Store(example.refusals)
			server := httptest.NewServer(r)
			t.Cleanup(server.Close)
			began := time.Now()
			_, err := newClient(t, server.URL).List(t.Context(), aftercheck.Filter{})
			if r.calls.Load() != example.calls || (err == nil) != example.well {
				t.Errorf("%d calls, %v", r.calls.Load(), err)
			}
			if example.retryAfter == "1" && time.Since(began) < time.Second {
				t.Errorf("came back after %s", time.Since(began))
			}
		})
	}
}

// A listener that accepts and never answers, as of a sidecar that is stuck.
func TestWaitEndsThoughNobodyAnswers(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "mute.sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if v, err := newClient(t, l.Addr().String()).Wait(ctx, "v1", time.Hour); v.ID != "" || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waited for %+v, %v", v, err)
	}
}
