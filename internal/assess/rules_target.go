package assess

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aftercheck/aftercheck"
)

// gone: the target does not exist any more. That heals nothing, unless the
// action was to remove it and the signal is quiet. Where nothing but probes
// watches it, it is gone when it answered before, however badly, and nothing
// listens at any of its addresses now.
func gone(s *summary) *ruling {
	if !s.current.gone && answered(s.before) && vanished(s.current) {
		return rule(aftercheck.Failed, aftercheck.ReasonTargetGone, "%s answered before the action, and nothing listens there any more", s.name())
	}
	if !s.current.gone {
		if was, why := s.removedOne(); why == aftercheck.ReasonTargetGone {
			return rule(aftercheck.Failed, why, "%s was %s before the action and does not exist any more", was.Subject, inWords(was))
		}
		return nil
	}
	if s.purpose {
		return removed(s)
	}
	return rule(aftercheck.Failed, aftercheck.ReasonTargetGone, "%s does not exist any more", s.name())
}

// refused is the reason of a probe whose connection was refused.
const refused = "ConnectionRefused"

func answered(g glance) bool {
	for _, f := range slices.Concat(g.units, g.signals) {
		if f.Check == aftercheck.CheckProbe && f.State != aftercheck.StateUnknown && f.Reason != refused {
			return true
		}
	}
	return false
}

func vanished(g glance) bool {
	found := false
	for _, f := range slices.Concat(g.units, g.signals) {
		switch {
		case f.State == aftercheck.StateUnknown:
		case f.Check == aftercheck.CheckProbe && f.Reason == refused:
			found = true
		default:
			return false
		}
	}
	return found
}

// scaledDown: the target wants no replicas. Nothing there is not healthy.
func scaledDown(s *summary) *ruling {
	if !s.current.scaledDown() {
		if was, why := s.removedOne(); why == aftercheck.ReasonTargetScaledDown {
			return rule(aftercheck.Failed, why, "%s was %s before the action and is scaled to zero", was.Subject, inWords(was))
		}
		return nil
	}
	if s.purpose {
		return removed(s)
	}
	return rule(aftercheck.Failed, aftercheck.ReasonTargetScaledDown, "%s is scaled to zero: nothing runs, so nothing recovered", s.name())
}

// removed judges a target that was to go away by the signal alone.
func removed(s *summary) *ruling {
	if s.held > 0 && !s.steady {
		return notHeld(s)
	}
	if s.rootCause == aftercheck.AnswerYes {
		return rule(aftercheck.Success, aftercheck.ReasonRecovered, "%s was removed as the action intended, and the signal that opened the incident is quiet", s.name())
	}
	return rule(aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence, "%s was removed as the action intended, and nothing tells whether that helped", s.name())
}

// flapping: good after the action, then bad again, and not good for long
// enough since.
func flapping(s *summary) *ruling {
	if !s.flapped || s.steady {
		return nil
	}
	return rule(aftercheck.Degraded, aftercheck.ReasonFlapping, "%s recovered after the action and fell back: %s", s.name(), s.current.describe())
}

// broken: something of the target is bad now.
func broken(s *summary) *ruling {
	if s.current.state != aftercheck.StateUnhealthy {
		return nil
	}
	r := brokenBy(s)
	r.sure = s.ill >= s.wantedRounds() && s.current.final()
	return r
}

func brokenBy(s *summary) *ruling {
	switch c := compare(s.before, s.current); c {
	case changeBetter:
		return rule(aftercheck.Degraded, aftercheck.ReasonPartlyRecovered, "part of %s recovered, but not all: %s", s.name(), s.current.describe())
	case changeWorse:
		return rule(aftercheck.Failed, aftercheck.ReasonWorse, "%s is worse than before the action: was %s, is %s", s.name(), s.before.brief(), s.current.describe())
	case changeNone:
		return rule(aftercheck.Failed, aftercheck.ReasonStillBroken, "%s is as broken as before the action: %s", s.name(), s.current.describe())
	}
	if share(s.current) > 0 {
		return rule(aftercheck.Degraded, aftercheck.ReasonPartlyRecovered, "part of %s is well and part is not: %s", s.name(), s.current.describe())
	}
	return rule(aftercheck.Failed, aftercheck.ReasonStillBroken, "%s is broken: %s", s.name(), s.current.describe())
}

// converging: nothing is bad, but not all has arrived.
func converging(s *summary) *ruling {
	if s.current.state != aftercheck.StateProgressing {
		return nil
	}
	return rule(aftercheck.Degraded, aftercheck.ReasonStillConverging, "%s has not settled yet: %s", s.name(), s.current.describe())
}

// notHeld: good now, but not for as many rounds, or as long, as the policy
// wants.
func notHeld(s *summary) *ruling {
	if s.steady {
		return nil
	}
	return rule(aftercheck.Degraded, aftercheck.ReasonStillConverging, "%s has been well for %d of %d rounds: not long enough to call it a recovery", s.name(), s.held, s.wantedRounds())
}

// unproven: good and held, but what replaced a crash-looping container has not
// lived longer than that did.
func unproven(s *summary) *ruling {
	if s.toOutlive <= 0 {
		return nil
	}
	return rule(aftercheck.Degraded, aftercheck.ReasonStillConverging,
		"%s is healthy, but crashed after %s before the action and has to run for %s longer to have outlived that",
		s.name(), s.before.crashed.Round(time.Second), s.toOutlive.Round(time.Second))
}

func outlived(s *summary) string {
	if s.before.crashed == 0 {
		return "nothing is known of crashes before the action"
	}
	return fmt.Sprintf("yes, it crashed after %s before, or that is not asked", s.before.crashed.Round(time.Second))
}

var (
	removal = regexp.MustCompile(`(?i)\b(?:decommission|retire|uninstall|quarantine|isolate|tear ?down|shut ?down|clean ?up|maintenance)\w*|\bto zero\b`)
	toZero  = regexp.MustCompile(`(?i)--replicas[= ]0\b|\breplicas?\s*[=:]\s*0\b`)
)

// intended reports whether the action says that the target's going away was
// its purpose: in words, or by scaling to zero what was healthy, where there
// was nothing to heal. Scaling down what was broken hides it.
func intended(a aftercheck.Action, before glance) bool {
	if removal.MatchString(a.Text) {
		return true
	}
	return toZero.MatchString(a.Text) && before.state == aftercheck.StateHealthy
}

// name is the target's name, from whichever reading knows it.
func (s *summary) name() string {
	for _, t := range []aftercheck.Target{s.current.target, s.before.target} {
		if !t.IsZero() {
			return t.String()
		}
	}
	if name := s.Incident.Name(); name != "" {
		return "the target of " + strings.ToValidUTF8(name, "�")
	}
	return "the target"
}
