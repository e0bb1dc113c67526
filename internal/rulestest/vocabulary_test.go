package rulestest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// targetLabels are those that Prometheus gives to every series of a target.
var targetLabels = []string{"namespace", "job", "instance"}

// vocabulary is what an expression may name.
type vocabulary struct {
	metrics map[string]metric
	values  map[string]map[string][]string // see page
}

func newVocabulary(t testing.TB) vocabulary {
	t.Helper()
	v := vocabulary{metrics: declared(t), values: page(t)}
	v.metrics["up"] = metric{} // Prometheus' own
	for _, r := range rules(t) {
		if r.Record != "" {
			level, _, _ := strings.Cut(r.Record, ":")
			v.metrics[r.Record] = metric{labels: strings.Split(level, "_")}
		}
	}
	return v
}

func selectors(expression parser.Expr) (all []*parser.VectorSelector) {
	parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
		if selector, is := node.(*parser.VectorSelector); is {
			all = append(all, selector)
		}
		return nil
	})
	return all
}

// labels are those that the expression's series have before anything is
// aggregated.
func (v vocabulary) labels(node parser.Expr) []string {
	all := slices.Clone(targetLabels)
	for _, selector := range selectors(node) {
		all = append(all, v.metrics[selector.Name].labels...)
	}
	return all
}

// problems lists the metrics, labels and label values that nobody declares.
func (v vocabulary) problems(expression parser.Expr) (all []string) {
	parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			all = append(all, v.selector(n)...)
		case *parser.AggregateExpr:
			all = append(all, v.unknown("aggregates by", n.Grouping, n.Expr)...)
		case *parser.BinaryExpr:
			if n.VectorMatching != nil {
				all = append(all, v.unknown("matches by", n.VectorMatching.MatchingLabels, n)...)
			}
		}
		return nil
	})
	return all
}

func (v vocabulary) unknown(does string, named []string, among parser.Expr) (all []string) {
	known := v.labels(among)
	for _, label := range named {
		if !slices.Contains(known, label) {
			all = append(all, fmt.Sprintf("%s the label %s, which nothing in it has", does, label))
		}
	}
	return all
}

func (v vocabulary) selector(s *parser.VectorSelector) (all []string) {
	known, there := v.metrics[s.Name]
	if !there {
		return []string{fmt.Sprintf("there is no metric %s", s.Name)}
	}
	for _, matcher := range s.LabelMatchers {
		switch {
		case matcher.Name == model.MetricNameLabel, slices.Contains(targetLabels, matcher.Name):
		case !slices.Contains(known.labels, matcher.Name):
			all = append(all, fmt.Sprintf("%s has no label %s", s.Name, matcher.Name))
		case !v.canMatch(s.Name, matcher):
			all = append(all, fmt.Sprintf("%s has no value %s", s.Name, matcher))
		}
	}
	return all
}

// canMatch reports whether a value that is preset on the page fits the matcher;
// where none is preset, any value may come. Names that the wiring brings are not
// known here.
func (v vocabulary) canMatch(name string, matcher *labels.Matcher) bool {
	preset := v.values[name][matcher.Name]
	return len(preset) == 0 || matcher.Name == "sensor" || slices.ContainsFunc(preset, matcher.Matches)
}

// record says what is wrong with the name of a recorded metric: its level is what
// the rule aggregates by, and it stands before a metric that the rule looks at.
func (v vocabulary) record(r rule) string {
	name := strings.Split(r.Record, ":")
	if len(name) != 3 {
		return "want level:metric:operation"
	}
	expression, err := parser.NewParser(parser.Options{}).ParseExpr(r.Expr)
	if err != nil {
		return err.Error()
	}
	problem := ""
	parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
		if aggregation, is := node.(*parser.AggregateExpr); is {
			by := slices.DeleteFunc(slices.Clone(aggregation.Grouping), func(label string) bool { return label == "le" })
			if strings.Join(by, "_") != name[0] {
				problem = fmt.Sprintf("it is aggregated by %v", by)
			}
		}
		return nil
	})
	if !slices.ContainsFunc(selectors(expression), func(s *parser.VectorSelector) bool { return strings.HasPrefix(s.Name, name[1]) }) {
		problem = "it does not look at " + name[1]
	}
	return problem
}
