package assess

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/baseline"
)

const (
	// relativeFloor and absoluteFloor: a metric without a criterion has moved if
	// it changed by more than both, a tenth of what it was, and a hundredth of its
	// unit, so that neither the noise of a large number nor that of one near zero
	// counts. Where both sides have samples, their own noise takes the second
	// floor's place.
	relativeFloor = 0.10
	absoluteFloor = 0.01
	// largeShift is how many times as bad a number without a criterion must have
	// become to be a failure; largeStep is the same for two single values.
	largeShift = 1.25
	largeStep  = 2.0
	// leastSamples is how many samples either side must have for a rank test: two
	// fives that do not overlap are by chance in one of 126 cases.
	leastSamples = 5
	// bestShare is the share of its distance before that a number may keep from
	// the best that it can be to have come back to it.
	bestShare = 0.01
)

// The directions of a number, as sensors write them into Finding.Wanted.
const (
	wantedLower  = "lower"
	wantedHigher = "higher"
)

// unitRatio is the unit of shares between 0 and 1.
const unitRatio = "ratio"

// reasonCounter marks a number that only ever rises.
const reasonCounter = "Counter"

// movement is how a number without a criterion compares with before.
type movement struct {
	was, is *aftercheck.Finding
	change  change
}

// movements compares the numbers that were there before and are there now, in
// the order of now. A number without a better direction tells nothing.
func movements(before, now glance) []movement {
	then := byKey(before.numbers)
	var out []movement
	for _, is := range now.numbers {
		was, known := then[is.Key()]
		directed := is.Wanted == wantedLower || is.Wanted == wantedHigher
		if known && directed && is.Reason != reasonCounter {
			out = append(out, movement{was, is, compareNumbers(was, is)})
		}
	}
	return out
}

// compareNumbers compares by samples where both sides have enough of them, else
// by the floors.
func compareNumbers(was, is *aftercheck.Finding) change {
	c := baseline.Compare(was.Samples, is.Samples, baseline.Direction(is.Wanted), baseline.Options{
		LeastSamples: leastSamples, RelativeFloor: relativeFloor, Ratio: is.Value.Unit == unitRatio,
	})
	if c.Outcome != baseline.OutcomeUnknown {
		return changeOf(c.Outcome)
	}
	delta := is.Value.Number - was.Value.Number
	if math.Abs(delta) <= max(relativeFloor*math.Abs(was.Value.Number), absoluteFloor) {
		return changeNone
	}
	if (delta < 0) == (is.Wanted == wantedLower) {
		return changeBetter
	}
	return changeWorse
}

func changeOf(o baseline.Outcome) change {
	switch o {
	case baseline.OutcomeBetter:
		return changeBetter
	case baseline.OutcomeWorse:
		return changeWorse
	case baseline.OutcomeSame:
		return changeNone
	}
	return changeUnknown
}

// numbersOnly judges a target of which nothing is known but numbers.
func numbersOnly(s *summary) *ruling {
	if s.current.known() {
		return gapsOnly(s)
	}
	all := movements(s.before, s.current)
	if len(all) == 0 || len(s.current.silent) > 0 {
		return nil // where a sensor is silent, numbers that only move prove nothing
	}
	counts := map[change]int{}
	for _, m := range all {
		counts[m.change]++
	}
	switch {
	case !slices.ContainsFunc(all, func(m movement) bool { return !m.atBest() }):
		return backAtBest(s, all)
	case counts[changeBetter] == len(all):
		return rule(aftercheck.Degraded, aftercheck.ReasonPartlyRecovered, "%s %s, and no criterion says how far is enough", all[0].is.Subject, all[0])
	case counts[changeBetter] == 0 && slices.ContainsFunc(all, movement.muchWorse):
		m := all[slices.IndexFunc(all, movement.muchWorse)]
		return rule(aftercheck.Failed, aftercheck.ReasonWorse, "%s %s; nothing else is known of %s", m.is.Subject, m, s.name())
	}
	m := all[max(slices.IndexFunc(all, func(m movement) bool { return m.change != changeBetter }), 0)]
	return rule(aftercheck.Degraded, aftercheck.ReasonNoChange, "%s %s; nothing else is known of %s", m.is.Subject, m, s.name())
}

// backAtBest judges numbers that have come back to the best that they can be: no
// criterion could ask for more. They must have stayed there as a healthy target
// must.
func backAtBest(s *summary, all []movement) *ruling {
	if held, needed := s.heldAtBest(); held < needed {
		return rule(aftercheck.Degraded, aftercheck.ReasonStillConverging, "%s %s, for %d of %d rounds: not long enough to call it a recovery", all[0].is.Subject, all[0], held, needed)
	}
	for _, next := range []func(*summary) *ruling{unanswered, observed, regressed, drifted} {
		if r := next(s); r != nil {
			return r
		}
	}
	return rule(aftercheck.Success, aftercheck.ReasonRecovered, "%s %s, which is the best that it can be", all[0].is.Subject, all[0])
}

// heldAtBest counts the newest rounds in a row that are back at the best, and
// how many are needed; of evidence that is taken as held, one. The settle time
// counts as one more round until it has passed.
func (s *summary) heldAtBest() (held, needed int) {
	since := s.current.at
	for i := len(s.rounds) - 1; i >= 0; i-- {
		all := movements(s.before, s.rounds[i])
		if len(all) == 0 && s.rounds[i].state == aftercheck.StateUnknown {
			continue
		}
		if len(all) == 0 || slices.ContainsFunc(all, func(m movement) bool { return !m.atBest() }) {
			break
		}
		held, since = held+1, s.rounds[i].at
	}
	if s.Evidence.Held {
		return held, 1
	}
	needed = s.wantedRounds()
	if s.current.at.Sub(since) < time.Duration(s.Policy.SettleTime) {
		needed = max(needed, held+1)
	}
	return held, needed
}

// distance is how far a value is from the best that it can be, if that is known:
// zero where lower is better, one for a ratio of which higher is.
func distance(f *aftercheck.Finding, value float64) (float64, bool) {
	switch {
	case f.Wanted == wantedLower && value >= 0:
		return value, true
	case f.Wanted == wantedHigher && f.Value.Unit == unitRatio && value <= 1:
		return 1 - value, true
	}
	return 0, false
}

// atBest reports whether the number was away from the best that it can be and
// is there now, nine of ten samples of it: within a hundredth of its unit and a
// tenth of how far it was away, or a hundredth of that.
func (m movement) atBest() bool {
	if m.change != changeBetter {
		return false
	}
	was, known := distance(m.was, middle(m.was))
	if !known {
		return false
	}
	near := max(bestShare*was, min(absoluteFloor, relativeFloor*was))
	away := 0
	for _, value := range append(slices.Clone(m.is.Samples), m.is.Value.Number) {
		if now, known := distance(m.is, value); !known || now > near {
			away++
		}
	}
	now, known := distance(m.is, m.is.Value.Number)
	return known && now <= near && 10*away <= len(m.is.Samples)
}

// muchWorse reports whether a number is so much worse than it was that nobody
// would wait to see more.
func (m movement) muchWorse() bool {
	if m.change != changeWorse {
		return false
	}
	factor := largeStep
	if len(m.was.Samples) >= leastSamples && len(m.is.Samples) >= leastSamples {
		factor = largeShift
	}
	was, is := middle(m.was), middle(m.is)
	before, knownBefore := distance(m.was, was)
	now, knownNow := distance(m.is, is)
	switch {
	case knownBefore && knownNow:
		return now >= factor*before && now-before > absoluteFloor*min(1, max(before, absoluteFloor))
	case m.is.Wanted == wantedHigher && was > 0:
		return is*factor <= was
	}
	return math.Abs(is-was) >= (factor-1)*math.Abs(was)
}

// middle is the median of a number's samples, or the number itself.
func middle(f *aftercheck.Finding) float64 {
	if len(f.Samples) >= leastSamples {
		return baseline.Median(f.Samples)
	}
	return f.Value.Number
}

// String says the movement: moved from 9 to 3 requests (lower is better).
func (m movement) String() string {
	verb := "moved"
	if m.change == changeNone {
		verb = "stayed"
	}
	return fmt.Sprintf("%s from %s to %s %s (%s is better)", verb, number(middle(m.was)), number(middle(m.is)), m.is.Value.Unit, m.is.Wanted)
}
