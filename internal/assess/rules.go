package assess

import (
	"fmt"

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
// Each names its question, and what it means that it says nothing.
var rules = []struct {
	question string
	ask      func(*summary) *ruling
	passed   func(*summary) string
}{
	{"Was anything seen?", nothingSeen, func(s *summary) string { return fmt.Sprintf("yes, in %d rounds after the action", len(s.rounds)) }},
	{"Is there more than numbers?", numbersOnly, func(s *summary) string { return "yes, or there are no numbers to compare" }},
	{"Is enough known?", blind, func(s *summary) string {
		return fmt.Sprintf("yes, %.0f %% of what should have been observed; the policy wants %.0f %%", 100*s.coverage, 100*s.Policy.MinCoverage)
	}},
	{"Is the target still there?", gone, func(s *summary) string { return s.name() + " is" }},
	{"Does it want to run at all?", scaledDown, func(*summary) string { return "it does, or it has no replicas to want" }},
	{"Did it recover and fall back?", flapping, func(s *summary) string { return "no" }},
	{"Is anything of it broken?", broken, func(s *summary) string { return "no, it is " + s.current.brief() }},
	{"Has it arrived?", converging, func(*summary) string { return "yes, nothing of it is on its way" }},
	{"Has it held?", notHeld, func(s *summary) string { return fmt.Sprintf("yes, for %d of %d rounds", s.held, s.wantedRounds()) }},
	{"Has it outlived its crashes?", unproven, outlived},
	{"Is all that was bad known to be good?", unanswered, func(*summary) string { return "yes, or something of it is" }},
	{"Did the action change anything?", observed, func(s *summary) string { return "it is no mere diagnosis, but: " + string(s.Action.Kind()) }},
	{"Did anything else break?", regressed, func(s *summary) string {
		return fmt.Sprintf("nothing critical; %d other regressions", len(s.regressions))
	}},
	{"Did somebody else change it?", drifted, func(*summary) string { return "no change was seen but the action's own" }},
	{"Was it broken before?", recovered, func(s *summary) string { return "no, it was " + s.before.brief() }},
	{"Was it healthy before?", wasHealthy, func(*summary) string { return "that cannot be told" }},
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
	// what let the case pass by the rule.
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
			return append(steps, Step{Question: r.question, Answer: answer, Decided: true})
		}
		steps = append(steps, Step{Question: r.question, Answer: r.passed(s)})
	}
	return steps
}
