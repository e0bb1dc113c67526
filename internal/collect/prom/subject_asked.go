package prom

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/aftercheck/aftercheck"
)

// key is equal for subjects of which the same is asked: what is asked about a
// rule's series depends on the incident's labels.
func (s subject) key(neighbours bool) string {
	if s.name == "" {
		return fmt.Sprintf("alerts %t", neighbours)
	}
	asked := maps.Clone(s.labels)
	maps.DeleteFunc(asked, func(name, value string) bool { return !askable(name, value) })
	return fmt.Sprintf("rules %q, alerts %t, of %s", s.name, neighbours, labels.FromMap(asked))
}

// anyTime returns the subject as all see it who share a reading: without what
// only changes how the answer is read.
func (s subject) anyTime() subject {
	s.after, s.known = time.Time{}, aftercheck.Target{}
	return s
}

// telling returns the names of the incident's labels that series can share: not
// those that the rule sets, that relabelling may change, or that cannot be asked
// for.
func (s subject) telling(r rule) []string {
	var names []string
	for name, value := range s.labels {
		_, constant := r.Labels[name]
		if name != "alertname" && !constant && !s.unstable[name] && askable(name, value) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// askable reports whether a label can stand in a query, also of a server that
// writes no names in quotes.
func askable(name, value string) bool {
	return value != "" && quotable(value) && model.LegacyValidation.IsValidLabelName(name)
}

// delays returns how long the alert needs to show a change, by each rule that it
// may come from.
func (s subject) delays(rules []rule) []aftercheck.Delay {
	var delays []aftercheck.Delay
	for _, r := range s.relevant(rules) {
		if r.evaluated != nil {
			delays = append(delays, r.evaluated.delay(r))
		}
	}
	return delays
}
