package collect

import (
	"math"

	"github.com/aftercheck/aftercheck"
)

// The reasons of unknown findings that the metric sensors share: each is its
// own way not to know a number.
const (
	// ReasonNaN: the sample is not a number, such as a ratio of nothing.
	ReasonNaN = "NaN"
	// ReasonInfinite: the sample is infinite, such as a division by zero.
	ReasonInfinite = "Infinite"
	// ReasonNoData: there is no sample. It is not zero.
	ReasonNoData = "NoData"
	// ReasonManySeries: there are several samples and no declared aggregation.
	ReasonManySeries = "ManySeries"
	// ReasonStale: the sample is older than the action's end.
	ReasonStale = "Stale"
	// ReasonTruncated: the sensor found more than is kept.
	ReasonTruncated = "Truncated"
)

// NotFinite returns ReasonNaN or ReasonInfinite for a number that a Value must
// not hold, and the empty string for every other.
func NotFinite(number float64) string {
	switch {
	case math.IsNaN(number):
		return ReasonNaN
	case math.IsInf(number, 0):
		return ReasonInfinite
	}
	return ""
}

// finiteOnly makes a finding whose value is no finite number unknown.
func finiteOnly(f aftercheck.Finding) aftercheck.Finding {
	if f.Value == nil {
		return f
	}
	if reason := NotFinite(f.Value.Number); reason != "" {
		f.Value, f.State, f.Reason = nil, aftercheck.StateUnknown, reason
	}
	return f
}
