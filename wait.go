package aftercheck

import (
	"cmp"
	"slices"
	"time"
)

// MaxWaitDelays bounds Wait.Delays.
const MaxWaitDelays = 20

// Wait is how a verification's deadline follows from the delays of its signals,
// where neither the request nor the policy sets one.
type Wait struct {
	Delays     []Delay    `json:"delays" doc:"The signals' delays, the longest first. The first decides."`
	Parts      []WaitPart `json:"parts" doc:"What the wait is the sum of."`
	Total      Duration   `json:"total" doc:"The sum of the parts: how long after the action's end every signal can tell, and has told in as many rounds as the policy wants."`
	Bounded    bool       `json:"bounded,omitempty" doc:"The policy's max_wait is shorter than that: at the deadline a signal may not be able to tell yet."`
	DeadlineAt time.Time  `json:"deadline_at" format:"date-time" doc:"The deadline that follows. It is never earlier than the policy's own."`
}

// WaitPart is one part of a Wait.
type WaitPart struct {
	Name     string   `json:"name" enum:"warmup,delay,rounds" doc:"warmup: the policy's. delay: the longest of the signals'. rounds: as many rounds as the policy wants, or its settle time."`
	Duration Duration `json:"duration"`
}

// LongestDelays returns the readings' delays, the longest first and each signal
// once, at most MaxWaitDelays of them.
func LongestDelays(readings []Reading) []Delay {
	var delays []Delay
	for _, reading := range readings {
		delays = append(delays, reading.Delays...)
	}
	slices.SortStableFunc(delays, func(a, b Delay) int { return cmp.Compare(b.Total(), a.Total()) })
	seen := map[string]bool{}
	delays = slices.DeleteFunc(delays, func(d Delay) bool {
		again := seen[d.Of]
		seen[d.Of] = true
		return again
	})
	return slices.Clip(delays[:min(len(delays), MaxWaitDelays)])
}
