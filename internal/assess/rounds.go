package assess

import (
	"time"

	"github.com/aftercheck/aftercheck"
)

// follow walks over the rounds: how long the target has been good, whether it
// fell back, and whether somebody else changed it.
func (s *summary) follow() {
	var heldSince time.Time
	wasGood := false
	last := -1 // the newest round that told anything
	for i, g := range s.rounds {
		if !g.known() {
			continue // neither counts nor interrupts
		}
		crashed := last >= 0 && restarted(s.rounds[last], g)
		good := g.state == aftercheck.StateHealthy && !crashed && !g.gone && !g.scaledDown()
		switch {
		case good && s.held == 0:
			s.held, heldSince = 1, g.at
		case good:
			s.held++
		default:
			s.held = 0
		}
		fell := g.state == aftercheck.StateUnhealthy || crashed
		s.flapped = s.flapped || wasGood && fell
		wasGood = wasGood || good
		s.drifted = s.drifted || last >= 0 && moved(s.rounds[last], g)
		last = i
	}
	if s.Evidence.Held && s.held > 0 {
		s.held, s.steady = s.wantedRounds(), true
		return
	}
	s.steady = s.held >= s.wantedRounds() &&
		s.rounds[last].at.Sub(heldSince) >= time.Duration(s.Policy.SettleTime)
}

// restarted reports whether a pod that was there before has restarted since.
func restarted(before, after glance) bool {
	found := false
	pairs(before.lives, after.lives, func(was *life, is life) bool {
		found = was != nil && is.restarts > was.restarts
		return !found
	})
	return found
}

// moved reports whether the target's specification changed between two rounds
// in anything but the number of replicas, which an autoscaler owns.
func moved(before, after glance) bool {
	for object, generation := range after.generation {
		then, ok := before.generation[object]
		if ok && generation > then && before.replicas[object] == after.replicas[object] {
			return true
		}
	}
	return false
}

// renewed is whether the target's pods were replaced or restarted after the
// action began: yes, no, or unknown if nothing tells.
func renewed(s *summary) aftercheck.Answer {
	if len(s.before.lives) == 0 || len(s.current.lives) == 0 {
		return aftercheck.AnswerUnknown
	}
	began, answer := s.Action.Began(), aftercheck.AnswerNo
	pairs(s.before.lives, s.current.lives, func(was *life, is life) bool {
		if was == nil || is.restarts > was.restarts || !began.IsZero() && !is.since.Before(began) {
			answer = aftercheck.AnswerYes
		}
		return answer == aftercheck.AnswerNo
	})
	return answer
}
