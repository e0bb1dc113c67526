package prom

import (
	"time"

	"github.com/prometheus/prometheus/promql/parser"
)

// promQL parses expressions. Functions that the server may know only behind its
// switch are accepted here; the server has the last word.
var promQL = parser.NewParser(parser.Options{EnableExperimentalFunctions: true})

// Window returns how far back before its evaluation an expression reaches: the
// widest sum of a selector's range and offset and those of the subqueries
// around it. Zero means that it reads the newest samples only. What a recording
// rule or an @ modifier hides is not seen.
func Window(expr parser.Expr) time.Duration {
	widest := time.Duration(0)
	eachSelector(expr, func(s *parser.VectorSelector, path []parser.Node) {
		widest = max(widest, offsets(s, path)+ranges(path))
	})
	return widest
}

// lag returns how old at the least the newest time is that the expression
// reads: its smallest offset. Zero for an expression without selectors.
func lag(expr parser.Expr) time.Duration {
	smallest, found := time.Duration(0), false
	eachSelector(expr, func(s *parser.VectorSelector, path []parser.Node) {
		if offset := offsets(s, path); !found || offset < smallest {
			smallest, found = offset, true
		}
	})
	return max(smallest, 0)
}

// sampleTimes returns the expressions that give the time of the oldest of the
// newest samples, one for each distinct selector that reads the present.
// Selectors under absent and its like are left out: there, no sample is an
// answer.
func sampleTimes(expr parser.Expr) []string {
	var times []string
	seen := map[string]bool{}
	eachSelector(expr, func(s *parser.VectorSelector, path []parser.Node) {
		if offsets(s, path) > 0 || underAbsent(path) {
			return
		}
		if text := oldestSample(s); !seen[text] {
			seen[text] = true
			times = append(times, text)
		}
	})
	return times
}

func oldestSample(s *parser.VectorSelector) string {
	times := &parser.Call{Func: parser.Functions["timestamp"], Args: parser.Expressions{s}}
	return (&parser.AggregateExpr{Op: parser.MIN, Expr: times}).String()
}

// eachSelector calls visit with every selector and the nodes above it.
func eachSelector(expr parser.Expr, visit func(s *parser.VectorSelector, path []parser.Node)) {
	parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
		if s, ok := node.(*parser.VectorSelector); ok {
			visit(s, path)
		}
		return nil
	})
}

func offsets(s *parser.VectorSelector, path []parser.Node) time.Duration {
	sum := s.OriginalOffset
	for _, node := range path {
		if subquery, ok := node.(*parser.SubqueryExpr); ok {
			sum += subquery.OriginalOffset
		}
	}
	return sum
}

func ranges(path []parser.Node) time.Duration {
	sum := time.Duration(0)
	for _, node := range path {
		switch n := node.(type) {
		case *parser.MatrixSelector:
			sum += n.Range
		case *parser.SubqueryExpr:
			sum += n.Range
		}
	}
	return sum
}

func underAbsent(path []parser.Node) bool {
	for _, node := range path {
		if call, ok := node.(*parser.Call); ok && (call.Func.Name == "absent" || call.Func.Name == "absent_over_time") {
			return true
		}
	}
	return false
}
