package assess

import (
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
		crashed, changed := since(last, *g)
		good := g.good() && !crashed
		if good && s.held == 0 {
			heldSince = g.at
		}
		s.held = heldAfter(s.held, good)
		s.flapped = s.flapped || wasGood && (crashed || g.state == aftercheck.StateUnhealthy)
		s.drifted = s.drifted || changed
		wasGood = wasGood || good
		last = g
	}
	if s.Evidence.Held && s.held > 0 {
		s.held, s.steady = s.wantedRounds(), true
		return
	}
	s.steady = s.held >= s.wantedRounds() && s.heldFor(heldSince) >= time.Duration(s.Policy.SettleTime)
}

// heldFor is the time from the first good round to the newest known one.
func (s *summary) heldFor(since time.Time) time.Duration { return s.current.at.Sub(since) }

// since compares a round with the known one before it, nil for the first.
func since(last *glance, g glance) (crashed, changed bool) {
	if last == nil {
		return false, false
	}
	return restarted(*last, g), moved(*last, g)
}

func heldAfter(held int, good bool) int {
	if !good {
		return 0
	}
	return held + 1
}

// good reports whether the target is there and healthy.
func (g *glance) good() bool {
	return g.state == aftercheck.StateHealthy && !g.gone && !g.scaledDown()
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

// moved reports whether the target's specification changed between two glances
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
