package dashboards

import (
	"fmt"
	"strings"

	"github.com/aftercheck/aftercheck/internal/exporter"
)

// The ranges that counters are looked at over.
const (
	// perStep is for what happens all the time: as long as a rate needs.
	perStep = "$__rate_interval"
	// perWindow is for verdicts, of which there may be a few a day: as long as
	// the reader chooses.
	perWindow = "$window"
	// perRange is the whole time that is shown.
	perRange = "$__range"
)

// metric is a metric that there is, ready to be asked for.
type metric struct {
	name   string
	labels []string // matchers beside job and instance, such as sensor=~"$sensor"
}

func declared(d exporter.Definition) metric { return metric{name: d.Name} }

// where returns the metric with more matchers.
func (m metric) where(matchers ...string) metric {
	m.labels = append(append([]string{}, m.labels...), matchers...)
	return m
}

// series selects the series of the chosen jobs and instances.
func (m metric) series() string { return m.suffixed("") }

func (m metric) suffixed(suffix string) string {
	matchers := append([]string{`job=~"$job"`, `instance=~"$instance"`}, m.labels...)
	return fmt.Sprintf("%s%s{%s}", m.name, suffix, strings.Join(matchers, ", "))
}

func (m metric) rate() string { return m.rateOf("") }

func (m metric) rateOf(suffix string) string {
	return fmt.Sprintf("rate(%s[%s])", m.suffixed(suffix), perStep)
}

func (m metric) increase(over string) string { return m.increaseOf("", over) }

func (m metric) increaseOf(suffix, over string) string {
	return fmt.Sprintf("increase(%s[%s])", m.suffixed(suffix), over)
}

// quantile is a quantile of a histogram's observations over a range, by labels.
func (m metric) quantile(q float64, over string, by ...string) string {
	return fmt.Sprintf("histogram_quantile(%g, %s)", q, sum(m.increaseOf("_bucket", over), append([]string{"le"}, by...)...))
}

// mean is the mean of a histogram's or summary's observations over a range, by
// labels; nothing where there were none.
func (m metric) mean(over string, by ...string) string {
	return ratio(sum(m.increaseOf("_sum", over), by...), sum(m.increaseOf("_count", over), by...))
}

func sum(expression string, by ...string) string { return aggregate("sum", expression, by) }
func lowest(expression string, by ...string) string {
	return aggregate("min", expression, by)
}
func highest(expression string, by ...string) string {
	return aggregate("max", expression, by)
}

func aggregate(how, expression string, by []string) string {
	if len(by) == 0 {
		return fmt.Sprintf("%s(%s)", how, expression)
	}
	return fmt.Sprintf("%s by (%s) (%s)", how, strings.Join(by, ", "), expression)
}

// ratio is part of whole, and nothing, not NaN, where there is no whole.
func ratio(part, whole string) string { return fmt.Sprintf("%s / (%s > 0)", part, whole) }
