package baseline

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func repeated(value float64, n int) []float64 { return slices.Repeat([]float64{value}, n) }

func TestCompare(t *testing.T) {
	high := []float64{50, 51, 52, 49, 50, 48, 53, 50}
	low := []float64{5, 6, 5, 4, 5, 7, 6, 5}
	nan, inf := math.NaN(), math.Inf(1)
	for name, c := range map[string]struct {
		before, after []float64
		better        Direction
		o             Options
		outcome       Outcome
		reason        Reason
	}{
		"lower":              {high, low, DirectionLower, Options{}, OutcomeBetter, ReasonShifted},
		"higher":             {high, low, DirectionHigher, Options{}, OutcomeWorse, ReasonShifted},
		"up, lower is good":  {low, high, DirectionLower, Options{}, OutcomeWorse, ReasonShifted},
		"no direction":       {low, high, DirectionNone, Options{}, OutcomeUnknown, ReasonNoDirection},
		"the same":           {high, high, DirectionLower, Options{}, OutcomeSame, ReasonUnchanged},
		"nearly the same":    {high, append([]float64{51}, high...), DirectionLower, Options{}, OutcomeSame, ReasonByChance},
		"constant":           {repeated(3, 9), repeated(3, 6), DirectionLower, Options{}, OutcomeSame, ReasonUnchanged},
		"from one to other":  {repeated(3, 9), repeated(0, 9), DirectionLower, Options{}, OutcomeBetter, ReasonShifted},
		"few before":         {high[:5], low, DirectionLower, Options{}, OutcomeUnknown, ReasonFewSamples},
		"few after":          {high, low[:5], DirectionLower, Options{}, OutcomeUnknown, ReasonFewSamples},
		"none":               {nil, nil, DirectionLower, Options{}, OutcomeUnknown, ReasonFewSamples},
		"few are enough":     {high[:3], low[:3], DirectionLower, Options{LeastSamples: 3, Alpha: 0.2}, OutcomeBetter, ReasonShifted},
		"a missing sample":   {append([]float64{nan}, high...), low, DirectionLower, Options{}, OutcomeBetter, ReasonShifted},
		"many missing":       {[]float64{1, nan, 1, nan, 1, 1}, low, DirectionLower, Options{}, OutcomeUnknown, ReasonNotFinite},
		"an infinity":        {append([]float64{inf}, high...), low, DirectionLower, Options{}, OutcomeUnknown, ReasonNotFinite},
		"below the floor":    {[]float64{100, 100.1, 100.2, 100, 100.1, 100.2}, []float64{101, 101.1, 101.2, 101, 101.1, 101.2}, DirectionLower, Options{}, OutcomeSame, ReasonBelowFloor},
		"an absolute floor":  {high, low, DirectionLower, Options{AbsoluteFloor: 60}, OutcomeSame, ReasonBelowFloor},
		"near one, a number": {repeated(0.98, 9), repeated(0.999, 9), DirectionHigher, Options{}, OutcomeSame, ReasonBelowFloor},
		"near one, a ratio":  {repeated(0.98, 9), repeated(0.999, 9), DirectionHigher, Options{Ratio: true}, OutcomeBetter, ReasonShifted},
		"one spike":          {append([]float64{900}, low...), append([]float64{6}, low...), DirectionLower, Options{}, OutcomeSame, ReasonByChance},
	} {
		got := Compare(c.before, c.after, c.better, c.o)
		if got.Outcome != c.outcome || got.Reason != c.reason {
			t.Errorf("%s: got %+v, want %s with %s", name, got, c.outcome, c.reason)
		}
	}
	overlapping := func(shift float64) []float64 {
		out := make([]float64, 200)
		for i := range out {
			out[i] = float64(i%100) + shift
		}
		return out
	}
	if got := Compare(overlapping(0), overlapping(22), DirectionLower, Options{}); got.Reason != ReasonSmallEffect {
		t.Errorf("windows that overlap much: %+v", got)
	}
}

func TestDifferenceInMADs(t *testing.T) {
	for name, c := range map[string]struct {
		x, y []float64
		want float64
	}{
		"one deviation":   {[]float64{1, 2, 3}, []float64{1 + 1.4826, 2 + 1.4826, 3 + 1.4826}, 1},
		"none":            {[]float64{1, 2, 3}, []float64{2, 2, 2}, 0},
		"without spread":  {[]float64{1, 1, 1}, []float64{2, 2, 2}, farthest},
		"down":            {[]float64{2, 2, 2}, []float64{1, 1, 1}, -farthest},
		"of single ones":  {[]float64{2}, []float64{1}, -farthest},
		"one side spread": {[]float64{1, 2, 3}, []float64{7, 7, 7}, 5 / (1.4826 * math.Sqrt(0.5))},
	} {
		if got := DifferenceInMADs(c.x, c.y); !near(got, c.want, 1e-9) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// More samples than are compared pair by pair stand for themselves by quantiles.
func TestShiftOfManySamples(t *testing.T) {
	x, y := make([]float64, 3000), make([]float64, 2000)
	for i := range x {
		x[i] = float64(i) / 3000
	}
	for i := range y {
		y[i] = float64(i)/2000 + 5
	}
	if got := Shift(x, y); math.Abs(got-5) > 1e-3 {
		t.Errorf("got %v", got)
	}
}

func windows(t *rapid.T) (before, after []float64) {
	number := rapid.Map(rapid.IntRange(-1000, 1000), func(i int) float64 { return float64(i) / 8 })
	return rapid.SliceOfN(number, 0, 40).Draw(t, "before"), rapid.SliceOfN(number, 0, 40).Draw(t, "after")
}

func TestCompareProperties(t *testing.T) {
	opposite := map[Outcome]Outcome{OutcomeBetter: OutcomeWorse, OutcomeWorse: OutcomeBetter, OutcomeSame: OutcomeSame, OutcomeUnknown: OutcomeUnknown}
	rapid.Check(t, func(t *rapid.T) {
		before, after := windows(t)
		got := Compare(before, after, DirectionLower, Options{})
		shuffled := Compare(rapid.Permutation(before).Draw(t, "b"), rapid.Permutation(after).Draw(t, "a"), DirectionLower, Options{})
		if shuffled != got {
			t.Fatalf("the order matters: %+v and %+v", got, shuffled)
		}
		if other := Compare(before, after, DirectionHigher, Options{}); other.Outcome != opposite[got.Outcome] {
			t.Fatalf("the other direction gives %s and %s", got.Outcome, other.Outcome)
		}
		scaled := Compare(times(before, 4), times(after, 4), DirectionLower, Options{})
		if scaled.Outcome != got.Outcome || scaled.P != got.P || scaled.Shift != 4*got.Shift {
			t.Fatalf("the unit matters: %+v and %+v", got, scaled)
		}
		finite(t, got)
	})
}

func times(values []float64, factor float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = v * factor
	}
	return out
}

func finite(t interface{ Fatalf(string, ...any) }, c Comparison) {
	for _, v := range []float64{c.Before, c.After, c.Shift, c.InMADs, c.Delta, c.P, c.Floor} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Fatalf("not finite: %+v", c)
		}
	}
	if c.Outcome == "" || c.Reason == "" {
		t.Fatalf("says nothing: %+v", c)
	}
}

func FuzzCompare(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7}, []byte{250, 251, 252, 253, 254, 255}, 1.0)
	f.Add(slices.Repeat([]byte{9}, 30), slices.Repeat([]byte{8, 7}, 40), 1e150)
	f.Fuzz(func(t *testing.T, before, after []byte, scale float64) {
		special := []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64}
		read := func(data []byte) []float64 {
			out := make([]float64, min(len(data), 300))
			for i := range out {
				if out[i] = float64(data[i]) * scale; data[i] >= 250 {
					out[i] = special[data[i]-250]
				}
			}
			return out
		}
		for _, o := range []Options{{}, {Ratio: true, LeastSamples: 1, Alpha: 1, LeastDelta: -1, RelativeFloor: -1}} {
			finite(t, Compare(read(before), read(after), DirectionLower, o))
		}
	})
}
