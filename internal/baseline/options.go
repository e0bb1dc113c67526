package baseline

import (
	"math"
	"time"
)

// Options are what Compare and Fit go by. The zero Options are good for a gauge
// or a rate that was scraped for some minutes, and for a history of some weeks.
type Options struct {
	// LeastSamples is how many finite values each window of Compare must have,
	// and a history a fifth of. 0 means 6: with fewer the rank test can't reach
	// Alpha unless the windows don't overlap at all.
	LeastSamples int
	// Alpha is the two-sided probability below which Compare takes a difference
	// for more than chance. 0 means 0.01, stricter than usual because scrapes
	// of one series are not independent of each other.
	Alpha float64
	// LeastDelta is the least magnitude of Cliff's delta, 0 to 1, that counts.
	// 0 means 0.474, large after Romano et al. (2006); negative means none.
	LeastDelta float64
	// AbsoluteFloor is the least difference that counts, and the least distance
	// of a band's edge from what is expected, in the metric's unit. 0 is none.
	AbsoluteFloor float64
	// RelativeFloor is the same as a share of the value before, or of what is
	// expected. 0 means 0.05, negative means none. The larger floor holds.
	RelativeFloor float64
	// Ratio says that the metric is a share between 0 and 1. Its relative floor
	// is then taken of the value or of what lacks to 1, whichever is less, so
	// that 0.999 and 0.99 differ.
	Ratio bool

	// Step is the distance of the samples that the model sees; a step's samples
	// become their median. 0, and one that leaves more than 288 to a season, means
	// the history's own, rounded up to a usual one and to at most 288 a season.
	Step time.Duration
	// Season is what repeats. 0 means a day, or a week where four weeks of
	// history show that it tells more. Seasons begin at midnight UTC, weeks on
	// a Thursday: a change to summer time moves them by an hour.
	Season time.Duration
	// MostMissing is the share of steps without a sample up to which a history
	// carries Holt-Winters. 0 means 0.25.
	MostMissing float64
	// MostZeros is the share of samples that are exactly 0 up to which a history
	// carries Holt-Winters. 0 means 0.3.
	MostZeros float64
	// Width is how many standard deviations a band reaches to either side. 0
	// means 3, which leaves out 0.3 % of normal data.
	Width float64
	// Horizon is how long after the history's end a model tells anything. 0
	// means one season.
	Horizon time.Duration
}

func (o Options) withDefaults() Options {
	o.LeastSamples = orDefault(o.LeastSamples, 6)
	o.Alpha = orDefault(o.Alpha, 0.01)
	o.LeastDelta = orDefault(o.LeastDelta, 0.474)
	o.RelativeFloor = orDefault(o.RelativeFloor, 0.05)
	o.MostMissing = orDefault(o.MostMissing, 0.25)
	o.MostZeros = orDefault(o.MostZeros, 0.3)
	o.Width = orDefault(o.Width, 3)
	return o
}

func orDefault[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// floor is the least difference from a value that counts, in its unit.
func (o Options) floor(value float64) float64 {
	of := math.Abs(value)
	if o.Ratio && value >= 0 && value <= 1 {
		of = min(value, 1-value)
	}
	return max(o.AbsoluteFloor, o.RelativeFloor*of, 0)
}
