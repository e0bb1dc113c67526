package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aftercheck/aftercheck"
)

const (
	// captureTimeout bounds the capture before an action. A sidecar answers
	// within 8 s, unless it is configured otherwise.
	captureTimeout = 10 * time.Second
	// patientTimeout and patientAttempts bound the request to verify an action
	// that worked where the sidecar answered before it: it may be starting again.
	patientTimeout, patientAttempts = 30 * time.Second, 16
	// askTimeout bounds that of an action that failed; hurriedTimeout where the
	// context is over, or the sidecar did not answer before the action.
	askTimeout, hurriedTimeout = 10 * time.Second, 3 * time.Second
	// lateness is how long after its deadline a verdict is still waited for.
	lateness = 15 * time.Second
)

// ErrNothingDone is what an action returns, as it is or wrapped, when it found
// that there was nothing for it to do or could not begin. Around then asks for
// no verification: there is nothing to be verified.
var ErrNothingDone = errors.New("nothing was done")

// Verification is what came of an action that Around ran.
type Verification struct {
	// Verification is as it was last seen; its verdict stands if it is Sealed.
	// Its ID is empty if the sidecar accepted none.
	aftercheck.Verification
	// Trouble is what kept the sidecar from capturing the state before the
	// action, from accepting the verification or from giving a verdict in time.
	// It says nothing of the action. Nil: there was none.
	Trouble error
}

// AroundOption changes how Around asks.
type AroundOption func(*around)

// WithPolicy asks for a configured policy, by its name.
func WithPolicy(name string) AroundOption { return func(a *around) { a.request.Policy = name } }

// WithTimes asks for another warm-up and deadline than the policy's; nil leaves
// the policy's.
func WithTimes(warmup, deadline *aftercheck.Duration) AroundOption {
	return func(a *around) { a.request.Warmup, a.request.Deadline = warmup, deadline }
}

// WithCaptureTimeout bounds the capture before the action; 10 s without it. Zero
// or less captures nothing.
func WithCaptureTimeout(d time.Duration) AroundOption {
	return func(a *around) { a.captureTimeout = d }
}

// WithoutWait asks for the verification and does not wait for its verdict.
func WithoutWait() AroundOption { return func(a *around) { a.wait = false } }

// around is one action, on its way.
type around struct {
	*Client
	request        aftercheck.VerificationRequest
	captureTimeout time.Duration
	wait           bool
	attempts       int
	within         time.Duration // of the request to verify
	troubles       []error
}

// Around captures the state before an action, runs it, and has it verified. It
// waits for the verdict, until 15 s after the latest deadline that the
// verification may have, or until the context ends.
//
// The error is the action's own and nothing else, as act returned it. Whatever
// the sidecar does is in the Verification: if it is dead, the action runs all
// the same, at most 10 s later (WithCaptureTimeout), or a quarter of the time
// that the context has left.
//
// If the action fails, the verification is asked for and not waited for: a
// repair that failed half-way may have changed something, and its executor has
// other things to do than to wait. Its ID is there to look for it later. If the
// action panics, likewise, and the panic passes on. If the context ends before
// the action began, the action is not run, and the error is the context's.
//
// The action's times are set here, and its text should be what a person would
// call it: kubectl rollout undo deployment/api.
func (c *Client) Around(ctx context.Context, incident aftercheck.Incident, action aftercheck.Action, act func(context.Context) error, options ...AroundOption) (Verification, error) {
	a := &around{Client: c, captureTimeout: captureTimeout, wait: true, attempts: maxAttempts, within: patientTimeout}
	a.request = aftercheck.VerificationRequest{ID: newID(), Incident: incident, Action: action}
	for _, option := range options {
		option(a)
	}
	a.capture(ctx)
	if err := ctx.Err(); err != nil {
		return a.verification(aftercheck.Verification{}), err
	}
	a.request.Action.StartedAt = time.Now()
	returned := false
	defer func() {
		if !returned { // it panics, or ends its goroutine
			_ = a.ask(ctx, hurriedTimeout)
		}
	}()
	err := act(ctx)
	returned = true
	switch {
	case errors.Is(err, ErrNothingDone):
		return a.verification(aftercheck.Verification{}), err
	case ctx.Err() != nil:
		return a.verification(a.ask(ctx, hurriedTimeout)), err
	}
	if err != nil {
		a.within = min(a.within, askTimeout)
	}
	v := a.ask(ctx, a.within)
	if v.ID != "" && err == nil && a.wait {
		v = a.await(ctx, v)
	}
	return a.verification(v), err
}

// verification adds the troubles on the way.
func (a *around) verification(v aftercheck.Verification) Verification {
	return Verification{v, errors.Join(a.troubles...)}
}

func (a *around) trouble(doing string, err error) {
	a.troubles = append(a.troubles, fmt.Errorf("%s: %w", doing, err))
}

// capture captures the state before. A snapshot that was not answered in time is
// not named later: it may have been taken when the action had begun.
func (a *around) capture(ctx context.Context) {
	within := a.captureTimeout
	if over, bounded := ctx.Deadline(); bounded {
		within = min(within, time.Until(over)/4)
	}
	if within <= 0 {
		return
	}
	capturing, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	snapshot, err := a.Capture(capturing, aftercheck.SnapshotRequest{Incident: a.request.Incident, Action: a.request.Action})
	if err != nil {
		a.trouble("capturing the state before", err)
		a.within = hurriedTimeout
		return
	}
	a.request.SnapshotID = snapshot.ID
	a.attempts = patientAttempts
}

// ask has the verification accepted, also if the context is over.
func (a *around) ask(ctx context.Context, within time.Duration) aftercheck.Verification {
	if a.request.Action.FinishedAt.IsZero() {
		a.request.Action.FinishedAt = time.Now()
	}
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	defer cancel()
	var v aftercheck.Verification
	err := a.call(asking, request{method: http.MethodPost, path: "/v1/verifications", body: a.request, attempts: a.attempts}, &v)
	if err != nil {
		a.trouble("asking for a verification", err)
	}
	return v
}

// await waits for the verdict. The time is counted from now, so that the clocks
// of two machines may differ.
func (a *around) await(ctx context.Context, v aftercheck.Verification) aftercheck.Verification {
	later, err := a.Wait(ctx, v.ID, v.LatestDeadline().Sub(v.AcceptedAt)+lateness)
	switch {
	case err != nil:
		a.trouble("waiting for the verdict on "+v.ID, err)
	case !later.Sealed():
		a.trouble("waiting for the verdict on "+v.ID, context.DeadlineExceeded)
	}
	if later.ID == "" {
		return v
	}
	return later
}
