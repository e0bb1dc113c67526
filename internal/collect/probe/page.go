package probe

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/aftercheck/aftercheck/internal/collect"
)

// sample is one line of a page.
type sample struct {
	name    string
	labels  map[string]string
	value   float64
	at      time.Time // its own time, or when the page was asked for
	counter bool
}

// parsePage reads a page in Prometheus' text format. A page that is anything
// else is an error, as is one that breaks off; an empty page is not.
func parsePage(text string, at time.Time) ([]sample, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	var samples []sample
	pageTime := model.TimeFromUnixNano(at.UnixNano()) // in milliseconds, so that it may be before at
	for _, family := range families {
		vector, err := expfmt.ExtractSamples(&expfmt.DecodeOptions{Timestamp: pageTime}, family)
		if err != nil {
			return nil, err
		}
		for _, s := range vector {
			one := sample{name: string(s.Metric[model.MetricNameLabel]), labels: map[string]string{}, value: float64(s.Value), at: at}
			for name, value := range s.Metric {
				if name != model.MetricNameLabel {
					one.labels[string(name)] = string(value)
				}
			}
			if s.Timestamp != pageTime {
				one.at = s.Timestamp.Time().UTC()
			}
			one.counter = counts(family, one.name)
			samples = append(samples, one)
		}
	}
	slices.SortFunc(samples, func(a, b sample) int { return strings.Compare(a.line(), b.line()) })
	return samples, nil
}

// counts reports whether the series only ever rises while its process lives.
func counts(family *dto.MetricFamily, series string) bool {
	switch family.GetType() {
	case dto.MetricType_COUNTER, dto.MetricType_HISTOGRAM:
		return true
	case dto.MetricType_SUMMARY:
		return series != family.GetName() // not a quantile
	}
	return false
}

// line writes the sample as it stands on the page.
func (s sample) line() string {
	pairs := make([]string, 0, len(s.labels))
	for name, value := range s.labels {
		pairs = append(pairs, name+"="+strconv.Quote(value))
	}
	slices.Sort(pairs)
	text := s.name
	if len(pairs) > 0 {
		text += "{" + strings.Join(pairs, ",") + "}"
	}
	return text + " " + strconv.FormatFloat(s.value, 'g', -1, 64)
}

func lines(samples []sample) string {
	var out strings.Builder
	for _, s := range samples {
		out.WriteString(s.line() + "\n")
	}
	return out.String()
}

// number is what the chosen samples come to: a value, or the reason why there is
// none.
type number struct {
	value           *float64
	counter         bool
	at              time.Time // of the oldest sample
	reason, message string
}

// reduce makes one number of the chosen samples. Each way not to know it has
// its reason; no sample is passed over to get one.
func (s *scraper) reduce(chosen []sample, at, after time.Time) number {
	if len(chosen) == 0 {
		return number{at: at, reason: collect.ReasonNoData, message: "no such series is on the page"}
	}
	n := number{at: chosen[0].at}
	values := make([]float64, 0, len(chosen))
	for _, one := range chosen {
		if one.at.Before(n.at) {
			n.at = one.at
		}
		n.counter = n.counter || one.counter
		values = append(values, one.value)
		if n.reason == "" {
			n.reason = collect.NotFinite(one.value)
		}
	}
	switch {
	case n.at.Before(after):
		n.reason, n.message = collect.ReasonStale, "the sample is older than the action's end"
	case len(values) > 1 && s.Aggregate == AggregateNone:
		n.reason, n.message = collect.ReasonManySeries, fmt.Sprintf("%d series, and no aggregation says which counts", len(values))
	case n.reason != "":
		n.message = "a sample is not a finite number"
	default:
		return n.with(s.Aggregate.over(values))
	}
	return n
}

// with sets the value, unless adding up made it infinite.
func (n number) with(value float64) number {
	if n.reason = collect.NotFinite(value); n.reason != "" {
		n.message = "the series come to no finite number"
		return n
	}
	n.value = &value
	return n
}

// over makes one number of at least one.
func (a Aggregation) over(values []float64) float64 {
	sum := 0.0
	highest, lowest := math.Inf(-1), math.Inf(1)
	for _, value := range values {
		sum += value
		highest, lowest = max(highest, value), min(lowest, value)
	}
	switch a {
	case AggregateMax:
		return highest
	case AggregateMin:
		return lowest
	case AggregateAvg:
		return sum / float64(len(values))
	default: // a sum, or a single value
		return sum
	}
}
