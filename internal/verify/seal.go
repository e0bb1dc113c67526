package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
)

// judgement is what the judge said, and when.
type judgement struct {
	assess.Judgement
	at time.Time
}

// judge asks the judge about the evidence as it stands at the given time. It
// gives the same answer whenever it is asked again.
func (e *Engine) judge(due *entry, v aftercheck.Verification, at time.Time) judgement {
	e.mu.Lock()
	since := e.started
	e.mu.Unlock()
	if due.adopted.After(since) {
		since = due.adopted
	}
	judged := safely(e.opts.Judge, assess.Case{
		Incident:   v.Incident,
		Action:     v.Action,
		Policy:     v.Policy,
		DeadlineAt: v.DeadlineAt,
		Evidence:   *v.Evidence,
		Away:       v.DeadlineAt.Add(-due.ahead).Before(since),
	}, at)
	if v.SnapshotID != "" && v.Evidence.PreState == nil {
		judged.Notes = append(judged.Notes, "The snapshot that the request names is not stored, so it was verified without a pre-state.")
	}
	return judgement{Judgement: judged, at: at}
}

// safely turns a judge that panics into one that cannot tell, so that one odd
// piece of evidence neither stops the process nor the verdict at the deadline.
func safely(judge Judge, c assess.Case, at time.Time) (judged assess.Judgement) {
	defer func() {
		if thrown := recover(); thrown != nil {
			judged = assess.Judgement{Assessment: aftercheck.Assessment{
				Verdict:          aftercheck.Degraded,
				Reason:           aftercheck.ReasonInsufficientEvidence,
				RootCauseCleared: aftercheck.AnswerUnknown,
				Explanation:      "The judge could not read the evidence.",
				Notes:            []string{fmt.Sprintf("The judge panicked: %v", thrown)},
			}}
		}
	}()
	return judge(c, at)
}

// seal stores the verdict, and tells if it was this call, or an earlier try of
// this engine, that stored it. Then it notes that it has told.
func (e *Engine) seal(ctx context.Context, due *entry, v aftercheck.Verification, judged judgement, watch *watch) outcome {
	sealed, err := e.storeSeal(ctx, v, judged)
	switch {
	case errors.Is(err, aftercheck.ErrSealed):
		return over() // by somebody else, who tells
	case errors.Is(err, aftercheck.ErrFenced):
		return e.leave(due)
	case errors.Is(err, aftercheck.ErrConflict):
		return e.atOnce(due) // a round came in between: judge again with it
	case err != nil:
		watch.stop()
		e.hold(due, &unsaved{rev: v.Revision, sealAt: judged.at})
		return e.retry(due)
	}
	watch.stop()
	e.expect(due, sealed)
	e.count(due, sealed)
	return e.tell(ctx, due, sealed)
}

func (e *Engine) storeSeal(ctx context.Context, v aftercheck.Verification, judged judgement) (aftercheck.Verification, error) {
	ctx, cancel := context.WithTimeout(ctx, e.opts.StoreTimeout)
	defer cancel()
	sealed, err := e.opts.Store.Seal(ctx, v.ID, v.Revision, judged.Assessment, judged.at)
	e.outage.note(err)
	return sealed, err
}
