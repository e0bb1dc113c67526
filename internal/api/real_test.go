package api_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/api"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/verify"
)

// patient is the one sensor of the real engine: a Deployment that is unhealthy
// until it is healed.
type patient struct{ healed atomic.Bool }

// Names implements verify.Sensors.
func (*patient) Names() []string { return []string{"patient"} }

// Ask implements verify.Sensors.
func (p *patient) Ask(context.Context, aftercheck.Question) []aftercheck.Reading {
	now := time.Now().UTC()
	finding := aftercheck.Finding{
		Subject: aftercheck.Subject{Kind: "Deployment", Namespace: "shop", Name: "api", UID: "u1"},
		Check:   aftercheck.CheckHealth, Scope: aftercheck.ScopeTarget, At: now, Signal: true,
		State: aftercheck.StateUnhealthy, Reason: "CrashLoopBackOff",
	}
	if p.healed.Load() {
		finding.State, finding.Reason = aftercheck.StateHealthy, ""
	}
	target := aftercheck.Target{Group: "apps", Kind: "Deployment", Namespace: "shop", Name: "api", UID: "u1"}
	return []aftercheck.Reading{{Sensor: "patient", At: now, Outcome: aftercheck.ReadingOK, Target: target, Findings: []aftercheck.Finding{finding}}}
}

// recorded is the engine with its store, as the command wires them.
type recorded struct {
	*verify.Engine
	api.Proposer // nobody
	store        *evidence.File
}

// Snapshot implements api.Engine.
func (r recorded) Snapshot(ctx context.Context, id string) (aftercheck.Snapshot, error) {
	return r.store.Snapshot(ctx, id)
}

// realSidecar serves the real engine on a real store and socket.
func realSidecar(t *testing.T, sensors verify.Sensors, maxInFlight int) *caller {
	t.Helper()
	store, err := evidence.OpenFile(filepath.Join(t.TempDir(), "store.db"), evidence.FileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	policy := aftercheck.DefaultPolicy()
	policy.Warmup, policy.Interval = 0, aftercheck.Duration(10*time.Millisecond)
	engine := verify.New(verify.Options{
		Store: store, Sensors: sensors, MaxInFlight: maxInFlight,
		Policies: func(name string, _ aftercheck.Incident) (aftercheck.Policy, error) {
			if name != "" {
				return policy, aftercheck.ErrNotFound
			}
			return policy, nil
		},
	})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return serveWith(t, api.Options{Engine: recorded{engine, nil, store}})
}

// TestRealEngineOverTheSocket goes the whole way, and holds every answer
// against the document.
func TestRealEngineOverTheSocket(t *testing.T) {
	sensors := &patient{}
	c := realSidecar(t, sensors, 0)
	v := newValidator(t)
	call := func(status int, into any, method, path, documented, body string) {
		t.Helper()
		got := c.want(status, into, method, path, body)
		v.answer(strings.ToLower(method), documented, strconv.Itoa(status), got.header.Get("Content-Type"), got.body)
	}
	var snapshot aftercheck.Snapshot
	call(201, &snapshot, "POST", "/v1/snapshots", "/v1/snapshots", snapshotBody)
	call(200, nil, "GET", "/v1/snapshots/"+snapshot.ID, "/v1/snapshots/{id}", "")
	sensors.healed.Store(true)
	body := fmt.Sprintf(`{"id":"v1","snapshot_id":%q,"incident":{"id":"inc-1","labels":{"app.kubernetes.io/name":"api"}},"action":{"text":"restart_service:api"},"deadline":"20s"}`, snapshot.ID)
	var waiting, sealed, again aftercheck.Verification
	call(202, &waiting, "POST", "/v1/verifications", "/v1/verifications", body)
	call(200, &sealed, "GET", "/v1/verifications/v1?wait=30s", "/v1/verifications/{id}", "")
	if !sealed.Sealed() || sealed.Verdict != aftercheck.Success || sealed.Evidence.PreState == nil {
		t.Errorf("sealed %+v", sealed)
	}
	for what, by := range map[string]*aftercheck.Requester{"verification": sealed.RequestedBy, "pre-state": sealed.Evidence.PreState.RequestedBy} {
		if by == nil || by.UID == nil || int(*by.UID) != os.Geteuid() || int(*by.PID) != os.Getpid() {
			t.Errorf("the %s is stored as requested by %s", what, by)
		}
	}
	call(202, &again, "POST", "/v1/verifications?wait=1s", "/v1/verifications", body)
	if !again.SealedAt.Equal(sealed.SealedAt) {
		t.Errorf("the same request again is sealed at %s, and at first %s", again.SealedAt, sealed.SealedAt)
	}
	call(200, nil, "GET", "/v1/verifications?verdict=success&incident=inc-1", "/v1/verifications", "")
	call(409, nil, "POST", "/v1/verifications", "/v1/verifications", verificationBody)
	call(200, nil, "POST", "/v1/assessments", "/v1/assessments", assessmentBody)
	call(404, nil, "GET", "/v1/snapshots/nobody", "/v1/snapshots/{id}", "")
	if got := c.do("GET", "/-/ready", ""); got.status != http.StatusOK {
		t.Errorf("not ready: %s", got.body)
	}
}

// TestRealRefusals holds what only the engine and the store know to be wrong
// against the rule for problems.
func TestRealRefusals(t *testing.T) {
	c := realSidecar(t, &patient{}, 0)
	future := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	for location, request := range map[string][3]string{
		"body.policy":             {"POST", "/v1/verifications", `{"incident":{"id":"a"},"action":{"text":"x"},"policy":"` + secret + `"}`},
		"body.warmup":             {"POST", "/v1/verifications", `{"incident":{"id":"a"},"action":{"text":"x"},"warmup":"77777h"}`},
		"body.deadline":           {"POST", "/v1/verifications", `{"incident":{"id":"a"},"action":{"text":"x"},"deadline":"1ms"}`},
		"body.action.finished_at": {"POST", "/v1/verifications", `{"incident":{"id":"a"},"action":{"text":"x","finished_at":"` + future + `"}}`},
		"body.snapshot_id":        {"POST", "/v1/verifications", `{"incident":{"id":"a"},"action":{"text":"x"},"snapshot_id":"` + secret + `"}`},
		"query.cursor":            {"GET", "/v1/verifications?cursor=" + secret, ""},
	} {
		got := c.do(request[0], request[1], request[2])
		p := got.problem(t)
		if p.Status != http.StatusUnprocessableEntity || len(p.Errors) != 1 || p.Errors[0].Location != location {
			t.Errorf("%s: %s", location, got.body)
		}
		for _, refused := range []string{secret, "77777h", future} {
			if strings.Contains(got.body, refused) {
				t.Errorf("%s repeats what it refused: %s", location, got.body)
			}
		}
	}
}

func TestRealOverload(t *testing.T) {
	c := realSidecar(t, &patient{}, 1)
	request := `{"id":%q,"incident":{"id":"a"},"action":{"text":"x"},"warmup":"1h"}`
	c.want(http.StatusAccepted, nil, "POST", "/v1/verifications", fmt.Sprintf(request, "first"))
	got := c.do("POST", "/v1/verifications", fmt.Sprintf(request, "second"))
	if p := got.problem(t); p.Status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
		t.Errorf("beyond the bound: %s", got.body)
	}
	c.want(http.StatusAccepted, nil, "POST", "/v1/verifications", fmt.Sprintf(request, "first"))
}
