package assess

import (
	"slices"

	"github.com/aftercheck/aftercheck"
)

// A target may be several objects, as where no label names one. One of them
// that is gone is not seen by the state of the others.

// removedOne returns the first workload of the target that was broken before
// and is not there any more, or wants no replicas now; nil if there is none.
// There is none either if the action says that this was its purpose.
func (s *summary) removedOne() (was *aftercheck.Finding, reason aftercheck.Reason) {
	if s.purpose {
		return nil, ""
	}
	for _, f := range s.before.units {
		object := f.Subject.String()
		wanted, counted := s.current.replicas[object]
		switch {
		case !isBad(f) || !endures(f):
		case s.missing(f):
			return f, aftercheck.ReasonTargetGone
		case counted && wanted == 0 && s.before.replicas[object] > 0:
			return f, aftercheck.ReasonTargetScaledDown
		}
	}
	return nil, ""
}

// missing reports whether a finding's object was seen before and is not now,
// though others of its kind are: else the kind may not have been asked for.
func (s *summary) missing(was *aftercheck.Finding) bool {
	listed := false
	for _, f := range s.current.units {
		if f.Check != aftercheck.CheckHealth || f.Subject.Kind != was.Subject.Kind {
			continue
		}
		if f.Key() == was.Key() {
			return false
		}
		listed = true
	}
	return listed
}

// endures reports whether a finding is the health of a workload that does not
// go away by itself.
func endures(f *aftercheck.Finding) bool {
	return f.Check == aftercheck.CheckHealth && slices.Contains([]string{"Deployment", "StatefulSet", "DaemonSet"}, f.Subject.Kind)
}
