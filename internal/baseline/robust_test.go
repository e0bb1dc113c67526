package baseline

import (
	"math"
	"testing"
)

// ozone5 and ozone8 are the mean ozone of the days of May and August 1973 in
// New York, without the missing ones: R's data set airquality (datasets 4.2.2).
var (
	ozone5 = []float64{41, 36, 12, 18, 28, 23, 19, 8, 7, 16, 11, 14, 18, 14, 34, 6, 30, 11, 1, 11, 4, 32, 23, 45, 115, 37}
	ozone8 = []float64{39, 9, 16, 78, 35, 66, 122, 89, 110, 44, 28, 65, 22, 59, 23, 31, 44, 21, 9, 45, 168, 73, 76, 118, 84, 85}
)

// The wanted values were computed by R 4.2.2: mad(x), mean(x, trim =), and
// quantile(x, p, type = 7).
func TestRobustStatisticsAsR(t *testing.T) {
	nottem := numbers(t, "nottem.txt")
	nine := []float64{9, 1, 8, 2, 7, 3, 6, 4, 5}
	for name, c := range map[string]struct{ got, want float64 }{
		"mad(1:9)":                    {MAD(nine), 2.9652},
		"mad of ozone":                {MAD(ozone5), 14.826},
		"mad of nottem":               {MAD(nottem), 10.30407},
		"median of 1:9":               {Median(nine), 5},
		"mean of ozone, trimmed":      {TrimmedMean(ozone5, 0.1), 20.4090909091},
		"mean of four, trimmed":       {TrimmedMean([]float64{1, 2, 3, 100}, 0.25), 2.5},
		"trimmed by a half":           {TrimmedMean([]float64{1, 2, 3, 100}, 0.5), 2.5},
		"not trimmed":                 {TrimmedMean([]float64{1, 2, 3, 100}, 0), 26.5},
		"quantile 0 of nottem":        {Quantile(nottem, 0), 31.3},
		"quantile 0.01 of nottem":     {Quantile(nottem, 0.01), 35.078},
		"quantile 0.25 of nottem":     {Quantile(nottem, 0.25), 41.55},
		"quantile 0.9 of nottem":      {Quantile(nottem, 0.9), 60.51},
		"quantile 0.975 of nottem":    {Quantile(nottem, 0.975), 64.005},
		"quantile 1 of nottem":        {Quantile(nottem, 1), 66.5},
		"quantile 0.1 of 1:4":         {Quantile([]float64{4, 3, 2, 1}, 0.1), 1.3},
		"quantile 0.99 of 1:4":        {Quantile([]float64{4, 3, 2, 1}, 0.99), 3.97},
		"quantile under 0 of 1:4":     {Quantile([]float64{4, 3, 2, 1}, -1), 1},
		"quantile over 1 of one":      {Quantile([]float64{4}, 2), 4},
		"mad of what is mostly equal": {MAD([]float64{1, 1, 1, 9}), 0},
	} {
		if !near(c.got, c.want, 1e-9) {
			t.Errorf("%s: got %.12g, want %.12g", name, c.got, c.want)
		}
	}
}

func TestNothingAndNotANumberGiveNotANumber(t *testing.T) {
	for _, values := range [][]float64{nil, {}, {math.NaN()}, {1, math.NaN(), 2}} {
		for name, got := range map[string]float64{
			"median": Median(values), "mad": MAD(values), "quantile": Quantile(values, 0.9), "mean": TrimmedMean(values, 0.1),
			"delta": CliffsDelta(values, []float64{1}), "shift": Shift([]float64{1}, values), "in MADs": DifferenceInMADs(values, []float64{1, 2}),
			"u": MannWhitney(values, []float64{1}).U, "p": MannWhitney([]float64{1}, values).TwoSided,
		} {
			if !math.IsNaN(got) {
				t.Errorf("%s of %v is %v, want NaN", name, values, got)
			}
		}
	}
	if got := Quantile([]float64{1, 2}, math.NaN()); !math.IsNaN(got) {
		t.Errorf("a quantile of NaN is %v", got)
	}
}

func near(got, want, tolerance float64) bool {
	return got == want || math.Abs(got-want) <= tolerance*max(1, math.Abs(want))
}
