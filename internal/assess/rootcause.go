package assess

import "github.com/aftercheck/aftercheck"

// rootCause answers whether the cause is cleared: yes only if the signal that
// opened the incident was bad before and is good now, held. Where no sensor
// watches that signal, the target's own state is the signal.
func rootCause(s *summary) aftercheck.Answer {
	if len(s.rounds) == 0 || !s.current.known() && len(s.current.signals) == 0 {
		return aftercheck.AnswerUnknown
	}
	if len(s.current.signals) > 0 {
		return cleared(signalState(s.before), signalState(s.current), s.proven())
	}
	removed, _ := s.removedOne()
	if s.current.gone || s.current.scaledDown() || removed != nil {
		return aftercheck.AnswerNo
	}
	before := s.before.state
	if s.before.gone || s.before.scaledDown() {
		before = aftercheck.StateUnhealthy // that nothing ran was the incident
	}
	if left, _ := s.leftOpen(); left != nil || len(s.before.signals) > 0 {
		before = aftercheck.StateUnknown // what was bad was watched, and is not any more
	}
	return cleared(before, s.current.state, s.proven())
}

// proven reports whether the target has held, and for longer than its crashes
// allow.
func (s *summary) proven() bool { return s.steady && s.toOutlive <= 0 }

func cleared(before, now aftercheck.State, held bool) aftercheck.Answer {
	wasBad := before == aftercheck.StateUnhealthy || before == aftercheck.StateProgressing
	switch {
	case now == aftercheck.StateUnhealthy:
		return aftercheck.AnswerNo
	case now == aftercheck.StateHealthy && held && wasBad:
		return aftercheck.AnswerYes
	}
	return aftercheck.AnswerUnknown
}

// signalState merges the signals: bad if any is bad or pending, good if all
// that can tell are good and all can tell, else unknown.
func signalState(g glance) aftercheck.State {
	state := aftercheck.StateUnknown
	for _, f := range g.signals {
		switch {
		case isBad(f) || pending(f):
			return aftercheck.StateUnhealthy
		case f.State == aftercheck.StateHealthy:
			state = aftercheck.StateHealthy
		}
	}
	for _, f := range g.signals {
		if f.State != aftercheck.StateHealthy {
			return aftercheck.StateUnknown
		}
	}
	return state
}
