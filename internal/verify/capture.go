package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/exporter"
)

// Capture asks every sensor that fits about the state before an action, within
// the policy's capture time-out, and stores what they answered. It yields a
// snapshot even if none answered. The same ID again, for the same incident and
// action, returns the first capture.
//
// Errors are a *aftercheck.FieldError, aftercheck.ErrConflict if the ID is taken
// by a capture of something else, or aftercheck.ErrUnavailable, *Overloaded
// among them, if nothing could be stored.
func (e *Engine) Capture(ctx context.Context, r aftercheck.SnapshotRequest) (aftercheck.Snapshot, error) {
	if err := checkSnapshot(r); err != nil {
		return aftercheck.Snapshot{}, err
	}
	policy, err := resolve(e.world.Load().policies, "", r.Incident)
	if err != nil {
		return aftercheck.Snapshot{}, err
	}
	if err := e.beginCapture(); err != nil {
		return aftercheck.Snapshot{}, err
	}
	defer e.captures.Add(-1)
	first, found, err := e.earlierCapture(ctx, r)
	if err != nil || found {
		return first, err
	}
	snapshot, err := e.look(ctx, r, time.Duration(policy.CaptureTimeout))
	if err != nil {
		return aftercheck.Snapshot{}, err
	}
	return e.keep(ctx, r, snapshot)
}

func (e *Engine) beginCapture() error {
	e.mu.Lock()
	stopped := e.phase == phaseStopping
	e.mu.Unlock()
	if stopped {
		return stopping()
	}
	if e.captures.Add(1) > int64(e.opts.MaxCaptures) {
		e.captures.Add(-1)
		return &Overloaded{RetryAfter: time.Second}
	}
	return nil
}

// earlierCapture returns what is stored under the ID that the caller chose. If
// the store does not answer, the sensors are asked all the same: the state
// before the action is gone in a moment, and the store may answer by then.
func (e *Engine) earlierCapture(ctx context.Context, r aftercheck.SnapshotRequest) (s aftercheck.Snapshot, found bool, err error) {
	if r.ID == "" {
		return s, false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, min(e.opts.StoreTimeout, time.Second))
	defer cancel()
	stored, err := e.opts.Store.Snapshot(ctx, r.ID)
	if err != nil {
		return s, false, nil
	}
	return matching(stored, r)
}

// matching returns the stored snapshot if it is what the request asks for.
func matching(stored aftercheck.Snapshot, r aftercheck.SnapshotRequest) (aftercheck.Snapshot, bool, error) {
	same, err := sameCapture(stored, r)
	switch {
	case err != nil:
		return aftercheck.Snapshot{}, false, err
	case !same:
		return aftercheck.Snapshot{}, false, fmt.Errorf("the snapshot's ID belongs to another capture: %w", aftercheck.ErrConflict)
	}
	return stored, true, nil
}

// look asks the sensors.
func (e *Engine) look(ctx context.Context, r aftercheck.SnapshotRequest, atMost time.Duration) (aftercheck.Snapshot, error) {
	id, err := newID(r.ID)
	if err != nil {
		return aftercheck.Snapshot{}, err
	}
	s := aftercheck.Snapshot{ID: id, CapturedAt: e.wall(), RequestedBy: r.RequestedBy}
	s.Incident, s.Action = inUTC(r.Incident, r.Action)
	ctx, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	s.Readings = fit(e.world.Load().sensors.Ask(ctx, aftercheck.Question{Incident: s.Incident, Action: s.Action}), e.roomForPreState())
	if s.Readings == nil {
		s.Readings = []aftercheck.Reading{}
	}
	return s, nil
}

// keep stores the snapshot and counts it. A write whose answer was lost is sent
// once more: the first capture stands, and it is this one.
func (e *Engine) keep(ctx context.Context, r aftercheck.SnapshotRequest, s aftercheck.Snapshot) (aftercheck.Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, e.opts.StoreTimeout)
	defer cancel()
	stored, err := e.opts.Store.PutSnapshot(ctx, s)
	if errors.Is(err, aftercheck.ErrUnavailable) && ctx.Err() == nil {
		stored, err = e.opts.Store.PutSnapshot(ctx, s)
	}
	if err != nil {
		e.opts.Metrics.Captured(exporter.CaptureStoreError)
		return aftercheck.Snapshot{}, unavailable("storing the snapshot", err)
	}
	e.opts.Metrics.Captured(captured(s.Readings))
	first, _, err := matching(stored, r)
	return first, err
}

// captured names the outcome of a capture.
func captured(readings []aftercheck.Reading) string {
	answers := 0
	for _, reading := range readings {
		if reading.Outcome == aftercheck.ReadingOK {
			answers++
		}
	}
	switch {
	case answers == 0:
		return exporter.CaptureEmpty
	case answers < len(readings):
		return exporter.CapturePartial
	}
	return exporter.CaptureComplete
}
