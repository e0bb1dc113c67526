package prom

import (
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
)

// repeated is a list of values, so many times.
func repeated(times int, values ...float64) []float64 {
	var out []float64
	for range times {
		out = append(out, values...)
	}
	return out
}

func TestNumbersThatDoNotSettle(t *testing.T) {
	all, half := repeated(12, 9), repeated(6, 9, 1)
	for name, c := range map[string]struct {
		before, after []float64
		state         aftercheck.State
	}{
		"comes and goes":                    {all, repeated(3, 1, 1, 1, 9, 9, 9), aftercheck.StateProgressing},
		"comes and goes, and is well now":   {all, append(repeated(2, 1, 1, 1, 9, 9, 9), repeated(8, 1)...), aftercheck.StateProgressing},
		"fell back once, and is well again": {all, append([]float64{1, 1, 1, 9, 9, 9}, repeated(18, 1)...), aftercheck.StateHealthy},
		"fell back to the end":              {all, append(repeated(9, 1), repeated(9, 9)...), aftercheck.StateProgressing},
		"took its time":                     {all, append(repeated(9, 9), repeated(9, 1)...), aftercheck.StateHealthy},
		"two relapses of ten":               {all, append(repeated(20, 1), 1, 1, 9, 1, 1, 1, 9, 1, 1, 1), aftercheck.StateProgressing},
		"one relapse of ten":                {all, append(repeated(20, 1), 1, 1, 9, 1, 1, 1, 1, 1, 1, 1), aftercheck.StateHealthy},
		"two that miss it by little of ten": {all, append(repeated(20, 1), 1, 1, 4, 1, 1, 1, 4, 1, 1, 1), aftercheck.StateHealthy},
		"clearly fewer are bad":             {all, []float64{9, 9, 1, 9, 1, 9}, aftercheck.StateProgressing},
		"as good as all are bad":            {all, []float64{9, 9, 1, 9, 9, 9}, aftercheck.StateUnhealthy},
		"came and went before, too":         {half, half, aftercheck.StateUnhealthy},
		"came and went, and comes rarely":   {half, append(repeated(14, 1), 9, 1, 1, 9, 1, 1), aftercheck.StateProgressing},
	} {
		samples := every(time.Minute, append(append([]float64{}, c.before...), c.after...)...)
		pre, post, err := Recorded(answerOf(samples[:len(c.before)], ""), answerOf(samples[len(c.before):], ""), RecordedOptions{Healthy: "< 4"})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if pre[0].State != aftercheck.StateUnhealthy || post[0].State != c.state {
			t.Errorf("%s: got %s, then %s (%s), want %s", name, pre[0].State, post[0].State, post[0].Reason, c.state)
		}
	}
}

// A number that wanders is held against all of its past, one that was steady
// against the newest of it.
func TestWorseThanEver(t *testing.T) {
	low := repeated(3, 10, 11)
	wanders := append(repeated(2, 22, 26, 30, 26, 22, 18), low...)
	steady := append(repeated(6, 10, 12, 11), low...)
	for name, c := range map[string]struct {
		before []float64
		least  int
	}{
		"wanders": {wanders, len(wanders)},
		"steady":  {steady, leastRecent},
	} {
		after := repeated(2, 20, 22, 24)
		samples := every(time.Minute, append(append([]float64{}, c.before...), after...)...)
		pre, _, err := Recorded(answerOf(samples[:len(c.before)], ""), answerOf(samples[len(c.before):], ""), RecordedOptions{Better: "lower"})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(pre[0].Samples) != c.least {
			t.Errorf("%s: held against %d samples, want %d", name, len(pre[0].Samples), c.least)
		}
	}
}
