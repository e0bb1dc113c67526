package baseline

import "math"

// Outcome is what became of a metric.
type Outcome string

// The outcomes. OutcomeUnknown decides nothing: see the reason.
const (
	OutcomeUnknown Outcome = "unknown"
	OutcomeBetter  Outcome = "better"
	OutcomeWorse   Outcome = "worse"
	OutcomeSame    Outcome = "same"
)

// The reasons of a Comparison.
const (
	// ReasonShifted: the rank test, the effect size and the floors agree.
	ReasonShifted Reason = "shifted"
	// ReasonByChance: so small a difference is to be expected by chance.
	ReasonByChance Reason = "by_chance"
	// ReasonSmallEffect: no chance, but the windows overlap too much to matter.
	ReasonSmallEffect Reason = "small_effect"
	// ReasonBelowFloor: the difference is real and too small to matter.
	ReasonBelowFloor Reason = "below_floor"
	// ReasonUnchanged: nothing at all tells the windows apart.
	ReasonUnchanged Reason = "unchanged"
	// ReasonFewSamples: a window has too few finite values to tell anything.
	ReasonFewSamples Reason = "few_samples"
	// ReasonNotFinite: a window holds an infinity, or more than a quarter NaN.
	ReasonNotFinite Reason = "not_finite"
	// ReasonNoDirection: the metric changed, and nobody said which way is good.
	ReasonNoDirection Reason = "no_direction"
)

// Comparison is what Compare found, with the numbers that led to it. They are
// all finite; those that were not come to be computed are 0.
type Comparison struct {
	Outcome Outcome
	Reason  Reason
	// Before and After are the windows' medians, in the metric's unit.
	Before, After float64
	// Shift is the Hodges-Lehmann difference, in the metric's unit: see Shift.
	Shift float64
	// InMADs is the difference of the medians in robust standard deviations:
	// see DifferenceInMADs.
	InMADs float64
	// Delta is how far After lies above Before, −1 to 1: see CliffsDelta.
	Delta float64
	// P is the two-sided probability of the rank test: see MannWhitney.
	P float64
	// Floor is the least shift that would have counted, in the metric's unit.
	Floor float64
	// SamplesBefore and SamplesAfter are how many finite values there were.
	SamplesBefore, SamplesAfter int
}

// Compare tells whether a metric got better or worse from one window of samples
// to the next. It calls a change only what is unlikely by chance (MannWhitney),
// large against the windows' own spread (CliffsDelta) and beyond the floors
// (Shift); everything else that could be measured is the same. A NaN is a
// missing sample. The order of the samples says nothing.
func Compare(before, after []float64, better Direction, o Options) Comparison {
	o = o.withDefaults()
	x, y := finiteOf(before), finiteOf(after)
	c := Comparison{Outcome: OutcomeUnknown, SamplesBefore: len(x), SamplesAfter: len(y)}
	if broken(before, x) || broken(after, y) {
		c.Reason = ReasonNotFinite
		return c
	}
	if least := max(o.LeastSamples, 1); len(x) < least || len(y) < least {
		c.Reason = ReasonFewSamples
		return c
	}
	c.measure(x, y, o)
	c.Outcome, c.Reason = c.decide(better, o)
	return c
}

func (c *Comparison) measure(x, y []float64, o Options) {
	test := MannWhitney(x, y)
	c.P, c.Delta = test.TwoSided, deltaOf(test.U, len(x), len(y))
	c.Before, c.After = Median(x), Median(y)
	c.Shift, c.InMADs = Shift(x, y), DifferenceInMADs(x, y)
	c.Floor = o.floor(c.Before)
}

func (c *Comparison) decide(better Direction, o Options) (Outcome, Reason) {
	switch {
	case c.P == 1 && c.Delta == 0 && c.Before == c.After && c.Shift == 0:
		return OutcomeSame, ReasonUnchanged
	case !(c.P < o.Alpha):
		return OutcomeSame, ReasonByChance
	case math.Abs(c.Delta) < o.LeastDelta:
		return OutcomeSame, ReasonSmallEffect
	case c.Shift == 0 || math.Abs(c.Shift) < c.Floor:
		return OutcomeSame, ReasonBelowFloor
	case better == DirectionLower && c.Shift < 0, better == DirectionHigher && c.Shift > 0:
		return OutcomeBetter, ReasonShifted
	case better == DirectionLower, better == DirectionHigher:
		return OutcomeWorse, ReasonShifted
	}
	return OutcomeUnknown, ReasonNoDirection
}

func finiteOf(values []float64) []float64 {
	kept := make([]float64, 0, len(values))
	for _, value := range values {
		if usable(value) {
			kept = append(kept, value)
		}
	}
	return kept
}

// broken reports whether what is left of a window does not speak for it: an
// infinity was in it, or more than a quarter of it was NaN.
func broken(window, finite []float64) bool {
	missing := 0
	for _, value := range window {
		if math.IsNaN(value) {
			missing++
		}
	}
	return len(finite)+missing < len(window) || 4*missing > len(window)
}
