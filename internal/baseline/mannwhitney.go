package baseline

import (
	"math"
	"slices"
)

// exactSize is the largest sample for which the distribution of U is counted
// instead of approximated; at 25 the normal approximation is right to three
// digits (R counts below 50, SciPy up to 8).
const exactSize = 25

// RankTest is what MannWhitney found. The probabilities are between 0 and 1, or
// NaN where there was nothing to test.
type RankTest struct {
	// U counts the pairs in which the first sample's value is the larger, ties
	// as one half: between 0 and len(x)·len(y) (Mann and Whitney 1947).
	U float64
	// Less is the probability of so small a U if both samples came from one
	// distribution: small where the first sample lies below the second.
	Less float64
	// Greater is the probability of so large a U: small where the first sample
	// lies above the second.
	Greater float64
	// TwoSided is twice the smaller of both, at most 1.
	TwoSided float64
	// Exact: the probabilities are counted, not approximated.
	Exact bool
}

// MannWhitney tests whether the values of x tend to be larger or smaller than
// those of y (the Wilcoxon rank sum test). Samples of at most 25 values without
// ties are counted exactly; others go by the normal approximation with the
// variance corrected for ties and a continuity correction of one half
// (Hollander and Wolfe 1973, section 4.1; as R's wilcox.test and SciPy's
// mannwhitneyu). The test takes its samples for independent: scrapes of one
// series are not quite, so a small probability alone is no proof of a change.
// An empty sample or a NaN gives NaN.
func MannWhitney(x, y []float64) RankTest {
	if len(x) == 0 || len(y) == 0 || slices.ContainsFunc(x, math.IsNaN) || slices.ContainsFunc(y, math.IsNaN) {
		return RankTest{U: math.NaN(), Less: math.NaN(), Greater: math.NaN(), TwoSided: math.NaN()}
	}
	u, ties := countPairs(sorted(x), sorted(y))
	if ties == 0 && len(x) <= exactSize && len(y) <= exactSize {
		return exactTest(u, len(x), len(y))
	}
	return normalTest(u, ties, float64(len(x)), float64(len(y)))
}

// countPairs returns U of the first sample, and the sum of t³−t over the groups
// of t equal values. Both samples are in ascending order.
func countPairs(x, y []float64) (u, ties float64) {
	below := 0
	for i, j := 0, 0; i < len(x) || j < len(y); below = j {
		value := lower(x[i:], y[j:])
		fromX, fromY := run(x[i:], value), run(y[j:], value)
		i, j = i+fromX, j+fromY
		u += float64(fromX) * (float64(below) + float64(fromY)/2)
		equal := float64(fromX + fromY)
		ties += equal*equal*equal - equal
	}
	return u, ties
}

func lower(x, y []float64) float64 {
	switch {
	case len(x) == 0:
		return y[0]
	case len(y) == 0:
		return x[0]
	}
	return min(x[0], y[0])
}

// run counts how many values at the front are equal to value.
func run(values []float64, value float64) int {
	n := 0
	for n < len(values) && values[n] == value {
		n++
	}
	return n
}

func exactTest(u float64, n, m int) RankTest {
	counts := pairCounts(n, m)
	var total, less, greater float64
	for value, ways := range counts {
		total += ways
		if float64(value) <= u {
			less += ways
		}
		if float64(value) >= u {
			greater += ways
		}
	}
	return sided(u, less/total, greater/total, true)
}

// pairCounts returns in how many ways n and m values without ties can be ranked
// so that U is the index, by the recurrence of Mann and Whitney (1947):
// w(n, m, u) = w(n−1, m, u−m) + w(n, m−1, u).
func pairCounts(n, m int) []float64 {
	ways := make([][]float64, n+1)
	for j := range ways {
		ways[j] = make([]float64, n*m+1)
		ways[j][0] = 1
	}
	for i := 1; i <= m; i++ {
		for j := 1; j <= n; j++ {
			for u := i; u <= j*i; u++ {
				ways[j][u] += ways[j-1][u-i]
			}
		}
	}
	return ways[n]
}

func normalTest(u, ties, n, m float64) RankTest {
	all := n + m
	variance := n * m / 12 * (all + 1 - ties/(all*(all-1)))
	if !(variance > 0) {
		return sided(u, 1, 1, false)
	}
	away, spread := u-n*m/2, math.Sqrt(variance)
	return sided(u, below((away+0.5)/spread), below((0.5-away)/spread), false)
}

func sided(u, less, greater float64, exact bool) RankTest {
	less, greater = min(less, 1), min(greater, 1)
	return RankTest{U: u, Less: less, Greater: greater, TwoSided: min(1, 2*min(less, greater)), Exact: exact}
}

// below is the standard normal distribution function.
func below(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
