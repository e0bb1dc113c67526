package assess

import (
	"regexp"
	"time"

	"github.com/aftercheck/aftercheck"
)

// follow walks over the rounds: how long the target has been good, whether it
// fell back, and whether somebody else changed it. A round in which nothing is
// known neither counts nor interrupts.
func (s *summary) follow() {
	var heldSince time.Time
	var last *glance
	wasGood := false
	for i := range s.rounds {
		g := &s.rounds[i]
		if !g.known() {
			continue
		}
		crashed := restarted(last, *g)
		good, bad := s.well(g) && !crashed, g.state == aftercheck.StateUnhealthy
		if good && s.held <= 0 {
			heldSince = g.at
		}
		s.held = heldAfter(s.held, good, bad)
		s.flapped = s.flapped || wasGood && (crashed || bad)
		s.drifted = s.drifted || s.changedByOthers(last, *g)
		wasGood = wasGood || good && !g.waits()
		last = g
	}
	s.held, s.ill = max(s.held, 0), max(-s.held, 0)
	if s.Evidence.Held && s.held > 0 {
		s.held, s.steady = s.wantedRounds(), true
		return
	}
	s.steady = s.held >= s.wantedRounds() && s.heldFor(heldSince) >= time.Duration(s.Policy.SettleTime)
	s.toOutlive = s.outlives()
}

// outlives returns how much longer the target's youngest pod has to run until it
// has lived longer than its predecessors lived before they crashed, or than the
// policy asks for. Zero if it has, if nothing crashed, or if nothing tells since
// when it runs.
func (s *summary) outlives() time.Duration {
	limit, started := time.Duration(s.Policy.CrashLoopLimit), s.current.lives.youngest()
	if s.before.good() || started.IsZero() || limit <= 0 {
		return 0
	}
	return max(min(s.before.crashed, limit)-s.current.at.Sub(started), 0)
}

// heldFor is the time from the first good round to the newest known one.
func (s *summary) heldFor(since time.Time) time.Duration { return s.current.at.Sub(since) }

// heldAfter counts good rounds in a row above zero, and bad ones below.
func heldAfter(held int, good, bad bool) int {
	switch {
	case good:
		return max(held, 0) + 1
	case bad:
		return min(held, 0) - 1
	}
	return 0
}

// well reports whether the target is as it should be: there and healthy, or away
// as the action intended, with what opened the incident over.
func (s *summary) well(g *glance) bool {
	if s.purpose && (g.gone || g.scaledDown()) {
		return signalState(*g) == aftercheck.StateHealthy
	}
	return g.good()
}

// good reports whether the target is there and healthy.
func (g *glance) good() bool {
	return g.state == aftercheck.StateHealthy && !g.gone && !g.scaledDown()
}

// restarted reports whether a pod that was there before has restarted since; nil
// is no glance, with no pods.
func restarted(before *glance, after glance) bool {
	found := false
	if before == nil {
		return false
	}
	pairs(before.lives, after.lives, func(was *life, is life) bool {
		found = was != nil && is.restarts > was.restarts
		return !found
	})
	return found
}

// moved reports whether the target's specification changed between two glances
// in anything but the number of replicas, which an autoscaler owns.
func moved(before, after glance) bool { return changes(before, after) > 0 }

// changes counts the changes of the target's specification between two glances,
// the most of one object, by its generation. A change of the number of replicas
// is not counted; an object with another UID is another one, and new.
func changes(before, after glance) int {
	if before.target.UID != "" && after.target.UID != "" && before.target.UID != after.target.UID {
		return 0
	}
	most := 0
	for object, generation := range after.generation {
		then, ok := before.generation[object]
		n := int(generation - then)
		if before.replicas[object] != after.replicas[object] {
			n--
		}
		if ok {
			most = max(most, n)
		}
	}
	return most
}

// changedByOthers reports whether somebody else changed the target's
// specification: at all since the known round before this one, or, in the first
// one, by more than the action itself can have changed it.
func (s *summary) changedByOthers(last *glance, g glance) bool {
	if last != nil {
		return moved(*last, g)
	}
	most, known := s.ownChanges()
	return known && changes(s.before, g) > most
}

// ownChanges is how many changes of the target's specification the action itself
// can have made; false if its text does not bound them.
func (s *summary) ownChanges() (int, bool) {
	if s.Action.Playbook() != "" || edits.MatchString(s.Action.Text) {
		return 0, false
	}
	switch s.Action.Kind() {
	case aftercheck.ActionRestart, aftercheck.ActionRollback, aftercheck.ActionPause:
		return 1, true
	case aftercheck.ActionObserve, aftercheck.ActionScale:
		return 0, true
	case aftercheck.ActionDelete:
		if deletesPod.MatchString(s.Action.Text) {
			return 0, true
		}
	}
	return 0, false
}

var (
	edits      = regexp.MustCompile(`(?i)\b(?:set|apply|patch|edit|upgrade|replace|install|deploy|sync|update|configure)\b|&&|;`)
	deletesPod = regexp.MustCompile(`(?i)(?:\b|_)(?:pods?|po)(?:\b|_|/)`)
)

// renewed is whether the target's pods were replaced or restarted after the
// action began: yes, no, or unknown if nothing tells.
func renewed(s *summary) aftercheck.Answer {
	if len(s.before.lives) == 0 || len(s.current.lives) == 0 {
		return aftercheck.AnswerUnknown
	}
	began, answer := s.Action.Began(), aftercheck.AnswerNo
	pairs(s.before.lives, s.current.lives, func(was *life, is life) bool {
		younger := was != nil && is.age > 0 && is.age < was.age && is.since.After(was.since)
		if was == nil || younger || is.restarts > was.restarts || !began.IsZero() && !is.since.Before(began) {
			answer = aftercheck.AnswerYes
		}
		return answer == aftercheck.AnswerNo
	})
	return answer
}
