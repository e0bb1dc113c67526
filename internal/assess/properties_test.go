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
		neighbour("n"+uid, state), replicas(3), generation(2), restarts(uid, 1, ended), probe(state, "x"),
		previousLife(uid, 30), limit("memory", 64), oomKills(uid, ended), nearReplicas(1), named("p" + uid), compared(7, "lower"),
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

// oneRound is a world with one round that is said to have held or not, so that
// the round's findings alone decide.
func oneRound(t *rapid.T) world {
	w := anyWorld(t)
	w.rounds = [][]aftercheck.Reading{one(anyReading(t, "the round"))}
	return w
}

func TestAFindingThatTurnsHealthyNeverLowersTheScore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := oneRound(t)
		c := w.build()
		before := assess.Judge(c, c.DeadlineAt)
		findings := slices.Clone(w.rounds[0][0].Findings)
		var bad []int
		for i, f := range findings {
			if f.State == unhealthy || f.State == progressing {
				bad = append(bad, i)
			}
		}
		if len(bad) == 0 {
			return
		}
		at := rapid.SampledFrom(bad).Draw(t, "mended")
		key := findings[at].Key()
		for i := range findings { // one and the same fact may be there twice
			if findings[i].Key() == key && findings[i].State != "" {
				findings[i].State, findings[i].Reason = healthy, ""
			}
		}
		w.rounds[0][0].Findings = findings
		c = w.build()
		after := assess.Judge(c, c.DeadlineAt)
		if before.Score != nil && after.Score != nil && *after.Score < *before.Score {
			t.Fatalf("score fell from %v (%s) to %v (%s) because %s turned healthy", *before.Score, before.Reason, *after.Score, after.Reason, key)
		}
		if before.Verdict == aftercheck.Success && after.Verdict != aftercheck.Success {
			t.Fatalf("a healthy finding made success %s", after.Reason)
		}
	})
}

func TestARegressionNeverRaisesTheScore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := oneRound(t)
		if w.before == nil || w.before[0].Outcome != aftercheck.ReadingOK || w.rounds[0][0].Outcome != aftercheck.ReadingOK {
			return
		}
		extra := rapid.SampledFrom([][2]aftercheck.Finding{
			{neighbour("extra", healthy), neighbour("extra", unhealthy)},
			{metric("extra", healthy), metric("extra", unhealthy)},
			{limit("extra", 2), limit("extra", 1)},
			{nearReplicas(5), nearReplicas(0)},
		}).Draw(t, "regression")
		score := func(after int) (assess.Judgement, *float64) {
			with := func(r aftercheck.Reading, f aftercheck.Finding) []aftercheck.Reading {
				r.Findings = append(slices.Clone(r.Findings), f)
				return one(r)
			}
			w := w
			w.before, w.rounds = with(w.before[0], extra[0]), [][]aftercheck.Reading{with(w.rounds[0][0], extra[after])}
			c := w.build()
			got := assess.Judge(c, c.DeadlineAt)
			return got, got.Score
		}
		well, without := score(0)
		ill, with := score(1)
		if without != nil && with != nil && *with > *without {
			t.Fatalf("score rose from %v (%s) to %v (%s) by a regression of %s", *without, well.Reason, *with, ill.Reason, extra[1].Subject)
		}
	})
}

func TestUnknownChangesTheCoverageOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := oneRound(t)
		if w.rounds[0][0].Outcome != aftercheck.ReadingOK {
			return
		}
		c := w.build()
		before := assess.Judge(c, c.DeadlineAt)
		dark := rapid.SampledFrom([]aftercheck.Finding{metric("dark", unknown), probe(unknown, "Timeout"), neighbour("dark", unknown), pod("dark", unknown, "")}).Draw(t, "unknown")
		dark.Subject.Name = "dark"
		w.rounds[0][0].Findings = append(slices.Clone(w.rounds[0][0].Findings), dark)
		c = w.build()
		after := assess.Judge(c, c.DeadlineAt)
		if *after.Coverage > *before.Coverage && *before.Coverage > 0 {
			t.Fatalf("coverage rose from %v to %v by an unknown finding", *before.Coverage, *after.Coverage)
		}
		if after.Reason == aftercheck.ReasonInsufficientEvidence {
			return // the coverage is too low now
		}
		if after.Verdict != before.Verdict || after.Reason != before.Reason || after.RootCauseCleared != before.RootCauseCleared ||
			(after.Score == nil) != (before.Score == nil) || after.Score != nil && *after.Score != *before.Score {
			t.Fatalf("an unknown finding made %s/%s of %s/%s", after.Verdict, after.Reason, before.Verdict, before.Reason)
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
