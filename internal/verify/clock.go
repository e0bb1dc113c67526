package verify

import (
	"fmt"
	"time"

	"github.com/aftercheck/aftercheck"
)

// All times of a verification are absolute, by the wall clock as it was when the
// verification was accepted. A wall clock may be set while it waits. The process
// that has it therefore reads its times on a clock of its own, which was the wall
// clock when the verification came and goes on evenly from there: nothing is due
// hours too late, or over before it was observed, and what lies between two rounds
// is what has passed.
//
// Others go by the new time: sensors, servers, callers. What is seen after the
// clock was set cannot be put beside the action's end, so it is not evidence, until
// the clock is as it was.

// clockTolerance is how far clocks may be apart: the caller's and the sidecar's, or
// the sidecar's before and after it was set.
const clockTolerance = time.Minute

// clock is the present by the wall clock in the form that is stored: UTC, without
// the reading of the monotonic clock, so that it compares equal after it was stored.
func clock() time.Time { return time.Now().UTC().Round(0) }

// steady is the present on a clock that was the wall clock when the engine was made,
// and cannot be set. The queue goes by it.
func (e *Engine) steady() time.Time { return e.made.UTC().Round(0).Add(time.Since(e.made)) }

// ahead is how far the wall clock is ahead of the steady one by now.
func (e *Engine) ahead() time.Duration { return e.wall().Sub(e.steady()) }

// now is the present on the clock of an entry.
func (e *Engine) now(of *entry) time.Time { return e.steady().Add(of.ahead) }

// set is by how much the wall clock was set since the entry came, as far as that
// is more than clocks may be apart; zero: it was not.
func (e *Engine) set(of *entry) time.Duration {
	by := e.wall().Sub(e.now(of))
	if by.Abs() <= clockTolerance {
		return 0
	}
	return by.Round(time.Second)
}

// notBefore moves an entry's clock on to when the verification was last known to
// be alive, where it is behind that: the clock was set back before this process
// had the verification, which would wait for that long.
func (e *Engine) notBefore(of *entry, v aftercheck.Verification) {
	alive := v.AcceptedAt
	if v.Evidence != nil && len(v.Evidence.Rounds) > 0 {
		alive = later(alive, v.Evidence.Rounds[len(v.Evidence.Rounds)-1].EndedAt)
	}
	if behind := alive.Sub(e.now(of)); behind > clockTolerance {
		of.ahead += behind
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// untold makes readings of those that were taken after the clock was set: they
// say that they were, at the time of the round by its verification's own clock, and
// nothing else.
func untold(readings []aftercheck.Reading, at time.Time, by time.Duration) []aftercheck.Reading {
	out := make([]aftercheck.Reading, len(readings))
	for i, r := range readings {
		out[i] = aftercheck.Reading{
			Sensor: r.Sensor, At: at, DurationSeconds: r.DurationSeconds, Outcome: aftercheck.ReadingError,
			Error: fmt.Sprintf("not used: the sidecar's clock was set by %s since the verification began, so it cannot be told whether this was after the action", by),
		}
	}
	return out
}
