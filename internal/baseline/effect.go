package baseline

import "math"

// farthest bounds a difference in deviations, so that it stays a number where
// neither sample varies at all.
const farthest = 1e6

// CliffsDelta returns how far y lies above x, between −1 (every value of y is
// below every one of x) and 1; 0 means that neither tends to be larger. It is
// the share of pairs in which y is larger less the share in which x is (Cliff
// 1993), which is the rank-biserial correlation 1 − 2U/nm with U of x. NaN for
// an empty sample or a NaN.
func CliffsDelta(x, y []float64) float64 {
	return deltaOf(MannWhitney(x, y).U, len(x), len(y))
}

func deltaOf(u float64, n, m int) float64 { return 1 - 2*u/(float64(n)*float64(m)) }

// Shift returns by how much y lies above x, in their unit: the median of all
// differences between a value of y and one of x (Hodges and Lehmann 1963).
// Of samples beyond 256 values, 256 quantiles at equal distances stand for them.
// NaN for an empty sample or a NaN.
func Shift(x, y []float64) float64 {
	x, y = thinned(x), thinned(y)
	differences := make([]float64, 0, len(x)*len(y))
	for _, before := range x {
		for _, after := range y {
			differences = append(differences, after-before)
		}
	}
	return medianOf(differences)
}

func thinned(values []float64) []float64 {
	const kept = 256
	if len(values) <= kept {
		return values
	}
	ordered, out := sorted(values), make([]float64, kept)
	for i := range out {
		out[i] = sortedQuantile(ordered, float64(i)/(kept-1))
	}
	return out
}

// DifferenceInMADs returns the difference of the medians in units of the
// samples' common spread: Hedges' g (1981) with medians for means and scaled
// median absolute deviations for standard deviations, pooled by (n−1)-weighted
// squares. Positive where y lies above x. A sample of which more than half is
// equal gives the common spread only what the other has; without any spread the
// result is 0 for equal medians and ±1e6 else, which is also the farthest that
// it gets. NaN for an empty sample or a NaN.
func DifferenceInMADs(x, y []float64) float64 {
	difference := Median(y) - Median(x)
	if difference == 0 || math.IsNaN(difference) {
		return difference
	}
	spread := pooledMAD(x, y)
	if spread == 0 {
		return math.Copysign(farthest, difference)
	}
	return min(max(difference/spread, -farthest), farthest)
}

func pooledMAD(x, y []float64) float64 {
	n, m := float64(len(x)-1), float64(len(y)-1)
	if n+m == 0 {
		return 0
	}
	return math.Hypot(MAD(x)*math.Sqrt(n/(n+m)), MAD(y)*math.Sqrt(m/(n+m)))
}
