package assess

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aftercheck/aftercheck"
)

// maxFindings bounds the findings that an assessment repeats; the evidence has
// them all.
const maxFindings = 100

// decisive are the newest round's findings that decided, worst first: the
// target's, and the neighbours' that are not healthy.
func decisive(s *summary) []aftercheck.Finding {
	out := slices.Concat(s.current.units, s.current.signals, s.current.pods)
	for _, f := range s.current.neighbours {
		if isBad(f) || f.State == aftercheck.StateProgressing {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b aftercheck.Finding) int {
		return cmp.Or(cmp.Compare(badness(a), badness(b)), cmp.Compare(b.Scope, a.Scope),
			cmp.Compare(a.Subject.String(), b.Subject.String()), cmp.Compare(a.Check, b.Check), cmp.Compare(a.Query, b.Query))
	})
	return out[:min(len(out), maxFindings)]
}

func badness(f aftercheck.Finding) int {
	return slices.Index([]aftercheck.State{aftercheck.StateUnhealthy, aftercheck.StateProgressing, aftercheck.StateUnknown, aftercheck.StateHealthy}, f.State)
}

// notes tell a reader what to know of the evidence.
func notes(s *summary) []string {
	var out []string
	switch {
	case s.Evidence.PreState == nil:
		out = append(out, "The pre-state is missing: nothing was captured before the action, so there is no baseline and regressions cannot be seen.")
	case !s.before.known():
		out = append(out, "The pre-state tells nothing of the target: no sensor could tell its state before the action.")
	}
	if len(s.current.silent) > 0 {
		out = append(out, "Sensors that did not answer: "+strings.Join(s.current.silent, ", ")+".")
	}
	if len(s.current.blind) > 0 {
		out = append(out, "Sensors that answered and could not tell: "+strings.Join(s.current.blind, ", ")+".")
	}
	if n := len(s.Evidence.Rounds) - len(s.rounds); n > 0 {
		out = append(out, fmt.Sprintf("%d rounds were left out: they are older than the action's end.", n))
	}
	return out
}
