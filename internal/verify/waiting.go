package verify

import (
	"time"

	"github.com/aftercheck/aftercheck"
)

// The names of a Wait's parts, in the order of time.
const (
	partWarmup = "warmup"
	partDelay  = "delay"
	partRounds = "rounds"
)

// follow sets the deadline that follows from the delays in the readings, where
// the policy wants that and nothing was found before: a wait is found once, in
// the pre-state or else in the first round that tells of a delay, so that the
// deadline is put off once at the most. It reports whether it found one.
//
// The wait runs from the action's end: the warm-up, then the longest of the
// signals' delays, since before that something seen may still be of the time
// before, then as many rounds as the policy wants. The deadline that the policy
// would give otherwise is the least.
func follow(v *aftercheck.Verification, readings []aftercheck.Reading) bool {
	if !v.Policy.FollowDelays || v.Wait != nil {
		return false
	}
	delays := aftercheck.LongestDelays(readings)
	if len(delays) == 0 {
		return false
	}
	wait := waitFor(v.Policy, delays)
	observed := time.Duration(wait.Total - v.Policy.Warmup)
	if most := time.Duration(v.Policy.MaxWait); observed > most {
		observed, wait.Bounded = most, true
	}
	wait.DeadlineAt = v.Action.FinishedAt.Add(time.Duration(v.Policy.Warmup) + observed)
	if v.DeadlineAt.After(wait.DeadlineAt) {
		wait.DeadlineAt, wait.Bounded = v.DeadlineAt, false
	}
	v.DeadlineAt, v.Wait = wait.DeadlineAt, wait
	return true
}

// waitFor is the sum for delays of which the first is the longest.
func waitFor(p aftercheck.Policy, delays []aftercheck.Delay) *aftercheck.Wait {
	wait := &aftercheck.Wait{Delays: delays, Parts: []aftercheck.WaitPart{
		{Name: partWarmup, Duration: p.Warmup},
		{Name: partDelay, Duration: aftercheck.Duration(delays[0].Total())},
		{Name: partRounds, Duration: aftercheck.Duration(roundsTime(p))},
	}}
	for _, part := range wait.Parts {
		wait.Total += part.Duration
	}
	return wait
}

// roundsTime is how long the policy's rounds take from when the signals can
// tell: up to one interval until the first of them, and one to each further, or
// the settle time instead.
func roundsTime(p aftercheck.Policy) time.Duration {
	every := p.RoundInterval()
	return every + max(time.Duration(max(p.Rounds, 1)-1)*every, time.Duration(p.SettleTime)) + leastRound
}
