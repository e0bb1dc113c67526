package assess

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aftercheck/aftercheck"
)

// ruling is what one rule says.
type ruling struct {
	aftercheck.Outcome
	because string
	sure    bool // no further round before the deadline could change it
}

func rule(v aftercheck.Verdict, r aftercheck.Reason, because string, args ...any) *ruling {
	return &ruling{Outcome: aftercheck.Outcome{Verdict: v, Reason: r}, because: fmt.Sprintf(because, args...)}
}

// rules are asked in this order; the first that has something to say decides.
var rules = []struct {
	name string
	ask  func(*summary) *ruling
}{
	{"was anything seen", nothingSeen},
	{"is there more than numbers", numbersOnly},
	{"is enough known", blind},
	{"is the target still there", gone},
	{"does it want to run at all", scaledDown},
	{"did it fall back", flapping},
	{"is anything of it broken", broken},
	{"has it arrived", converging},
	{"has it held", notHeld},
	{"did the action change anything", observed},
	{"did anything else break", regressed},
	{"did somebody else change it", drifted},
	{"was it broken before", recovered},
	{"was it healthy before", wasHealthy},
}

func decide(s *summary) ruling {
	for _, r := range rules {
		if said := r.ask(s); said != nil {
			return *said
		}
	}
	return *rule(aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence, "no rule fits what was seen")
}

// Step is one rule on the way to a verdict.
type Step struct {
	Question string
	// Answer is the verdict, its reason and why, from the rule that decided; or
	// that the rule had nothing to say.
	Answer  string
	Decided bool
}

// Explain returns the rules that were asked, in their order, up to the one that
// decided.
func Explain(c Case) []Step {
	s := summarise(c)
	var steps []Step
	for _, r := range rules {
		said := r.ask(s)
		if said != nil {
			answer := fmt.Sprintf("%s (%s): %s", said.Verdict, said.Reason, said.because)
			return append(steps, Step{Question: r.name, Answer: answer, Decided: true})
		}
		steps = append(steps, Step{Question: r.name, Answer: "nothing that decides"})
	}
	return steps
}

// nothingSeen: the deadline came before any round.
func nothingSeen(s *summary) *ruling {
	switch {
	case len(s.rounds) > 0:
		return nil
	case s.Away:
		return rule(aftercheck.Timeout, aftercheck.ReasonSidecarAway,
			"the sidecar was not running between the action's end and the deadline, so nothing was seen")
	case len(s.Evidence.Rounds) > 0:
		return rule(aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence,
			"all that was seen is older than the action's end")
	}
	return rule(aftercheck.Timeout, aftercheck.ReasonDeadlineExceeded,
		"the deadline passed before a single round of observation was complete")
}

// blind: nothing, or too little, is known of the target.
func blind(s *summary) *ruling {
	switch {
	case s.current.asked == 0:
		return rule(aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence,
			"no configured sensor fits this incident")
	case !s.current.known():
		return rule(aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence,
			"no sensor could tell the state of the target after the action")
	case s.coverage < s.Policy.MinCoverage:
		return rule(aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence,
			"only %.0f %% of what should have been observed was, and the policy wants %.0f %%", 100*s.coverage, 100*s.Policy.MinCoverage)
	}
	return nil
}

// gone: the target does not exist any more. That heals nothing, unless the
// action was to remove it and the signal is quiet. Where nothing but probes
// watches it, it is gone when it answered before, however badly, and nothing
// listens at any of its addresses now.
func gone(s *summary) *ruling {
	if !s.current.gone && answered(s.before) && vanished(s.current) {
		return rule(aftercheck.Failed, aftercheck.ReasonTargetGone, "%s answered before the action, and nothing listens there any more", s.name())
	}
	if !s.current.gone {
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
		return nil
	}
	if s.purpose {
		return removed(s)
	}
	return rule(aftercheck.Failed, aftercheck.ReasonTargetScaledDown, "%s is scaled to zero: nothing runs, so nothing recovered", s.name())
}

// removed judges a target that was to go away by the signal alone.
func removed(s *summary) *ruling {
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
	return rule(aftercheck.Degraded, aftercheck.ReasonStillConverging, "%s has been healthy for %d of %d rounds: not long enough to call it a recovery", s.name(), s.held, s.wantedRounds())
}

// observed: a diagnosis changes nothing, so it cannot have worked.
func observed(s *summary) *ruling {
	if !s.Action.ObserveOnly() {
		return nil
	}
	r := rule(aftercheck.Degraded, aftercheck.ReasonObservedOnly, "%s is healthy, but the action only looked and changed nothing", s.name())
	r.sure = true
	return r
}

// regressed: the target is well, at somebody else's cost.
func regressed(s *summary) *ruling {
	for _, r := range s.regressions {
		if r.Critical {
			return rule(aftercheck.Degraded, aftercheck.ReasonRegressed, "%s is healthy, but %s was %s and is %s", s.name(), r.Subject, r.Before, r.After)
		}
	}
	return nil
}

// drifted: somebody else changed the target while it was observed.
func drifted(s *summary) *ruling {
	if !s.drifted {
		return nil
	}
	return rule(aftercheck.Degraded, aftercheck.ReasonDrifted, "%s is healthy, but was changed again after the action ended, so the action cannot be credited", s.name())
}

// recovered: bad before, or unknown, and good since.
func recovered(s *summary) *ruling {
	var r *ruling
	switch {
	case !s.before.known():
		r = rule(aftercheck.Success, aftercheck.ReasonRecovered, "%s has been healthy since the action; its state before is not known", s.name())
	case s.before.state != aftercheck.StateHealthy:
		r = rule(aftercheck.Success, aftercheck.ReasonRecovered, "%s was %s before the action and has been healthy since", s.name(), s.before.brief())
	default:
		return nil
	}
	r.sure = !awaited(s)
	return r
}

// wasHealthy: good before and after. Only a restart that was asked for and
// demonstrably happened is a success.
func wasHealthy(s *summary) *ruling {
	fresh := renewed(s)
	kind := s.Action.Kind()
	replaces := kind == aftercheck.ActionRestart || kind == aftercheck.ActionDelete
	switch {
	case replaces && (fresh == aftercheck.AnswerYes || fresh == aftercheck.AnswerUnknown && moved(s.before, s.current)):
		r := rule(aftercheck.Success, aftercheck.ReasonRestarted, "%s was healthy, was restarted as asked, and is healthy", s.name())
		r.sure = !awaited(s)
		return r
	case fresh == aftercheck.AnswerNo && !changed(s):
		return rule(aftercheck.Degraded, aftercheck.ReasonNoEffect, "%s was healthy before the action, and the action left no trace on it", s.name())
	}
	r := rule(aftercheck.Degraded, aftercheck.ReasonAlreadyHealthy, "%s was healthy before the action, so there was nothing to heal", s.name())
	r.sure = !replaces
	return r
}

// changed reports whether the target's specification is another than before.
func changed(s *summary) bool {
	for object, generation := range s.current.generation {
		if then, ok := s.before.generation[object]; ok && then != generation {
			return true
		}
	}
	for object, replicas := range s.current.replicas {
		if then, ok := s.before.replicas[object]; ok && then != replicas {
			return true
		}
	}
	return false
}

// awaited reports whether a signal cannot tell yet but will, so that it is
// worth waiting until the deadline.
func awaited(s *summary) bool {
	for _, f := range s.current.signals {
		if f.State == aftercheck.StateProgressing || f.State == aftercheck.StateUnknown && notYet[f.Reason] {
			return true
		}
	}
	return false
}

// notYet are the reasons of unknown signals that time cures.
var notYet = map[string]bool{"WindowReachesBack": true, "NotYetEvaluated": true, "Stale": true}

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
