package verify

import (
	"context"
	"errors"

	"github.com/aftercheck/aftercheck"
)

// observe takes one round and stores it.
func (e *Engine) observe(ctx context.Context, due *entry, v aftercheck.Verification, watch *watch) outcome {
	round := e.ask(ctx, due, v)
	watch.exclude(round)
	if ctx.Err() != nil {
		return e.atOnce(due) // stopped in the middle: this round tells nothing
	}
	if follow(&v, round.Readings) {
		round.Wait = v.Wait
	}
	v = withRound(v, round)
	v.NextRoundAt = nextRound(v, e.now(due))
	return e.save(ctx, due, v, round, watch)
}

// save stores the round, which is v's last already, and goes on from there.
func (e *Engine) save(ctx context.Context, due *entry, v aftercheck.Verification, round aftercheck.Round, watch *watch) outcome {
	revision, err := e.addRound(ctx, v, round)
	switch {
	case errors.Is(err, aftercheck.ErrSealed):
		return over() // by somebody else, who tells
	case errors.Is(err, aftercheck.ErrFenced):
		return e.leave(due)
	case errors.Is(err, aftercheck.ErrConflict):
		return e.atOnce(due) // somebody else took a round: look again
	case err != nil:
		watch.stop()
		e.hold(due, &unsaved{round: &round, rev: v.Revision, next: v.NextRoundAt})
		return e.retry(due)
	}
	v.Revision = revision
	return e.conclude(ctx, due, v, watch)
}

// ask takes one round now.
func (e *Engine) ask(ctx context.Context, due *entry, v aftercheck.Verification) aftercheck.Round {
	round := aftercheck.Round{At: e.now(due)}
	ctx, cancel := context.WithTimeout(ctx, roundUntil(v, round.At).Sub(round.At))
	defer cancel()
	round.Readings = e.world.Load().sensors.Ask(ctx, aftercheck.Question{
		Incident: v.Incident,
		Action:   v.Action,
		After:    v.Action.FinishedAt,
		Known:    knownTarget(v.Evidence),
	})
	round.EndedAt = e.now(due)
	round.Readings = fit(round.Readings, e.roomForRound(v))
	if by := e.set(due); by != 0 {
		e.opts.Logger.Warn("the clock was set while a verification was observed, so what is seen from then on is not used", "verification", v.ID, "by", by)
		round.Readings = untold(round.Readings, round.At, by)
	}
	return round
}

// knownTarget is the target as it was resolved first: before the action, or
// else in the earliest round. An object with a UID is preferred to a name.
func knownTarget(evidence *aftercheck.Evidence) (known aftercheck.Target) {
	var seen [][]aftercheck.Reading
	if evidence.PreState != nil {
		seen = append(seen, evidence.PreState.Readings)
	}
	for _, round := range evidence.Rounds {
		seen = append(seen, round.Readings)
	}
	for _, readings := range seen {
		for _, reading := range readings {
			if reading.Target.UID != "" {
				return reading.Target
			}
			if known.IsZero() {
				known = reading.Target
			}
		}
	}
	return known
}

// withRound returns the verification with the round appended as the store
// appends it: only the last round keeps its raw readings, and the deadline is
// the one that the round sets if it sets one.
func withRound(v aftercheck.Verification, round aftercheck.Round) aftercheck.Verification {
	evidence := *v.Evidence
	evidence.Rounds = append([]aftercheck.Round(nil), evidence.Rounds...)
	if n := len(evidence.Rounds); n > 0 {
		before := &evidence.Rounds[n-1]
		before.Readings = append([]aftercheck.Reading(nil), before.Readings...)
		for i := range before.Readings {
			before.Readings[i].Raw = ""
		}
	}
	evidence.Rounds = append(evidence.Rounds, round)
	v.Evidence = &evidence
	v.State = aftercheck.StateObserving
	if round.Wait != nil {
		v.DeadlineAt, v.Wait = round.Wait.DeadlineAt, round.Wait
	}
	return v
}

func (e *Engine) addRound(ctx context.Context, v aftercheck.Verification, round aftercheck.Round) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, e.opts.StoreTimeout)
	defer cancel()
	revision, err := e.opts.Store.AddRound(ctx, v.ID, v.Revision, round, v.NextRoundAt)
	e.outage.note(err)
	return revision, err
}
