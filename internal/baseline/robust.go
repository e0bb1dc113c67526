package baseline

import (
	"math"
	"slices"
)

// madScale makes the median absolute deviation estimate the standard deviation
// of normal data: 1/Φ⁻¹(3/4), the constant of R's stats::mad, rounded as there.
const madScale = 1.4826

// Median returns the middle of the values, in their unit: the mean of the two
// middle ones where their number is even. NaN for no values, or if one is NaN.
// It is Quantile at one half.
func Median(values []float64) float64 { return Quantile(values, 0.5) }

// MAD returns the median absolute deviation from the median, in the values'
// unit, times 1.4826 so that it estimates the standard deviation of normal data
// (Hampel 1974; R's stats::mad). Zero means that more than half of the values
// are equal. NaN for no values, or if one is NaN.
func MAD(values []float64) float64 {
	return scaledDeviation(values, Median(values))
}

func scaledDeviation(values []float64, center float64) float64 {
	deviations := make([]float64, len(values))
	for i, value := range values {
		deviations[i] = math.Abs(value - center)
	}
	return madScale * medianOf(deviations)
}

// Quantile returns the value below which the share p of the values lies, in
// their unit, by linear interpolation between order statistics: type 7 of
// Hyndman and Fan (1996), the default of R and NumPy. A p outside of 0 to 1 is
// taken for the nearer end. NaN for no values, a p that is NaN, or if a value is.
func Quantile(values []float64, p float64) float64 {
	return sortedQuantile(sorted(values), p)
}

// TrimmedMean returns the mean, in the values' unit, without the lowest and the
// highest share of them: trim of their number, rounded down, at each end (R's
// mean with trim). A trim of 0 or less is the mean, one half or more the median.
// NaN for no values, a trim that is NaN, or if a value is NaN.
func TrimmedMean(values []float64, trim float64) float64 {
	if trim >= 0.5 {
		return Median(values)
	}
	ordered := sorted(values)
	if len(ordered) == 0 || math.IsNaN(ordered[0]) || math.IsNaN(trim) {
		return math.NaN()
	}
	cut := int(max(trim, 0) * float64(len(ordered)))
	kept := ordered[cut : len(ordered)-cut]
	mean := 0.0
	for _, value := range kept {
		mean += value / float64(len(kept))
	}
	return mean
}

// sorted returns a copy in ascending order, NaN first.
func sorted(values []float64) []float64 {
	ordered := slices.Clone(values)
	slices.Sort(ordered)
	return ordered
}

func sortedQuantile(ordered []float64, p float64) float64 {
	if len(ordered) == 0 || math.IsNaN(ordered[0]) || math.IsNaN(p) {
		return math.NaN()
	}
	at := min(max(p, 0), 1) * float64(len(ordered)-1)
	below := int(at)
	if below == len(ordered)-1 || ordered[below] == ordered[below+1] {
		return ordered[below]
	}
	part := at - float64(below)
	return ordered[below]*(1-part) + ordered[below+1]*part
}

// medianOf is Median for values that may be put into another order: it sorts
// them in place.
func medianOf(values []float64) float64 {
	slices.Sort(values)
	return sortedQuantile(values, 0.5)
}
