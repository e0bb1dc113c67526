package collect

import (
	"fmt"
	"slices"

	"github.com/aftercheck/aftercheck"
)

// bounded returns the findings that are kept, and a note if there are others.
func bounded(sensor string, findings []aftercheck.Finding) (kept, note []aftercheck.Finding) {
	if fitting(findings) == len(findings) {
		return findings, nil
	}
	ordered := slices.Clone(findings)
	slices.SortStableFunc(ordered, func(a, b aftercheck.Finding) int { return rank(a) - rank(b) })
	fit := fitting(ordered)
	return ordered[:fit], []aftercheck.Finding{{
		Subject: aftercheck.Subject{Kind: "Sensor", Name: sensor},
		Check:   aftercheck.CheckHealth,
		Scope:   ordered[fit].Scope,
		State:   aftercheck.StateUnknown,
		Reason:  ReasonTruncated,
		Message: fmt.Sprintf("%d of %d findings are kept", fit, len(findings)),
	}}
}

// fitting returns how many of the findings may be kept.
func fitting(findings []aftercheck.Finding) int {
	bytes := 0
	for i, f := range findings[:min(len(findings), maxFindings)] {
		if bytes += weight(f); bytes > maxFindingBytes {
			return i
		}
	}
	return min(len(findings), maxFindings)
}

// weight is about how many bytes a finding takes, once its texts are cut.
func weight(f aftercheck.Finding) int {
	const bytesOfSample = 18 // as JSON has a number
	bytes := min(len(f.Message), maxMessage) + min(len(f.Query), maxQuery) + min(len(f.Wanted), maxWanted) +
		min(len(f.Samples), aftercheck.MaxSamples)*bytesOfSample
	for _, name := range []string{f.Subject.Kind, f.Subject.Namespace, f.Subject.Name, f.Subject.UID, f.Subject.Owner, f.Reason} {
		bytes += min(len(name), maxName)
	}
	return bytes
}

// rank orders findings by what a verdict would miss most.
func rank(f aftercheck.Finding) int {
	switch {
	case f.Signal:
		return 0
	case f.Scope != aftercheck.ScopeNeighbour:
		return 1
	case f.State != aftercheck.StateHealthy && f.State != "":
		return 2
	}
	return 3
}
