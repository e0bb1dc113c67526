package api

import (
	"slices"

	"github.com/aftercheck/aftercheck"
)

// What the OpenAPI document calls a list is one in the answer too: [] where
// nothing is in it, never null. The functions here return copies, since an
// engine may answer several callers with the same memory.

func snapshotWithLists(s aftercheck.Snapshot) aftercheck.Snapshot {
	s.Readings = orEmpty(s.Readings)
	return s
}

func verificationWithLists(v aftercheck.Verification) aftercheck.Verification {
	if v.Policy.Weights == nil {
		v.Policy.Weights = map[string]float64{}
	}
	if v.Evidence == nil {
		return v
	}
	evidence := *v.Evidence
	if evidence.PreState != nil {
		before := snapshotWithLists(*evidence.PreState)
		evidence.PreState = &before
	}
	evidence.Rounds = slices.Clone(evidence.Rounds)
	for i := range evidence.Rounds {
		evidence.Rounds[i].Readings = orEmpty(evidence.Rounds[i].Readings)
	}
	v.Evidence = &evidence
	return v
}

func pageWithLists(p aftercheck.Page) aftercheck.Page {
	p.Verifications = orEmpty(slices.Clone(p.Verifications))
	for i := range p.Verifications {
		p.Verifications[i] = verificationWithLists(p.Verifications[i])
	}
	return p
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
