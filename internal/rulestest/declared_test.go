package rulestest

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/exporter"
)

// metric is what a series on the page may be called by.
type metric struct {
	labels []string
	kind   dto.MetricType
}

// notYetDeclared are metrics that other changes bring. A name in it that the
// exporter declares fails the test, so that it is deleted here.
var notYetDeclared = map[string]metric{
	"aftercheck_recurrences_total": {labels: []string{"playbook"}},
}

// collectors is a Registerer that keeps what is registered.
type collectors []prometheus.Collector

func (c *collectors) Register(one prometheus.Collector) error {
	*c = append(*c, one)
	return nil
}

func (c *collectors) MustRegister(some ...prometheus.Collector) { *c = append(*c, some...) }

func (c *collectors) Unregister(prometheus.Collector) bool { return false }

// someOptions names a value for each label whose values the wiring brings.
func someOptions() exporter.Options {
	return exporter.Options{Sensors: []string{"kubernetes"}, StoreOperations: evidence.Operations(), RedactionRules: []string{"bearer_token"}}
}

// declared returns the series that the exporter declares, by name, those of
// histograms and summaries with their suffixes.
func declared(t testing.TB) map[string]metric {
	t.Helper()
	var registered collectors
	exporter.New(&registered, someOptions())
	all := map[string]metric{}
	for _, collector := range registered {
		descriptions := make(chan *prometheus.Desc)
		go func() {
			defer close(descriptions)
			collector.Describe(descriptions)
		}()
		for description := range descriptions {
			name, labels := parts(t, description)
			add(all, exporter.Prefix+name, metric{labels: labels, kind: kind(t, collector)})
		}
	}
	for name, wanted := range notYetDeclared {
		if _, there := all[name]; there {
			t.Errorf("%s is declared by now; delete it from notYetDeclared", name)
		}
		add(all, name, wanted)
	}
	return all
}

func add(all map[string]metric, name string, m metric) {
	all[name] = m
	switch m.kind {
	case dto.MetricType_HISTOGRAM:
		all[name+"_bucket"] = metric{labels: append([]string{"le"}, m.labels...)}
		fallthrough
	case dto.MetricType_SUMMARY:
		all[name+"_sum"], all[name+"_count"] = metric{labels: m.labels}, metric{labels: m.labels}
	}
}

// described is how a Desc shows itself; it gives its parts to nobody.
var described = regexp.MustCompile(`^Desc\{fqName: ("[^"]*"), help: .*, constLabels: \{(.*)\}, variableLabels: \{(.*)\}\}$`)

func parts(t testing.TB, description *prometheus.Desc) (name string, labels []string) {
	t.Helper()
	found := described.FindStringSubmatch(description.String())
	if found == nil {
		t.Fatalf("a description has another form: %s", description)
	}
	name, err := strconv.Unquote(found[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, constant := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(found[2], -1) {
		labels = append(labels, constant[1])
	}
	if found[3] != "" {
		labels = append(labels, strings.Split(found[3], ",")...)
	}
	return name, labels
}

func kind(t testing.TB, collector prometheus.Collector) dto.MetricType {
	t.Helper()
	switch one := collector.(type) {
	case *prometheus.HistogramVec:
		return dto.MetricType_HISTOGRAM
	case *prometheus.SummaryVec:
		return dto.MetricType_SUMMARY
	case prometheus.Metric:
		var written dto.Metric
		if err := one.Write(&written); err != nil {
			t.Fatal(err)
		}
		if written.Histogram != nil {
			return dto.MetricType_HISTOGRAM
		}
		if written.Summary != nil {
			return dto.MetricType_SUMMARY
		}
	}
	return dto.MetricType_UNTYPED
}

// page returns the values that each label has on a page on which nothing has
// happened yet, by series and label. All known outcomes are preset on it.
func page(t testing.TB) map[string]map[string][]string {
	t.Helper()
	registry := prometheus.NewRegistry()
	exporter.New(prometheus.WrapRegistererWithPrefix(exporter.Prefix, registry), someOptions())
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string][]string{}
	for _, family := range families {
		values, bounds := map[string][]string{}, map[string][]string{}
		for _, one := range family.GetMetric() {
			for _, label := range one.GetLabel() {
				values[label.GetName()] = append(values[label.GetName()], label.GetValue())
			}
			for _, bucket := range one.GetHistogram().GetBucket() {
				bounds["le"] = append(bounds["le"], strconv.FormatFloat(bucket.GetUpperBound(), 'g', -1, 64))
			}
		}
		all[family.GetName()] = values
		all[family.GetName()+"_bucket"] = bounds
	}
	return all
}
