package assess_test

import (
	"slices"
	"testing"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
)

// TestCorpusInReverse turns the order of objects, findings and readings round:
// nothing of a verdict may depend on it.
func TestCorpusInReverse(t *testing.T) {
	for _, s := range corpus(t) {
		t.Run(s.Name, func(t *testing.T) {
			c := s.build(t)
			turned := s.reversed()
			d := turned.build(t)
			want, got := assess.Judge(c, c.DeadlineAt), assess.Judge(d, d.DeadlineAt)
			if got.Verdict != want.Verdict || got.Reason != want.Reason || got.RootCauseCleared != want.RootCauseCleared ||
				!slices.Equal(regressed(got.Assessment), regressed(want.Assessment)) {
				t.Errorf("%s\nas written %s/%s, root cause cleared %s, regressions %q\nreversed   %s/%s, root cause cleared %s, regressions %q",
					s.file, want.Verdict, want.Reason, want.RootCauseCleared, regressed(want.Assessment),
					got.Verdict, got.Reason, got.RootCauseCleared, regressed(got.Assessment))
			}
		})
	}
}

// reversed is a copy of the scenario with every list of a moment turned round.
func (s *scenario) reversed() *scenario {
	turned := *s
	turned.Before, turned.After = s.Before.reversed(), s.After.reversed()
	turned.Rounds = nil
	for i := range s.Rounds {
		turned.Rounds = append(turned.Rounds, *s.Rounds[i].reversed())
	}
	return &turned
}

func (m *moment) reversed() *moment {
	if m == nil {
		return nil
	}
	turned := *m
	turned.Objects, turned.Findings, turned.Readings = reverse(m.Objects), reverse(m.Findings), reverse(m.Readings)
	for i := range turned.Readings {
		turned.Readings[i].Findings = reverse(turned.Readings[i].Findings)
	}
	return &turned
}

// reverse returns a reversed copy; nil of nil, which says that nothing was
// asked.
func reverse[T any](list []T) []T {
	turned := slices.Clone(list)
	slices.Reverse(turned)
	return turned
}

// TestCorpusWithoutPreState takes the pre-state away: what failed is no success
// for want of a comparison, and the cause of nothing is known to be cleared.
func TestCorpusWithoutPreState(t *testing.T) {
	for _, s := range corpus(t) {
		t.Run(s.Name, func(t *testing.T) {
			c := s.build(t)
			c.Evidence.PreState = nil
			got := assess.Judge(c, c.DeadlineAt)
			if s.Want.Verdict == aftercheck.Failed && got.Verdict == aftercheck.Success {
				t.Errorf("%s: without its pre-state it is a success: %s", s.file, got.Explanation)
			}
			if got.RootCauseCleared == aftercheck.AnswerYes {
				t.Errorf("%s: the root cause is called cleared, and nothing is known of before", s.file)
			}
			if len(got.Regressions) > 0 {
				t.Errorf("%s: regressions against nothing: %q", s.file, regressed(got.Assessment))
			}
		})
	}
}

// TestCorpusCutShort ends the evidence after each round, as a deadline would
// that came then: fewer rounds than the policy wants make no success, and a
// failure has no score that keeps a rollback from being proposed.
func TestCorpusCutShort(t *testing.T) {
	for _, s := range corpus(t) {
		t.Run(s.Name, func(t *testing.T) {
			c := s.build(t)
			rounds := c.Evidence.Rounds
			for i := range rounds {
				c.Evidence.Rounds = rounds[:i+1]
				got := assess.Judge(c, c.DeadlineAt)
				if got.Verdict == aftercheck.Success && !c.Evidence.Held && i+1 < s.Policy.Rounds {
					t.Errorf("%s: %s after %d rounds, and the policy wants %d", s.file, got.Reason, i+1, s.Policy.Rounds)
				}
				if got.Score != nil && got.Verdict == aftercheck.Failed && *got.Score >= 0.5 {
					t.Errorf("%s: failed with a score of %v", s.file, *got.Score)
				}
			}
		})
	}
}
