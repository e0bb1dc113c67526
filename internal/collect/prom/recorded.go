package prom

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/baseline"
	"github.com/aftercheck/aftercheck/internal/collect"
)

// The reasons of findings of recorded files alone.
const (
	// ReasonUnsteady: the number is well now and then, and not now and then.
	ReasonUnsteady = "Unsteady"
	// ReasonCounter: the number is a counter since its process began, and one
	// sample of it says nothing of its rate.
	ReasonCounter = "Counter"
)

// RecordedOptions say how recorded numbers are read.
type RecordedOptions struct {
	// Metric chooses the series of one name; empty means all.
	Metric string
	// Better, Healthy and Unit are as in Query.
	Better, Healthy, Unit string
	// Aggregation makes one number of the series; empty or none means that each
	// series is a number of its own.
	Aggregation Aggregation
	// StartsAt is when the incident began; zero means that it is not known.
	StartsAt time.Time
	// After is the action's end: only what is newer counts as after it. Zero means
	// the newest sample of the file from before, where both files have times.
	After time.Time
}

// Recorded reads numbers that were recorded before and after an action: saved
// answers of /api/v1/query or /api/v1/query_range (a vector, a matrix or a
// scalar, with or without the envelope), or pages of metrics in the text format.
// Either may be empty. It returns the findings of both, as the metrics sensor
// would have made them at their newest samples.
//
// Counters over a time become rates by the second. A matrix is read by its newest
// third, which must be well for three quarters and at its end; where it reaches
// far back it tells itself what is usual, and a short one what was before the
// incident, if that began in one step. Errors name what is wrong with the
// options or the files.
func Recorded(before, after []byte, o RecordedOptions) (pre, post []aftercheck.Finding, err error) {
	criterion, err := collect.ParseCriterion(o.Better, o.Healthy)
	if err != nil {
		return nil, nil, err
	}
	was, err := o.read(before)
	if err != nil {
		return nil, nil, fmt.Errorf("before: %w", err)
	}
	is, err := o.read(after)
	if err != nil {
		return nil, nil, fmt.Errorf("after: %w", err)
	}
	for _, pair := range paired(was, is) {
		r := recording{RecordedOptions: o, criterion: criterion, name: pair.name}
		beforeFinding, afterFinding := r.findings(pair.was, pair.is)
		if before != nil {
			pre = append(pre, beforeFinding)
		}
		if after != nil {
			post = append(post, afterFinding)
		}
	}
	return pre, post, nil
}

// read parses a file and reduces it to the series that are asked for.
func (o RecordedOptions) read(data []byte) ([]recordedSeries, error) {
	series, err := parseRecorded(data)
	if err != nil {
		return nil, err
	}
	if o.Metric != "" {
		series = slices.DeleteFunc(series, func(s recordedSeries) bool { return string(s.labels[model.MetricNameLabel]) != o.Metric })
	}
	for i, s := range series {
		if s.counter && len(s.samples) > 1 {
			series[i].samples, series[i].counter = rates(s.samples), false
		}
	}
	if o.Aggregation == "" || o.Aggregation == AggregateNone || len(series) < 2 {
		return series, nil
	}
	one := recordedSeries{samples: merged(series, o.Aggregation)}
	for _, s := range series {
		one.counter, one.special = one.counter || s.counter, one.special || s.special
	}
	return []recordedSeries{one}, nil
}

// recording is one number that is read from files.
type recording struct {
	RecordedOptions
	criterion collect.Criterion
	name      string
}

func (r recording) blank() aftercheck.Finding {
	return aftercheck.Finding{
		Subject: aftercheck.Subject{Kind: "Metric", Name: r.name}, Check: aftercheck.CheckMetric,
		Scope: aftercheck.ScopeTarget, Wanted: r.criterion.Wanted(),
	}
}

func (r recording) unknown(reason, message string) aftercheck.Finding {
	f := r.blank()
	f.State, f.Reason, f.Message = aftercheck.StateUnknown, reason, message
	return f
}

// findings reads both sides of one number.
func (r recording) findings(was, is *recordedSeries) (pre, post aftercheck.Finding) {
	past, end := r.past(was, is)
	incident, usual := r.split(past, is)
	m := measure{criterion: r.criterion, usual: usual}
	pre = r.finding(was, incident, m, leastBad)
	latest := is
	if is != nil && !end.IsZero() && len(is.samples) > 1 {
		cut := *is
		cut.samples = between(is.samples, end, time.Time{})
		latest = &cut
	}
	if latest == nil {
		return pre, r.unknown(ReasonNoData, "the file holds no such series")
	}
	finite := finiteOnly(latest.samples)
	if m.asEver(incident, past, newestThird(finite)) {
		pre = r.finding(was, past, m, leastBad)
	}
	recent := newestThird(finite)
	if m.judges() {
		recent = settledPart(finite)
	}
	post = r.finding(latest, recent, m, mostBad)
	m.remains(&post, pre)
	if pre.State == aftercheck.StateUnhealthy {
		m.settled(&post, incident, finite)
	}
	return pre, post
}

// asManyAs returns the newest of the samples, no more than the newest third of
// what came after, six at the least: a long time before would not be the incident
// alone.
func asManyAs(after *recordedSeries, samples []baseline.Sample) []baseline.Sample {
	n := leastRecent
	if after != nil {
		n = max(n, len(newestThird(after.samples)))
	}
	return samples[max(len(samples)-n, 0):]
}

// past returns the finite samples up to the action's end, of both files, and that
// end; zero where it is not known, or the second file begins anew.
func (r recording) past(was, is *recordedSeries) (past []baseline.Sample, end time.Time) {
	if end = r.After; end.IsZero() && was != nil && len(was.samples) > 1 {
		end = was.samples[len(was.samples)-1].At
	}
	if was != nil {
		past = between(finiteOnly(was.samples), time.Time{}, end)
	}
	if is == nil || end.IsZero() || len(is.samples) < 2 {
		return past, end
	}
	if r.After.IsZero() && !is.samples[len(is.samples)-1].At.After(end) {
		return past, time.Time{}
	}
	first := end
	if len(past) > 0 {
		first = past[0].At
	}
	early := between(finiteOnly(is.samples), time.Time{}, first.Add(-time.Millisecond))
	return append(early, past...), end
}

// unitRatio is the unit of shares between 0 and 1.
const unitRatio = "ratio"

const (
	// longHistory is from which length on a history tells what is usual by the
	// hour.
	longHistory = 24 * time.Hour
	// recordedHorizon is how long after its history a recorded model tells what is
	// usual.
	recordedHorizon = 7 * 24 * time.Hour
)

// split takes the past apart into what was usual, as a model, and the incident's
// samples.
func (r recording) split(past []baseline.Sample, is *recordedSeries) (incident []baseline.Sample, usual baseline.Model) {
	if len(past) < 2 {
		return past, baseline.Model{}
	}
	end := past[len(past)-1].At
	length := end.Sub(past[0].At)
	o := baseline.Options{Ratio: r.Unit == unitRatio, Horizon: recordedHorizon}
	cut := end.Add(-min(max(beforeReading, length/20), 12*time.Hour))
	switch {
	case !r.StartsAt.IsZero() && r.StartsAt.Before(end):
		cut = r.StartsAt
	case length < longHistory:
		at, found := onset(past, baseline.Direction(r.criterion.Better()), r.Unit == unitRatio)
		if !found {
			return asManyAs(is, newestThird(past)), baseline.Model{}
		}
		o.LeastSamples = 2 // ten samples of before are enough beside a clear step
		return newestThird(past[at:]), baseline.Fit(past[:at], o)
	}
	usual = baseline.Fit(between(past, time.Time{}, cut.Add(-time.Millisecond)), o)
	incident = between(past, cut, time.Time{})
	if r.StartsAt.IsZero() {
		incident = measure{criterion: r.criterion, usual: usual}.since(incident)
	}
	if len(incident) == 0 {
		incident = past[len(past)-1:]
	}
	return newestThird(incident), usual
}

// finding reads one side by its recent samples, of which more than the given
// share must be bad for the number to be.
func (r recording) finding(of *recordedSeries, recent []baseline.Sample, m measure, share float64) aftercheck.Finding {
	if reason, message := r.doubt(of, recent); reason != "" {
		return r.unknown(reason, message)
	}
	values := valuesOf(m.alike(recent))
	f := r.blank()
	f.Value = &aftercheck.Value{Number: baseline.Median(values), Unit: r.Unit}
	f.At = recent[len(recent)-1].At
	if len(values) > 1 {
		f.Samples = values[max(len(values)-aftercheck.MaxSamples, 0):]
	}
	if of.counter {
		f.Reason, f.Wanted = ReasonCounter, string(r.criterion.Better())
		return f
	}
	f.State, f.Wanted = m.state(recent, share)
	f.Reason = m.reason(f.State)
	if m.judges() && m.usual.Method != baseline.MethodNone {
		f.Message = m.usual.String()
	}
	return f
}

// doubt says why the recent samples tell nothing, or nothing.
func (r recording) doubt(of *recordedSeries, recent []baseline.Sample) (reason, message string) {
	switch {
	case of == nil || len(of.samples) == 0 && !of.special:
		return ReasonNoData, "the file holds no such series, or no sample that counts"
	case of.special:
		return ReasonHistogram, doubts[ReasonHistogram]
	case len(recent) == 0:
		return ReasonNotANumber, "no sample is a finite number"
	}
	// A series that ends long before its file's steps do is one that went away.
	all := of.samples
	last, first := all[len(all)-1].At, all[0].At
	if len(all) > 2 && last.Sub(recent[len(recent)-1].At) > last.Sub(first)/2 {
		return ReasonNotANumber, "the newest samples are no finite numbers"
	}
	return "", ""
}
