package baseline

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// monday is midnight of a Monday.
var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// made is a history of so many days by a step, made by a function of the time
// and of noise that is standard normal.
func made(days float64, step time.Duration, seed uint64, value func(at time.Time, noise float64) float64) []Sample {
	source := rand.New(rand.NewPCG(seed, 1))
	n := int(days * float64(day) / float64(step))
	out := make([]Sample, n)
	for i := range out {
		at := monday.Add(time.Duration(i) * step)
		out[i] = Sample{At: at, Value: value(at, source.NormFloat64())}
	}
	return out
}

func hourOf(at time.Time) float64 { return at.Sub(monday).Hours() }

// daily is 100 with an amplitude of 50 over the day, and noise of 3.
func daily(at time.Time, noise float64) float64 {
	return 100 + 50*math.Sin(2*math.Pi*hourOf(at)/24) + 3*noise
}

func TestWhichMethodAHistoryCarries(t *testing.T) {
	quarter, hour := 15*time.Minute, time.Hour
	source := rand.New(rand.NewPCG(3, 3))
	for name, c := range map[string]struct {
		history []Sample
		method  Method
		reason  Reason
	}{
		"two weeks of days":   {made(14, quarter, 1, daily), MethodHoltWinters, ReasonFitted},
		"none":                {nil, MethodNone, ReasonNoHistory},
		"an hour":             {made(1.0/24, 5*time.Minute, 1, daily), MethodNone, ReasonNoHistory},
		"two days":            {made(2, quarter, 1, daily), MethodPhaseMedian, ReasonShortHistory},
		"a day and a half":    {made(1.5, quarter, 1, daily), MethodNone, ReasonShortHistory},
		"a day that climbs":   {made(1, quarter, 1, func(at time.Time, noise float64) float64 { return 5*hourOf(at) + noise }), MethodHolt, ReasonShortHistory},
		"a day of spikes":     {made(1, quarter, 1, func(_ time.Time, noise float64) float64 { return map[bool]float64{true: 90}[noise > 1.8] + 3 + noise/9 }), MethodMedian, ReasonShortHistory},
		"two days of noise":   {made(2, quarter, 1, func(_ time.Time, noise float64) float64 { return 10 + noise }), MethodMedian, ReasonShortHistory},
		"constant":            {made(14, quarter, 1, func(time.Time, float64) float64 { return 7 }), MethodMedian, ReasonConstant},
		"noise alone":         {made(14, quarter, 1, func(_ time.Time, noise float64) float64 { return 10 + noise }), MethodMedian, ReasonNotSeasonal},
		"a trend alone":       {made(14, quarter, 1, func(at time.Time, noise float64) float64 { return hourOf(at) + noise }), MethodHolt, ReasonNotSeasonal},
		"mostly zero":         {made(14, quarter, 1, func(_ time.Time, noise float64) float64 { return max(noise-0.8, 0) }), MethodMedian, ReasonZeroInflated},
		"zero but at night":   {made(14, quarter, 1, func(at time.Time, noise float64) float64 { return map[bool]float64{true: 5 + noise/9}[at.Hour() == 3] }), MethodPhaseMedian, ReasonZeroInflated},
		"a trend and days":    {made(21, hour, 1, func(at time.Time, noise float64) float64 { return hourOf(at) + daily(at, noise) }), MethodHoltWinters, ReasonFitted},
		"with many gaps":      {slices.DeleteFunc(made(14, quarter, 1, daily), func(Sample) bool { return source.Float64() < 0.4 }), MethodPhaseMedian, ReasonGappy},
		"with a hole":         {slices.DeleteFunc(made(14, quarter, 1, daily), func(s Sample) bool { return s.At.Day() == 9 }), MethodHoltWinters, ReasonFitted},
		"with incidents":      {made(14, quarter, 1, poisoned), MethodHoltWinters, ReasonFitted},
		"nothing but NaN":     {made(14, quarter, 1, func(time.Time, float64) float64 { return math.NaN() }), MethodNone, ReasonNoHistory},
		"NaN in between":      {made(14, quarter, 1, func(at time.Time, noise float64) float64 { return nanIf(noise > 1.5, daily(at, noise)) }), MethodHoltWinters, ReasonFitted},
		"a strange year":      {append(made(14, quarter, 1, daily), Sample{At: time.Unix(1<<50, 0), Value: 1}), MethodHoltWinters, ReasonFitted},
		"infinity in between": {append(made(14, quarter, 1, daily), Sample{At: monday, Value: math.Inf(1)}), MethodHoltWinters, ReasonFitted},
	} {
		if m := Fit(c.history, Options{}); m.Method != c.method || m.Reason != c.reason {
			t.Errorf("%s: got %s with %s, want %s with %s", name, m.Method, m.Reason, c.method, c.reason)
		}
	}
}

func nanIf(missing bool, value float64) float64 {
	if missing {
		return math.NaN()
	}
	return value
}

// poisoned is daily with an incident of five hours in each week.
func poisoned(at time.Time, noise float64) float64 {
	if at.Weekday() == time.Thursday && at.Hour() >= 10 && at.Hour() < 15 {
		return 1000
	}
	return daily(at, noise)
}

// The band of a day after the history: what is normal at each hour is inside,
// and what is normal at noon is not at midnight.
func TestNormalMeansNormalForThisHour(t *testing.T) {
	for name, shape := range map[string]func(time.Time, float64) float64{"clean": daily, "with incidents": poisoned} {
		for _, step := range []time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour} {
			m := Fit(made(14, step, 5, shape), Options{})
			inside, widest := 0, 0.0
			next := made(15, step, 6, daily)[int(14*day/step):]
			for _, s := range next {
				band, _, ok := m.Band(s.At)
				if !ok {
					t.Fatalf("%s by %s tells nothing at %s", name, step, s.At)
				}
				if band.Judge(s.Value, DirectionNone) == OutcomeBetter {
					inside++
				}
				widest = max(widest, band.High-band.Low)
			}
			if share := float64(inside) / float64(len(next)); share < 0.97 || widest > 45 {
				t.Errorf("%s by %s: %.3f of a clean day is inside of bands of up to %.1f; %s", name, step, share, widest, m)
			}
			six, eighteen := m.Ends.Add(6*time.Hour), m.Ends.Add(18*time.Hour)
			high, _, _ := m.Band(six)
			low, _, _ := m.Band(eighteen)
			if high.Judge(50, DirectionNone) != OutcomeWorse || low.Judge(150, DirectionNone) != OutcomeWorse {
				t.Errorf("%s by %s: one hour's band holds the other's: %+v and %+v", name, step, high, low)
			}
		}
	}
}

func TestAWeekIsSeenInFourOfThem(t *testing.T) {
	working := func(at time.Time, noise float64) float64 {
		if weekday := at.Weekday(); weekday == time.Saturday || weekday == time.Sunday {
			return 20 + noise
		}
		return daily(at, noise)
	}
	m := Fit(made(35, time.Hour, 1, working), Options{})
	if m.Season != week || m.Method != MethodHoltWinters {
		t.Fatalf("the season is %s; %s", m.Season, m)
	}
	band, _, _ := m.Band(monday.Add(35*day + 6*time.Hour))
	if band.Judge(150, DirectionNone) != OutcomeBetter || band.Judge(20, DirectionNone) != OutcomeWorse {
		t.Errorf("Monday's band is %+v", band)
	}
	if m = Fit(made(35, time.Hour, 1, daily), Options{}); m.Season != day {
		t.Errorf("the season of days is %s", m.Season)
	}
}

// Two days, the second of which lacks its last hours, are alike: the band is of
// the hour, and knows that two days are few.
func TestTwoDaysTellTheHour(t *testing.T) {
	m := Fit(made(1.95, 5*time.Minute, 1, daily), Options{})
	for hour, usual := range map[int]float64{6: 150, 18: 50} {
		band, _, ok := m.Band(monday.Add(48*time.Hour + time.Duration(hour)*time.Hour))
		if !ok || band.Judge(usual, DirectionNone) != OutcomeBetter || band.Judge(100, DirectionNone) != OutcomeWorse {
			t.Errorf("at %d it is %+v; %s", hour, band, m)
		}
	}
}

func TestTheBandFollowsATrend(t *testing.T) {
	m := Fit(made(14, 15*time.Minute, 1, func(at time.Time, noise float64) float64 { return 100 + hourOf(at) + noise }), Options{})
	band, _, _ := m.Band(m.Ends.Add(time.Hour))
	if want := 100 + 14*24.0 + 1; math.Abs(band.Expected-want) > 8 || band.Judge(300, DirectionNone) != OutcomeWorse || band.Judge(want, DirectionNone) != OutcomeBetter {
		t.Errorf("expected %g, got %+v; %s", want, band, m)
	}
}

func TestTheBandOfWhatIsMostlyZero(t *testing.T) {
	often := Fit(made(14, 15*time.Minute, 1, func(_ time.Time, noise float64) float64 { return max(noise-0.8, 0) }), Options{})
	seldom := Fit(made(14, 15*time.Minute, 1, func(_ time.Time, noise float64) float64 { return max(noise-2.5, 0) }), Options{})
	for _, c := range []struct {
		m     Model
		value float64
		want  Outcome
	}{
		{often, 0, OutcomeBetter}, {often, 1, OutcomeBetter}, {often, 10, OutcomeWorse},
		{seldom, 0, OutcomeBetter}, {seldom, 1, OutcomeWorse},
	} {
		band, _, ok := c.m.Band(c.m.Ends)
		if got := band.Judge(c.value, DirectionLower); !ok || got != c.want || band.Low != 0 {
			t.Errorf("%v is %s in %+v; %s", c.value, got, band, c.m)
		}
	}
}

func TestWhatTheModelDoesNotTell(t *testing.T) {
	m := Fit(made(14, time.Hour, 1, daily), Options{})
	if _, reason, ok := m.Band(m.Ends.Add(25 * time.Hour)); ok || reason != ReasonBeyondHorizon {
		t.Errorf("a day later it says %s", reason)
	}
	if _, _, ok := m.Band(m.Ends.Add(-time.Hour)); !ok {
		t.Error("it says nothing of its own last day")
	}
	if _, reason, ok := (Model{}).Band(monday); ok || reason != "" {
		t.Errorf("the zero model says %s", reason)
	}
	nights := slices.DeleteFunc(made(14, time.Hour, 1, daily), func(s Sample) bool { return s.At.Hour() > 11 })
	if _, reason, ok := Fit(nights, Options{}).Band(monday.Add(14*day + 11*time.Hour + 15*time.Hour)); ok || reason == ReasonFitted {
		t.Errorf("of an afternoon that it never saw it says %s", reason)
	}
	band, _, _ := m.Band(m.Ends)
	if band.Judge(math.NaN(), DirectionLower) != OutcomeUnknown || band.Judge(math.Inf(-1), DirectionLower) != OutcomeUnknown {
		t.Error("what is no number is judged")
	}
	if band.Judge(-1e9, DirectionLower) != OutcomeBetter || band.Judge(1e9, DirectionLower) != OutcomeWorse || band.Judge(1e9, DirectionHigher) != OutcomeBetter {
		t.Error("the direction does not tell")
	}
}

func TestTheFloorsHold(t *testing.T) {
	constant := made(14, time.Hour, 1, func(time.Time, float64) float64 { return 0.99 })
	for _, c := range []struct {
		o         Options
		low, high float64
	}{
		{Options{}, 0.9405, 1.0395},
		{Options{Ratio: true}, 0.9895, 0.9905},
		{Options{RelativeFloor: -1}, 0.99, 0.99},
		{Options{AbsoluteFloor: 0.5}, 0.49, 1.49},
		{Options{AbsoluteFloor: 0.5, Ratio: true}, 0.49, 1},
	} {
		m := Fit(constant, c.o)
		if band, _, _ := m.Band(m.Ends); !near(band.Low, c.low, 1e-9) || !near(band.High, c.high, 1e-9) {
			t.Errorf("%+v: got %+v", c.o, band)
		}
	}
}

func TestTheModelInWords(t *testing.T) {
	if got := Fit(made(14, time.Hour, 1, daily), Options{}).String(); !strings.HasPrefix(got, "Holt-Winters over 13.96d by 1h; ") || !strings.HasSuffix(got, " % of the history is outside") {
		t.Errorf("got %s", got)
	}
	if got := Fit(nil, Options{}).String(); got != "no baseline (no_history: 0 samples)" {
		t.Errorf("got %s", got)
	}
}

// shapes are histories of every kind, drawn.
func shapes(t *rapid.T) []Sample {
	trend, amplitude := rapid.Float64Range(-2, 2).Draw(t, "trend"), rapid.Float64Range(0, 50).Draw(t, "amplitude")
	zeros := rapid.Float64Range(-3, 2).Draw(t, "zeros")
	history := made(rapid.Float64Range(0.1, 10).Draw(t, "days"), time.Hour, rapid.Uint64().Draw(t, "seed"), func(at time.Time, noise float64) float64 {
		if noise < zeros {
			return 0
		}
		return 100 + trend*hourOf(at) + amplitude*math.Sin(2*math.Pi*hourOf(at)/24) + noise
	})
	return history
}

func answer(m Model) []any {
	out := []any{m.Method, m.Reason, m.Outside, m.Samples}
	for h := range 24 {
		band, reason, ok := m.Band(m.Ends.Add(time.Duration(h) * time.Hour))
		out = append(out, band, reason, ok)
	}
	return out
}

func TestTheOrderOfTheHistorySaysNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		history := shapes(t)
		want := answer(Fit(history, Options{}))
		shuffled := rapid.Permutation(history).Draw(t, "order")
		if got := answer(Fit(shuffled, Options{})); !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// Without floors, a metric in another unit, or moved, has the same band in that
// unit.
func TestShiftAndScaleMoveTheBand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Options{RelativeFloor: -1, MostZeros: 2}
		history := shapes(t)
		scale, shift := math.Pow(2, float64(rapid.IntRange(-8, 8).Draw(t, "scale"))), float64(rapid.IntRange(0, 1000).Draw(t, "shift"))
		moved := slices.Clone(history)
		for i, s := range history {
			history[i].Value += 1e4 // so that no band is cut off at zero
			moved[i].Value = (s.Value + 1e4 + shift) * scale
		}
		was, is := Fit(history, o), Fit(moved, o)
		if was.Method != is.Method {
			t.Fatalf("%s became %s", was, is)
		}
		for h := range 24 {
			at := was.Ends.Add(time.Duration(h) * time.Hour)
			a, _, okA := was.Band(at)
			b, _, okB := is.Band(at)
			if okA != okB || okA && (math.Abs((a.Expected+shift)*scale-b.Expected) > 1e-3*scale || math.Abs((a.High-a.Low)*scale-(b.High-b.Low)) > 1e-3*scale*max(1, a.High-a.Low)) {
				t.Fatalf("%+v became %+v by %v and %v", a, b, scale, shift)
			}
		}
	})
}

// checkModel finds what no model may do.
func checkModel(t interface{ Fatalf(string, ...any) }, m Model, at time.Time) {
	band, reason, ok := m.Band(at)
	switch {
	case m.Reason == "" || ok && reason != m.Reason:
		t.Fatalf("no reason: %+v", m)
	case !ok && band != Band{}:
		t.Fatalf("a band that is none: %+v", band)
	case ok && !(usable(band.Low) && usable(band.High) && band.Low <= band.Expected && band.Expected <= band.High):
		t.Fatalf("the band is %+v of %s", band, m)
	case !(m.Outside >= 0 && m.Outside <= 1):
		t.Fatalf("%v of the history is outside", m.Outside)
	}
}

func FuzzFit(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9}, int64(3600_000), int64(0), 3.0)
	f.Add(slices.Repeat([]byte{0, 255, 0, 7, 9, 200}, 60), int64(60_000), int64(-1<<40), -1.0)
	f.Add(slices.Repeat([]byte{3, 1}, 200), int64(1), int64(1<<60), 1e300)
	f.Fuzz(func(t *testing.T, data []byte, step, from int64, scale float64) {
		if len(data) > 2000 {
			data = data[:2000]
		}
		special := []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64}
		history := make([]Sample, len(data))
		for i, b := range data {
			value := float64(b) * scale
			if b >= 250 {
				value = special[b-250]
			}
			history[i] = Sample{At: time.UnixMilli(from + int64(i)*step), Value: value}
		}
		for _, o := range []Options{{}, {Ratio: true, Season: time.Hour}, {Step: 1, Season: 1}, {Horizon: 1 << 62, Width: -1}} {
			m := Fit(history, o)
			checkModel(t, m, m.Ends)
			checkModel(t, m, m.Ends.Add(time.Hour))
			checkModel(t, m, time.UnixMilli(from))
			_ = m.String()
		}
	})
}

func BenchmarkFitAYearOfHours(b *testing.B) {
	history := made(365, time.Hour, 1, func(at time.Time, noise float64) float64 {
		return daily(at, noise) + 10*math.Sin(2*math.Pi*hourOf(at)/168) + hourOf(at)/100
	})
	if len(history) != 8760 {
		b.Fatal(len(history))
	}
	for b.Loop() {
		if m := Fit(history, Options{}); m.Method != MethodHoltWinters {
			b.Fatal(m)
		}
	}
}

func BenchmarkFitTwoWeeksOfQuarters(b *testing.B) {
	history := made(14, 15*time.Minute, 1, daily)
	for b.Loop() {
		Fit(history, Options{})
	}
}

// Whatever the level, the rhythm and the noise: most of a clean day is inside of
// the band, and what is far off at its hour is outside.
func TestTheBandTellsNormalFromNot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		noise := rapid.Float64Range(0.1, 10).Draw(t, "noise")
		amplitude := rapid.Float64Range(5, 100).Draw(t, "amplitude in deviations") * noise
		level := rapid.Float64Range(2*amplitude, 20*amplitude).Draw(t, "level")
		seed := rapid.Uint64().Draw(t, "seed")
		shape := func(at time.Time, deviation float64) float64 {
			return level + amplitude*math.Sin(2*math.Pi*hourOf(at)/24) + noise*deviation
		}
		o := Options{RelativeFloor: -1}
		m := Fit(made(14, 30*time.Minute, seed, shape), o)
		if m.Method != MethodHoltWinters {
			t.Fatalf("got %s", m)
		}
		inside, next := 0, made(15, 30*time.Minute, seed+1, shape)[14*48:]
		for _, s := range next {
			band, _, ok := m.Band(s.At)
			if !ok {
				t.Fatalf("nothing is told of %s", s.At)
			}
			if band.Judge(s.Value, DirectionNone) == OutcomeBetter {
				inside++
			}
			for _, far := range []float64{-15 * noise, 15 * noise} {
				if band.Judge(shape(s.At, 0)+far, DirectionNone) != OutcomeWorse {
					t.Fatalf("%v off is usual in %+v", far, band)
				}
			}
		}
		if inside < 43 { // of 48
			t.Fatalf("%d of 48 are inside; %s", inside, m)
		}
	})
}
