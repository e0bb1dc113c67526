package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aftercheck/aftercheck"
)

// Accept stores a request to verify and puts it into the queue; when it
// returns without an error, the verification will get its verdict, whatever
// crashes. The same request again returns the same verification and false.
//
// Errors are a *aftercheck.FieldError, aftercheck.ErrConflict if the ID is
// taken by another request, or aftercheck.ErrUnavailable, *Overloaded among
// them, after which the same request may be sent again.
func (e *Engine) Accept(ctx context.Context, r aftercheck.VerificationRequest) (v aftercheck.Verification, created bool, err error) {
	began := time.Now()
	if v, err = e.newVerification(r); err != nil {
		return aftercheck.Verification{}, false, err
	}
	if err = e.admit(v.ID, v.RequestedBy.Client()); err != nil {
		return aftercheck.Verification{}, false, err
	}
	ctx, cancel := context.WithTimeout(ctx, e.opts.StoreTimeout)
	defer cancel()
	if v.Evidence.PreState, err = e.preState(ctx, r); err != nil {
		return aftercheck.Verification{}, false, err
	}
	if before := v.Evidence.PreState; before != nil {
		follow(&v, before.Readings)
	}
	stored, created, err := e.opts.Store.Accept(ctx, v)
	if err != nil {
		if !errors.Is(err, aftercheck.ErrConflict) {
			// It may be stored although the answer was lost. Look at the time
			// when it would be due.
			e.schedule(v, 0)
		}
		return aftercheck.Verification{}, false, unavailable("storing the verification", err)
	}
	e.accepted(stored, created, time.Since(began))
	return stored, created, nil
}

// accepted takes up what the store has taken in. A repeated request is
// scheduled as well: the first one's answer may have been lost.
func (e *Engine) accepted(v aftercheck.Verification, created bool, took time.Duration) {
	if !v.Sealed() {
		e.schedule(v, took)
		e.charge(v)
	}
	if created {
		e.opts.Metrics.Accepted(v)
		e.opts.Logger.Info("verification accepted", "verification", v.ID, "incident", v.Incident.ID, "requested_by", v.RequestedBy.String(),
			"policy", v.Policy.Name, "observe_from", v.ObserveFrom, "deadline", v.DeadlineAt)
	}
}

// newVerification checks the request and makes a verification of it, without
// its pre-state.
func (e *Engine) newVerification(r aftercheck.VerificationRequest) (v aftercheck.Verification, err error) {
	now := e.wall()
	if err := checkVerification(r, now); err != nil {
		return v, err
	}
	v.State = aftercheck.StateWaiting
	v.Incident, v.Action = inUTC(r.Incident, r.Action)
	v.Playbook = r.Action.Playbook()
	v.SnapshotID = r.SnapshotID
	v.RequestedBy = r.RequestedBy
	v.Evidence = &aftercheck.Evidence{SchemaVersion: aftercheck.SchemaVersion}
	if v.Policy, err = resolve(e.world.Load().policies, r.Policy, r.Incident); err != nil {
		return v, err
	}
	override(&v.Policy.Warmup, r.Warmup)
	override(&v.Policy.Deadline, r.Deadline)
	v.Policy.FollowDelays = v.Policy.FollowDelays && r.Deadline == nil
	if v.RequestDigest, err = digest(r); err != nil {
		return v, err
	}
	if v.ID, err = newID(r.ID); err != nil {
		return v, err
	}
	times(&v, now)
	return v, nil
}

func override(field, instead *aftercheck.Duration) {
	if instead != nil {
		*field = *instead
	}
}

// admit refuses what is too much, in all or for one client. What is known
// already is let through: it adds nothing.
func (e *Engine) admit(id, client string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.phase == phaseStopping:
		return stopping()
	case e.queue.has(id):
	case e.queue.len() >= e.opts.MaxInFlight, client != "" && e.queue.held[client] >= e.opts.MaxPerClient:
		wait, _ := e.queue.next(e.steady())
		return &Overloaded{RetryAfter: min(max(wait, time.Second), longestSleep)}
	}
	return nil
}

func stopping() error {
	return fmt.Errorf("the engine is being stopped: %w", aftercheck.ErrUnavailable)
}

// preState returns the snapshot that the request names. An unknown one is none;
// the verdict will say so.
func (e *Engine) preState(ctx context.Context, r aftercheck.VerificationRequest) (*aftercheck.Snapshot, error) {
	if r.SnapshotID == "" {
		return nil, nil
	}
	snapshot, err := e.opts.Store.Snapshot(ctx, r.SnapshotID)
	switch {
	case errors.Is(err, aftercheck.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, unavailable("reading the snapshot", err)
	case snapshot.Incident.ID != r.Incident.ID:
		return nil, wrong("snapshot_id", "the ID of a snapshot of the same incident")
	}
	return &snapshot, nil
}
