package verify

import (
	"context"
	"errors"
	"time"

	"github.com/aftercheck/aftercheck"
)

// What follows from a verdict happens after it is stored. The store lists a
// verdict as pending until it is settled, that is until everybody has been told,
// so that a crash in between makes the next one tell: who proposes is told at
// the least once. Metrics live as long as their process, so they are counted by
// the one that sealed, and not again by the next.

// foundSealed goes on with a verdict that is in the store and not settled: this
// engine's own, from a write that seemed to fail or after which something did,
// or one that was sealed before a crash.
func (e *Engine) foundSealed(ctx context.Context, due *entry, v aftercheck.Verification) outcome {
	e.countIfOwn(due, v)
	return e.tell(ctx, due, v)
}

// countIfOwn counts a verdict whose write seemed to fail and was stored after
// all, also where another sidecar has told it meanwhile: whoever stores a verdict
// is the one that counts it.
func (e *Engine) countIfOwn(due *entry, v aftercheck.Verification) {
	failed := e.release(due)
	if failed != nil && !failed.sealAt.IsZero() && failed.sealAt.Equal(v.SealedAt) {
		e.count(due, v)
	}
}

// count counts a verdict that this engine has stored, and wakes those who wait
// for it.
func (e *Engine) count(due *entry, v aftercheck.Verification) {
	e.opts.Metrics.Sealed(v, due.overhead)
	e.waiters.wake(v.ID, &v)
	logger := e.opts.Logger.With("verification", v.ID, "incident", v.Incident.ID)
	if v.Assessment != nil {
		logger = logger.With("verdict", v.Verdict, "reason", v.Reason)
		if v.Score != nil {
			logger = logger.With("score", *v.Score)
		}
	}
	logger.Info("verification sealed", "after", v.SealedAt.Sub(v.AcceptedAt))
}

// tell tells the notifier, once in the life of this engine, and settles the
// verdict. A notifier that cannot keep what follows just now is told again, and the
// verdict is not settled so long; any other failure is logged and final.
func (e *Engine) tell(ctx context.Context, due *entry, v aftercheck.Verification) outcome {
	if !due.told {
		due.told = true
		notifying, cancel := context.WithTimeout(ctx, e.opts.NotifyTimeout)
		defer cancel()
		err := e.opts.Notifier.Notify(notifying, v)
		if errors.Is(err, aftercheck.ErrUnavailable) {
			due.told = false
			e.outage.note(err)
			return e.retry(due)
		}
		if err != nil {
			e.opts.Logger.Error("the verdict was not passed on", "verification", v.ID, "error", err)
		}
	}
	if err := e.settle(ctx, v); err != nil && !errors.Is(err, aftercheck.ErrNotFound) {
		return e.retry(due)
	}
	return over()
}

// settle notes that a verdict was made known, also at the end of the grace time:
// what is not noted is told again by the next one.
func (e *Engine) settle(ctx context.Context, v aftercheck.Verification) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(e.opts.StoreTimeout, time.Second))
	defer cancel()
	err := e.opts.Store.Settle(ctx, v)
	e.outage.note(err)
	return err
}
