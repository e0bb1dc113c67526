package assess

import (
	"slices"

	"github.com/aftercheck/aftercheck"
)

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

// unanswered: what was bad before is not known to be good now, none of it. The
// rest of the target may be well, but it was so before.
func unanswered(s *summary) *ruling {
	was, later := s.leftOpen()
	switch {
	case was == nil:
		return nil
	case later:
		return rule(aftercheck.Degraded, aftercheck.ReasonStillConverging, "%s was %s before the action, and cannot tell yet whether that is over", was.Subject, inWords(was))
	}
	return rule(aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence, "%s was %s before the action, and nothing tells whether that is over", was.Subject, inWords(was))
}

// leftOpen returns the first of what was bad before if nothing of it can be told
// now, or if neither the signal nor an object can, and whether time will tell; nil
// if there is no such thing.
func (s *summary) leftOpen() (first *aftercheck.Finding, later bool) {
	now := byKey(s.current.signals, measurements(s.current.units))
	if signal := s.silentSignal(now); signal != nil {
		is := now[signal.Key()]
		return signal, is != nil && notYet[is.Reason]
	}
	for _, f := range slices.Concat(s.before.signals, s.before.units, s.before.pods) {
		if !isBad(f) && !pending(f) {
			continue
		}
		var is *aftercheck.Finding
		if lasts[f.Check] {
			is = now[f.Key()]
		} else if objectsTell(s.current) {
			return nil, false // objects are replaced, and what is there now stands for them
		}
		if is != nil && is.State != aftercheck.StateUnknown {
			return nil, false
		}
		later = later || is != nil && notYet[is.Reason]
		if first == nil {
			first = f
		}
	}
	return first, later
}

// silentSignal returns the first signal that was bad before and cannot tell now,
// unless an object of the target can; nil if there is none.
func (s *summary) silentSignal(now map[string]*aftercheck.Finding) *aftercheck.Finding {
	if objectsTell(s.current) {
		return nil
	}
	for _, f := range s.before.signals {
		if is := now[f.Key()]; isBad(f) && (is == nil || is.State == aftercheck.StateUnknown) {
			return f
		}
	}
	return nil
}

// measurements returns the findings that stay the same while objects are
// replaced.
func measurements(findings []*aftercheck.Finding) []*aftercheck.Finding {
	var out []*aftercheck.Finding
	for _, f := range findings {
		if lasts[f.Check] {
			out = append(out, f)
		}
	}
	return out
}

// objectsTell reports whether the health of an object of the target is known.
func objectsTell(g glance) bool {
	return slices.ContainsFunc([][]*aftercheck.Finding{g.units, g.pods, g.signals}, func(findings []*aftercheck.Finding) bool {
		return anyTells(findings, aftercheck.CheckHealth)
	})
}

// lasts are the checks that stay the same while objects are replaced.
var lasts = map[aftercheck.Check]bool{aftercheck.CheckAlert: true, aftercheck.CheckMetric: true, aftercheck.CheckProbe: true}

// awaited reports whether a signal cannot tell yet but will, so that it is
// worth waiting until the deadline.
func awaited(s *summary) bool {
	for _, f := range s.current.signals {
		if f.State == aftercheck.StateProgressing || f.State == aftercheck.StateUnknown && (notYet[f.Reason] || f.Reason == seriesGone) {
			return true
		}
	}
	return false
}

// notYet are the reasons of unknown signals that time cures.
var notYet = map[string]bool{"WindowReachesBack": true, "NotYetEvaluated": true, "NotYet": true, "Stale": true}

// seriesGone is the reason of a signal whose series are missing. They may come
// back: a pod that restarts has none for a scrape or two.
const seriesGone = "SeriesGone"
