// Package assess is the judge: evidence in, verdict and score out.
//
// It is pure. It does no I/O, reads no clock (now is an argument), starts no
// goroutine, and gives the same bytes for the same evidence. docs/judge.md is
// its rules in words.
package assess

import (
	"time"

	"github.com/aftercheck/aftercheck"
)

// Case is what is judged.
type Case struct {
	Incident   aftercheck.Incident
	Action     aftercheck.Action
	Policy     aftercheck.Policy
	DeadlineAt time.Time // zero: the evidence is complete and no round will follow
	Evidence   aftercheck.Evidence
	Away       bool // the sidecar was not running when the verification was due
}

// Judgement is an assessment, and whether waiting longer can change it.
type Judgement struct {
	aftercheck.Assessment
	// Sure: no further round before the deadline could change the verdict, so
	// it may be sealed now.
	Sure bool
}

// Judge gives the verdict on the case as it stands at now. Before the deadline
// the verdict is provisional unless Sure is set; at the deadline it is final.
// It never panics and never calls noise a success: what says nothing is
// unknown, and unknown never decides.
func Judge(c Case, now time.Time) Judgement {
	s := summarise(c)
	ruling := decide(s)
	a := aftercheck.Assessment{
		Verdict:          ruling.Verdict,
		Reason:           ruling.Reason,
		Explanation:      ruling.because,
		RootCauseCleared: s.rootCause,
		Regressions:      s.regressions,
		Coverage:         &s.coverage,
		Findings:         decisive(s),
		Notes:            notes(s),
	}
	if measured(s, ruling) {
		a.Parts = parts(s)
		score := capped(total(a.Parts), s, ruling)
		a.Score = &score
	}
	over := c.DeadlineAt.IsZero() || !now.Before(c.DeadlineAt)
	return Judgement{Assessment: a, Sure: over || ruling.sure}
}

// summary is the case, read once, for all the rules.
type summary struct {
	Case
	before      glance        // zero if there is no pre-state
	rounds      []glance      // those that were seen after the action's end
	current     glance        // the newest round that tells anything, else the newest
	held        int           // consecutive good rounds up to the newest
	ill         int           // consecutive bad rounds up to the newest
	toOutlive   time.Duration // how much longer the target has to run to have outlived its crashes
	steady      bool          // held long enough, by number and by time
	flapped     bool          // bad after it had been good, since the action
	drifted     bool          // changed by somebody else while it was observed
	purpose     bool          // the action says that the target was to go away
	rootCause   aftercheck.Answer
	regressions []aftercheck.Regression
	coverage    float64
}

func summarise(c Case) *summary {
	s := &summary{Case: c}
	if c.Evidence.PreState != nil {
		s.before = look(c.Evidence.PreState.Readings, time.Time{}, nil)
	}
	own := byKey(s.before.units)
	for _, round := range c.Evidence.Rounds {
		if g := look(round.Readings, c.Action.FinishedAt, own); !g.stale {
			g.at = round.At
			s.rounds = append(s.rounds, g)
		}
	}
	if len(s.rounds) > 0 {
		s.current = newestKnown(s.rounds, s.wantedRounds())
	}
	s.coverage = s.current.coverage
	s.purpose = intended(c.Action, s.before)
	s.follow()
	s.regressions = regressions(s)
	s.rootCause = rootCause(s)
	return s
}

// wantedRounds is how many good rounds in a row make a recovery; at least one.
func (s *summary) wantedRounds() int { return max(s.Policy.Rounds, 1) }

// newestKnown returns the newest of the last n rounds that tells anything of
// the target. If none does, it returns the newest.
func newestKnown(rounds []glance, n int) glance {
	for i := len(rounds) - 1; i >= max(len(rounds)-n, 0); i-- {
		if rounds[i].known() {
			return rounds[i]
		}
	}
	return rounds[len(rounds)-1]
}
