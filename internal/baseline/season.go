package baseline

import "math"

// leastRepeat is the least correlation between the season of the odd and that of
// the even seasons for a history to be seasonal. Of 24 phases of noise one in a
// hundred reaches it.
const leastRepeat = 0.5

// decomposition takes a history apart into a trend, an additive season and what
// is left. All of it is made of medians, so that incidents in less than half of
// the seasons leave it as it is.
type decomposition struct {
	trend   []float64 // by step
	slope   float64   // of the trend, by step: its median
	season  []float64 // by phase; its median is 0
	noise   float64   // MAD of what is left
	repeats float64   // how well one half of the seasons tells the other, −1 to 1
}

// decompose fits trend and season in turn, twice, as the season of the first
// turn makes seasons with gaps comparable.
func decompose(g grid) decomposition {
	d := decomposition{season: make([]float64, g.phases), trend: make([]float64, len(g.values))}
	rest := make([]float64, len(g.values))
	for range 2 {
		for i, v := range g.values {
			rest[i] = v - d.season[g.phase(i)]
		}
		d.trend, d.slope = trendOf(rest, g.phases)
		for i, v := range g.values {
			rest[i] = v - d.trend[i]
		}
		d.season = centred(phaseMedians(g, rest, func(int) bool { return true }))
	}
	if d.repeats = repeats(g, rest); largestOf(d.season) <= rounding*largestOf(g.values) {
		d.repeats = 0 // a season of rounding errors is none
	}
	for i := range rest {
		rest[i] -= d.season[g.phase(i)]
	}
	d.noise = noiseOf(rest, g)
	return d
}

// noiseOf is the MAD of what is left; one of rounding errors is none.
func noiseOf(rest []float64, g grid) float64 {
	noise := MAD(present(rest))
	if noise <= rounding*largestOf(g.values) {
		return 0
	}
	return noise
}

// flat is the decomposition of a history without a season.
func flat(g grid) decomposition {
	d := decomposition{season: []float64{0}}
	d.trend, d.slope = trendOf(g.values, blockSize(len(g.values)))
	rest := make([]float64, len(g.values))
	for i, v := range g.values {
		rest[i] = v - d.trend[i]
	}
	d.noise = noiseOf(rest, g)
	return d
}

// blocks is into how many parts a history without a season is cut to see whether
// it drifts.
const blocks = 8

// leastBlock is how many steps a block must have to show its own spread.
const leastBlock = 4

func blockSize(steps int) int { return max(steps/blocks, 1) }

// trendOf joins the medians of blocks of the given size by straight lines. The
// blocks end with the last value; what remains at the front, and the halves of
// the outer blocks, go on with the median slope.
func trendOf(values []float64, size int) (trend []float64, slope float64) {
	size = min(max(size, 1), len(values))
	front := len(values) % size
	var at, medians []float64
	for from := front; from < len(values); from += size {
		block := present(values[from : from+size])
		if len(block) > 0 {
			at = append(at, float64(from)+float64(size-1)/2)
			medians = append(medians, medianOf(block))
		}
	}
	trend = make([]float64, len(values))
	if len(at) == 0 {
		return trend, 0
	}
	var slopes []float64
	for i := 1; i < len(at); i++ {
		slopes = append(slopes, (medians[i]-medians[i-1])/(at[i]-at[i-1]))
	}
	if len(slopes) > 0 {
		slope = medianOf(slopes)
	}
	next := 0
	for i := range trend {
		x := float64(i)
		for next < len(at) && at[next] < x {
			next++
		}
		switch {
		case next == 0:
			trend[i] = medians[0] + slope*(x-at[0])
		case next == len(at):
			trend[i] = medians[next-1] + slope*(x-at[next-1])
		default:
			part := (x - at[next-1]) / (at[next] - at[next-1])
			trend[i] = medians[next-1]*(1-part) + medians[next]*part
		}
	}
	return trend, slope
}

// phaseMedians returns the median of each phase over the seasons that are taken;
// NaN for a phase without a value.
func phaseMedians(g grid, values []float64, taken func(season int) bool) []float64 {
	byPhase := make([][]float64, g.phases)
	for i, v := range values {
		if p := g.phase(i); !math.IsNaN(v) && taken(i/g.phases) {
			byPhase[p] = append(byPhase[p], v)
		}
	}
	out := make([]float64, g.phases)
	for p, of := range byPhase {
		out[p] = medianOf(of)
	}
	return out
}

// centred moves a season so that its median is 0; an unknown phase becomes 0.
func centred(season []float64) []float64 {
	center := Median(present(season))
	for p, v := range season {
		if season[p] = v - center; math.IsNaN(season[p]) {
			season[p] = 0
		}
	}
	return season
}

// repeats returns the correlation of the odd seasons' phases with the even
// ones', 0 where it is not defined.
func repeats(g grid, rest []float64) float64 {
	odd := phaseMedians(g, rest, func(season int) bool { return season%2 == 1 })
	even := phaseMedians(g, rest, func(season int) bool { return season%2 == 0 })
	var x, y []float64
	for p := range odd {
		if !math.IsNaN(odd[p]) && !math.IsNaN(even[p]) {
			x, y = append(x, odd[p]), append(y, even[p])
		}
	}
	return correlation(x, y)
}

// correlation is Pearson's, 0 where a side does not vary.
func correlation(x, y []float64) float64 {
	meanX, meanY := TrimmedMean(x, 0), TrimmedMean(y, 0)
	var xx, yy, xy float64
	for i := range x {
		dx, dy := x[i]-meanX, y[i]-meanY
		xx, yy, xy = xx+dx*dx, yy+dy*dy, xy+dx*dy
	}
	if r := xy / math.Sqrt(xx) / math.Sqrt(yy); usable(r) {
		return r
	}
	return 0
}

// drifts reports whether the level of a history without a season moves: the
// blocks' medians spread more than the values within the blocks do, or the last
// two lie far from the others.
func drifts(values []float64) bool {
	size := blockSize(len(values))
	if size < leastBlock {
		return false
	}
	var medians, within []float64
	for from := len(values) % size; from < len(values); from += size {
		block := present(values[from : from+size])
		if len(block) == 0 {
			continue
		}
		middle := Median(block)
		medians = append(medians, middle)
		for _, v := range block {
			within = append(within, v-middle)
		}
	}
	if len(medians) < 4 {
		return false
	}
	noise := MAD(within)
	newest := Median(medians[len(medians)-2:])
	least := rounding * largestOf(values)
	return MAD(medians) > max(noise, least) || math.Abs(newest-Median(medians)) > max(2*noise, least)
}

// wanders reports whether the level of a short history moves more than its noise,
// which is taken from the differences of neighbours, would have it; and climbs
// whether it does so in one direction. What wanders to and fro in a short
// history may be a season that was not seen whole.
func wanders(values []float64) (wanders, climbs bool) {
	medians := blockMedians(values)
	if len(medians) < 4 {
		return false, false
	}
	var steps []float64
	for i := 1; i < len(values); i++ {
		if step := values[i] - values[i-1]; !math.IsNaN(step) {
			steps = append(steps, step)
		}
	}
	noise := MAD(steps) / math.Sqrt2
	apart := Quantile(medians, 1) - Quantile(medians, 0)
	rises, pairs := 0.0, 0.0
	for i := range medians {
		for j := range i {
			pairs++
			if medians[i] > medians[j] {
				rises++
			}
		}
	}
	return apart > max(4*noise, rounding*largestOf(values)), math.Abs(2*rises/pairs-1) >= 0.8
}

// blockMedians returns the medians of the parts of a history, none if they are
// too small.
func blockMedians(values []float64) []float64 {
	size := blockSize(len(values))
	if size < leastBlock {
		return nil
	}
	var medians []float64
	for from := len(values) % size; from < len(values); from += size {
		if block := present(values[from : from+size]); len(block) > 0 {
			medians = append(medians, medianOf(block))
		}
	}
	return medians
}

// rounding is the share of the largest value under which differences are taken
// for errors of the arithmetic.
const rounding = 1e-9

// largestOf returns the largest magnitude of the values that are there.
func largestOf(values []float64) float64 {
	most := 0.0
	for _, v := range values {
		if size := math.Abs(v); size > most {
			most = size
		}
	}
	return most
}

// present returns the values that are there.
func present(values []float64) []float64 {
	kept := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) {
			kept = append(kept, v)
		}
	}
	return kept
}
