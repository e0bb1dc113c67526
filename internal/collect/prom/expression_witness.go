package prom

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Many series are only there while something is wrong: an exporter shows a pod's
// waiting reason while it waits, and a counter of errors begins with the first.
// That such a series is gone is the good news itself, if its exporter works and
// the subject is still there. A witness tells: another series of the same job
// about the same subject.

// synthetic are the metrics that the server itself writes: those about each
// scrape, also where it failed, those about alerts, and, by their colons, those of
// recording rules.
const synthetic = "up|scrape_.+|ALERTS|ALERTS_FOR_STATE|.*:.*"

// passing are labels whose values come and go with what happens to the subject;
// all other labels say what the subject is.
var passing = []string{
	"reason", "phase", "condition", "status", "state", "result", "outcome", "le", "quantile",
	"code", "status_code", "status_class", "http_status", "http_status_code", "response_code", "response_flags", "grpc_code", "grpc_status", "exit_code",
	"error", "error_code", "error_type", "exception", "exception_type",
}

// witnessWindow is how far back it is looked for who told of the series that are
// gone. It is a choice: twice the longest wait by default.
const witnessWindow = 30 * time.Minute

// maxJobs bounds the jobs of one metric that may be a witness.
const maxJobs = 5

// witness returns the query for what else is told of the incident's subject by
// the job whose series a leaf selects, or nothing if none had such series of late.
// Labels of the incident that those series did not have, such as the external
// labels of the server, are no part of the subject.
func (a *alerts) witness(ctx context.Context, e *evaluation, l leaf, r rule, s subject) (string, error) {
	late, err := a.late(ctx, e, l)
	if err != nil || len(late) == 0 {
		return "", err
	}
	if own := slices.DeleteFunc(slices.Clone(late), func(labels map[string]string) bool {
		return s.relate(r, alert{Labels: labels}) == another
	}); len(own) > 0 {
		late = own
	}
	job := l.job(late)
	if job == nil {
		return "", nil
	}
	matchers, by := l.subject(s, late)
	return timesOf(parser.MAX, &parser.VectorSelector{LabelMatchers: append(matchers, job)}, by), nil
}

// late returns the labels that the series of a leaf had of late, as far as the
// incident has them, and their jobs.
func (a *alerts) late(ctx context.Context, e *evaluation, l leaf) ([]map[string]string, error) {
	by := append(without(l.names, []string{"job"}), "job")
	series := &parser.MatrixSelector{VectorSelector: bare(l.selector), Range: witnessWindow}
	last := &parser.Call{Func: parser.Functions["last_over_time"], Args: parser.Expressions{series}}
	got, err := a.client.query(ctx, (&parser.AggregateExpr{Op: parser.GROUP, Expr: last, Grouping: by}).String(), e.at)
	if err != nil {
		return nil, err
	}
	e.note(got.warnings)
	return labelSets(got.value), nil
}

// job returns the matcher for the jobs of the series. Where those have none, the
// metric itself, whatever else is asked of it, is the witness.
func (l leaf) job(series []map[string]string) *labels.Matcher {
	var jobs []string
	for _, labels := range series {
		if job := labels["job"]; job != "" && quotable(job) {
			jobs = append(jobs, regexp.QuoteMeta(job))
		}
	}
	slices.Sort(jobs)
	jobs = slices.Compact(jobs)
	switch name := metricName(l.selector); {
	case len(jobs) > maxJobs:
		return nil
	case len(jobs) > 0:
		return matcher(labels.MatchRegexp, "job", strings.Join(jobs, "|"))
	case name != "":
		return matcher(labels.MatchEqual, model.MetricNameLabel, name)
	}
	return nil
}

// subject returns the matchers for the incident's subject as far as the leaf's
// series told of it, and the labels of a pod that may have been replaced
// meanwhile, which are compared with the incident's by who asks.
func (l leaf) subject(s subject, series []map[string]string) (matchers []*labels.Matcher, by []string) {
	matchers = []*labels.Matcher{matcher(labels.MatchNotRegexp, model.MetricNameLabel, synthetic)}
	has := func(name string) bool {
		return slices.ContainsFunc(series, func(labels map[string]string) bool { return labels[name] != "" })
	}
	ofPod := has("pod") || has("pod_name")
	for _, name := range l.names {
		switch {
		case !has(name) || name == "job" || slices.Contains(passing, name):
			continue
		case name == "pod" || name == "pod_name":
			matchers = append(matchers, matcher(labels.MatchRegexp, name, podPattern(s.labels[name])))
			by = append(by, name)
		case !slices.Contains(podLabels, name), name == "instance" && !ofPod:
			matchers = append(matchers, matcher(labels.MatchEqual, name, s.labels[name]))
		}
	}
	return matchers, by
}

// podPattern matches the names of a pod and of those that replaced it.
func podPattern(pod string) string {
	pattern := regexp.QuoteMeta(pod)
	if workload := workloadOf(pod); workload != "" {
		pattern += "|" + regexp.QuoteMeta(workload) + "-.+"
	}
	return pattern
}

// bare returns the selector without offset and other modifiers.
func bare(s *parser.VectorSelector) *parser.VectorSelector {
	return &parser.VectorSelector{Name: s.Name, LabelMatchers: s.LabelMatchers}
}

// matcher makes a matcher whose pattern, if it is one, is the package's own or
// quoted.
func matcher(kind labels.MatchType, name, value string) *labels.Matcher {
	return labels.MustNewMatcher(kind, name, value)
}
