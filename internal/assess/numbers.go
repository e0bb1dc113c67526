package assess

import (
	"fmt"
	"math"

	"github.com/aftercheck/aftercheck"
)

// A metric without a criterion has moved if it changed by more than both: a
// tenth of what it was, and a hundredth of its unit, so that neither the noise
// of a large number nor that of one near zero counts.
const (
	relativeFloor = 0.10
	absoluteFloor = 0.01
)

// The directions of a number, as sensors write them into Finding.Wanted.
const (
	wantedLower  = "lower"
	wantedHigher = "higher"
)

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

func compareNumbers(was, is *aftercheck.Finding) change {
	delta := is.Value.Number - was.Value.Number
	if math.Abs(delta) <= max(relativeFloor*math.Abs(was.Value.Number), absoluteFloor) {
		return changeNone
	}
	if (delta < 0) == (is.Wanted == wantedLower) {
		return changeBetter
	}
	return changeWorse
}

// numbersOnly judges a target of which nothing is known but numbers without a
// criterion: they tell whether it moved, not whether it is well, so they prove
// neither a recovery nor a failure.
func numbersOnly(s *summary) *ruling {
	if s.current.known() {
		return nil
	}
	all := movements(s.before, s.current)
	if len(all) == 0 {
		return nil
	}
	for _, m := range all {
		if m.change != changeBetter {
			return rule(aftercheck.Degraded, aftercheck.ReasonNoChange, "%s %s; nothing else is known of %s", m.is.Subject, m, s.name())
		}
	}
	return rule(aftercheck.Degraded, aftercheck.ReasonPartlyRecovered, "%s %s, and no criterion says how far is enough", all[0].is.Subject, all[0])
}

// String says the movement: moved from 9 to 3 requests (lower is better).
func (m movement) String() string {
	verb := "moved"
	if m.change == changeNone {
		verb = "stayed"
	}
	return fmt.Sprintf("%s from %s to %s %s (%s is better)", verb, number(m.was.Value.Number), number(m.is.Value.Number), m.is.Value.Unit, m.is.Wanted)
}
