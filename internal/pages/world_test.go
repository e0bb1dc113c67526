package pages_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/pages"
	"github.com/aftercheck/aftercheck/internal/verify"
)

// shelf is a real store that answers as the engine does, with verifications
// that a test puts there.
type shelf struct {
	*verify.Engine
	store *evidence.File
}

func newShelf(t testing.TB, vs ...aftercheck.Verification) *shelf {
	t.Helper()
	store, err := evidence.OpenFile(filepath.Join(t.TempDir(), "store.db"), evidence.FileOptions{Retention: 100 * 365 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil && !errors.Is(err, aftercheck.ErrUnavailable) {
			t.Error(err)
		}
	})
	s := &shelf{verify.New(verify.Options{Store: store, Sensors: &patient{}}), store}
	for _, v := range vs {
		s.put(t, v)
	}
	return s
}

// put stores a verification as the engine would have, step by step.
func (s *shelf) put(t testing.TB, v aftercheck.Verification) {
	t.Helper()
	ctx := context.Background()
	if before := v.Evidence.PreState; before != nil {
		if _, err := s.store.PutSnapshot(ctx, *before); err != nil {
			t.Fatal(err)
		}
	}
	begun := v
	begun.State, begun.Assessment, begun.SealedAt = aftercheck.StateWaiting, nil, time.Time{}
	begun.Evidence = &aftercheck.Evidence{SchemaVersion: v.Evidence.SchemaVersion, PreState: v.Evidence.PreState}
	stored, _, err := s.store.Accept(ctx, begun)
	if err != nil {
		t.Fatal(err)
	}
	revision := stored.Revision
	for _, round := range v.Evidence.Rounds {
		if revision, err = s.store.AddRound(ctx, v.ID, revision, round, round.At.Add(5*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if v.Assessment == nil {
		return
	}
	if _, err = s.store.Seal(ctx, v.ID, revision, *v.Assessment, v.SealedAt); err != nil {
		t.Fatal(err)
	}
}

// serve serves the pages over a real connection and returns their address.
func serve(t testing.TB, o pages.Options) string {
	t.Helper()
	server := httptest.NewServer(pages.New(o))
	t.Cleanup(server.Close)
	return server.URL
}

func get(t testing.TB, address string, header ...string) *http.Response {
	t.Helper()
	return do(t, http.MethodGet, address, header...)
}

// do asks once, without following redirects. Header are names and values.
func do(t testing.TB, method, address string, header ...string) *http.Response {
	t.Helper()
	request, err := http.NewRequest(method, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			request.Host = header[i+1]
			continue
		}
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

// patient is the one sensor of the real engine: a Deployment that is unhealthy
// until it is healed.
type patient struct{ healed atomic.Bool }

// Names implements verify.Sensors.
func (*patient) Names() []string { return []string{"patient"} }

// Ask implements verify.Sensors.
func (p *patient) Ask(context.Context, aftercheck.Question) []aftercheck.Reading {
	now := time.Now().UTC()
	f := aftercheck.Finding{
		Subject: api, Check: aftercheck.CheckHealth, Scope: aftercheck.ScopeTarget, At: now, Signal: true,
		State: aftercheck.StateUnhealthy, Reason: "CrashLoopBackOff",
	}
	if p.healed.Load() {
		f.State, f.Reason = aftercheck.StateHealthy, ""
	}
	target := aftercheck.Target{Group: "apps", Kind: "Deployment", Namespace: "shop", Name: "api", UID: "d-1"}
	return []aftercheck.Reading{{Sensor: "patient", At: now, Outcome: aftercheck.ReadingOK, Target: target, Findings: []aftercheck.Finding{f}, Raw: "raw of the patient"}}
}

// switching is a Reader whose store can be away.
type switching struct {
	pages.Reader
	away atomic.Bool
}

func (s *switching) Wait(ctx context.Context, id string, atMost time.Duration) (aftercheck.Verification, error) {
	if s.away.Load() {
		return aftercheck.Verification{}, aftercheck.ErrUnavailable
	}
	return s.Reader.Wait(ctx, id, atMost)
}
