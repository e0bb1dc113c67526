package assess_test

import (
	"strings"
	"testing"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
)

// sampled is a number with its samples, of which it is the last.
func sampled(f aftercheck.Finding, samples ...float64) aftercheck.Finding {
	f.Samples = samples
	f.Value = &aftercheck.Value{Number: samples[len(samples)-1], Unit: f.Value.Unit}
	return f
}

// of is a number without a criterion, in a unit.
func of(unit string, value float64, better string) aftercheck.Finding {
	f := compared(value, better)
	f.Value.Unit = unit
	return f
}

// errorCount is another number without a criterion.
func errorCount(value float64) aftercheck.Finding {
	f := compared(value, "lower")
	f.Subject.Name, f.Query = "errors", "errors"
	return f
}

// against is a number with a criterion that it misses or meets.
func against(wanted string, state aftercheck.State, value float64) aftercheck.Finding {
	f := metric("error_ratio", state)
	f.Wanted, f.Value = wanted, &aftercheck.Value{Number: value, Unit: "ratio"}
	return f
}

func TestNumbersAlone(t *testing.T) {
	high := []float64{50, 51, 52, 49, 50, 48, 53, 50}
	higher := []float64{90, 95, 91, 99, 90, 92, 94, 90}
	half := []float64{25, 26, 27, 24, 25, 26, 25, 27}
	wobble := []float64{51, 50, 53, 49, 52, 48, 50, 60}
	zero := []float64{0, 0, 0, 0, 0, 0, 0, 0}
	spike := []float64{0, 0, 40, 0, 0, 35, 0, 0}
	queue := func(samples []float64) aftercheck.Finding { return sampled(compared(0, "lower"), samples...) }
	for name, c := range map[string]struct {
		text          string
		before, after []aftercheck.Finding
		rounds        int // 0: three
		verdict       aftercheck.Verdict
		reason        aftercheck.Reason
	}{
		"samples that fell":                  {undo, list(queue(high)), list(queue(half)), 0, aftercheck.Degraded, aftercheck.ReasonPartlyRecovered},
		"samples that rose":                  {undo, list(queue(high)), list(queue(higher)), 0, aftercheck.Failed, aftercheck.ReasonWorse},
		"samples that wobble":                {undo, list(queue(high)), list(queue(wobble)), 0, aftercheck.Degraded, aftercheck.ReasonNoChange},
		"samples at zero":                    {undo, list(queue(high)), list(queue(zero)), 0, aftercheck.Success, aftercheck.ReasonRecovered},
		"at zero, for two rounds":            {undo, list(queue(high)), list(queue(zero)), 2, aftercheck.Degraded, aftercheck.ReasonStillConverging},
		"at zero but for spikes":             {undo, list(queue(high)), list(queue(spike)), 0, aftercheck.Degraded, aftercheck.ReasonPartlyRecovered},
		"at zero before, too":                {undo, list(queue(zero)), list(queue(zero)), 0, aftercheck.Degraded, aftercheck.ReasonNoChange},
		"at zero, after a look":              {"mcp:ssh_diagnose host-1", list(queue(high)), list(queue(zero)), 0, aftercheck.Degraded, aftercheck.ReasonObservedOnly},
		"at zero, at a neighbour's cost":     {undo, list(queue(high), neighbour("db", healthy)), list(queue(zero), neighbour("db", unhealthy)), 0, aftercheck.Degraded, aftercheck.ReasonRegressed},
		"from zero":                          {undo, list(queue(zero)), list(queue(high)), 0, aftercheck.Failed, aftercheck.ReasonWorse},
		"one value at zero":                  {undo, list(compared(500, "lower")), list(compared(0, "lower")), 0, aftercheck.Success, aftercheck.ReasonRecovered},
		"one value near zero":                {undo, list(compared(500, "lower")), list(compared(40, "lower")), 0, aftercheck.Degraded, aftercheck.ReasonPartlyRecovered},
		"one value, a third worse":           {undo, list(compared(100, "lower")), list(compared(133, "lower")), 0, aftercheck.Degraded, aftercheck.ReasonNoChange},
		"one value, twice as bad":            {undo, list(compared(100, "lower")), list(compared(200, "lower")), 0, aftercheck.Failed, aftercheck.ReasonWorse},
		"one value below zero, worse":        {undo, list(compared(-10, "lower")), list(compared(10, "lower")), 0, aftercheck.Failed, aftercheck.ReasonWorse},
		"a throughput that broke down":       {undo, list(compared(100, "higher")), list(compared(20, "higher")), 0, aftercheck.Failed, aftercheck.ReasonWorse},
		"a throughput cannot be at its best": {undo, list(compared(1, "higher")), list(compared(100, "higher")), 0, aftercheck.Degraded, aftercheck.ReasonPartlyRecovered},
		"a balance that broke down":          {undo, list(compared(-10, "higher")), list(compared(-30, "higher")), 0, aftercheck.Failed, aftercheck.ReasonWorse},
		"a ratio at one":                     {undo, list(of("ratio", 0.7, "higher")), list(of("ratio", 0.9995, "higher")), 0, aftercheck.Success, aftercheck.ReasonRecovered},
		"a ratio far from one":               {undo, list(of("ratio", 0.7, "higher")), list(of("ratio", 0.95, "higher")), 0, aftercheck.Degraded, aftercheck.ReasonPartlyRecovered},
		"a ratio that was nearly one":        {undo, list(of("ratio", 0.985, "higher")), list(of("ratio", 0.9999, "higher")), 0, aftercheck.Degraded, aftercheck.ReasonNoChange},
		"one better and one worse":           {undo, list(compared(100, "lower"), errorCount(5)), list(compared(10, "lower"), errorCount(9)), 0, aftercheck.Degraded, aftercheck.ReasonNoChange},

		"nearer to the criterion":       {undo, list(against("< 0.05", unhealthy, 0.9)), list(against("< 0.05", unhealthy, 0.3)), 0, aftercheck.Degraded, aftercheck.ReasonPartlyRecovered},
		"as far from the criterion":     {undo, list(against("< 0.05", unhealthy, 0.9)), list(against("< 0.05", unhealthy, 0.8)), 0, aftercheck.Failed, aftercheck.ReasonStillBroken},
		"farther from the criterion":    {undo, list(against("< 0.05", unhealthy, 0.3)), list(against("< 0.05", unhealthy, 0.9)), 0, aftercheck.Failed, aftercheck.ReasonWorse},
		"nearer to a range":             {undo, list(against("0.4..0.6", unhealthy, 0.1)), list(against("0.4..0.6", unhealthy, 0.35)), 0, aftercheck.Degraded, aftercheck.ReasonPartlyRecovered},
		"nearer from the other side":    {undo, list(against("0.4..0.6", unhealthy, 0.1)), list(against("0.4..0.6", unhealthy, 0.65)), 0, aftercheck.Degraded, aftercheck.ReasonPartlyRecovered},
		"farther below":                 {undo, list(against(">= 0.99", unhealthy, 0.9)), list(against(">= 0.99", unhealthy, 0.5)), 0, aftercheck.Failed, aftercheck.ReasonWorse},
		"what is usual moved":           {undo, list(against("1 to 2, usual at this hour", unhealthy, 4)), list(against("5 to 6, usual at this hour", unhealthy, 8)), 0, aftercheck.Failed, aftercheck.ReasonStillBroken},
		"a busier hour has more of it":  {undo, list(against("8 to 12, usual at this hour", unhealthy, 3)), list(against("80 to 120, usual at this hour", unhealthy, 30)), 0, aftercheck.Failed, aftercheck.ReasonStillBroken},
		"nearer, in a busier hour":      {undo, list(against("8 to 12, usual at this hour", unhealthy, 24)), list(against("9 to 13, usual at this hour", unhealthy, 15)), 0, aftercheck.Degraded, aftercheck.ReasonPartlyRecovered},
		"another than the one wanted":   {undo, list(against("!= 2", unhealthy, 2)), list(against("!= 2", unhealthy, 2)), 0, aftercheck.Failed, aftercheck.ReasonStillBroken},
		"no longer as it was":           {undo, list(against("== 1", unhealthy, 0.1)), list(against("== 1", unhealthy, 0.9)), 0, aftercheck.Degraded, aftercheck.ReasonPartlyRecovered},
		"it was healthy before":         {undo, list(against("< 0.05", healthy, 0.01)), list(against("< 0.05", unhealthy, 0.9)), 0, aftercheck.Failed, aftercheck.ReasonWorse},
		"nearer, but the target is bad": {undo, list(health(unhealthy, "x"), against("< 0.05", unhealthy, 0.9)), list(health(unhealthy, "x"), against("< 0.05", unhealthy, 0.3)), 0, aftercheck.Failed, aftercheck.ReasonStillBroken},
		"nearer by samples": {undo, list(sampled(against("< 0.05", unhealthy, 0), 0.9, 0.8, 0.9, 0.85, 0.9, 0.8, 0.95, 0.9)),
			list(sampled(against("< 0.05", unhealthy, 0), 0.4, 0.5, 0.4, 0.45, 0.4, 0.45, 0.4, 0.88)), 0, aftercheck.Degraded, aftercheck.ReasonPartlyRecovered},
	} {
		rounds := c.rounds
		if rounds == 0 {
			rounds = 3
		}
		w := world{text: c.text, before: one(sees(c.before...)), rounds: times(rounds, sees(c.after...))}.build()
		if got := assess.Judge(w, w.DeadlineAt); got.Verdict != c.verdict || got.Reason != c.reason {
			t.Errorf("%s: got %s (%s), want %s (%s): %s", name, got.Verdict, got.Reason, c.verdict, c.reason, got.Explanation)
		}
	}
}

func list(findings ...aftercheck.Finding) []aftercheck.Finding { return findings }

// What is said of a number are the medians that were compared.
func TestANumberIsSaidByWhatWasCompared(t *testing.T) {
	w := world{text: undo,
		before: one(sees(sampled(compared(0, "lower"), 9, 9, 9, 9, 1))),
		rounds: times(3, sees(sampled(compared(0, "lower"), 4, 4, 4, 4, 90))),
	}.build()
	got := assess.Judge(w, w.DeadlineAt)
	if !strings.Contains(got.Explanation, "from 9 to 4 jobs (lower is better)") {
		t.Errorf("got %s (%s): %s", got.Verdict, got.Reason, got.Explanation)
	}
}
