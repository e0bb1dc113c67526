package prom

import (
	"math"
	"slices"
	"time"

	"github.com/aftercheck/aftercheck/internal/baseline"
)

// rateWindow is over how long a counter of rare events becomes a rate: the range
// that is usual in PromQL's rate().
const rateWindow = 5 * time.Minute

// rates makes a counter's samples rates by the second: between neighbours, or
// over up to rateWindow where more than a quarter of the steps, and not all,
// count nothing. A lower value than the one before is a new start from zero.
func rates(samples []baseline.Sample) []baseline.Sample {
	rises := risesOf(samples)
	var window, least time.Duration // a window that has just begun tells too little
	if sparse(rises) {
		window = rateWindow
		least = min(rateWindow/2, rises[len(rises)-1].At.Sub(rises[0].since)/3)
	}
	var out []baseline.Sample
	from := 0
	for i, r := range rises {
		if r.At.Sub(rises[0].since) < least {
			continue
		}
		for from < i && r.At.Sub(rises[from].since) > window {
			from++
		}
		counted := 0.0
		for _, within := range rises[from : i+1] {
			if doubtful(within.Value) == "" {
				counted += within.Value
			}
		}
		rate := counted / r.At.Sub(rises[from].since).Seconds()
		if doubtful(r.Value) != "" {
			rate = math.NaN()
		}
		out = append(out, baseline.Sample{At: r.At, Value: rate})
	}
	return out
}

// sparse reports whether more than a quarter of a counter's steps, and not all,
// count nothing.
func sparse(rises []rise) bool {
	idle := 0
	for _, r := range rises {
		if r.Value == 0 {
			idle++
		}
	}
	return 4*idle > len(rises) && idle < len(rises)
}

// rise is what a counter counted since its sample before; NaN where the sample
// is no number.
type rise struct {
	baseline.Sample
	since time.Time
}

func risesOf(samples []baseline.Sample) []rise {
	var out []rise
	var last *baseline.Sample
	for i, s := range samples {
		if doubtful(s.Value) != "" {
			if last != nil {
				out = append(out, rise{baseline.Sample{At: s.At, Value: math.NaN()}, last.At})
			}
			continue
		}
		if last != nil && s.At.After(last.At) {
			counted := s.Value - last.Value
			if counted < 0 {
				counted = s.Value
			}
			out = append(out, rise{baseline.Sample{At: s.At, Value: counted}, last.At})
		}
		last = &samples[i]
	}
	return out
}

// merged makes one series of several by the aggregation, at the times that any
// of them has. A value that is no number makes the sum of its time none.
func merged(all []recordedSeries, by Aggregation) []baseline.Sample {
	at := map[int64][]float64{}
	times := map[int64]time.Time{}
	for _, series := range all {
		for _, s := range series.samples {
			key := s.At.UnixMilli()
			at[key] = append(at[key], s.Value)
			times[key] = s.At
		}
	}
	keys := make([]int64, 0, len(at))
	for key := range at {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	out := make([]baseline.Sample, len(keys))
	for i, key := range keys {
		value := math.NaN()
		if !slices.ContainsFunc(at[key], func(v float64) bool { return doubtful(v) != "" }) {
			value = by.over(at[key])
		}
		out[i] = baseline.Sample{At: times[key], Value: value}
	}
	return out
}

// finiteOnly leaves the samples that are numbers.
func finiteOnly(samples []baseline.Sample) []baseline.Sample {
	return slices.DeleteFunc(slices.Clone(samples), func(s baseline.Sample) bool { return doubtful(s.Value) != "" })
}

// between returns the samples after from and not after to; a zero time is no
// bound.
func between(samples []baseline.Sample, from, to time.Time) []baseline.Sample {
	var kept []baseline.Sample
	for _, s := range samples {
		if (from.IsZero() || s.At.After(from)) && (to.IsZero() || !s.At.After(to)) {
			kept = append(kept, s)
		}
	}
	return kept
}

// leastRecent is how many of the newest samples are looked at, if there are.
const leastRecent = 6

// newestThird returns the newest third of the samples, six at the least: what
// came of it in the end, without the way there.
func newestThird(samples []baseline.Sample) []baseline.Sample {
	n := max((len(samples)+2)/3, leastRecent)
	return samples[max(len(samples)-n, 0):]
}

// settledPart returns the newest third of the samples, and the newest half, three
// at the least, of a series of six at most, all of which would hold the way there.
func settledPart(samples []baseline.Sample) []baseline.Sample {
	if len(samples) > leastRecent {
		return newestThird(samples)
	}
	n := max((len(samples)+1)/2, 3)
	return samples[max(len(samples)-n, 0):]
}

func valuesOf(samples []baseline.Sample) []float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = s.Value
	}
	return values
}

// leastStep is how many times as far as the time before spreads, between its
// quantiles of 5 and 95 %, a step must be for it to be one. Of normal noise that
// is four deviations, and it is beyond what a wandering level does.
const leastStep = 1.25

// onset returns from which sample on a metric is worse than it was, if a short
// history shows one clear step and nothing else: both parts are steady, next to
// the step. A step to the better, or a slope, is none. The spread of the incident
// says nothing of how clear the step is: what is worse is mostly noisier.
func onset(samples []baseline.Sample, better baseline.Direction, ratio bool) (int, bool) {
	const least = 6
	n := len(samples)
	if n < 2*least || better == baseline.DirectionNone {
		return 0, false
	}
	values := valuesOf(samples)
	at := changePoint(values, least)
	before, after := values[:at], values[at:]
	c := baseline.Compare(before, after, better, baseline.Options{RelativeFloor: 0.2, Ratio: ratio})
	spread := baseline.Quantile(before, 0.95) - baseline.Quantile(before, 0.05)
	beyond := math.Abs(c.Shift) >= leastStep*spread && math.Abs(c.Delta) > 0.9
	steady := halvesAgree(before, math.Abs(c.Shift)) && halvesAgree(after, 2*math.Abs(c.Shift))
	return at, c.Outcome == baseline.OutcomeWorse && beyond && steady
}

// changePoint returns where two means fit the values best (least squares), with
// so many values at the least in either part. Values beyond the quantiles of 5
// and 95 % are taken for these, so that no spike is a part of its own.
func changePoint(values []float64, least int) int {
	low, high := baseline.Quantile(values, 0.05), baseline.Quantile(values, 0.95)
	total := 0.0
	for _, v := range values {
		total += min(max(v, low), high)
	}
	best, at, sum := -1.0, least, 0.0
	for i, v := range values[:len(values)-least] {
		sum += min(max(v, low), high)
		k, rest := float64(i+1), float64(len(values)-i-1)
		apart := sum/k - (total-sum)/rest
		if gain := k * rest * apart * apart; i+1 >= least && gain > best {
			best, at = gain, i+1
		}
	}
	return at
}

// halvesAgree reports whether the halves of a part differ by less than a quarter
// of the step.
func halvesAgree(values []float64, step float64) bool {
	middle := len(values) / 2
	return math.Abs(baseline.Median(values[middle:])-baseline.Median(values[:middle])) < step/4
}
