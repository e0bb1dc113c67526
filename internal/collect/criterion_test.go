package collect_test

import (
	"math"
	"testing"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

func TestCriterionJudges(t *testing.T) {
	const healthy, unhealthy, compared = aftercheck.StateHealthy, aftercheck.StateUnhealthy, aftercheck.State("")
	for _, c := range []struct {
		better, healthy string
		number          float64
		want            aftercheck.State
		wanted          string
		direction       collect.Better
	}{
		{"lower", "< 0.05", 0.049, healthy, "< 0.05", collect.BetterLower},
		{"", "<0.05", 0.05, unhealthy, "< 0.05", collect.BetterLower},
		{"", " <=  0.05 ", 0.05, healthy, "<= 0.05", collect.BetterLower},
		{"higher", ">= 1", 1, healthy, ">= 1", collect.BetterHigher},
		{"", ">= 1", 0.9, unhealthy, ">= 1", collect.BetterHigher},
		{"", "> 1", 1, unhealthy, "> 1", collect.BetterHigher},
		{"", "== 0", 0, healthy, "== 0", collect.BetterNone},
		{"lower", "== 0", 1, unhealthy, "== 0", collect.BetterLower},
		{"", "!= 2", 2, unhealthy, "!= 2", collect.BetterNone},
		{"", "0..0.5", 0.5, healthy, "0..0.5", collect.BetterNone},
		{"", "-1 .. 1", -1, healthy, "-1..1", collect.BetterNone},
		{"lower", "0..0.5", 0.51, unhealthy, "0..0.5", collect.BetterLower},
		{"", "0..0.5", -0.01, unhealthy, "0..0.5", collect.BetterNone},
		{"lower", "", 7, compared, "lower", collect.BetterLower},
		{"higher", "", 7, compared, "higher", collect.BetterHigher},
		{"", "", 7, compared, "", collect.BetterNone},
		{"", "< 1e3", 999, healthy, "< 1000", collect.BetterLower},
	} {
		criterion, err := collect.ParseCriterion(c.better, c.healthy)
		if err != nil {
			t.Errorf("%q %q: %v", c.better, c.healthy, err)
			continue
		}
		state, wanted := criterion.Judge(c.number)
		if state != c.want || wanted != c.wanted || criterion.Better() != c.direction {
			t.Errorf("%q %q at %v: %q, wanted %q, better %q; want %q, %q, %q",
				c.better, c.healthy, c.number, state, wanted, criterion.Better(), c.want, c.wanted, c.direction)
		}
	}
}

func TestCriterionNeverPassesWhatIsNoNumber(t *testing.T) {
	for _, healthy := range []string{"", "< 1", "> 1", "!= 1", "0..1"} {
		criterion, err := collect.ParseCriterion("", healthy)
		if err != nil {
			t.Fatal(err)
		}
		for _, number := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			if state, _ := criterion.Judge(number); state != aftercheck.StateUnknown {
				t.Errorf("%q at %v: %q, want unknown", healthy, number, state)
			}
		}
	}
}

func TestCriterionRejects(t *testing.T) {
	for _, c := range []struct{ better, healthy, want string }{
		{"smaller", "", "better: want lower or higher"},
		{"lower", "> 1", "better: want higher, as healthy has >"},
		{"higher", "<= 1", "better: want lower, as healthy has <="},
		{"", "2..1", "healthy: want a range whose lower end comes first"},
	} {
		if _, err := collect.ParseCriterion(c.better, c.healthy); err == nil || err.Error() != c.want {
			t.Errorf("%q %q: %v, want %q", c.better, c.healthy, err, c.want)
		}
	}
	for _, healthy := range []string{"0.05", "< ", "< five", "< NaN", "> Inf", "= 1", "=~ 1", "..", "1..", "1..NaN", "<> 1", "< 1 2"} {
		if _, err := collect.ParseCriterion("", healthy); err == nil {
			t.Errorf("%q is taken", healthy)
		}
	}
}

func FuzzParseCriterion(f *testing.F) {
	for _, healthy := range []string{"< 0.05", ">= 1", "0..0.5", "== 0", "", "< NaN", "1e999.."} {
		f.Add("lower", healthy, 0.3)
	}
	f.Fuzz(func(t *testing.T, better, healthy string, number float64) {
		criterion, err := collect.ParseCriterion(better, healthy)
		if err != nil {
			return
		}
		again, err := collect.ParseCriterion(string(criterion.Better()), healthyOf(criterion))
		if err != nil || again != criterion {
			t.Errorf("%+v reads back as %+v, %v", criterion, again, err)
		}
		if state, _ := criterion.Judge(number); state == aftercheck.StateProgressing {
			t.Error("a number cannot be progressing")
		}
	})
}

// healthyOf is what Wanted says of the threshold, without a bare direction.
func healthyOf(c collect.Criterion) string {
	if wanted := c.Wanted(); wanted != string(c.Better()) {
		return wanted
	}
	return ""
}
