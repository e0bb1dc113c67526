package assess

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aftercheck/aftercheck"
)

// regressions lists what was good before the action and is bad now, in the
// target and near it, the critical ones first. What began before the action is
// none.
func regressions(s *summary) []aftercheck.Regression {
	if s.before.asked == len(s.before.silent) || len(s.rounds) == 0 {
		return nil // there is nothing to compare with
	}
	out := slices.Concat(targetRegressions(s), neighbourRegressions(s), vanishedNeighbours(s), factRegressions(s), numberRegressions(s))
	slices.SortFunc(out, func(a, b aftercheck.Regression) int {
		return cmp.Or(order(b.Critical, a.Critical), cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Subject.String(), b.Subject.String()),
			cmp.Compare(a.Check, b.Check), cmp.Compare(a.After, b.After))
	})
	return out
}

func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// targetRegressions are what the target itself lost: a check that was good, or
// replicas, unless the action was to scale.
func targetRegressions(s *summary) []aftercheck.Regression {
	var out []aftercheck.Regression
	then := byKey(s.before.units, s.before.signals)
	for _, f := range slices.Concat(s.current.units, s.current.signals) {
		if was, ok := then[f.Key()]; ok && s.spoilt(was, f) {
			out = append(out, regression(was, f))
		}
	}
	for _, was := range s.before.units {
		if lasting(was) && s.missing(was) {
			out = append(out, vanishing(was))
		}
	}
	for object, wanted := range s.current.replicas {
		was := s.before.replicas[object]
		if wanted < was && s.Action.Kind() != aftercheck.ActionScale && !s.purpose {
			out = append(out, aftercheck.Regression{
				Subject: subjectOf(object), Check: aftercheck.CheckReplicas, Scope: aftercheck.ScopeTarget,
				Before: number(was) + " replicas", After: number(wanted) + " replicas", Critical: wanted == 0,
			})
		}
	}
	return out
}

func byKey(lists ...[]*aftercheck.Finding) map[string]*aftercheck.Finding {
	out := map[string]*aftercheck.Finding{}
	for _, f := range slices.Concat(lists...) {
		out[f.Key()] = f
	}
	return out
}

// spoilt reports whether a finding was healthy, is unhealthy, and did not
// become so before the action began.
func (s *summary) spoilt(was, is *aftercheck.Finding) bool {
	return was.State == aftercheck.StateHealthy && isBad(is) && !s.old(is)
}

func (s *summary) old(f *aftercheck.Finding) bool {
	return !f.Since.IsZero() && f.Since.Before(s.Action.Began())
}

// neighbourRegressions are neighbours that were well and are not, and alerts
// that are new.
func neighbourRegressions(s *summary) []aftercheck.Regression {
	var out []aftercheck.Regression
	for key, n := range s.current.neighbours {
		was, ok := s.before.neighbours[key]
		switch {
		case ok && s.spoilt(was.Finding, n.Finding):
			out = append(out, regression(was.Finding, n.Finding))
		case !ok && s.newAlert(n):
			out = append(out, regression(&aftercheck.Finding{Reason: "Inactive"}, n.Finding))
		}
	}
	return out
}

// newAlert reports whether an alert that the pre-state does not have began with
// the action. One about a pod that is gone only takes its time to end.
func (s *summary) newAlert(n neighbour) bool {
	pod, about := strings.CutPrefix(n.Subject.Owner, "Pod/")
	gone := about && s.before.lives.has(pod) && !s.current.lives.has(pod)
	return n.Check == aftercheck.CheckAlert && isBad(n.Finding) && !s.old(n.Finding) && !gone && s.before.answered[n.sensor]
}

// vanishedNeighbours are workloads that were well and are not there any more,
// as far as their sensor answered and could read all.
func vanishedNeighbours(s *summary) []aftercheck.Regression {
	unread := map[string]bool{}
	for _, n := range s.current.neighbours {
		if n.State == aftercheck.StateUnknown && n.Subject.Name == "" || n.Subject.Kind == "Sensor" {
			unread[n.Subject.Kind] = true
		}
	}
	var out []aftercheck.Regression
	for key, was := range s.before.neighbours {
		_, there := s.current.neighbours[key]
		seen := s.current.answered[was.sensor] && !unread[was.Subject.Kind] && !unread["Sensor"]
		if there || !seen || !lasting(was.Finding) {
			continue
		}
		out = append(out, vanishing(was.Finding))
	}
	return out
}

// vanishing is the regression of what was well and is not there any more.
func vanishing(was *aftercheck.Finding) aftercheck.Regression {
	is := *was
	is.State, is.Reason, is.Value = aftercheck.StateUnhealthy, aftercheck.ReasonNotFound, nil
	return regression(was, &is)
}

// lasting is a healthy workload that does not go away by itself, as a pod, a
// finished job or an alert does.
func lasting(f *aftercheck.Finding) bool {
	return f.State == aftercheck.StateHealthy && endures(f)
}

// factRegressions compare what is no state by itself. None of them vetoes a
// success but a neighbour that is scaled to zero.
func factRegressions(s *summary) []aftercheck.Regression {
	var out []aftercheck.Regression
	for key, is := range s.current.facts {
		was, known := s.before.facts[key]
		if !s.lost(was, is, known) {
			continue
		}
		before := "none"
		if known {
			before = amount(was)
		}
		out = append(out, aftercheck.Regression{
			Subject: is.Subject, Check: is.Check, Scope: is.Scope, Before: before, After: amount(is),
			Critical: is.Check == aftercheck.CheckReplicas && is.Value.Number == 0,
		})
	}
	return out
}

// lost reports whether a fact is worse than before.
func (s *summary) lost(was, is *aftercheck.Finding, known bool) bool {
	switch is.Check {
	case aftercheck.CheckOOMKills:
		later := !known || is.Since.After(was.Since)
		return later && !is.Since.IsZero() && !s.old(is) && (is.Scope != aftercheck.ScopeTarget || !s.killedBefore())
	case aftercheck.CheckRestarts:
		return known && is.Value.Number > was.Value.Number
	case aftercheck.CheckLimits, aftercheck.CheckReplicas:
		return known && is.Value.Number < was.Value.Number
	}
	return false
}

// killedBefore reports whether the target had been killed for want of memory
// before the action, so that another kill is nothing new.
func (s *summary) killedBefore() bool {
	for _, f := range s.before.facts {
		if f.Check == aftercheck.CheckOOMKills && f.Scope == aftercheck.ScopeTarget {
			return true
		}
	}
	return false
}

// numberRegressions are metrics without a criterion that moved in their bad
// direction, in the target and near it.
func numberRegressions(s *summary) []aftercheck.Regression {
	all := slices.Concat(movements(s.before, s.current), movements(glance{numbers: s.before.nearby}, glance{numbers: s.current.nearby}))
	var out []aftercheck.Regression
	for _, m := range all {
		if m.change == changeWorse {
			out = append(out, aftercheck.Regression{Subject: m.is.Subject, Check: m.is.Check, Scope: m.is.Scope, Before: amount(m.was), After: amount(m.is)})
		}
	}
	return out
}

// regression is the critical one of a finding that turned bad.
func regression(was, is *aftercheck.Finding) aftercheck.Regression {
	return aftercheck.Regression{
		Subject: is.Subject, Check: is.Check, Scope: is.Scope,
		Before: compared(was), After: compared(is), Critical: true,
	}
}

// compared is phrase, without how long a probe took: where that matters, the reason
// says that it was slow.
func compared(f *aftercheck.Finding) string {
	if f.Check == aftercheck.CheckProbe {
		return inWords(f)
	}
	return phrase(f)
}

// amount says a value with its unit.
func amount(f *aftercheck.Finding) string {
	return strings.TrimSpace(number(f.Value.Number) + " " + f.Value.Unit)
}

// subjectOf is the inverse of Subject.String for Kind/namespace/name and
// Kind/name.
func subjectOf(path string) aftercheck.Subject {
	switch parts := strings.SplitN(path, "/", 3); len(parts) {
	case 3:
		return aftercheck.Subject{Kind: parts[0], Namespace: parts[1], Name: parts[2]}
	case 2:
		return aftercheck.Subject{Kind: parts[0], Name: parts[1]}
	}
	return aftercheck.Subject{Kind: path}
}
