package verify

import (
	"context"
	"time"

	"github.com/aftercheck/aftercheck"
)

// maxHeldRounds bounds the rounds that are kept in memory while the store is
// in trouble. Beyond it a round is let go and observed again later.
const maxHeldRounds = 64

// unsaved is what a failed write leaves, so that it can be sent again to the
// letter: the store may have it already.
type unsaved struct {
	round  *aftercheck.Round // nil: no round was being written, or it was let go
	rev    int64             // the revision that the round follows
	next   time.Time         // the round after that one; zero: none
	sealAt time.Time         // zero: no seal was being written
}

// hold keeps what a failed write was about, as far as the bound allows.
func (e *Engine) hold(due *entry, what *unsaved) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if what.round != nil {
		if e.held >= maxHeldRounds {
			return
		}
		e.held++
	}
	due.unsaved = what
}

// release lets go of what hold kept.
func (e *Engine) release(due *entry) *unsaved {
	e.mu.Lock()
	defer e.mu.Unlock()
	what := due.unsaved
	due.unsaved = nil
	if what != nil && what.round != nil {
		e.held--
	}
	return what
}

// resumeWrite goes on after a write that failed, now that the store has
// answered with what it holds: the write was stored after all, or it is sent
// again, or somebody else has moved on and it has become void.
func (e *Engine) resumeWrite(ctx context.Context, due *entry, v aftercheck.Verification, watch *watch) outcome {
	failed := e.release(due)
	switch {
	case failed.round != nil && lastRoundAt(v).Equal(failed.round.At):
		return e.conclude(ctx, due, v, watch)
	case failed.rev != v.Revision:
		return e.atOnce(due)
	case failed.round == nil:
		return e.seal(ctx, due, v, e.judge(due, v, failed.sealAt), watch)
	}
	v = withRound(v, *failed.round)
	v.NextRoundAt = failed.next
	return e.save(ctx, due, v, *failed.round, watch)
}
