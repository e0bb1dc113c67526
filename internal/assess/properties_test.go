package assess_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
)

// anyFinding draws a finding that a sensor could bring, or noise.
func anyFinding(t *rapid.T, label string) aftercheck.Finding {
	state := rapid.SampledFrom([]aftercheck.State{healthy, unhealthy, progressing, unknown, ""}).Draw(t, label+" state")
	uid := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, label+" uid")
	f := rapid.SampledFrom([]aftercheck.Finding{
		health(state, "x"), pod(uid, state, "x"), alert(state, "Firing"), metric("m"+uid, state),
		neighbour("n"+uid, state), replicas(3), generation(2), restarts(uid, 1, ended),
	}).Draw(t, label)
	return f
}

func anyReading(t *rapid.T, label string) aftercheck.Reading {
	if rapid.IntRange(0, 9).Draw(t, label+" silent") == 0 {
		return silent("kubernetes")
	}
	var findings []aftercheck.Finding
	for range rapid.IntRange(0, 5).Draw(t, label+" findings") {
		findings = append(findings, anyFinding(t, label))
	}
	return sees(findings...)
}

func anyWorld(t *rapid.T) world {
	w := world{
		text: rapid.SampledFrom([]string{undo, restart, setImage, "", "mcp:ssh_diagnose h", "decommission x"}).Draw(t, "text"),
		held: rapid.Bool().Draw(t, "held"),
	}
	if rapid.Bool().Draw(t, "captured") {
		w.before = one(anyReading(t, "before"))
	}
	for range rapid.IntRange(0, 5).Draw(t, "rounds") {
		w.rounds = append(w.rounds, one(anyReading(t, "round")))
	}
	return w
}

func TestScoreIsARatioAndCapped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyWorld(t).build()
		got := assess.Judge(c, c.DeadlineAt)
		if !slices.Contains(aftercheck.Outcomes(), aftercheck.Outcome{Verdict: got.Verdict, Reason: got.Reason}) {
			t.Fatalf("%s/%s is not in the closed set", got.Verdict, got.Reason)
		}
		if *got.Coverage < 0 || *got.Coverage > 1 {
			t.Fatalf("coverage %v", *got.Coverage)
		}
		if got.Score == nil {
			return
		}
		if *got.Score < 0 || *got.Score > 1 {
			t.Fatalf("score %v", *got.Score)
		}
		critical := slices.ContainsFunc(got.Regressions, func(r aftercheck.Regression) bool { return r.Critical })
		if (got.Verdict == aftercheck.Failed || got.RootCauseCleared == aftercheck.AnswerNo || critical) && *got.Score >= 0.5 {
			t.Fatalf("score %v with verdict %s, root cause %s, critical regression %v", *got.Score, got.Verdict, got.RootCauseCleared, critical)
		}
	})
}

func TestSameEvidenceSameBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyWorld(t).build()
		want, err := json.Marshal(assess.Judge(c, c.DeadlineAt))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := json.Marshal(assess.Judge(c, c.DeadlineAt)); string(got) != string(want) {
			t.Fatalf("judged twice:\n%s\n%s", want, got)
		}
		seed := rapid.Uint64().Draw(t, "seed")
		shuffle(c, rand.New(rand.NewPCG(seed, seed)))
		got := assess.Judge(c, c.DeadlineAt)
		again, _ := json.Marshal([]any{got.Verdict, got.Reason, got.Score, got.Coverage, got.RootCauseCleared})
		var first assess.Judgement
		if err := json.Unmarshal(want, &first); err != nil {
			t.Fatal(err)
		}
		if before, _ := json.Marshal([]any{first.Verdict, first.Reason, first.Score, first.Coverage, first.RootCauseCleared}); string(before) != string(again) {
			t.Fatalf("depends on the order of findings:\n%s\n%s", before, again)
		}
	})
}

// shuffle changes the order of findings that do not contradict each other.
func shuffle(c assess.Case, r *rand.Rand) {
	for _, round := range c.Evidence.Rounds {
		for _, reading := range round.Readings {
			keys := map[string]bool{}
			for _, f := range reading.Findings {
				if keys[f.Key()] {
					return
				}
				keys[f.Key()] = true
			}
			r.Shuffle(len(reading.Findings), func(i, j int) {
				reading.Findings[i], reading.Findings[j] = reading.Findings[j], reading.Findings[i]
			})
		}
	}
}

func TestAnUnhealthyFindingNeverRaisesTheScore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		if len(w.rounds) == 0 {
			return
		}
		// With several rounds, one that told nothing would tell something now,
		// and take the place of an older one.
		w.rounds = w.rounds[:1]
		c := w.build()
		before := assess.Judge(c, c.DeadlineAt)
		bad := rapid.SampledFrom([]aftercheck.Finding{metric("extra", unhealthy), neighbour("extra", unhealthy)}).Draw(t, "bad")
		for i := range w.rounds {
			r := w.rounds[i][0]
			r.Findings = append(slices.Clone(r.Findings), bad)
			w.rounds[i] = one(r)
		}
		c = w.build()
		after := assess.Judge(c, c.DeadlineAt)
		if before.Score != nil && after.Score != nil && *after.Score > *before.Score {
			t.Fatalf("score rose from %v (%s) to %v (%s) by an unhealthy %s", *before.Score, before.Reason, *after.Score, after.Reason, bad.Subject)
		}
		if before.Verdict != aftercheck.Success && after.Verdict == aftercheck.Success {
			t.Fatalf("an unhealthy finding made %s a success", before.Reason)
		}
	})
}

func TestUnknownNeverMakesASuccess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		for i := range w.rounds {
			r := w.rounds[i][0]
			for j := range r.Findings {
				if r.Findings[j].State != "" {
					r.Findings[j].State = unknown
				}
			}
		}
		c := w.build()
		if got := assess.Judge(c, c.DeadlineAt); got.Verdict == aftercheck.Success {
			t.Fatalf("success/%s on nothing but unknown findings", got.Reason)
		}
	})
}
