package assess

import (
	"fmt"
	"math"

	"github.com/aftercheck/aftercheck"
)

// The most that a score can be. A failure, an uncleared root cause and a
// critical regression stay under one half, where a rollback is proposed by
// default; a repair that healed nothing, or was not alone, is no full success.
const (
	capFailed   = 0.49
	capWorse    = 0.10
	capNoHealed = 0.60
	capDegraded = 0.79
)

// measured reports whether the evidence carries a score.
func measured(s *summary, r ruling) bool {
	return r.Verdict != aftercheck.Timeout && r.Reason != aftercheck.ReasonInsufficientEvidence &&
		len(s.rounds) > 0
}

// parts are the score's parts, each with what was seen and what was wanted.
// The weights of parts that were not measured are shared out over the others.
func parts(s *summary) []aftercheck.Part {
	all := []aftercheck.Part{rootCausePart(s), healthPart(s), stabilityPart(s), metricsPart(s), regressionsPart(s)}
	var sum float64
	for i := range all {
		if all[i].Measured {
			all[i].Weight = max(s.Policy.Weights[all[i].Name], 0)
			sum += all[i].Weight
		}
	}
	for i := range all {
		if sum > 0 {
			all[i].Weight = round(all[i].Weight / sum)
		}
	}
	return all
}

// total is the weighted mean over the measured parts.
func total(parts []aftercheck.Part) float64 {
	var score, weight float64
	for _, p := range parts {
		score += p.Weight * p.Score
		weight += p.Weight
	}
	if weight == 0 {
		return 0
	}
	return score / weight
}

// capped applies the caps and rounds to four decimals.
func capped(score float64, s *summary, r ruling) float64 {
	limit := 1.0
	if r.Verdict != aftercheck.Success {
		limit = capDegraded
	}
	switch r.Reason {
	case aftercheck.ReasonAlreadyHealthy, aftercheck.ReasonNoEffect, aftercheck.ReasonObservedOnly, aftercheck.ReasonNoChange, aftercheck.ReasonDrifted:
		limit = capNoHealed
	case aftercheck.ReasonWorse:
		limit = capWorse
	}
	if s.before.good() && r.Verdict != aftercheck.Success {
		limit = min(limit, capNoHealed)
	}
	critical := false
	for _, g := range s.regressions {
		critical = critical || g.Critical
	}
	if critical || r.Verdict == aftercheck.Failed || s.rootCause == aftercheck.AnswerNo {
		limit = min(limit, capFailed)
	}
	return round(min(max(score, 0), limit))
}

func round(v float64) float64 { return math.Round(v*1e4) / 1e4 }

func rootCausePart(s *summary) aftercheck.Part {
	p := aftercheck.Part{Name: aftercheck.PartRootCause, Value: string(s.rootCause), Wanted: string(aftercheck.AnswerYes)}
	switch s.rootCause {
	case aftercheck.AnswerYes:
		p.Measured, p.Score = true, 1
		p.Explanation = "What opened the incident was bad before the action and has been good since."
	case aftercheck.AnswerNo:
		p.Measured = true
		p.Explanation = "What opened the incident is still there."
	default:
		p.Explanation = "Nothing tells whether what opened the incident is cleared."
	}
	return p
}

func healthPart(s *summary) aftercheck.Part {
	p := aftercheck.Part{Name: aftercheck.PartTargetHealth, Value: s.current.brief(), Wanted: string(aftercheck.StateHealthy), Measured: true}
	switch {
	case s.current.gone || s.current.scaledDown():
		p.Explanation = "Nothing runs that could be healthy."
	case s.current.state == aftercheck.StateHealthy:
		p.Score, p.Explanation = 1, "Everything that is known of the target is healthy."
	case s.current.state == aftercheck.StateProgressing:
		p.Score, p.Explanation = 0.5, "The target is on its way; half of the part is given."
	case s.current.state == aftercheck.StateUnhealthy:
		p.Score = 0.5 * share(s.current)
		p.Explanation = "Half of the healthy share of the target is given while another share is broken."
	default:
		p.Measured, p.Explanation = false, "The target's state is not known."
	}
	return p
}

func stabilityPart(s *summary) aftercheck.Part {
	p := aftercheck.Part{
		Name: aftercheck.PartStability, Measured: s.current.known(),
		Value:  fmt.Sprintf("%d consecutive healthy rounds", s.held),
		Wanted: fmt.Sprintf("%d consecutive healthy rounds", s.wantedRounds()),
	}
	p.Score = min(float64(s.held)/float64(s.wantedRounds()), 1)
	p.Explanation = "The share of the wanted rounds in which all checks held together."
	if s.toOutlive > 0 {
		p.Score *= 1 - s.toOutlive.Seconds()/(s.toOutlive+s.current.at.Sub(s.current.lives.youngest())).Seconds()
		p.Explanation = "The share of its previous life that the target has lived, of what it held."
	}
	if s.flapped {
		p.Score *= 0.5
		p.Explanation = "The target fell back after it had recovered, so half of the held share is given."
	}
	return p
}

func metricsPart(s *summary) aftercheck.Part {
	p := aftercheck.Part{Name: aftercheck.PartMetrics, Wanted: "all within their criteria, or better than before"}
	var good, known float64
	for _, f := range s.current.units {
		measures := f.Check == aftercheck.CheckMetric || f.Check == aftercheck.CheckProbe
		if !measures || f.State == aftercheck.StateUnknown {
			continue
		}
		known++
		if f.State == aftercheck.StateHealthy {
			good++
		}
	}
	for _, m := range movements(s.before, s.current) {
		known++
		switch m.change {
		case changeBetter:
			good++
		case changeNone:
			good += 0.5
		}
	}
	p.Value = fmt.Sprintf("%g of %g good", good, known)
	p.Explanation = "The share of the target's metrics and probes that meet their criteria; one without a criterion counts if it is better than before, and half if it is the same."
	if known == 0 {
		p.Explanation = "No metric or probe of the target can be judged."
		return p
	}
	p.Measured, p.Score = true, good/known
	return p
}

// regressionsPart is 1 without regressions, halved by each, and 0 by a
// critical one. Without a pre-state nothing can be compared.
func regressionsPart(s *summary) aftercheck.Part {
	p := aftercheck.Part{
		Name: aftercheck.PartRegressions, Wanted: "none", Measured: s.before.asked > len(s.before.silent),
		Value: fmt.Sprintf("%d", len(s.regressions)), Explanation: "Nothing that was good before is bad now.",
	}
	if !p.Measured {
		p.Explanation = "There is no pre-state to compare with."
		return p
	}
	p.Score = 1
	for _, r := range s.regressions {
		p.Explanation = "Halved by each regression; a critical one takes it all."
		p.Score /= 2
		if r.Critical {
			p.Score = 0
		}
	}
	return p
}
