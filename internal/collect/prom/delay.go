package prom

import (
	"context"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/aftercheck/aftercheck"
)

// The parts of a signal's delay. A part that is zero or not known is left out.
const (
	// partScrape is the scrape interval: until then no sample is of the time
	// after the action.
	partScrape = "scrape_interval"
	// partRange is the widest range in the expression, with its offset and with
	// those inside of the recording rules that it reads: until then its window
	// reaches back before the action's end.
	partRange = "range"
	// partEvaluation is the evaluation intervals of the rules on the way: those
	// of the recording rules, and the alerting rule's own.
	partEvaluation = "evaluation_interval"
	// partFor is the rule's for. It counts only where the alert's expression
	// cannot be evaluated, so that its state is all that there is: a condition
	// that returns is an alert again only after so long. Where the expression is
	// evaluated, it tells at once that the condition has returned.
	partFor = "for"
	// partKeepFiring is the rule's keep_firing_for. It counts where for does: an
	// alert stays for so long after its expression has cleared.
	partKeepFiring = "keep_firing_for"
)

// delayOf sums up a signal's delay of the parts that are longer than zero.
func delayOf(what string, parts ...aftercheck.DelayPart) aftercheck.Delay {
	d := aftercheck.Delay{Of: what, Parts: []aftercheck.DelayPart{}}
	for _, part := range parts {
		if part.Duration > 0 {
			d.Parts = append(d.Parts, part)
		}
	}
	return d
}

func part(name string, duration time.Duration) aftercheck.DelayPart {
	return aftercheck.DelayPart{Name: name, Duration: aftercheck.Duration(duration)}
}

// delays returns how long each of the asks needs to show a change.
func (c *client) delays(ctx context.Context, asks []ask) []aftercheck.Delay {
	var delays []aftercheck.Delay
	recorded, scraped := c.recordings(ctx), c.scrapes(ctx)
	for _, a := range asks {
		reach := recorded.reach(a.expr)
		delays = append(delays, delayOf("query "+a.Name,
			part(partScrape, scraped.interval(a.expr, "")), part(partRange, reach.window), part(partEvaluation, reach.interval)))
	}
	return delays
}

// scrapes is how often the server scrapes.
type scrapes struct {
	byJob  map[string]time.Duration // the longest interval of each job's targets
	common time.Duration            // the interval that most targets have
}

// scrapes returns how often the server scrapes; the zero scrapes if it does not
// tell, as servers that scrape nothing themselves do not.
func (c *client) scrapes(ctx context.Context) scrapes {
	return c.scraped.get(ctx, func(ctx context.Context) (scrapes, error) {
		var data struct {
			Active []struct {
				Labels   map[string]string `json:"labels"`
				Interval string            `json:"scrapeInterval"`
			} `json:"activeTargets"`
		}
		if err := c.get(ctx, "/api/v1/targets", map[string][]string{"state": {"active"}}, &data); err != nil {
			return scrapes{}, err
		}
		found, count := scrapes{byJob: map[string]time.Duration{}}, map[time.Duration]int{}
		for _, target := range data.Active {
			interval, job := duration(target.Interval), target.Labels["job"]
			found.byJob[job] = max(found.byJob[job], interval)
			count[interval]++
			if most := count[found.common]; count[interval] > most || count[interval] == most && interval > found.common {
				found.common = interval
			}
		}
		return found, nil
	})
}

// interval returns the longest scrape interval of what the expression selects:
// of the jobs that its selectors name, or else of the incident's job, or else the
// one that most targets have. Zero if nothing is known, or nothing is selected.
func (s scrapes) interval(expr parser.Expr, job string) time.Duration {
	longest := time.Duration(0)
	eachSelector(expr, func(v *parser.VectorSelector, _ []parser.Node) {
		interval, known := s.byJob[jobOf(v, job)]
		if !known {
			interval = s.common
		}
		longest = max(longest, interval)
	})
	return longest
}

// jobOf returns the job that a selector names, or else the one given.
func jobOf(s *parser.VectorSelector, otherwise string) string {
	for _, m := range s.LabelMatchers {
		if m.Name == "job" && m.Type == labels.MatchEqual {
			return m.Value
		}
	}
	return otherwise
}

// delay returns how long the incident's alert needs to show a change by one
// rule: as long as its expression, where that is evaluated, and else until its
// state can be trusted.
func (e evaluation) delay(r rule) aftercheck.Delay {
	parts := []aftercheck.DelayPart{
		part(partScrape, e.scraped), part(partRange, e.reach.window), part(partEvaluation, e.reach.interval+seconds(r.interval)),
	}
	if e.failed {
		parts = append(parts, part(partFor, seconds(r.Duration)), part(partKeepFiring, seconds(r.KeepFiringFor)))
	}
	return delayOf("alert "+r.Name, parts...)
}
