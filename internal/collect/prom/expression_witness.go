package prom

import (
	"context"
	"regexp"
	"slices"
	"strings"

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

// identifying are labels that say what a series is about also where the selector
// asks for a value of them. Other labels that it asks for, such as a reason or a
// status code, are what comes and goes.
var identifying = []string{"namespace", "job", "instance", "service", "pod", "container", "node", "cluster"}

// passing are labels whose values come and go with what happens to the subject,
// also where the selector asks for none of them.
var passing = []string{"reason", "phase", "condition", "status", "status_code", "code", "state", "le", "quantile", "error", "result", "outcome", "exception"}

// witnessWindow is how far back a job is looked for that had the metric. It is a
// choice: longer than what opened the incident usually takes to be repaired.
const witnessWindow = "1h"

// maxJobs bounds the jobs of one metric that may be a witness.
const maxJobs = 5

// witness returns the query for what else is told of the incident's subject by
// the job whose series a leaf selects, or nothing if no job can be told.
func (a *alerts) witness(ctx context.Context, e *evaluation, l leaf, s subject) (string, error) {
	matchers, by := l.subject(s)
	switch own := matcherOf(l.selector, "job"); {
	case own != nil:
		matchers = append(matchers, own)
	case !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return m.Name == "job" }):
		job, err := a.jobMatcher(ctx, e, l)
		if err != nil || job == nil {
			return "", err
		}
		matchers = append(matchers, job)
	}
	return timesOf(parser.MAX, &parser.VectorSelector{LabelMatchers: matchers}, by), nil
}

// subject returns the matchers for the incident's subject as far as the leaf's
// series can tell of it, and the labels of a pod that may have been replaced
// meanwhile, which Interpret compares.
func (l leaf) subject(s subject) (matchers []*labels.Matcher, by []string) {
	matchers = []*labels.Matcher{matcher(labels.MatchNotRegexp, model.MetricNameLabel, synthetic)}
	for _, name := range l.names {
		value := s.labels[name]
		own := matcherOf(l.selector, name) != nil
		switch {
		case name == "job" && own || slices.Contains(passing, name) || own && !slices.Contains(identifying, name):
			continue
		case name == "pod" || name == "pod_name":
			matchers = append(matchers, matcher(labels.MatchRegexp, name, podPattern(value)))
			by = append(by, name)
		case !slices.Contains(podLabels, name):
			matchers = append(matchers, matcher(labels.MatchEqual, name, value))
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

// jobMatcher finds the jobs whose series the leaf selected of late. Where those
// have no job, the metric itself, whatever else is asked of it, is the witness.
func (a *alerts) jobMatcher(ctx context.Context, e *evaluation, l leaf) (*labels.Matcher, error) {
	late := &parser.MatrixSelector{VectorSelector: bare(l.selector), Range: duration(witnessWindow)}
	last := &parser.Call{Func: parser.Functions["last_over_time"], Args: parser.Expressions{late}}
	got, err := a.client.query(ctx, (&parser.AggregateExpr{Op: parser.GROUP, Expr: last, Grouping: []string{"job"}}).String(), e.at)
	if err != nil {
		return nil, err
	}
	e.note(got.warnings)
	vector, _ := got.value.(model.Vector)
	var jobs []string
	for _, sample := range vector {
		if job := string(sample.Metric["job"]); job != "" && quotable(job) {
			jobs = append(jobs, regexp.QuoteMeta(job))
		}
	}
	name := metricName(l.selector)
	switch {
	case len(jobs) > maxJobs:
		return nil, nil
	case len(jobs) > 0:
		slices.Sort(jobs)
		return matcher(labels.MatchRegexp, "job", strings.Join(jobs, "|")), nil
	case len(vector) > 0 && name != "":
		return matcher(labels.MatchEqual, model.MetricNameLabel, name), nil
	}
	return nil, nil
}

// bare returns the selector without offset and other modifiers.
func bare(s *parser.VectorSelector) *parser.VectorSelector {
	return &parser.VectorSelector{Name: s.Name, LabelMatchers: s.LabelMatchers}
}

func matcherOf(s *parser.VectorSelector, name string) *labels.Matcher {
	for _, m := range s.LabelMatchers {
		if m.Name == name && (m.Type == labels.MatchEqual || m.Type == labels.MatchRegexp) {
			return m
		}
	}
	return nil
}

// matcher makes a matcher whose pattern, if it is one, is the package's own or
// quoted.
func matcher(kind labels.MatchType, name, value string) *labels.Matcher {
	return labels.MustNewMatcher(kind, name, value)
}
