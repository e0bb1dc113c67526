package assess_test

import (
	"encoding/json"
	"testing"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
)

// FuzzJudge judges whatever decodes as evidence: it never panics, stays within
// the closed set, and calls nothing a success in which no round shows anything
// healthy.
func FuzzJudge(f *testing.F) {
	for _, w := range []world{
		{text: undo, before: one(down), rounds: times(3, up)},
		{text: restart, before: one(sees(health(healthy, ""), restarts("a", 0, began))), rounds: times(3, sees(health(healthy, ""), restarts("b", 0, ended)))},
		{text: "decommission api", before: one(sees(alert(unhealthy, "Firing"))), rounds: times(3, sees(gone(), alert(healthy, "")))},
		{text: restart, before: one(sees(compared(100, "lower"))), rounds: times(2, sees(compared(0, "lower")))},
	} {
		seed, err := json.Marshal(w.build())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var c assess.Case
		if json.Unmarshal(data, &c) != nil {
			return
		}
		got := assess.Judge(c, c.DeadlineAt)
		assess.Explain(c)
		if got.Score != nil && !(*got.Score >= 0 && *got.Score <= 1) {
			t.Fatalf("score %v", *got.Score)
		}
		if got.Verdict == aftercheck.Success && !showsHealth(c.Evidence.Rounds) {
			t.Fatalf("success/%s on rounds that show nothing healthy and no number", got.Reason)
		}
	})
}

func showsHealth(rounds []aftercheck.Round) bool {
	for _, round := range rounds {
		for _, r := range round.Readings {
			for _, f := range r.Findings {
				if f.State == healthy || f.State == "" && f.Check == aftercheck.CheckMetric && f.Value != nil {
					return true
				}
			}
		}
	}
	return false
}
