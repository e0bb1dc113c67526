package verify

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aftercheck/aftercheck"
)

// The evidence of one verification is bounded. The pre-state may take half of the
// bound, and each round its even share of what is left, so that the last rounds,
// which decide, find room whatever came before. What is too much loses first what
// no verdict rests on: raw texts, then samples. A reading that is still too long is
// cut as a whole and says so, so that the judge takes it as one that is not known:
// a part of it could make an object look gone.

// roomForPreState is how many bytes a snapshot may have.
func (e *Engine) roomForPreState() int { return e.opts.MaxEvidenceBytes / 2 }

// roomForRound is how many bytes the next round of a verification may have: an even
// share of what is left for all that are planned.
func (e *Engine) roomForRound(v aftercheck.Verification) int {
	used := 0
	if v.Evidence.PreState != nil {
		used = size(v.Evidence.PreState.Readings)
	}
	for _, round := range v.Evidence.Rounds {
		used += size(withoutRaw(round.Readings)) // as they are kept once another follows
	}
	planned := int(v.DeadlineAt.Sub(v.ObserveFrom)/spacing(v)) + 2
	left := max(min(planned, aftercheck.MaxRounds)-len(v.Evidence.Rounds), 1)
	return max(e.opts.MaxEvidenceBytes-used, 0) / left
}

// size is how many bytes the readings take in their JSON form.
func size(readings []aftercheck.Reading) (sum int) {
	for _, r := range readings {
		sum += sizeOf(r)
	}
	return sum
}

func sizeOf(r aftercheck.Reading) int {
	text, err := json.Marshal(r)
	if err != nil { // the store refuses it, and says why
		return 0
	}
	return len(text)
}

func withoutRaw(readings []aftercheck.Reading) []aftercheck.Reading {
	out := slices.Clone(readings)
	for i := range out {
		out[i].Raw = ""
	}
	return out
}

// fit returns readings that take no more than so many bytes, or nothing but marks
// that they were cut. What it is given stays as it is.
func fit(readings []aftercheck.Reading, most int) []aftercheck.Reading {
	if size(readings) <= most {
		return readings
	}
	out := slices.Clone(readings)
	for _, less := range []func(aftercheck.Reading, int) aftercheck.Reading{lessRaw, lessSamples, cutWhole} {
		for _, i := range largestFirst(out) {
			excess := size(out) - most
			if excess <= 0 {
				return out
			}
			out[i] = less(out[i], excess)
		}
	}
	return out
}

// largestFirst are the indexes of the readings, the largest first.
func largestFirst(readings []aftercheck.Reading) []int {
	order := make([]int, len(readings))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return sizeOf(readings[b]) - sizeOf(readings[a]) })
	return order
}

// lessRaw cuts the raw text by at least so many bytes, or as far as there is one.
func lessRaw(r aftercheck.Reading, excess int) aftercheck.Reading {
	if r.Raw == "" {
		return r
	}
	kept := max(len(r.Raw)-excess-len(`,"raw_truncated":true`), 0)
	r.Raw, r.RawTruncated = strings.ToValidUTF8(r.Raw[:kept], ""), true
	return r
}

// lessSamples leaves the findings their values alone.
func lessSamples(r aftercheck.Reading, _ int) aftercheck.Reading {
	r.Findings = slices.Clone(r.Findings)
	for i := range r.Findings {
		r.Findings[i].Samples = nil
	}
	return r
}

// cutWhole leaves nothing of a reading but that it was cut.
func cutWhole(r aftercheck.Reading, _ int) aftercheck.Reading {
	cut := aftercheck.Reading{
		Sensor: r.Sensor, At: r.At, DurationSeconds: r.DurationSeconds, Outcome: aftercheck.ReadingError,
		Error: fmt.Sprintf("cut: its %d findings are more than fit into limits.max_evidence_bytes", len(r.Findings)),
	}
	if sizeOf(cut) > sizeOf(r) {
		return r
	}
	return cut
}
