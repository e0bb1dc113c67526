package prom

import (
	"math"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/baseline"
)

const (
	// steadyBad is the share of an incident's samples that are bad from which on it
	// was there all the time, and of that share after the action from which on it is
	// there as it was.
	steadyBad = 0.75
	// mostRelapses is the share of the samples after the action that may be as bad
	// as the incident's for the number to be well, beside a single one: they are no
	// noise.
	mostRelapses = 0.10
)

// settled corrects the state of a number after the action by how steady it is,
// beside an incident in which it was bad. It has not settled if it was well and
// fell back, if samples of it are as bad as before, or if clearly less of them
// are bad; it is as bad as it was if as many are.
func (m measure) settled(is *aftercheck.Finding, incident, after []baseline.Sample) {
	recent := settledPart(after)
	before, now := m.bad(incident), m.bad(recent)
	unsteady := false
	switch is.State {
	case aftercheck.StateHealthy:
		unsteady = m.relapses(incident, recent) || before >= steadyBad && m.fellBack(after)
	case aftercheck.StateUnhealthy:
		unsteady = now < steadyBad*before || before >= steadyBad && m.fellBack(after)
	case aftercheck.StateProgressing:
		if now >= steadyBad*before {
			is.State, is.Reason = aftercheck.StateUnhealthy, m.reason(aftercheck.StateUnhealthy)
		}
	}
	if unsteady {
		is.State, is.Reason = aftercheck.StateProgressing, ReasonUnsteady
	}
}

// relapses reports whether more samples than noise would have are bad and nearer
// to what was bad in the incident than to what most are now.
func (m measure) relapses(incident, after []baseline.Sample) bool {
	var ill []float64
	for _, s := range incident {
		if m.sample(s) == aftercheck.StateUnhealthy {
			ill = append(ill, s.Value)
		}
	}
	then, now, count := baseline.Median(ill), baseline.Median(valuesOf(after)), 0.0
	for _, s := range after {
		if m.sample(s) == aftercheck.StateUnhealthy && math.Abs(s.Value-then) < math.Abs(s.Value-now) {
			count++
		}
	}
	return count > max(1, mostRelapses*float64(len(after)))
}

// fellBack reports whether a number was well for a while after the action and bad
// again for a while: twice, or once and to the end.
func (m measure) fellBack(after []baseline.Sample) bool {
	states := m.smoothed(after)
	falls := 0
	for i := 1; i < len(states); i++ {
		if states[i-1] == aftercheck.StateHealthy && states[i] == aftercheck.StateUnhealthy {
			falls++
		}
	}
	return falls > 1 || falls == 1 && states[len(states)-1] == aftercheck.StateUnhealthy
}

// smoothed returns what the samples are, but for single ones that are not as
// their neighbours are.
func (m measure) smoothed(samples []baseline.Sample) []aftercheck.State {
	states := make([]aftercheck.State, len(samples))
	for i, s := range samples {
		states[i] = m.sample(s)
	}
	for i := 1; i+1 < len(states); i++ {
		if states[i] != states[i-1] && states[i-1] == m.sample(samples[i+1]) {
			states[i] = states[i-1]
		}
	}
	return states
}

// asEver reports whether a number that can only be compared, and is worse than
// in the newest of the past, is no worse than in all of it: it wanders.
func (m measure) asEver(newest, past, after []baseline.Sample) bool {
	if m.judges() || len(past) == len(newest) {
		return false
	}
	worseThan := func(before []baseline.Sample) bool {
		c := baseline.Compare(valuesOf(before), valuesOf(after), baseline.Direction(m.criterion.Better()), baseline.Options{})
		return c.Outcome == baseline.OutcomeWorse
	}
	return worseThan(newest) && !worseThan(past)
}
