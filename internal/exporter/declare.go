package exporter

import (
	"cmp"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// Kind is what sort of metric one is, as the page's TYPE line says it.
type Kind string

// The kinds of metrics.
const (
	Counter   Kind = "counter"
	Gauge     Kind = "gauge"
	Histogram Kind = "histogram"
	Summary   Kind = "summary"
)

// Definition is one metric as it stands on the page.
type Definition struct {
	Name   string // with the prefix
	Kind   Kind
	Help   string
	Labels []string // its own, as they are declared; nil: none
}

// Definitions returns every metric that New registers, by name. Dashboards and
// documents are made from it.
func Definitions() []Definition {
	_, made := definitions()
	slices.SortFunc(made, func(a, b Definition) int { return cmp.Compare(a.Name, b.Name) })
	return made
}

// declaration makes metrics and remembers what it made.
type declaration struct{ made []Definition }

func (d *declaration) note(kind Kind, name, help string, labels []string) {
	d.made = append(d.made, Definition{Name: Prefix + name, Kind: kind, Help: help, Labels: labels})
}

func (d *declaration) counter(name, help string, labels ...string) *prometheus.CounterVec {
	d.note(Counter, name, help, labels)
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

// one is a counter without labels.
func (d *declaration) one(name, help string) prometheus.Counter {
	return d.counter(name, help).WithLabelValues()
}

func (d *declaration) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	d.note(Gauge, name, help, labels)
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
}

func (d *declaration) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	d.note(Histogram, name, help, labels)
	return prometheus.NewHistogramVec(histogramOptions(name, help, buckets), labels)
}

// oneHistogram is a histogram without labels.
func (d *declaration) oneHistogram(name, help string, buckets []float64) prometheus.Histogram {
	d.note(Histogram, name, help, nil)
	return prometheus.NewHistogram(histogramOptions(name, help, buckets))
}

// summary has sum and count, and no quantiles, which could not be added up over
// sidecars.
func (d *declaration) summary(name, help string, labels ...string) *prometheus.SummaryVec {
	d.note(Summary, name, help, labels)
	return prometheus.NewSummaryVec(prometheus.SummaryOpts{Name: name, Help: help}, labels)
}

// buildInfo is the metric that the library's version collector brings.
func buildInfo() Definition {
	return Definition{
		Name: Prefix + "build_info", Kind: Gauge,
		Help:   "A metric with a constant '1' value labeled by version, revision, branch, goversion from which  was built, and the goos and goarch for the build.",
		Labels: []string{"version", "revision", "branch", "goversion", "goos", "goarch", "tags"},
	}
}
