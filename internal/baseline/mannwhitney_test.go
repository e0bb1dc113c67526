package baseline

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The permeability of the human placenta of Hollander and Wolfe (1973, 69f), as
// the example of R's wilcox.test has it.
var (
	atTerm  = []float64{0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46}
	earlier = []float64{1.15, 0.88, 0.90, 0.74, 1.21}
)

// The wanted values were computed by R 4.2.2: wilcox.test(x, y), its W being U
// of the first sample, and its estimate with conf.int = TRUE, which is the shift
// from y to x.
func TestMannWhitneyAsR(t *testing.T) {
	for name, c := range map[string]struct {
		x, y                        []float64
		u, two, less, greater       float64
		exact                       bool
		estimate, estimateTolerance float64
	}{
		"placenta":         {atTerm, earlier, 35, 0.254412254412, 0.89676989677, 0.127206127206, true, 0.305, 1e-9},
		"ozone, with ties": {ozone5, ozone8, 127.5, 0.000120807830769, 6.04039153844e-05, 0.999943949875, false, -31.9999587219, 1e-4},
	} {
		got := MannWhitney(c.x, c.y)
		for what, pair := range map[string][2]float64{
			"U": {got.U, c.u}, "two-sided": {got.TwoSided, c.two}, "less": {got.Less, c.less}, "greater": {got.Greater, c.greater},
		} {
			if math.Abs(pair[0]-pair[1]) > 1e-9*math.Abs(pair[1]) {
				t.Errorf("%s: %s is %.12g, want %.12g", name, what, pair[0], pair[1])
			}
		}
		if got.Exact != c.exact {
			t.Errorf("%s: exact is %t", name, got.Exact)
		}
		if shift := Shift(c.y, c.x); !near(shift, c.estimate, c.estimateTolerance) {
			t.Errorf("%s: the shift is %.12g, want %.12g", name, shift, c.estimate)
		}
	}
}

// The wanted values were computed by R 4.2.2: pwilcox(q, m, n).
func TestExactDistributionAsR(t *testing.T) {
	for _, c := range []struct {
		u    float64
		n, m int
		want float64
	}{{100, 20, 15, 0.0496885598207}, {50, 25, 25, 9.74428518865e-09}} {
		if got := exactTest(c.u, c.n, c.m).Less; math.Abs(got-c.want) > 1e-9*c.want {
			t.Errorf("P(U ≤ %g) of %d and %d is %.12g, want %.12g", c.u, c.n, c.m, got, c.want)
		}
	}
}

// U and the effect are what counting all pairs gives.
func TestMannWhitneyCountsPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sample := rapid.SliceOfN(rapid.Map(rapid.IntRange(-5, 5), func(i int) float64 { return float64(i) }), 1, 40)
		x, y := sample.Draw(t, "x"), sample.Draw(t, "y")
		u := 0.0
		for _, a := range x {
			for _, b := range y {
				switch {
				case a > b:
					u++
				case a == b:
					u += 0.5
				}
			}
		}
		got, other := MannWhitney(x, y), MannWhitney(y, x)
		if got.U != u || got.U+other.U != float64(len(x)*len(y)) {
			t.Fatalf("U is %v and %v, counted %v", got.U, other.U, u)
		}
		if math.Abs(got.TwoSided-other.TwoSided) > 1e-12 || math.Abs(got.Less-other.Greater) > 1e-12 {
			t.Fatalf("the samples' order matters: %+v and %+v", got, other)
		}
		for _, p := range []float64{got.TwoSided, got.Less, got.Greater} {
			if !(p >= 0 && p <= 1) {
				t.Fatalf("a probability is %v", p)
			}
		}
		if delta := CliffsDelta(x, y); math.Abs(delta-(1-2*u/float64(len(x)*len(y)))) > 1e-12 {
			t.Fatalf("delta is %v", delta)
		}
	})
}
