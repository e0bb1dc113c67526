package assess

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/baseline"
)

// gapFloor is the share of its distance from its criterion by which a bad number
// must have moved to be better or worse than it was. What is bad is noisy, and
// remembers its noise: windows of an unchanged load differ by a fifth.
const gapFloor = 0.25

// gapsOnly judges a broken target of which nothing is known but numbers that
// miss their criteria, before and now: by whether they came nearer. Whatever
// else can be said of it, the other rules say.
func gapsOnly(s *summary) *ruling {
	if s.current.state != aftercheck.StateUnhealthy || s.flapped && !s.steady || s.coverage < s.Policy.MinCoverage ||
		s.current.gone || s.current.scaledDown() || !numbersAlone(s.current) {
		return nil
	}
	c, f := gaps(s.before, s.current)
	if compare(s.before, s.current) != changeNone || f == nil {
		return nil
	}
	switch c {
	case changeBetter:
		return rule(aftercheck.Degraded, aftercheck.ReasonPartlyRecovered, "%s is nearer to %s than before the action, and not there: %s", f.Subject, f.Wanted, phrase(f))
	case changeWorse:
		return rule(aftercheck.Failed, aftercheck.ReasonWorse, "%s is farther from %s than before the action: %s", f.Subject, f.Wanted, phrase(f))
	}
	return nil
}

func numbersAlone(g glance) bool {
	known := 0
	for _, f := range slices.Concat(g.units, g.pods, g.signals) {
		if f.State == aftercheck.StateUnknown {
			continue
		}
		if known++; f.Check != aftercheck.CheckMetric || f.Value == nil {
			return false
		}
	}
	return known > 0
}

// gaps compares how far the numbers that miss their criteria, before and now,
// are from them: better if one came nearer and none went farther, worse the
// other way around. It returns the number that decided, nil if there is none.
func gaps(before, now glance) (change, *aftercheck.Finding) {
	then := byKey(before.units, before.signals)
	found := map[change]*aftercheck.Finding{}
	for _, is := range slices.Concat(now.signals, now.units) {
		was := then[is.Key()]
		if was == nil || !isBad(was) || !isBad(is) || was.Value == nil || is.Value == nil {
			continue
		}
		if c := compareGaps(was, is); found[c] == nil {
			found[c] = is
		}
	}
	switch {
	case found[changeBetter] != nil && found[changeWorse] == nil:
		return changeBetter, found[changeBetter]
	case found[changeWorse] != nil && found[changeBetter] == nil:
		return changeWorse, found[changeWorse]
	}
	return changeNone, nil
}

// compareGaps compares the distances from what was wanted at the time. What is
// usual at one hour is not so at another, and neither is how far an incident
// moves it: where that changed, the distances must have moved both by themselves
// and as shares of what is usual.
func compareGaps(was, is *aftercheck.Finding) change {
	then, knownThen := wantedRange(was.Wanted)
	wanted, known := wantedRange(is.Wanted)
	if !known || !knownThen {
		return changeUnknown
	}
	c := gapsBetween(was, is, then.gap, wanted.gap)
	if c == changeNone || then == wanted || then.middle() <= 0 || wanted.middle() <= 0 {
		return c
	}
	if gapsBetween(was, is, then.share, wanted.share) != c {
		return changeNone
	}
	return c
}

// gapsBetween compares the distances, by samples where both sides have enough.
func gapsBetween(was, is *aftercheck.Finding, then, wanted func(float64) float64) change {
	c := baseline.Compare(each(was.Samples, then), each(is.Samples, wanted), baseline.DirectionLower,
		baseline.Options{LeastSamples: leastSamples, RelativeFloor: gapFloor})
	if c.Outcome != baseline.OutcomeUnknown {
		return changeOf(c.Outcome)
	}
	before, now := then(was.Value.Number), wanted(is.Value.Number)
	switch {
	case math.Abs(now-before) <= gapFloor*before:
		return changeNone
	case now < before:
		return changeBetter
	}
	return changeWorse
}

func each(values []float64, f func(float64) float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = f(v)
	}
	return out
}

// span is what a number was wanted to be, with both ends in it.
type span struct{ low, high float64 }

// gap is how far a value lies outside.
func (w span) gap(value float64) float64 { return max(w.low-value, value-w.high, 0) }

// middle is what was expected; not finite for a criterion with one end.
func (w span) middle() float64 { return w.low/2 + w.high/2 }

// share is how far a value outside lies from what was expected, as a share of
// that.
func (w span) share(value float64) float64 {
	if w.gap(value) == 0 {
		return 0
	}
	return math.Abs(value-w.middle()) / w.middle()
}

// wantedRange reads what a number was wanted to be, as sensors write it into
// Finding.Wanted: < 0.05, >= 1, == 0, 0..0.5, or 3.1 to 4.5, usual at this hour.
func wantedRange(wanted string) (span, bool) {
	wanted, _, _ = strings.Cut(wanted, ",")
	for _, between := range []string{"..", " to "} {
		if from, to, found := strings.Cut(wanted, between); found {
			low, errLow := strconv.ParseFloat(from, 64)
			high, errHigh := strconv.ParseFloat(to, 64)
			return span{low, high}, errLow == nil && errHigh == nil
		}
	}
	operator, text, _ := strings.Cut(wanted, " ")
	value, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		return span{}, false
	case operator == "<" || operator == "<=":
		return span{math.Inf(-1), value}, true
	case operator == ">" || operator == ">=":
		return span{value, math.Inf(1)}, true
	}
	return span{value, value}, operator == "=="
}
