package prom

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"golang.org/x/sync/errgroup"
)

// maxEvaluated bounds the rules of one name whose expressions are evaluated; of
// further ones the state is read.
const maxEvaluated = 8

// maxHeard bounds the selectors of one expression, as each costs a request. Of a
// rule that has more the state is read.
const maxHeard = 16

// evaluation is what the server answered to an alerting rule's own expression,
// without the rule's for and labels, and to what that rests on. Questions share
// it and none changes it.
type evaluation struct {
	// failed: the expression could not be evaluated, and the alert's state is all
	// that there is. The rest may be zero then.
	failed  bool
	at      time.Time           // when it was evaluated
	holds   []map[string]string // the labels of the series that it holds for
	footing footing             // what an empty answer rests on
	heard   map[string]heard    // by the text of a leaf's query
	reach   reach
	scraped time.Duration // the scrape interval of what it reads; zero if not known
	warning string        // the server's, if the answer may be partial
}

// heard is what is known of the series of one selector.
type heard struct {
	series []sampled
	// witness is what else the same job tells of the incident's subject, where
	// none of the series is the incident's.
	witness []sampled
	// margin is how much longer after the action's end a sample has to be: a
	// recorded one may be made of samples of the evaluation before.
	margin time.Duration
}

// sampled is series that agree in some labels, and when their samples are from.
type sampled struct {
	labels map[string]string
	at     time.Time
}

// evaluate asks for the expressions of the rules that the incident's alert may
// come from, side by side. What each came to is in the rule then. It takes at most
// half of the time that is left, so that the states are told all the same.
func (a *alerts) evaluate(ctx context.Context, rules []rule, s subject) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	var group errgroup.Group
	group.SetLimit(maxParallel)
	relevant := s.relevantOf(rules)
	for _, i := range relevant[:min(len(relevant), maxEvaluated)] {
		group.Go(func() error {
			rules[i].evaluated = a.evaluateRule(ctx, rules[i], s)
			return nil
		})
	}
	_ = group.Wait() // the group's functions return nil
}

// evaluateRule asks for the times of the samples first and for the expression
// after them, so that what it rests on is never older than it is taken to be.
func (a *alerts) evaluateRule(ctx context.Context, r rule, s subject) *evaluation {
	e := &evaluation{failed: true, at: time.Now().UTC().Truncate(time.Millisecond), heard: map[string]heard{}}
	expr, err := promQL.ParseExpr(r.Query)
	if err != nil || (expr.Type() != parser.ValueTypeVector && expr.Type() != parser.ValueTypeScalar) {
		return e
	}
	recorded := a.client.recordings(ctx)
	e.reach = recorded.reach(expr)
	e.scraped = a.client.scrapes(ctx).interval(expr, s.labels["job"])
	e.footing = footingOf(expr, s.telling(r))
	for _, l := range e.footing.leaves() {
		query := l.query()
		if _, again := e.heard[query]; again || l.past {
			continue
		}
		if len(e.heard) == maxHeard {
			return e
		}
		h, err := a.hear(ctx, e, l, r, s)
		if err != nil {
			return e
		}
		h.margin = recorded[metricName(l.selector)].interval
		e.heard[query] = h
	}
	got, err := a.client.query(ctx, expr.String(), e.at)
	if err != nil {
		return e
	}
	e.failed, e.holds = false, labelSets(got.value)
	e.note(got.warnings)
	return e
}

// hear asks when the samples of a selector's series are from and, where none of
// them is the incident's, for a witness.
func (a *alerts) hear(ctx context.Context, e *evaluation, l leaf, r rule, s subject) (h heard, err error) {
	if h.series, err = a.sampled(ctx, e, l.query()); err != nil || l.absent {
		return h, err
	}
	if slices.ContainsFunc(h.series, func(one sampled) bool { return s.relate(r, alert{Labels: one.labels}) != another }) {
		return h, nil
	}
	query, err := a.witness(ctx, e, l, r, s)
	if err != nil || query == "" {
		return h, err
	}
	h.witness, err = a.sampled(ctx, e, query)
	return h, err
}

// sampled asks for times.
func (a *alerts) sampled(ctx context.Context, e *evaluation, query string) ([]sampled, error) {
	got, err := a.client.query(ctx, query, e.at)
	if err != nil {
		return nil, err
	}
	e.note(got.warnings)
	vector, _ := got.value.(model.Vector)
	var all []sampled
	for _, sample := range vector {
		if at := plausible(time.UnixMilli(int64(math.Round(float64(sample.Value) * 1000)))); !at.IsZero() {
			all = append(all, sampled{labels: labelSet(sample.Metric), at: at})
		}
	}
	return all, nil
}

func (e *evaluation) note(warnings []string) {
	if len(warnings) > 0 && e.warning == "" {
		e.warning = warnings[0]
	}
}

// query is the expression that gives, for each group of a selector's series that
// agree in the leaf's labels, when the oldest of their newest samples is from.
func (l leaf) query() string { return timesOf(parser.MIN, l.selector, l.names) }

// timesOf prints an aggregation of the times of a selector's samples.
func timesOf(operator parser.ItemType, s *parser.VectorSelector, by []string) string {
	times := &parser.Call{Func: parser.Functions["timestamp"], Args: parser.Expressions{s}}
	return (&parser.AggregateExpr{Op: operator, Expr: times, Grouping: by}).String()
}

// labelSets returns the label sets of an answer: those of a vector's series, and
// the empty one of a scalar.
func labelSets(value model.Value) []map[string]string {
	vector, isVector := value.(model.Vector)
	if !isVector {
		return []map[string]string{{}}
	}
	sets := make([]map[string]string, 0, len(vector))
	for _, sample := range vector {
		sets = append(sets, labelSet(sample.Metric))
	}
	return sets
}

// labelSet returns the labels without the metric's name, as alerts have them.
func labelSet(metric model.Metric) map[string]string {
	set := make(map[string]string, len(metric))
	for name, value := range metric {
		if name != model.MetricNameLabel {
			set[string(name)] = string(value)
		}
	}
	return set
}
