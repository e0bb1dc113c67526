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
	var worst []*aftercheck.Finding
	keep := func(f *aftercheck.Finding) {
		at, _ := slices.BinarySearchFunc(worst, f, precedence)
		if at == maxFindings {
			return
		}
		worst = slices.Insert(worst[:min(len(worst), maxFindings-1)], at, f)
	}
	for _, list := range [][]*aftercheck.Finding{s.current.units, s.current.signals, s.current.pods} {
		for _, f := range list {
			keep(f)
		}
	}
	for _, n := range s.current.neighbours {
		if isBad(n.Finding) || n.State == aftercheck.StateProgressing {
			keep(n.Finding)
		}
	}
	out := make([]aftercheck.Finding, len(worst))
	for i, f := range worst {
		out[i] = *f
	}
	return out
}

// precedence orders findings: worse before better, the target before its
// neighbours, then by name.
func precedence(a, b *aftercheck.Finding) int {
	return cmp.Or(
		cmp.Compare(badness(a.State), badness(b.State)), cmp.Compare(b.Scope, a.Scope),
		cmp.Compare(a.Subject.Kind, b.Subject.Kind), cmp.Compare(a.Subject.Namespace, b.Subject.Namespace),
		cmp.Compare(a.Subject.Name, b.Subject.Name), cmp.Compare(a.Check, b.Check), cmp.Compare(a.Query, b.Query))
}

func badness(s aftercheck.State) int {
	switch s {
	case aftercheck.StateUnhealthy:
		return 0
	case aftercheck.StateProgressing:
		return 1
	case aftercheck.StateUnknown:
		return 2
	}
	return 3
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
