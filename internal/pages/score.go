package pages

import (
	"fmt"
	"strings"

	"github.com/aftercheck/aftercheck"
)

// maxParts bounds the parts of a score; the judge makes five.
const maxParts = 20

// maxSources bounds the findings that are named beside a part of the score.
const maxSources = 5

// scoreView is the score as its weighted parts.
type scoreView struct {
	Judged    bool   // there is a verdict
	Value     string // empty: the evidence does not carry a score
	Share     string
	Threshold string // where a rollback is proposed
	At        string // the same as a length
	Parts     []partView
	Capped    string // why the score is less than the sum of its parts
}

// partView is one part.
type partView struct {
	Name, Value, Wanted, Explanation string
	Measured                         bool
	Weight, Score, Gives             string
	From, Width, Filled              string // of its place in the bar
	Share                            string // of its own bar
	Class                            string
	Sources                          []source
	MoreSources                      int
}

// source is a finding that a part rests on.
type source struct{ Text, Query string }

func scoreOf(a aftercheck.Assessment, v aftercheck.Verification) scoreView {
	view := scoreView{Judged: true, Threshold: two(v.Policy.ProposalThreshold), At: percent(v.Policy.ProposalThreshold)}
	if a.Score != nil {
		view.Value, view.Share = two(*a.Score), percent(*a.Score)
	}
	parts, _ := first(a.Parts, maxParts)
	from, sum := 0.0, 0.0
	for _, p := range parts {
		part := partView{
			Name: strings.ReplaceAll(short(p.Name), "_", " "), Value: long(p.Value), Wanted: long(p.Wanted), Explanation: long(p.Explanation),
			Measured: p.Measured, Weight: fmt.Sprintf("%.0f %%", 100*p.Weight), Score: two(p.Score), Gives: two(p.Weight * p.Score),
			From: percent(from), Width: percent(p.Weight), Filled: percent(p.Weight * p.Score), Share: percent(p.Score), Class: classOf(p),
		}
		part.Sources, part.MoreSources = sourcesOf(p.Name, v)
		view.Parts = append(view.Parts, part)
		if p.Measured {
			from += p.Weight
			sum += p.Weight * p.Score
		}
	}
	if a.Score != nil && sum-*a.Score > 0.005 {
		view.Capped = fmt.Sprintf("The parts alone would give %s. Under %s (%s) a score can be %s at the most.", two(sum), short(string(a.Verdict)), short(string(a.Reason)), two(*a.Score))
	}
	return view
}

func classOf(p aftercheck.Part) string {
	switch {
	case !p.Measured:
		return "unknown"
	case p.Score >= 0.995:
		return "good"
	case p.Score >= 0.5:
		return "warn"
	}
	return "bad"
}

// sourcesOf are the findings of the last round that a part rests on.
func sourcesOf(part string, v aftercheck.Verification) (sources []source, more int) {
	if v.Evidence == nil {
		return nil, 0
	}
	for _, reading := range lastReadings(*v.Evidence) {
		for i := range reading.Findings {
			f := &reading.Findings[i]
			if !restsOn(part, f) {
				continue
			}
			if len(sources) == maxSources {
				more++
				continue
			}
			text := short(reading.Sensor) + ": " + short(subjectName(f))
			if f.Value != nil {
				text += " " + quantity(f.Value)
			}
			sources = append(sources, source{text, long(f.Query)})
		}
	}
	return sources, more
}

func restsOn(part string, f *aftercheck.Finding) bool {
	if f.Scope == aftercheck.ScopeNeighbour {
		return false
	}
	measures := f.Check == aftercheck.CheckMetric || f.Check == aftercheck.CheckProbe
	switch part {
	case aftercheck.PartRootCause:
		return f.Signal
	case aftercheck.PartMetrics:
		return measures
	case aftercheck.PartTargetHealth:
		return f.Check == aftercheck.CheckHealth && f.Subject.Kind != "Pod"
	}
	return false
}
