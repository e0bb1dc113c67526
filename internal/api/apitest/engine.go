// Package apitest is an engine in memory behind a real socket, for tests of
// whatever talks to the API. Verdicts are given by the test.
package apitest

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/aftercheck/aftercheck"
)

// Engine is an api.Engine that keeps everything in memory. The zero Engine is
// ready to use. The exported fields are set before it is used.
type Engine struct {
	// SealWith is the verdict of every verification, given when somebody waits
	// for it. Nil: verdicts are given by Seal alone.
	SealWith *aftercheck.Assessment
	// Fail, if set, is asked before each call, by its name; what it returns is
	// the call's error.
	Fail func(call string) error
	// Readings are what every snapshot holds.
	Readings []aftercheck.Reading

	mu            sync.Mutex
	snapshots     map[string]aftercheck.Snapshot
	verifications map[string]*verification
	order         []string
	calls         map[string]int
	proposals     []aftercheck.Proposal
}

type verification struct {
	aftercheck.Verification
	sealed chan struct{}
}

// Calls returns how often the call was made.
func (e *Engine) Calls(call string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.calls[call]
}

func (e *Engine) begin(ctx context.Context, call string) error {
	e.mu.Lock()
	if e.calls == nil {
		e.calls = map[string]int{}
		e.snapshots = map[string]aftercheck.Snapshot{}
		e.verifications = map[string]*verification{}
	}
	e.calls[call]++
	e.mu.Unlock()
	if e.Fail != nil {
		if err := e.Fail(call); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Capture stores and returns a snapshot with e.Readings.
func (e *Engine) Capture(ctx context.Context, r aftercheck.SnapshotRequest) (aftercheck.Snapshot, error) {
	if err := e.begin(ctx, "Capture"); err != nil {
		return aftercheck.Snapshot{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	id := r.ID
	if id == "" {
		id = "snapshot-" + strconv.Itoa(len(e.snapshots)+1)
	}
	if first, taken := e.snapshots[id]; taken {
		return first, nil
	}
	s := aftercheck.Snapshot{ID: id, Incident: r.Incident, Action: r.Action, CapturedAt: time.Now().UTC(), Readings: e.Readings, RequestedBy: r.RequestedBy}
	e.snapshots[id] = s
	return s, nil
}

// Snapshot returns what Capture stored.
func (e *Engine) Snapshot(ctx context.Context, id string) (aftercheck.Snapshot, error) {
	if err := e.begin(ctx, "Snapshot"); err != nil {
		return aftercheck.Snapshot{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	s, ok := e.snapshots[id]
	if !ok {
		return s, fmt.Errorf("reading a snapshot: %w", aftercheck.ErrNotFound)
	}
	return s, nil
}

// Accept stores a verification that waits.
func (e *Engine) Accept(ctx context.Context, r aftercheck.VerificationRequest) (aftercheck.Verification, bool, error) {
	if err := e.begin(ctx, "Accept"); err != nil {
		return aftercheck.Verification{}, false, err
	}
	digest, err := json.Marshal(r)
	if err != nil {
		return aftercheck.Verification{}, false, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if r.ID == "" {
		r.ID = "verification-" + strconv.Itoa(len(e.order)+1)
	}
	if first, taken := e.verifications[r.ID]; taken {
		if first.RequestDigest != string(digest) {
			return aftercheck.Verification{}, false, fmt.Errorf("accepting: %w", aftercheck.ErrConflict)
		}
		return first.Verification, false, nil
	}
	v := &verification{e.waiting(r, string(digest)), make(chan struct{})}
	e.verifications[r.ID] = v
	e.order = append(e.order, r.ID)
	return v.Verification, true, nil
}

func (e *Engine) waiting(r aftercheck.VerificationRequest, digest string) aftercheck.Verification {
	now := time.Now().UTC()
	v := aftercheck.Verification{
		ID: r.ID, RequestedBy: r.RequestedBy, State: aftercheck.StateWaiting, Incident: r.Incident, Action: r.Action,
		Playbook: r.Action.Playbook(), Policy: aftercheck.DefaultPolicy(), Revision: 1, RequestDigest: digest,
		AcceptedAt: now, ObserveFrom: now, NextRoundAt: now, DeadlineAt: now.Add(time.Minute),
		Evidence: &aftercheck.Evidence{SchemaVersion: aftercheck.SchemaVersion},
	}
	if s, found := e.snapshots[r.SnapshotID]; found {
		v.SnapshotID = s.ID
		v.Evidence.PreState = &s
	}
	return v
}

// Seal gives the verdict of a verification and wakes who waits for it. It
// reports false if there is none that could be sealed.
func (e *Engine) Seal(id string, a aftercheck.Assessment) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	v := e.verifications[id]
	if v == nil || v.Sealed() {
		return false
	}
	now := time.Now().UTC()
	evidence := *v.Evidence
	evidence.Rounds = []aftercheck.Round{{At: now, EndedAt: now}}
	v.State, v.Assessment, v.SealedAt, v.NextRoundAt, v.Evidence = aftercheck.StateSealed, &a, now, time.Time{}, &evidence
	v.Revision++
	close(v.sealed)
	return true
}

// Wait returns the verification once it is sealed, or after atMost.
func (e *Engine) Wait(ctx context.Context, id string, atMost time.Duration) (aftercheck.Verification, error) {
	if err := e.begin(ctx, "Wait"); err != nil {
		return aftercheck.Verification{}, err
	}
	if e.SealWith != nil && atMost > 0 {
		e.Seal(id, *e.SealWith)
	}
	e.mu.Lock()
	v := e.verifications[id]
	e.mu.Unlock()
	if v == nil {
		return aftercheck.Verification{}, fmt.Errorf("reading a verification: %w", aftercheck.ErrNotFound)
	}
	over := time.NewTimer(atMost)
	defer over.Stop()
	select {
	case <-v.sealed:
	case <-over.C:
	case <-ctx.Done():
		return aftercheck.Verification{}, context.Cause(ctx)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return v.Verification, nil
}

// List returns the verifications that match, newest first; a cursor is the
// number of verifications in the pages before.
func (e *Engine) List(ctx context.Context, f aftercheck.Filter) (aftercheck.Page, error) {
	if err := e.begin(ctx, "List"); err != nil {
		return aftercheck.Page{}, err
	}
	skip, err := strconv.Atoi(f.Cursor)
	if f.Cursor != "" && err != nil {
		return aftercheck.Page{}, &aftercheck.FieldError{Field: "cursor", Want: "the next_cursor of a page"}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var matching []aftercheck.Verification
	for i := len(e.order) - 1; i >= 0; i-- {
		if v := e.verifications[e.order[i]].Verification; matches(v, f) {
			v.Evidence = nil
			matching = append(matching, v)
		}
	}
	return page(matching, skip, f.Limit), nil
}

func matches(v aftercheck.Verification, f aftercheck.Filter) bool {
	return (f.IncidentID == "" || v.Incident.ID == f.IncidentID) &&
		(f.Playbook == "" || v.Playbook == f.Playbook) &&
		(f.Verdict == "" || v.Assessment != nil && v.Verdict == f.Verdict) &&
		!v.AcceptedAt.Before(f.Since)
}

func page(all []aftercheck.Verification, skip, limit int) aftercheck.Page {
	if limit == 0 {
		limit = 50
	}
	rest := all[min(max(skip, 0), len(all)):]
	p := aftercheck.Page{Verifications: rest[:min(limit, len(rest))]}
	if len(rest) > limit {
		p.NextCursor = strconv.Itoa(skip + limit)
	}
	return p
}

// Assess returns e.SealWith, or a degraded verdict without it.
func (e *Engine) Assess(ctx context.Context, _ aftercheck.AssessmentRequest) (aftercheck.Assessment, error) {
	if err := e.begin(ctx, "Assess"); err != nil {
		return aftercheck.Assessment{}, err
	}
	if e.SealWith != nil {
		return *e.SealWith, nil
	}
	return aftercheck.Assessment{Verdict: aftercheck.Degraded, Reason: aftercheck.ReasonInsufficientEvidence}, nil
}

// Ready returns what e.Fail has for it.
func (e *Engine) Ready(ctx context.Context) error { return e.begin(ctx, "Ready") }
