package verify

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/aftercheck/aftercheck"
)

// outcome is what becomes of an entry after a step.
type outcome struct {
	over      bool      // the verdict stands, or there is nothing to judge
	elsewhere bool      // it is over here: another sidecar leads the verification
	again     time.Time // else: when the next step is due
}

func over() outcome              { return outcome{over: true} }
func elsewhere() outcome         { return outcome{elsewhere: true} }
func again(at time.Time) outcome { return outcome{again: at} }

// atOnce is the outcome of an entry that is due again now.
func (e *Engine) atOnce(due *entry) outcome { return again(e.now(due)) }

// step loads the verification and does what it needs now: nothing, a round,
// the verdict. Store failures are not reported; the step is due again then.
func (e *Engine) step(ctx context.Context, due *entry) outcome {
	watch := e.startWatch(due)
	v, err := e.read(ctx, due.id)
	switch {
	case errors.Is(err, aftercheck.ErrNotFound), errors.Is(err, aftercheck.ErrSealed):
		// Settled; or never stored, or past its retention: an Accept whose
		// failed write was not stored after all ends here.
		e.countIfOwn(due, v)
		if due.stored && errors.Is(err, aftercheck.ErrNotFound) {
			e.lost(due)
		}
		return over()
	case errors.Is(err, aftercheck.ErrFenced):
		e.countIfOwn(due, v)
		return e.leave(due)
	case err != nil:
		return e.retry(due)
	case v.Sealed():
		due.stored = true
		e.expect(due, v)
		return e.foundSealed(ctx, due, v)
	}
	due.stored = true
	e.notBefore(due, v)
	e.expect(due, v)
	if due.unsaved != nil {
		return e.resumeWrite(ctx, due, v, watch)
	}
	switch needs(v, e.now(due)) {
	case taskObserve:
		return e.observe(ctx, due, v, watch)
	case taskSeal:
		return e.seal(ctx, due, v, e.judge(due, v, e.now(due)), watch)
	}
	due.failures = 0
	return again(dueAgain(v, e.now(due)))
}

// lost says of a verification that the store has held, and holds no more before its
// verdict, that it will have none. Those who wait are told that it is not there.
func (e *Engine) lost(due *entry) {
	e.opts.Metrics.Lost()
	e.opts.Logger.Error("the store lost a verification that was accepted, so it gets no verdict; does it evict, was it flushed, or did it restart without persistence?", "verification", due.id)
}

// leave ends the work on a verification that another sidecar leads. Those who
// wait for its verdict go on waiting; Wait looks for it in the store.
func (e *Engine) leave(due *entry) outcome {
	e.release(due)
	e.opts.Logger.Info("another sidecar leads the verification now", "verification", due.id)
	return elsewhere()
}

// read loads the verification with its evidence, to go on with it.
func (e *Engine) read(ctx context.Context, id string) (aftercheck.Verification, error) {
	ctx, cancel := context.WithTimeout(ctx, e.opts.StoreTimeout)
	defer cancel()
	v, err := e.opts.Store.Lead(ctx, id)
	e.outage.note(err)
	if v.Evidence == nil {
		v.Evidence = &aftercheck.Evidence{SchemaVersion: aftercheck.SchemaVersion}
	}
	return v, err
}

// retry puts the entry off, the longer the more often the store failed it.
func (e *Engine) retry(due *entry) outcome {
	due.failures++
	return again(e.now(due).Add(backoff(due.failures, rand.Float64())))
}

// conclude judges what is stored, and seals if the judge is sure or the time
// is over. A next round that has become due meanwhile is taken at once.
func (e *Engine) conclude(ctx context.Context, due *entry, v aftercheck.Verification, watch *watch) outcome {
	due.failures = 0
	e.expect(due, v)
	now := e.now(due)
	if judged := e.judge(due, v, now); judged.Sure || !now.Before(v.DeadlineAt) {
		return e.seal(ctx, due, v, judged, watch)
	}
	watch.stop()
	return again(v.Due())
}
