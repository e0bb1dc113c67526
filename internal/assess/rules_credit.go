package assess

import "github.com/aftercheck/aftercheck"

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

// drifted: somebody else changed the target, beside the action or after it.
func drifted(s *summary) *ruling {
	if !s.drifted {
		return nil
	}
	return rule(aftercheck.Degraded, aftercheck.ReasonDrifted, "%s is healthy, but its specification was changed by more than the action, so the action alone cannot be credited", s.name())
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
