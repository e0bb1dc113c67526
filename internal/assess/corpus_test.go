package assess_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
)

func TestCorpus(t *testing.T) {
	for _, s := range corpus(t) {
		t.Run(s.Name, func(t *testing.T) {
			c := s.build(t)
			got := assess.Judge(c, c.DeadlineAt)
			if !s.fits(got.Assessment) || !slices.Equal(regressed(got.Assessment), slices.Sorted(slices.Values(s.Want.Regressions))) {
				t.Errorf("%s\nwhy   %s\nwant  %s/%s, root cause cleared %s, regressions %q\ngot   %s/%s, root cause cleared %s, regressions %q\nsays  %s\nnotes %q",
					s.file, s.Why, s.Want.Verdict, s.Want.Reason, s.Want.RootCause, s.Want.Regressions,
					got.Verdict, got.Reason, got.RootCauseCleared, regressed(got.Assessment), got.Explanation, got.Notes)
			}
		})
	}
}

// fits reports whether an assessment has the wanted verdict, reason and root
// cause.
func (s *scenario) fits(a aftercheck.Assessment) bool {
	return a.Verdict == s.Want.Verdict && a.Reason == s.Want.Reason && a.RootCauseCleared == s.Want.RootCause
}

// regressed are the subjects of an assessment's regressions, each once, sorted.
func regressed(a aftercheck.Assessment) []string {
	var subjects []string
	for _, r := range a.Regressions {
		subjects = append(subjects, r.Subject.String())
	}
	slices.Sort(subjects)
	return slices.Compact(subjects)
}

// TestCorpusRoundByRound judges as the engine does, after each round, and takes
// the first verdict that the judge is sure of.
func TestCorpusRoundByRound(t *testing.T) {
	for _, s := range corpus(t) {
		t.Run(s.Name, func(t *testing.T) {
			c := s.build(t)
			rounds := c.Evidence.Rounds
			for i := range rounds {
				c.Evidence.Rounds = rounds[:i+1]
				now := rounds[i].EndedAt
				if c.DeadlineAt.IsZero() || !now.Before(c.DeadlineAt) {
					return // TestCorpus judges what is complete
				}
				got := assess.Judge(c, now)
				if !got.Sure {
					continue
				}
				if got.Verdict != s.Want.Verdict || got.Reason != s.Want.Reason {
					t.Errorf("%s: sure after round %d of %d that it is %s/%s (%s); want %s/%s",
						s.file, i+1, len(rounds), got.Verdict, got.Reason, got.Explanation, s.Want.Verdict, s.Want.Reason)
				}
				return
			}
		})
	}
}

// TestCorpusWithUnknownReadings inserts what tells nothing, into the rounds and
// between them: it must not make a success of what was none.
func TestCorpusWithUnknownReadings(t *testing.T) {
	mute := []aftercheck.Reading{
		{Sensor: "late", Outcome: aftercheck.ReadingTimeout, Error: "no answer in 8s"},
		{Sensor: "empty", Outcome: aftercheck.ReadingOK},
		{Sensor: "blind", Outcome: aftercheck.ReadingOK, Findings: []aftercheck.Finding{
			{Subject: aftercheck.Subject{Kind: "Metric", Name: "blind"}, Check: aftercheck.CheckMetric, Scope: aftercheck.ScopeTarget, State: unknown, Reason: "NoData", Signal: true},
			{Subject: aftercheck.Subject{Kind: "Pod", Name: "blind"}, Check: aftercheck.CheckHealth, Scope: aftercheck.ScopeTarget, State: unknown},
		}},
	}
	for _, s := range corpus(t) {
		t.Run(s.Name, func(t *testing.T) {
			c := s.build(t)
			if assess.Judge(c, c.DeadlineAt).Verdict == aftercheck.Success {
				return
			}
			for _, reading := range mute {
				within, between := s.build(t), s.build(t)
				between.Evidence.Rounds = nil
				for i, round := range c.Evidence.Rounds {
					added := reading
					added.At = round.At
					within.Evidence.Rounds[i].Readings = append(within.Evidence.Rounds[i].Readings, added)
					quiet := aftercheck.Round{At: round.At, EndedAt: round.EndedAt, Readings: []aftercheck.Reading{added}}
					between.Evidence.Rounds = append(between.Evidence.Rounds, round, quiet)
				}
				for where, c := range map[string]assess.Case{"within": within, "between": between} {
					if got := assess.Judge(c, c.DeadlineAt); got.Verdict == aftercheck.Success {
						t.Errorf("%s: a reading that tells nothing (%s), %s the rounds, makes it a success: %s", s.file, reading.Sensor, where, got.Explanation)
					}
				}
			}
		})
	}
}

func TestCorpusIsWhatItIsFor(t *testing.T) {
	const wantScenarios, wantCaptured = 150, 50
	all := corpus(t)
	names := map[string]string{}
	outcomes := map[aftercheck.Outcome]int{}
	var guarded [len(mistakes)]int
	captured := 0
	for _, s := range all {
		if other, taken := names[s.Name]; taken {
			t.Errorf("%s and %s both hold a scenario %q", other, s.file, s.Name)
		}
		names[s.Name] = s.file
		outcomes[aftercheck.Outcome{Verdict: s.Want.Verdict, Reason: s.Want.Reason}]++
		for _, m := range s.Mistakes {
			guarded[m-1]++
		}
		if s.Source == sourceCaptured {
			captured++
		}
		if !strings.Contains(s.file, "/"+s.Source+"/") {
			t.Errorf("%s: %s is marked as %s", s.file, s.Name, s.Source)
		}
	}
	if len(all) < wantScenarios || captured < wantCaptured {
		t.Errorf("%d scenarios, %d of them captured; want %d and %d at least", len(all), captured, wantScenarios, wantCaptured)
	}
	for _, o := range aftercheck.Outcomes() {
		if outcomes[o] == 0 {
			t.Errorf("no scenario wants %s/%s", o.Verdict, o.Reason)
		}
	}
	for i, n := range guarded {
		if n == 0 {
			t.Errorf("no scenario guards against mistake %d: %s", i+1, mistakes[i])
		}
	}
}

func TestScenariosAreReadStrictly(t *testing.T) {
	const good = `
name: a crash loop
why: it crashes as before
source: written
mistakes: [9]
action: {text: restart}
want: {verdict: failed, reason: still_broken, root_cause: no}
`
	if s, err := decodeScenario([]byte(good)); err != nil || s.Policy.Rounds != 3 || !s.Action.FinishedAt.Equal(corpusEnded) {
		t.Fatalf("a good scenario: %+v, %v", s, err)
	}
	for what, change := range map[string][2]string{
		"an unknown key":             {"name:", "nme: x\nname:"},
		"a duplicate key":            {"name:", "name: x\nname:"},
		"no sentence":                {"why: it crashes as before", "why: ''"},
		"a reason of another kind":   {"still_broken", "recovered"},
		"an answer that is none":     {"no}", "perhaps}"},
		"a mistake that is none":     {"[9]", "[16]"},
		"another source":             {"written", "found"},
		"an unknown key of a policy": {"action:", "policy: {round: 3}\naction:"},
		"rounds beside after":        {"action:", "rounds: [{times: 3}]\nafter: {times: 1}\naction:"},
	} {
		if _, err := decodeScenario([]byte(strings.Replace(good, change[0], change[1], 1))); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}
