package prom

import (
	"math"
	"slices"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/baseline"
	"github.com/aftercheck/aftercheck/internal/collect"
)

const (
	// leastBad is the share of bad samples above which an incident's number was
	// bad; mostBad is that above which a number is bad after the action. What lies
	// between is unsteady.
	leastBad = 0.25
	mostBad  = 0.50
)

// measure tells whether a sample is well: by the criterion, or else by what is
// usual at its time.
type measure struct {
	criterion collect.Criterion
	usual     baseline.Model
}

// byCriterion reports whether there is a threshold or a range.
func (m measure) byCriterion() bool {
	state, _ := m.criterion.Judge(0)
	return state != ""
}

// judges reports whether there is anything to hold a number against.
func (m measure) judges() bool { return m.byCriterion() || m.usual.Method != baseline.MethodNone }

// bad returns the share of the samples that are not well.
func (m measure) bad(samples []baseline.Sample) float64 {
	bad, known := 0.0, 0.0
	for _, s := range samples {
		switch m.sample(s) {
		case aftercheck.StateUnhealthy:
			bad, known = bad+1, known+1
		case aftercheck.StateHealthy:
			known++
		}
	}
	if known == 0 {
		return math.NaN()
	}
	return bad / known
}

// remains makes a number that is usual one that has not come back yet if more
// than a quarter of the incident is left of it, and half of the band, or a third
// of the incident, and a quarter of the band: single values are usual there,
// but not the median of many.
func (m measure) remains(is *aftercheck.Finding, was aftercheck.Finding) {
	if m.byCriterion() || is.State != aftercheck.StateHealthy || was.State != aftercheck.StateUnhealthy || len(is.Samples) < leastRecent {
		return
	}
	then, _, knownThen := m.usual.Band(was.At)
	now, _, known := m.usual.Band(is.At)
	if !known || !knownThen {
		return
	}
	incident, left := was.Value.Number-then.Expected, is.Value.Number-now.Expected
	edge := now.High - now.Expected
	if incident < 0 {
		incident, left, edge = -incident, -left, now.Expected-now.Low
	}
	share := left / incident
	if then.Expected > 0 && now.Expected > 0 {
		share *= then.Expected / now.Expected // a busier hour has more of everything
	}
	if left > incident/4 && left > edge/2 || share > 1.0/3 && left > edge/4 {
		is.State, is.Reason = aftercheck.StateProgressing, ReasonUnsteady
	}
}

// alike returns the samples for which the same is usual as for the newest, to
// half of its band: a number and what was wanted of it are of one hour.
func (m measure) alike(samples []baseline.Sample) []baseline.Sample {
	now, _, known := m.usual.Band(samples[len(samples)-1].At)
	if m.byCriterion() || !known {
		return samples
	}
	return slices.DeleteFunc(slices.Clone(samples), func(s baseline.Sample) bool {
		then, _, known := m.usual.Band(s.At)
		return !known || math.Abs(then.Expected-now.Expected) > (now.High-now.Low)/2
	})
}

// since returns what follows after the number was last well for a while, or all
// if it never was; the newest while if it still is.
func (m measure) since(samples []baseline.Sample) []baseline.Sample {
	for i := len(samples) - leastRecent; i >= 0; i-- {
		if !(m.bad(samples[i:i+leastRecent]) <= leastBad) {
			continue
		}
		from := i + leastRecent
		for m.sample(samples[from-1]) == aftercheck.StateUnhealthy {
			from-- // ends at the latest at the while's first sample that is well
		}
		if from == len(samples) {
			return samples[i:]
		}
		return samples[from:]
	}
	return samples
}

func (m measure) sample(s baseline.Sample) aftercheck.State {
	if m.byCriterion() {
		state, _ := m.criterion.Judge(s.Value)
		return state
	}
	band, _, known := m.usual.Band(s.At)
	switch {
	case !known:
		return aftercheck.StateUnknown
	case band.Judge(s.Value, baseline.Direction(m.criterion.Better())) == baseline.OutcomeBetter:
		return aftercheck.StateHealthy
	}
	return aftercheck.StateUnhealthy
}

// state judges the samples together. The newest of them, a fifth and three at
// the least, must not all be bad, however well the others are.
func (m measure) state(samples []baseline.Sample, most float64) (aftercheck.State, string) {
	wanted := m.criterion.Wanted()
	if !m.judges() {
		return "", wanted
	}
	if band, _, known := m.usual.Band(samples[len(samples)-1].At); known && !m.byCriterion() {
		wanted = usualWords(band, m.usual)
	}
	bad := m.bad(samples)
	newest := samples[max(len(samples)-max(3, len(samples)/5), 0):]
	switch {
	case math.IsNaN(bad):
		return "", m.criterion.Wanted()
	case bad > most || m.bad(newest) == 1:
		return aftercheck.StateUnhealthy, wanted
	case bad > leastBad:
		return aftercheck.StateProgressing, wanted
	}
	return aftercheck.StateHealthy, wanted
}

func (m measure) reason(state aftercheck.State) string {
	switch {
	case state == "":
		return ReasonMeasured
	case state == aftercheck.StateProgressing:
		return ReasonUnsteady
	case state == aftercheck.StateHealthy && m.byCriterion():
		return ReasonInRange
	case state == aftercheck.StateHealthy:
		return ReasonUsual
	case m.byCriterion():
		return ReasonOutOfRange
	}
	return ReasonUnusual
}
