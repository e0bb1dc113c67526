package prom

import (
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// presence says whether the samples are there that an expression's empty answer
// rests on. The order is that of the doubts.
type presence int

const (
	// needless: nothing has to be there.
	needless presence = iota
	// fresh: there are samples, newer than the action's end.
	fresh
	// old: there are samples, and some are not newer than the action's end.
	old
	// unheard: there is no such series, neither of the incident's nor of others.
	unheard
	// vanished: there are such series, and none is the incident's.
	vanished
)

// footing is what an expression stands on: a tree of its selectors.
type footing struct {
	kind  footingKind
	parts []footing
	leaf  leaf // of a footing of kind one
}

type footingKind int

const (
	// all parts have to be there. Without parts nothing has to.
	all footingKind = iota
	// either of the parts has to be there: the sides of "or". One that nobody
	// has ever heard of is another name of the same metric.
	either
	// spare parts may be missing: what "unless" takes away.
	spare
	// one selector.
	one
)

// leaf is one selector, with what its series have in common with the incident.
type leaf struct {
	selector *parser.VectorSelector
	// names are those of the incident's labels that the series which matter to
	// it must share, if they have them.
	names []string
	// absent: the selector stands under absent, so that its samples are why the
	// answer is empty.
	absent bool
	// past: it reads the past on purpose, while others read the present.
	past bool
}

// presence sums up what look says of the selectors.
func (f footing) presence(look func(leaf) presence) presence {
	if f.kind == one {
		return look(f.leaf)
	}
	found := make([]presence, 0, len(f.parts))
	for _, part := range f.parts {
		found = append(found, part.presence(look))
	}
	worst := needless
	for _, p := range found {
		worst = max(worst, p)
	}
	switch {
	case f.kind == spare && worst > old:
		return needless
	case f.kind == either && worst == unheard && slices.ContainsFunc(found, func(p presence) bool { return p < unheard }):
		found = slices.DeleteFunc(found, func(p presence) bool { return p == unheard })
		return slices.Max(found)
	}
	return worst
}

// leaves returns the selectors of the tree.
func (f footing) leaves() []leaf {
	if f.kind == one {
		return []leaf{f.leaf}
	}
	var leaves []leaf
	for _, part := range f.parts {
		leaves = append(leaves, part.leaves()...)
	}
	return leaves
}

// footingOf returns what an expression stands on, for an incident that has labels
// of these names.
func footingOf(expr parser.Expr, names []string) footing {
	return walker{newest: lag(expr)}.walk(expr, names)
}

// walker goes down an expression.
type walker struct {
	newest time.Duration // the smallest offset of the expression
	offset time.Duration // of the subqueries around
	absent bool
}

// walk follows the incident's labels down: which of them reach the series below.
func (w walker) walk(node parser.Expr, names []string) footing {
	switch n := node.(type) {
	case *parser.VectorSelector:
		past := w.offset+n.OriginalOffset > w.newest || n.Timestamp != nil
		return footing{kind: one, leaf: leaf{selector: n, names: w.names(n, names), absent: w.absent, past: past}}
	case *parser.MatrixSelector:
		return w.walk(n.VectorSelector, names)
	case *parser.SubqueryExpr:
		w.offset += n.OriginalOffset
		return w.walk(n.Expr, names)
	case *parser.ParenExpr:
		return w.walk(n.Expr, names)
	case *parser.UnaryExpr:
		return w.walk(n.Expr, names)
	case *parser.StepInvariantExpr:
		return w.walk(n.Expr, names)
	case *parser.AggregateExpr:
		if n.Without {
			return w.walk(n.Expr, without(names, n.Grouping))
		}
		return w.walk(n.Expr, common(names, n.Grouping))
	case *parser.Call:
		return w.call(n, names)
	case *parser.BinaryExpr:
		return w.binary(n, names)
	}
	return footing{kind: all}
}

// names returns what the series of a selector must share. What absent answers
// has only the labels of the selector's own matchers.
func (w walker) names(s *parser.VectorSelector, names []string) []string {
	if !w.absent {
		return names
	}
	var matched []string
	for _, m := range s.LabelMatchers {
		if m.Type == labels.MatchEqual {
			matched = append(matched, m.Name)
		}
	}
	return common(names, matched)
}

func (w walker) call(n *parser.Call, names []string) footing {
	switch n.Func.Name {
	case "absent", "absent_over_time":
		w.absent = true
	case "scalar":
		names = nil
	case "label_replace", "label_join":
		if target, ok := n.Args[1].(*parser.StringLiteral); ok {
			names = without(names, []string{target.Val})
		}
	}
	f := footing{kind: all}
	for _, argument := range n.Args {
		f.parts = append(f.parts, w.walk(argument, names))
	}
	return f
}

func (w walker) binary(n *parser.BinaryExpr, names []string) footing {
	onLeft, onRight := sides(n, names)
	left, right := w.walk(n.LHS, onLeft), w.walk(n.RHS, onRight)
	switch n.Op {
	case parser.LOR:
		return footing{kind: either, parts: []footing{left, right}}
	case parser.LUNLESS:
		return footing{kind: all, parts: []footing{left, {kind: spare, parts: []footing{right}}}}
	}
	return footing{kind: all, parts: []footing{left, right}}
}

// sides returns which labels of a binary expression's answer come from, or are
// matched with, each of its sides.
func sides(n *parser.BinaryExpr, names []string) (left, right []string) {
	m := n.VectorMatching
	if m == nil || n.Op == parser.LOR {
		return names, names
	}
	matched := without(names, m.MatchingLabels)
	if m.On {
		matched = common(names, m.MatchingLabels)
	}
	many, few := without(names, m.Include), append(slices.Clone(matched), without(common(names, m.Include), matched)...)
	switch m.Card {
	case parser.CardManyToMany:
		return names, matched
	case parser.CardManyToOne:
		return many, few
	case parser.CardOneToMany:
		return few, many
	}
	return matched, matched
}

func common(names, with []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !slices.Contains(with, name) })
}

func without(names, less []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(less, name) })
}
