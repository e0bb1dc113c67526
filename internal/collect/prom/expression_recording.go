package prom

import (
	"context"
	"net/url"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// reach is how far back before its evaluation an expression reads.
type reach struct {
	// window is the widest sum of ranges and offsets, those inside of the
	// recording rules that it reads among them.
	window time.Duration
	// interval is the sum of the evaluation intervals of those rules: a recorded
	// sample may be that old, and so what it is made of.
	interval time.Duration
}

func (r reach) total() time.Duration { return r.window + r.interval }

// recordings is what each recorded metric hides: the reach of the rule that
// makes it, with its evaluation interval.
type recordings map[string]reach

// recordingRule is a recording rule with its group's evaluation interval.
type recordingRule struct {
	name     string
	expr     parser.Expr
	interval time.Duration
}

// newRecordings sees through recording rules that read others. Of several rules
// for one metric the one that reaches furthest counts. Rules that read each other
// in a circle count once.
func newRecordings(rules []recordingRule) recordings {
	byName := map[string][]recordingRule{}
	for _, r := range rules {
		byName[r.name] = append(byName[r.name], r)
	}
	known, begun := recordings{}, map[string]bool{}
	var resolve func(name string)
	resolve = func(name string) {
		if begun[name] {
			return
		}
		begun[name] = true
		for _, r := range byName[name] {
			eachSelector(r.expr, func(s *parser.VectorSelector, _ []parser.Node) { resolve(metricName(s)) })
			inner := known.reach(r.expr)
			inner.interval += r.interval
			if before, found := known[name]; !found || inner.total() > before.total() {
				known[name] = inner
			}
		}
	}
	for name := range byName {
		resolve(name)
	}
	return known
}

// reach returns how far back the expression reads. Where some of its selectors
// read the present, those with an offset are what it is compared with and do not
// count; else the smallest offset does.
func (r recordings) reach(expr parser.Expr) reach {
	widest, newest := reach{}, lag(expr)
	eachSelector(expr, func(s *parser.VectorSelector, path []parser.Node) {
		offset := offsets(s, path)
		if offset > newest {
			return
		}
		one := r[metricName(s)]
		one.window += max(offset, 0) + ranges(path)
		if one.total() > widest.total() {
			widest = one
		}
	})
	return widest
}

// metricName returns the name of the metric that a selector selects, or nothing
// if it selects by other labels.
func metricName(s *parser.VectorSelector) string {
	if s.Name != "" {
		return s.Name
	}
	for _, m := range s.LabelMatchers {
		if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual {
			return m.Value
		}
	}
	return ""
}

// recordings returns what the server's recording rules hide; nothing if it does
// not tell. Rules that this parser does not know are left out.
func (c *client) recordings(ctx context.Context) recordings {
	return c.recorded.get(ctx, func(ctx context.Context) (recordings, error) {
		var data struct {
			Groups []struct {
				Interval float64 `json:"interval"`
				Rules    []struct {
					Name  string `json:"name"`
					Query string `json:"query"`
					Type  string `json:"type"`
				} `json:"rules"`
			} `json:"groups"`
		}
		if err := c.get(ctx, "/api/v1/rules", url.Values{"type": {"record"}}, &data); err != nil {
			return nil, err
		}
		var rules []recordingRule
		for _, group := range data.Groups {
			for _, r := range group.Rules {
				expr, err := promQL.ParseExpr(r.Query)
				if err == nil && r.Type != "alerting" {
					rules = append(rules, recordingRule{r.Name, expr, seconds(group.Interval)})
				}
			}
		}
		return newRecordings(rules), nil
	})
}

// seconds makes a duration of a number of seconds as the server writes them; zero
// of what is none.
func seconds(n float64) time.Duration {
	if !(n > 0 && n < float64(365*24*time.Hour/time.Second)) {
		return 0
	}
	return time.Duration(n * float64(time.Second))
}

// duration reads a duration in Prometheus' form; zero if it is none.
func duration(text string) time.Duration {
	parsed, err := model.ParseDuration(text)
	if err != nil {
		return 0
	}
	return time.Duration(parsed)
}
