package probe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	promconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

// DefaultMaxPage bounds a page of metrics where its configuration does not, in
// bytes.
const DefaultMaxPage = 4 << 20

// Aggregation makes one number of several series.
type Aggregation string

// The aggregations. The zero Aggregation is none: several series are unknown.
const (
	AggregateNone Aggregation = ""
	AggregateSum  Aggregation = "sum"
	AggregateMax  Aggregation = "max"
	AggregateMin  Aggregation = "min"
	AggregateAvg  Aggregation = "avg"
)

// ScrapeConfig describes a number on a page of metrics, and which is healthy.
type ScrapeConfig struct {
	// Name is the sensor's name; no two sensors share one.
	Name string
	// URL is the page, with placeholders as in HTTPConfig.URL.
	URL string
	// Match says which incidents the sensor is for.
	Match collect.Match
	// Metric is the series' name, with _count, _sum or _bucket for those parts
	// of a histogram or summary.
	Metric string
	// Labels are matchers that a series must satisfy, in the form of
	// collect.ParseMatcher: queue="mail", code=~"5..".
	Labels []string
	// Aggregate makes one number of several series.
	Aggregate Aggregation
	// Better and Healthy are read by collect.ParseCriterion. A counter, and what
	// counts within a histogram or summary, has no threshold that holds for
	// long, and one page shows no rate: it is only ever compared with the number
	// before.
	Better, Healthy string
	// Unit is the number's base unit: seconds, bytes, ratio. Empty: none.
	Unit string
	// Timeout bounds one scrape. Zero: DefaultTimeout.
	Timeout time.Duration
	// MaxBytes bounds the page; a longer one is the reading's error. Zero:
	// DefaultMaxPage.
	MaxBytes int64
	// Client holds authentication and TLS, as in HTTPConfig.
	Client promconfig.HTTPClientConfig
	// Scope says whose number it is. Empty: the target's.
	Scope aftercheck.Scope
	// Signal says that the alert means this very number.
	Signal bool
}

// scraper is a checked ScrapeConfig.
type scraper struct {
	ScrapeConfig
	address   address
	criterion collect.Criterion
	matchers  []collect.Matcher
	client    *http.Client
}

// NewScrape returns a sensor that reads one number off a page of metrics in
// Prometheus' text format. It asks nothing yet. Errors name the setting and
// what would be right.
func NewScrape(c ScrapeConfig) (collect.Sensor, error) {
	s := &scraper{ScrapeConfig: c}
	for _, step := range []func() error{s.complete, s.parse} {
		if err := step(); err != nil {
			return collect.Sensor{}, err
		}
	}
	return collect.Sensor{Name: c.Name, Timeout: s.Timeout + grace, Plan: s.plan}, nil
}

// complete checks the settings and fills in the defaults.
func (s *scraper) complete() error {
	switch {
	case s.Name == "":
		return errors.New("name: want one")
	case !model.UTF8Validation.IsValidMetricName(s.Metric):
		return errors.New("metric: want the name of a metric")
	}
	switch s.Aggregate {
	case AggregateNone, AggregateSum, AggregateMax, AggregateMin, AggregateAvg:
	default:
		return errors.New("aggregate: want sum, max, min or avg")
	}
	return completeLimits(&s.Timeout, &s.MaxBytes, &s.Scope, DefaultMaxPage)
}

// parse reads the settings that are texts of their own.
func (s *scraper) parse() (err error) {
	if s.address, err = parseAddress(s.URL); err != nil {
		return err
	}
	if s.criterion, err = collect.ParseCriterion(s.Better, s.Healthy); err != nil {
		return err
	}
	for i, text := range s.Labels {
		matcher, err := collect.ParseMatcher(text)
		if err != nil {
			return fmt.Errorf("labels[%d]: %w", i, err)
		}
		s.matchers = append(s.matchers, matcher)
	}
	s.client, err = newClient(s.Name, s.Client, s.URL, s.Client.FollowRedirects)
	return err
}

func (s *scraper) plan(q collect.Question) (collect.Plan, bool) {
	if !s.Match.Fits(q.Incident) {
		return collect.Plan{}, false
	}
	target, err := s.address.expand(labelsOf(q.Incident))
	if failed := (*labelError)(nil); errors.As(err, &failed) {
		return answering(s.finding(s.URL, number{reason: failed.reason, message: failed.message})), true
	}
	return collect.Plan{
		Key:  target,
		Read: func(ctx context.Context) (collect.Answer, error) { return s.read(ctx, target) },
		Interpret: func(answer collect.Answer) collect.Answer {
			seen := answer.Seen.(scraped)
			answer.Findings = []aftercheck.Finding{s.finding(target, s.reduce(seen.chosen, seen.at, q.After))}
			return answer
		},
	}, true
}

// scraped is what a page shows of the metric. What of it is stale depends on the
// question.
type scraped struct {
	chosen []sample
	at     time.Time // when the page was asked for
}

// accept asks for the text format that the parser reads.
const accept = "text/plain;version=0.0.4;q=1,*/*;q=0.1"

// read scrapes once. A page that does not come, or is none, is an error: it says
// nothing about the number.
func (s *scraper) read(ctx context.Context, target string) (collect.Answer, error) {
	within, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	at := time.Now().UTC()
	page, err := fetch(within, s.client, http.MethodGet, target, accept, s.MaxBytes)
	switch {
	case err != nil:
		return collect.Answer{}, fmt.Errorf("scraping: %w", err)
	case page.status != http.StatusOK:
		return collect.Answer{Raw: page.body}, fmt.Errorf("scraping: answered %d, not 200", page.status)
	case page.truncated:
		return collect.Answer{}, fmt.Errorf("scraping: the page is longer than %d bytes", s.MaxBytes)
	}
	samples, err := parsePage(page.body, at)
	if err != nil {
		return collect.Answer{Raw: page.body}, fmt.Errorf("scraping: reading the page: %w", err)
	}
	chosen := s.choose(samples)
	return collect.Answer{Seen: scraped{chosen: chosen, at: at}, Raw: lines(chosen)}, nil
}

// choose returns the samples of the metric that all matchers match.
func (s *scraper) choose(samples []sample) []sample {
	return slices.DeleteFunc(samples, func(one sample) bool {
		return one.name != s.Metric || slices.ContainsFunc(s.matchers, func(m collect.Matcher) bool { return !m.Matches(one.labels) })
	})
}

func (s *scraper) finding(target string, n number) aftercheck.Finding {
	f := aftercheck.Finding{
		Subject: aftercheck.Subject{Kind: "Metric", Name: s.Name},
		Check:   aftercheck.CheckMetric,
		Scope:   s.Scope,
		State:   aftercheck.StateUnknown,
		Reason:  n.reason,
		Message: n.message,
		Wanted:  s.criterion.Wanted(),
		Query:   s.expression() + " from " + target,
		At:      n.at,
		Signal:  s.Signal,
	}
	if n.value == nil {
		return f
	}
	f.Value = &aftercheck.Value{Number: *n.value, Unit: s.Unit}
	f.State, f.Wanted = s.criterion.Judge(*n.value)
	if n.counter {
		f.State, f.Wanted, f.Reason = "", string(s.criterion.Better()), ReasonCounter
	}
	return f
}

// expression writes what is read off the page as PromQL would.
func (s *scraper) expression() string {
	matchers := make([]string, 0, len(s.matchers))
	for _, m := range s.matchers {
		matchers = append(matchers, m.String())
	}
	text := s.Metric
	if len(matchers) > 0 {
		text += "{" + strings.Join(matchers, ",") + "}"
	}
	if s.Aggregate != AggregateNone {
		text = string(s.Aggregate) + "(" + text + ")"
	}
	return text
}
