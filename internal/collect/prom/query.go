package prom

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

// Aggregation says how several series become one number.
type Aggregation string

// The aggregations. With AggregateNone, the zero Aggregation too, several
// series are an unknown finding.
const (
	AggregateNone Aggregation = "none"
	AggregateSum  Aggregation = "sum"
	AggregateMax  Aggregation = "max"
	AggregateMin  Aggregation = "min"
	AggregateAvg  Aggregation = "avg"
)

// Query is one configured query: what to ask for which incidents, and how to
// read the number.
type Query struct {
	// Name names the query in findings. It must be set and be unique.
	Name string
	// Expr is a PromQL expression that gives an instant vector or a scalar.
	// The values of its matchers may hold placeholders for the incident's
	// labels: $namespace, or ${namespace} beside other letters; $$ is a dollar
	// sign. Values are quoted as they must be, also in regular expressions.
	Expr string
	// Match says for which incidents it is asked; the zero Match fits all.
	Match collect.Match
	// Better is lower, higher or empty; Healthy is a criterion such as "< 0.05",
	// or empty: then the number is compared and not judged. See
	// collect.ParseCriterion.
	Better, Healthy string
	// Unit is the number's unit, a base unit as Prometheus names them.
	Unit string
	// Aggregation makes one number of several series; empty means none.
	Aggregation Aggregation
	// Signal marks the signal that opened the incident: it decides whether the
	// root cause is cleared.
	Signal bool
	// Scope says whom the number is about; empty means the target.
	Scope aftercheck.Scope
	// MaxSampleAge bounds the age of the newest sample; zero means the server's
	// own look-back, five minutes by its default.
	MaxSampleAge time.Duration
	// Baseline is how the query's own history tells what is usual.
	Baseline Baseline
}

// maxSelectors bounds the selectors of one expression, as each costs a request.
const maxSelectors = 8

// compiledQuery is a Query that was checked.
type compiledQuery struct {
	Query
	template  template
	criterion collect.Criterion
}

func compile(q Query) (compiledQuery, error) {
	if q.Name == "" {
		return compiledQuery{}, fmt.Errorf("name: want a name")
	}
	named := func(err error) (compiledQuery, error) { return compiledQuery{}, fmt.Errorf("%s: %w", q.Name, err) }
	criterion, err := collect.ParseCriterion(q.Better, q.Healthy)
	if err != nil {
		return named(err)
	}
	if q.Scope == "" {
		q.Scope = aftercheck.ScopeTarget
	}
	if q.Scope != aftercheck.ScopeTarget && q.Scope != aftercheck.ScopeNeighbour {
		return named(fmt.Errorf("scope: want target or neighbour"))
	}
	if !slices.Contains([]Aggregation{"", AggregateNone, AggregateSum, AggregateMax, AggregateMin, AggregateAvg}, q.Aggregation) {
		return named(fmt.Errorf("aggregation: want none, sum, max, min or avg"))
	}
	if q.MaxSampleAge < 0 {
		return named(fmt.Errorf("max_sample_age: want a duration that is not negative"))
	}
	if err := q.Baseline.check(); err != nil {
		return named(err)
	}
	template, expr, err := parseTemplate(q.Expr)
	if err == nil {
		err = checkShape(expr)
	}
	if err != nil {
		return named(fmt.Errorf("expr: %w", err))
	}
	return compiledQuery{Query: q, template: template, criterion: criterion}, nil
}

// checkShape rejects what cannot be read as a number of now.
func checkShape(expr parser.Expr) error {
	if t := expr.Type(); t != parser.ValueTypeVector && t != parser.ValueTypeScalar {
		return fmt.Errorf("want an instant vector or a scalar, such as rate(...) around a range")
	}
	if len(sampleTimes(expr)) > maxSelectors {
		return fmt.Errorf("want at most %d different selectors; a recording rule can hold the rest", maxSelectors)
	}
	var fixed error
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		selector, isSelector := node.(*parser.VectorSelector)
		subquery, isSubquery := node.(*parser.SubqueryExpr)
		if isSelector && selector.Timestamp != nil || isSubquery && subquery.Timestamp != nil {
			fixed = fmt.Errorf("want no @ modifier with a fixed time: the expression must read the time that it is asked at")
		}
		return nil
	})
	return fixed
}
