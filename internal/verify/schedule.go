package verify

import (
	"time"

	"github.com/aftercheck/aftercheck"
)

// leastRound is the least time that a round is given when it is planned; with
// less than that before the deadline no further one is begun.
const leastRound = time.Second

// times sets the absolute times of a verification that was accepted at now:
// the warm-up runs from the action's end, or from now where that is unknown,
// and the time to observe begins no earlier than now, however long ago the
// action was.
func times(v *aftercheck.Verification, now time.Time) {
	if v.Action.FinishedAt.IsZero() {
		v.Action.FinishedAt = now
	}
	v.AcceptedAt = now
	v.ObserveFrom = v.Action.FinishedAt.Add(time.Duration(v.Policy.Warmup))
	if v.ObserveFrom.Before(now) {
		v.ObserveFrom = now
	}
	v.NextRoundAt = v.ObserveFrom
	v.DeadlineAt = v.ObserveFrom.Add(time.Duration(v.Policy.Deadline))
}

// spacing is the time between the starts of two rounds: the policy's, shorter
// where the deadline would otherwise be over before the policy's number of
// rounds, or longer where it would hold more than aftercheck.MaxRounds.
func spacing(v aftercheck.Verification) time.Duration {
	whole := v.DeadlineAt.Sub(v.ObserveFrom)
	wanted := whole / time.Duration(max(v.Policy.Rounds, 1))
	return max(min(v.Policy.RoundInterval(), wanted), whole/aftercheck.MaxRounds, time.Millisecond)
}

// nextRound is when to observe again, after the last round of v was taken. The
// rounds stand on a grid that begins at ObserveFrom, so that neither slow
// sensors nor a restart shift them; those that were missed are left out. Where
// the grid ends and time is left, one more round is planned as late as it can
// still be finished. Zero: no further round fits before the deadline.
func nextRound(v aftercheck.Verification, now time.Time) time.Time {
	if v.Evidence != nil && len(v.Evidence.Rounds) >= aftercheck.MaxRounds {
		return time.Time{}
	}
	last := v.DeadlineAt.Add(-roundTime(v))
	if next := onGrid(v, now); !next.After(last) {
		return next
	}
	if taken := lastRoundAt(v); last.Before(now) || last.Sub(taken) < spacing(v)/2 {
		return time.Time{}
	}
	return last
}

// onGrid returns the first time on the grid after now.
func onGrid(v aftercheck.Verification, now time.Time) time.Time {
	if now.Before(v.ObserveFrom) {
		return v.ObserveFrom
	}
	every, since := spacing(v), now.Sub(v.ObserveFrom)
	return now.Add(every - since%every)
}

// roundTime is how long a round of v has to be expected to take: twice as long
// as the longest so far, within the policy's sensor time-out, but no more than
// the time between two rounds.
func roundTime(v aftercheck.Verification) time.Duration {
	longest := time.Duration(0)
	if v.Evidence != nil {
		for _, round := range v.Evidence.Rounds {
			longest = max(longest, round.EndedAt.Sub(round.At))
		}
	}
	expected := min(max(2*longest, leastRound), max(time.Duration(v.Policy.SensorTimeout), leastRound))
	return min(expected, spacing(v))
}

func lastRoundAt(v aftercheck.Verification) time.Time {
	if v.Evidence == nil || len(v.Evidence.Rounds) == 0 {
		return time.Time{}
	}
	return v.Evidence.Rounds[len(v.Evidence.Rounds)-1].At
}

// roundUntil is when a round that begins now has to end: within the policy's
// sensor time-out, and by the deadline.
func roundUntil(v aftercheck.Verification, now time.Time) time.Time {
	until := now.Add(time.Duration(v.Policy.SensorTimeout))
	if v.DeadlineAt.Before(until) {
		return v.DeadlineAt
	}
	return until
}

// task is what a verification needs now.
type task string

const (
	// taskNothing: it is sealed.
	taskNothing task = "nothing"
	// taskWait: what is due is in the future.
	taskWait task = "wait"
	// taskObserve: a round is due, and the deadline leaves time for it.
	taskObserve task = "observe"
	// taskSeal: the deadline has passed.
	taskSeal task = "seal"
)

// needs decides what a verification needs at now. A round that comes so late
// that the sensors would be cut off is left out, unless it would be the only
// one: half a round weakens the evidence of the rounds before it.
func needs(v aftercheck.Verification, now time.Time) task {
	switch {
	case v.Sealed():
		return taskNothing
	case !now.Before(v.DeadlineAt):
		return taskSeal
	case now.Before(v.Due()):
		return taskWait
	case lastRoundAt(v).IsZero() || now.Add(roundTime(v)/2).Before(v.DeadlineAt):
		return taskObserve
	}
	return taskWait
}

// dueAgain is when a verification that needs to wait is due: its next round,
// or, where that has passed or is not planned, the deadline.
func dueAgain(v aftercheck.Verification, now time.Time) time.Time {
	if due := v.Due(); due.After(now) {
		return due
	}
	return v.DeadlineAt
}

// backoff is how long to wait after so many consecutive failures of the store:
// from 100 ms, doubled each time, to 5 s, less up to a fifth (spread, from 0 to
// 1), so that what failed together does not come back together.
func backoff(failures int, spread float64) time.Duration {
	const first, most = 100 * time.Millisecond, 5 * time.Second
	wait := most
	if failures < 7 {
		wait = min(first<<max(failures-1, 0), most)
	}
	return wait - time.Duration(spread*float64(wait)/5)
}
