package prom

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

// maxParallel bounds the queries of one reading that are under way together.
const maxParallel = 4

// metrics is the sensor that asks queries.
type metrics struct {
	client           *client
	defaultNamespace string
	builtIn          bool
	queries          []compiledQuery
}

// ask is one query for one incident.
type ask struct {
	Query                 // Expr is the expression as it is sent and shown
	expr      parser.Expr // nil if it cannot be asked; then reason says why
	reason    string
	message   string
	namespace string
	criterion collect.Criterion
	wide      bool
	hopeless  collect.Criterion // for a wide ask; the zero Criterion is never met
}

func (m metrics) plan(q collect.Question) (collect.Plan, bool) {
	asks := m.asksFor(q.Incident)
	if len(asks) == 0 {
		return collect.Plan{}, false
	}
	return collect.Plan{
		Key:       key(asks),
		Read:      func(ctx context.Context) (collect.Answer, error) { return m.read(ctx, sent(asks)) },
		Interpret: func(answer collect.Answer) collect.Answer { return interpret(answer, asks, q.After) },
	}, true
}

// key is equal for readings that send the same. The names are in it because the
// reading's error holds one. Nothing to send is nothing to share.
func key(asks []ask) string {
	var parts []string
	for _, a := range sent(asks) {
		parts = append(parts, strconv.Quote(a.Name), strconv.Quote(a.Expr))
	}
	return strings.Join(parts, " ")
}

// sent returns the asks that can be asked, in their order.
func sent(asks []ask) []ask {
	return slices.DeleteFunc(slices.Clone(asks), func(a ask) bool { return a.expr == nil })
}

// asksFor returns the configured queries that fit, or else the built-in one.
func (m metrics) asksFor(i aftercheck.Incident) []ask {
	var asks []ask
	for _, q := range m.queries {
		if q.Match.Fits(i) {
			asks = append(asks, q.ask(i))
		}
	}
	if len(asks) == 0 && m.builtIn {
		asks = append(asks, builtInFor(i.Name(), i.Labels, m.defaultNamespace).ask(i))
	}
	return asks
}

func (q compiledQuery) ask(i aftercheck.Incident) ask {
	a := ask{Query: q.Query, namespace: i.Labels["namespace"], criterion: q.criterion}
	expr, err := q.template.expand(i.Labels)
	if missing := (*missingLabel)(nil); errors.As(err, &missing) {
		a.reason, a.message = ReasonMissingLabel, missing.Error()
	} else if err != nil {
		a.reason, a.message = ReasonBadLabel, err.Error()
	} else {
		a.expr, a.Expr = expr, expr.String()
	}
	return a
}

func (b builtIn) ask(i aftercheck.Incident) ask {
	a := ask{
		Query: Query{Name: b.name, Unit: b.unit, Aggregation: b.aggregation, Scope: aftercheck.ScopeTarget, Expr: b.expr},
		wide:  b.wide, namespace: i.Labels["namespace"],
	}
	var err error
	if a.expr, err = promQL.ParseExpr(b.expr); err != nil {
		a.expr, a.reason, a.message = nil, ReasonBadLabel, errBadLabel.Error()
	}
	// The criteria are the package's own; a test parses each.
	a.criterion, _ = collect.ParseCriterion(string(b.better), b.healthy)
	a.hopeless, _ = collect.ParseCriterion("", b.hopeless)
	return a
}

// read asks all side by side. It is an error only if every query failed.
func (m metrics) read(ctx context.Context, asks []ask) (collect.Answer, error) {
	seen, raws := make([]observation, len(asks)), make([]string, len(asks))
	at := time.Now().Truncate(time.Millisecond)
	var group errgroup.Group
	group.SetLimit(maxParallel)
	for i, a := range asks {
		group.Go(func() error {
			seen[i], raws[i] = m.observe(ctx, a, at)
			return nil
		})
	}
	_ = group.Wait() // the group's functions return nil
	if len(seen) > 0 && !slices.ContainsFunc(seen, func(o observation) bool { return o.failed == nil }) {
		return collect.Answer{}, seen[0].failed
	}
	return collect.Answer{Seen: seen, Raw: strings.Join(raws, ""), Delays: m.client.delays(ctx, asks)}, nil
}

// interpret reads the observations, which are those of the asks that were sent.
func interpret(answer collect.Answer, asks []ask, after time.Time) collect.Answer {
	seen := answer.Seen.([]observation)
	for _, a := range asks {
		if a.expr == nil {
			answer.Findings = append(answer.Findings, a.unknown(a.reason, a.message))
			continue
		}
		answer.Findings = append(answer.Findings, a.finding(seen[0], after))
		seen = seen[1:]
	}
	return answer
}

// observe asks for the times of the samples first and the value after them: so
// the value is never older than it is taken to be.
func (m metrics) observe(ctx context.Context, a ask, at time.Time) (seen observation, raw string) {
	seen = observation{at: at, oldest: at.Add(-lag(a.expr)), sampled: true, reach: m.client.recordings(ctx).reach(a.expr)}
	if selectors := sampleTimes(a.expr); len(selectors) > 0 {
		oldest, warnings, err := m.oldest(ctx, selectors, at)
		if err != nil {
			return observation{failed: fmt.Errorf("%s: %w", a.Name, err)}, ""
		}
		seen.oldest, seen.sampled, seen.warnings = oldest, !oldest.IsZero(), warnings
	}
	got, err := m.client.query(ctx, a.Expr, at)
	if err != nil {
		return observation{failed: fmt.Errorf("%s: %w", a.Name, err)}, ""
	}
	seen.values, seen.reason = numbers(got.value)
	seen.warnings = append(seen.warnings, got.warnings...)
	return seen, fmt.Sprintf("%s => %s\n", a.Expr, got.value)
}

// oldest returns the time of the oldest of the newest samples that the selectors
// find, or zero if none finds any, with the server's warnings.
func (m metrics) oldest(ctx context.Context, selectors []string, at time.Time) (oldest time.Time, warnings []string, err error) {
	for _, s := range selectors {
		got, err := m.client.query(ctx, s, at)
		if err != nil {
			return time.Time{}, nil, fmt.Errorf("time of the samples: %w", err)
		}
		warnings = append(warnings, got.warnings...)
		seconds, reason := numbers(got.value)
		if reason != "" {
			continue
		}
		t := plausible(time.UnixMilli(int64(math.Round(seconds[0] * 1000))))
		if oldest.IsZero() || (!t.IsZero() && t.Before(oldest)) {
			oldest = t
		}
	}
	return oldest, warnings, nil
}

// plausible returns the time in UTC, or zero for one that is out of the range of
// calendars, which no JSON can hold.
func plausible(t time.Time) time.Time {
	if t = t.UTC(); t.Year() < 1970 || t.Year() > 9000 {
		return time.Time{}
	}
	return t
}
