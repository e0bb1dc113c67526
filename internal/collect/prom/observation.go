package prom

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/aftercheck/aftercheck"
)

// observation is what one query gave. What it says of the target depends on the
// question too, so questions share it and none changes it.
type observation struct {
	failed   error     // why it gave nothing; then the rest is zero
	at       time.Time // when it was evaluated
	oldest   time.Time // the oldest of the newest samples that it rests on
	sampled  bool      // it rests on a sample, or needs none
	reach    reach     // how far back it reads, through recording rules too
	values   []float64
	reason   string // why there are no values, if the answer itself says
	warnings []string
}

// numbers returns the numbers of an instant vector or a scalar, or the reason
// why there is none that can be judged.
func numbers(value model.Value) (values []float64, reason string) {
	switch v := value.(type) {
	case *model.Scalar:
		values = []float64{float64(v.Value)}
	case model.Vector:
		for _, sample := range v {
			if sample.Histogram != nil {
				return nil, ReasonHistogram
			}
			values = append(values, float64(sample.Value))
		}
	}
	if len(values) == 0 {
		return nil, ReasonNoData
	}
	for _, number := range values {
		if reason := doubtful(number); reason != "" {
			return nil, reason
		}
	}
	return values, ""
}

func doubtful(number float64) string {
	switch {
	case math.IsNaN(number):
		return ReasonNotANumber
	case math.IsInf(number, 0):
		return ReasonInfinite
	}
	return ""
}

// over makes one number of several. It is not asked for none.
func (a Aggregation) over(values []float64) float64 {
	sum := 0.0
	for _, value := range values {
		sum += value
	}
	switch a {
	case AggregateMax:
		return slices.Max(values)
	case AggregateMin:
		return slices.Min(values)
	case AggregateAvg:
		return sum / float64(len(values))
	default: // a sum, or a single value
		return sum
	}
}

// finding reads an observation. The order of its questions is that of the
// doubts: what was not answered whole is not looked at further, and only a
// fresh number is judged.
func (a ask) finding(o observation, after time.Time) aftercheck.Finding {
	many := a.Aggregation == "" || a.Aggregation == AggregateNone
	switch {
	case o.failed != nil:
		return a.unknown(ReasonQueryFailed, o.failed.Error())
	case len(o.warnings) > 0:
		return a.unknown(ReasonPartial, "the server warned: "+strings.Join(o.warnings, "; "))
	case o.reason != "":
		return a.unknown(o.reason, doubts[o.reason])
	case many && len(o.values) > 1:
		return a.unknown(ReasonManySeries, fmt.Sprintf("%d series and no aggregation", len(o.values)))
	}
	number := a.Aggregation.over(o.values)
	if reason := doubtful(number); reason != "" {
		return a.unknown(reason, doubts[reason])
	}
	f := a.blank()
	f.Value = &aftercheck.Value{Number: number, Unit: a.Unit}
	f.At = plausible(o.oldest)
	if reason, message := a.freshness(o, after); reason != "" {
		f.State, f.Reason, f.Message = aftercheck.StateUnknown, reason, message
		return f
	}
	a.judge(&f, o, after)
	if len(o.values) > 1 {
		f.Message = strings.TrimPrefix(f.Message+fmt.Sprintf("; %s of %d series", a.Aggregation, len(o.values)), "; ")
	}
	return f
}

// doubts explains the reasons that an answer gives by itself.
var doubts = map[string]string{
	ReasonNoData:     "the answer is empty",
	ReasonNotANumber: "a sample is NaN",
	ReasonInfinite:   "a sample is infinite",
	ReasonHistogram:  "a sample is a native histogram; histogram_quantile or histogram_sum would give a number",
}

// freshness says why the samples are too old, or nothing.
func (a ask) freshness(o observation, after time.Time) (reason, message string) {
	switch age := o.at.Sub(o.oldest); {
	case !o.sampled:
		return ReasonNoData, "no selector has a sample within the server's look-back"
	case a.MaxSampleAge > 0 && age > a.MaxSampleAge:
		return ReasonStale, fmt.Sprintf("the newest sample is %s old, at most %s is wanted", age.Round(time.Millisecond), a.MaxSampleAge)
	case !after.IsZero() && !o.oldest.After(after):
		return ReasonNotYet, "the newest sample was taken before the action's end"
	}
	return "", ""
}

// judge sets the state of a fresh number. A bad or unjudged one whose window
// holds time before the action's end is unknown: the badness may be of then. A
// good one is healthy all the same, as the worse time is in it; its reason tells.
func (a ask) judge(f *aftercheck.Finding, o observation, after time.Time) {
	window := max(Window(a.expr), o.reach.total())
	reachesBack := !after.IsZero() && window > 0 && o.at.Add(-window).Before(after)
	f.State, _ = a.criterion.Judge(f.Value.Number)
	switch {
	case f.State == aftercheck.StateHealthy && reachesBack:
		f.Reason, f.Message = ReasonWindowReachesBack, "good, over a window that still holds time before the action's end"
	case f.State == aftercheck.StateHealthy:
		f.Reason = ReasonInRange
	case reachesBack:
		f.State, f.Reason = aftercheck.StateUnknown, ReasonWindowReachesBack
		f.Message = fmt.Sprintf("the window of %s still holds time before the action's end, until %s",
			model.Duration(window), after.Add(window).UTC().Format(time.RFC3339))
	case f.State == "":
		f.Reason = ReasonMeasured
	case a.wide && !a.allHopeless(o.values):
		f.State, f.Reason, f.Message = aftercheck.StateUnknown, ReasonWiderThanTarget, "not all is well, in a query that covers more than the target"
	default:
		f.Reason = ReasonOutOfRange
	}
}

func (a ask) allHopeless(values []float64) bool {
	for _, value := range values {
		if state, _ := a.hopeless.Judge(value); state != aftercheck.StateHealthy {
			return false
		}
	}
	return true
}

// blank is the finding that says nothing yet.
func (a ask) blank() aftercheck.Finding {
	return aftercheck.Finding{
		Subject: aftercheck.Subject{Kind: "Metric", Namespace: a.namespace, Name: a.Name},
		Check:   aftercheck.CheckMetric,
		Scope:   a.Scope,
		Wanted:  a.criterion.Wanted(),
		Query:   a.Expr,
		Signal:  a.Signal,
	}
}

func (a ask) unknown(reason, message string) aftercheck.Finding {
	f := a.blank()
	f.State, f.Reason, f.Message = aftercheck.StateUnknown, reason, message
	return f
}
