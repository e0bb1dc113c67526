package prom

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"

	"github.com/aftercheck/aftercheck"
)

// condition says how the incident's alert stands by its rule's own expression,
// which clears before the alert does and holds before the alert fires.
//
// It holds: that is bad, unless what it reads is not of after the action's end
// yet. It does not: that is good if the series that it stands on are still there,
// with samples from after the action's end; an alert is quiet too when its target
// or the exporter is gone.
func (s subject) condition(r rule, e evaluation, f aftercheck.Finding) aftercheck.Finding {
	f.Query, f.At, f.Since = r.Query, e.at, time.Time{}
	set := func(state aftercheck.State, reason, message string) aftercheck.Finding {
		f.State, f.Reason, f.Message = state, reason, message
		return f
	}
	active, alerting := s.worst(r)
	if alerting {
		f.Since = active.ActiveAt
	}
	if e.warning != "" {
		return set(aftercheck.StateUnknown, ReasonPartial, "the server warned: "+e.warning)
	}
	if held, of := s.heldBy(r, e); held != another {
		return s.holding(r, e, held, of, set)
	}
	switch e.footing.presence(func(l leaf) presence { return s.presence(r, e, l) }) {
	case old:
		return set(aftercheck.StateUnknown, ReasonNotYet, "the expression does not hold, by samples that were taken before the action's end")
	case unheard, vanished:
		return set(aftercheck.StateUnknown, ReasonSeriesGone, "the expression does not hold, but series that it reads are gone, and nothing tells that their subject and its exporter are well")
	}
	if alerting && active.State == "firing" {
		return set(aftercheck.StateHealthy, ReasonCleared, "the expression does not hold any more; the alert itself still fires, "+lingering(r, active))
	}
	return set(aftercheck.StateHealthy, ReasonInactive, "")
}

// lingering says why an alert fires although its expression has cleared.
func lingering(r rule, a alert) string {
	if keep := seconds(r.KeepFiringFor); keep > 0 || !a.KeepFiringSince.IsZero() {
		return fmt.Sprintf("as the rule keeps it firing for %s", model.Duration(keep))
	}
	return fmt.Sprintf("until the rule is evaluated again, every %s", model.Duration(seconds(r.interval)))
}

// heldBy returns for which of the series that the expression holds for it holds
// for the incident: certainly, or else perhaps, or else for none.
func (s subject) heldBy(r rule, e evaluation) (relation, map[string]string) {
	perhaps, of := another, map[string]string(nil)
	for _, series := range e.holds {
		switch found := s.relate(r, alert{Labels: series}); found {
		case same:
			return same, series
		case successor:
			perhaps, of = successor, series
		case unclear:
			if perhaps == another {
				perhaps, of = unclear, series
			}
		}
	}
	return perhaps, of
}

// holding says what it means that the expression holds.
func (s subject) holding(r rule, e evaluation, held relation, of map[string]string, set func(aftercheck.State, string, string) aftercheck.Finding) aftercheck.Finding {
	whom := ""
	if held == successor {
		whom = "for " + podOf(of) + ", of the same workload"
	}
	window := e.reach.total()
	switch {
	case held == unclear:
		return set(aftercheck.StateUnknown, ReasonAmbiguous, "the expression holds for "+identity(of)+"; the incident has none of these labels")
	case !s.after.IsZero() && window > 0 && e.at.Add(-window).Before(s.after):
		return set(aftercheck.StateUnknown, ReasonWindowReachesBack, fmt.Sprintf(
			"the expression holds, over a window of %s that still holds time before the action's end, until %s",
			model.Duration(window), s.after.Add(window).UTC().Format(time.RFC3339)))
	case s.ofBefore(r, e):
		return set(aftercheck.StateUnknown, ReasonNotYet, "the expression holds, by samples that were taken before the action's end")
	case s.fires(r):
		return set(aftercheck.StateUnhealthy, ReasonFiring, whom)
	}
	return set(aftercheck.StateProgressing, ReasonPending, firstOf(whom, "the expression holds, and the alert does not fire yet"))
}

// ofBefore reports whether an expression that holds does so by samples that were
// taken before the action's end. Under absent it is the lack of samples that
// tells, which is of now.
func (s subject) ofBefore(r rule, e evaluation) bool {
	return e.footing.presence(func(l leaf) presence {
		if l.absent {
			return needless
		}
		return s.presence(r, e, l)
	}) == old
}

// fires reports whether an alert of the rule fires that is the incident's.
func (s subject) fires(r rule) bool {
	a, found := s.worst(r)
	relation := s.relate(r, a)
	return found && a.State == "firing" && (relation == same || relation == successor)
}

// presence says whether the samples of one selector are there that are the
// incident's.
func (s subject) presence(r rule, e evaluation, l leaf) presence {
	if l.past {
		return needless
	}
	known := e.heard[l.query()]
	oldest, _, found := s.times(r, known.series)
	switch {
	case found && s.isFresh(oldest.Add(-known.margin)):
		return fresh
	case found || l.absent: // absent answers by the samples alone: they have just gone
		return old
	}
	_, newest, found := s.times(r, known.witness)
	switch {
	case found && s.isFresh(newest):
		return fresh
	case found:
		return old
	case len(known.series) > 0:
		return vanished
	}
	return unheard
}

func (s subject) isFresh(at time.Time) bool { return s.after.IsZero() || at.After(s.after) }

// times returns the oldest and the newest time of those that are the incident's.
func (s subject) times(r rule, all []sampled) (oldest, newest time.Time, found bool) {
	for _, one := range all {
		if s.relate(r, alert{Labels: one.labels}) == another {
			continue
		}
		if !found || one.at.Before(oldest) {
			oldest = one.at
		}
		if !found || one.at.After(newest) {
			newest = one.at
		}
		found = true
	}
	return oldest, newest, found
}
