package prom

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

// AlertsConfig configures the alerts sensor.
type AlertsConfig struct {
	// Disabled leaves the sensor out.
	Disabled bool
	// Ignore is a regular expression for the names of alerts that say nothing
	// of the namespace, matched as a whole; empty means DefaultIgnoredAlerts.
	// Alerts of severity none are ignored too.
	Ignore string
	// NeighbourLabels are the labels of which the first that the incident has
	// says what its neighbourhood is; nil means namespace, node, instance.
	NeighbourLabels []string
	// UnstableLabels are labels whose values may differ between an incident and
	// the alert that opened it, because relabelling changes them on the way; nil
	// means DefaultUnstableLabels.
	UnstableLabels []string
	// MaxNeighbours bounds the findings about other alerts, the newest of which
	// are kept; zero means DefaultMaxNeighbours.
	MaxNeighbours int
}

// DefaultIgnoredAlerts fire always, by design.
const DefaultIgnoredAlerts = "Watchdog|InfoInhibitor|DeadMansSwitch"

// DefaultMaxNeighbours is how many other alerts one reading reports.
const DefaultMaxNeighbours = 50

// DefaultUnstableLabels returns the labels that Prometheus servers add to what
// they send or that routing changes. Cluster is not among them: where alerts
// carry it themselves, it tells them apart.
func DefaultUnstableLabels() []string {
	return []string{"prometheus", "prometheus_replica", "replica", "severity"}
}

// alerts is the sensor that looks at rules and alerts.
type alerts struct {
	client        *client
	ignore        *regexp.Regexp
	neighbourhood []string
	unstable      map[string]bool
	maxNeighbours int
}

func newAlerts(c *client, config AlertsConfig) (*alerts, error) {
	a := &alerts{client: c, neighbourhood: config.NeighbourLabels, unstable: map[string]bool{}, maxNeighbours: config.MaxNeighbours}
	if config.Ignore == "" {
		config.Ignore = DefaultIgnoredAlerts
	}
	var err error
	if a.ignore, err = regexp.Compile("^(?:" + config.Ignore + ")$"); err != nil {
		return nil, fmt.Errorf("ignore: want a regular expression (RE2): %w", err)
	}
	if a.neighbourhood == nil {
		a.neighbourhood = []string{"namespace", "node", "instance"}
	}
	if config.UnstableLabels == nil {
		config.UnstableLabels = DefaultUnstableLabels()
	}
	for _, label := range config.UnstableLabels {
		a.unstable[label] = true
	}
	if a.maxNeighbours < 0 {
		return nil, fmt.Errorf("max_neighbours: want a number that is not negative")
	}
	if a.maxNeighbours == 0 {
		a.maxNeighbours = DefaultMaxNeighbours
	}
	return a, nil
}

// rule is an alerting rule as the server tells it. The client library's type
// lacks keep_firing_for.
type rule struct {
	Name           string            `json:"name"`
	Query          string            `json:"query"`
	Type           string            `json:"type"`
	Labels         map[string]string `json:"labels"`
	Duration       float64           `json:"duration"`      // its for, in seconds
	KeepFiringFor  float64           `json:"keepFiringFor"` // in seconds
	Health         string            `json:"health"`
	LastError      string            `json:"lastError"`
	LastEvaluation time.Time         `json:"lastEvaluation"`
	Alerts         []alert           `json:"alerts"`

	interval  float64     // of its group, in seconds
	evaluated *evaluation // what its expression came to; nil if it was not asked for
}

// alert is one active alert of a rule.
type alert struct {
	Labels          map[string]string `json:"labels"`
	State           string            `json:"state"`
	ActiveAt        time.Time         `json:"activeAt"`
	KeepFiringSince time.Time         `json:"keepFiringSince"`
}

// plan has nothing to say about an incident without an alert's name and without
// a neighbourhood.
func (a *alerts) plan(q collect.Question) (collect.Plan, bool) {
	name := q.Incident.Name()
	label, value := a.neighbours(q.Incident)
	if name == "" && label == "" {
		return collect.Plan{}, false
	}
	s := subjectOf(a, q)
	return collect.Plan{
		Key:  s.key(label != ""),
		Read: func(ctx context.Context) (collect.Answer, error) { return a.read(ctx, s.anyTime(), label != "") },
		Interpret: func(answer collect.Answer) collect.Answer {
			return a.interpret(answer, s, label, value)
		},
	}, true
}

// overview is what the server tells of rules and alerts; whom it concerns
// depends on the question.
type overview struct {
	rules  []rule  // of the incident's name
	active []alert // of all names
	at     time.Time
}

// neighbours returns the label, with its value, that says what the incident's
// neighbourhood is, or nothing.
func (a *alerts) neighbours(i aftercheck.Incident) (label, value string) {
	for _, label := range a.neighbourhood {
		if value := i.Labels[label]; value != "" {
			return label, value
		}
	}
	return "", ""
}

// read asks for the rules of the subject's name, unless that is empty, with their
// expressions, and for all active alerts if those of a neighbourhood are wanted.
func (a *alerts) read(ctx context.Context, s subject, neighbours bool) (collect.Answer, error) {
	var seen overview
	group, inner := errgroup.WithContext(ctx)
	if s.name != "" {
		group.Go(func() (err error) {
			seen.rules, err = a.rules(inner, s.name)
			return err
		})
	}
	if neighbours {
		group.Go(func() (err error) {
			seen.active, err = a.active(inner)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return collect.Answer{}, err
	}
	a.evaluate(ctx, seen.rules, s)
	seen.at = time.Now().UTC().Round(0)
	return collect.Answer{Seen: seen, Raw: describe(seen.rules)}, nil
}

// interpret says what was seen of the incident's alert and of others in its
// neighbourhood.
func (a *alerts) interpret(answer collect.Answer, s subject, label, value string) collect.Answer {
	seen := answer.Seen.(overview)
	if s.name != "" {
		answer.Findings = append(answer.Findings, s.finding(seen.rules, seen.at))
		answer.Delays = s.delays(seen.rules)
	}
	others, left := a.others(s, seen.rules, seen.active, label, value, seen.at)
	answer.Findings = append(answer.Findings, others...)
	if left > 0 {
		answer.Raw += strconv.Itoa(left) + " older alerts are left out\n"
	}
	return answer
}

// rules returns the alerting rules of a name. Servers that do not know the
// filter answer with all rules.
func (a *alerts) rules(ctx context.Context, name string) ([]rule, error) {
	var data struct {
		Groups []struct {
			Interval float64 `json:"interval"`
			Rules    []rule  `json:"rules"`
		} `json:"groups"`
	}
	if err := a.client.get(ctx, "/api/v1/rules", url.Values{"type": {"alert"}, "rule_name[]": {name}}, &data); err != nil {
		return nil, err
	}
	var rules []rule
	for _, group := range data.Groups {
		for _, r := range group.Rules {
			if r.Name != name || (r.Type != "" && r.Type != "alerting") {
				continue
			}
			r.interval, r.LastEvaluation = group.Interval, plausible(r.LastEvaluation)
			for i := range r.Alerts {
				r.Alerts[i].ActiveAt = plausible(r.Alerts[i].ActiveAt)
			}
			rules = append(rules, r)
		}
	}
	return rules, nil
}

func (a *alerts) active(ctx context.Context) ([]alert, error) {
	var data struct {
		Alerts []alert `json:"alerts"`
	}
	err := a.client.get(ctx, "/api/v1/alerts", nil, &data)
	for i := range data.Alerts {
		data.Alerts[i].ActiveAt = plausible(data.Alerts[i].ActiveAt)
	}
	return data.Alerts, err
}

// maxDescribed bounds the series that describe writes of one expression.
const maxDescribed = 20

// describe writes the rules for people, one a line with its alerts.
func describe(rules []rule) string {
	var text strings.Builder
	for _, r := range rules {
		fmt.Fprintf(&text, "rule %s %v: %s (health %s, evaluated %s)\n", r.Name, r.Labels, r.Query, r.Health, r.LastEvaluation.Format(time.RFC3339Nano))
		if e := r.evaluated; e != nil && !e.failed {
			fmt.Fprintf(&text, "  the expression holds for %v at %s\n", e.holds[:min(len(e.holds), maxDescribed)], e.at.Format(time.RFC3339Nano))
		}
		for _, alert := range r.Alerts {
			fmt.Fprintf(&text, "  %s since %s %v\n", alert.State, alert.ActiveAt.Format(time.RFC3339Nano), alert.Labels)
		}
	}
	return text.String()
}
