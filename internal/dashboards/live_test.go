package dashboards_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/aftercheck/aftercheck/internal/dashboards"
	"github.com/aftercheck/aftercheck/internal/exporter"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// TestLive puts a real sidecar under load, has a real Prometheus scrape it, and
// wants data from every query of every panel, and labels that there are.
func TestLive(t *testing.T) {
	w := newWorld(t)
	w.load(t)
	t.Run("every panel has data", w.everyPanelHasData)
	t.Run("names and labels are on the page", w.namesAndLabels)
	t.Run("variables have values", w.variablesHaveValues)
	t.Run("panels tell what happened", w.panelsTell)
	t.Run("exemplars lead to verifications", w.exemplars)
	t.Run("pictures", w.pictures)
}

// asked is a query that has not shown data yet.
type asked struct {
	where, expression string
	instant           bool
}

func (w *world) everyPanelHasData(t *testing.T) {
	var waiting []asked
	for name, d := range readAll(t) {
		values := chosen(d)
		for _, p := range d.shown() {
			for _, q := range p.Targets {
				waiting = append(waiting, asked{name + ", " + p.Title + ", " + q.RefID, substituted(q.Expr, values), q.Instant})
			}
		}
	}
	if len(waiting) < 50 {
		t.Fatalf("only %d queries were found", len(waiting))
	}
	testbed.Eventually(t, 2*time.Minute, func() error {
		var errs []error
		waiting = slices.DeleteFunc(waiting, func(a asked) bool {
			n, err := w.points(t.Context(), a)
			if err == nil && n == 0 {
				err = errors.New("no data")
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w from %s", a.where, err, a.expression))
			}
			return err == nil
		})
		return errors.Join(errs...)
	})
}

// points is how many samples a query gives that are numbers.
func (w *world) points(ctx context.Context, a asked) (n int, err error) {
	if a.instant {
		got, err := w.vector(ctx, a.expression)
		return len(got), err
	}
	now := time.Now()
	got, err := w.matrix(ctx, a.expression, now.Add(-30*time.Second), now, time.Second)
	for _, series := range got {
		for _, sample := range series.Values {
			n += isNumber(sample.Value)
		}
	}
	return n, err
}

func isNumber(v model.SampleValue) int {
	if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
		return 0
	}
	return 1
}

// namesAndLabels holds each selector, and each label that something is grouped by,
// to the page of the sidecar.
func (w *world) namesAndLabels(t *testing.T) {
	page := w.page(t)
	eachTarget(t, func(t *testing.T, d written, _ dashboards.Panel, q dashboards.Target) {
		there := []string{"job", "instance"}
		expression := parse(t, q.Expr, chosen(d))
		parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
			s, ok := node.(*parser.VectorSelector)
			if !ok {
				return nil
			}
			labels, found := page[s.Name]
			if !found {
				t.Errorf("the page has no %s", s.Name)
			}
			for _, m := range s.LabelMatchers {
				if m.Name != model.MetricNameLabel && !slices.Contains(append(labels, there...), m.Name) {
					t.Errorf("%s has no label %s", s.Name, m.Name)
				}
			}
			there = append(there, labels...)
			return nil
		})
		parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
			if aggregate, ok := node.(*parser.AggregateExpr); ok {
				for _, label := range aggregate.Grouping {
					if !slices.Contains(there, label) {
						t.Errorf("nothing in %s has a label %s", q.Expr, label)
					}
				}
			}
			return nil
		})
	})
}

// page returns the labels of each series' name on the sidecar's page.
func (w *world) page(t *testing.T) map[string][]string {
	t.Helper()
	response, err := http.Get(w.metrics)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	reader := expfmt.NewTextParser(model.UTF8Validation)
	families, err := reader.TextToMetricFamilies(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string][]string{}
	for name, family := range families {
		var labels []string
		for _, label := range family.GetMetric()[0].GetLabel() {
			labels = append(labels, label.GetName())
		}
		names[name] = labels
		switch family.GetType() {
		case dto.MetricType_HISTOGRAM:
			names[name+"_bucket"] = append(slices.Clone(labels), model.BucketLabel)
			fallthrough
		case dto.MetricType_SUMMARY:
			names[name+"_sum"], names[name+"_count"] = labels, labels
			delete(names, name)
		}
	}
	return names
}

func (w *world) variablesHaveValues(t *testing.T) {
	for name, d := range readAll(t) {
		for _, v := range d.Templating.List {
			parts := regexp.MustCompile(`^label_values\((.+), (\w+)\)$`).FindStringSubmatch(v.Query)
			if parts == nil {
				continue
			}
			arguments := url.Values{"match[]": {substituted(parts[1], chosen(d))}}
			var values []string
			if err := w.answer(t.Context(), "/api/v1/label/"+parts[2]+"/values?"+arguments.Encode(), &values); err != nil || len(values) == 0 {
				t.Errorf("%s: %s has the values %v, %v", name, v.Name, values, err)
			}
		}
	}
}

// panelsTell looks into some panels: they show what the load did, and not only
// something.
func (w *world) panelsTell(t *testing.T) {
	quality, states := readAll(t)["remediation-quality.json"], readAll(t)["sensors.json"]
	for _, c := range []struct {
		d              written
		panel          string
		target         int
		metric         model.LabelSet
		atLeast, below float64
	}{
		{quality, "Verdicts", 0, nil, 3, math.Inf(1)},
		{quality, "Success ratio", 0, nil, 0.01, 1},
		{quality, "Mean score", 0, nil, 0.01, 1},
		{quality, "Regressions", 0, nil, 1, math.Inf(1)},
		{quality, "Playbooks", 1, model.LabelSet{"playbook": "pb-restart"}, 0.5, 1.01},
		{quality, "Playbooks", 1, model.LabelSet{"playbook": "pb-clear-cache"}, 0, 0.01},
		{quality, "Playbooks", 3, model.LabelSet{"playbook": "pb-clear-cache"}, 1, math.Inf(1)},
		{quality, "Playbooks", 5, model.LabelSet{"playbook": "pb-clear-cache"}, 0, 0.5},
		{quality, "Alerts", 1, model.LabelSet{"incident_alertname": "ServiceDown"}, 0.01, 0.99},
		{states, "Sensors", 0, model.LabelSet{"sensor": "health"}, 1, 1.01},
		{states, "Sensors", 0, model.LabelSet{"sensor": "gone"}, 0, 0.01},
		{states, "Sensors", 3, model.LabelSet{"sensor": "gone"}, 0.99, 1.01},
	} {
		i := slices.IndexFunc(c.d.Panels, func(p dashboards.Panel) bool { return p.Title == c.panel && p.Targets[0].Instant })
		query := substituted(c.d.Panels[i].Targets[c.target].Expr, chosen(c.d))
		testbed.Eventually(t, time.Minute, func() error {
			got, err := w.vector(t.Context(), query)
			if err != nil {
				return err
			}
			for _, sample := range got {
				value := float64(sample.Value)
				if sample.Metric.Equal(model.Metric(c.metric)) && value >= c.atLeast && value < c.below {
					return nil
				}
			}
			return fmt.Errorf("%s: %s gives %v, want %v from %v and below %v", c.panel, query, got, c.metric, c.atLeast, c.below)
		})
	}
}

// exemplars follows a dot on each panel that has them to its verification.
func (w *world) exemplars(t *testing.T) {
	quality := readAll(t)["remediation-quality.json"]
	followed := 0
	for _, p := range quality.shown() {
		for _, q := range p.Targets {
			if !q.Exemplar {
				continue
			}
			followed++
			expression := substituted(q.Expr, chosen(quality))
			testbed.Eventually(t, time.Minute, func() error { return w.follow(t.Context(), expression) })
		}
	}
	if followed != 2 {
		t.Errorf("%d queries have exemplars, want those of the score and of the time to verdict", followed)
	}
}

// follow asks for a query's exemplars, as Grafana does, and for the verification
// behind one of them.
func (w *world) follow(ctx context.Context, expression string) error {
	now := time.Now()
	arguments := url.Values{
		"query": {expression}, "start": {unix(now.Add(-2 * time.Minute))}, "end": {unix(now.Add(time.Second))},
	}
	var got []struct {
		Exemplars []struct{ Labels map[string]string }
	}
	if err := w.answer(ctx, "/api/v1/query_exemplars?"+arguments.Encode(), &got); err != nil {
		return err
	}
	if len(got) == 0 || len(got[0].Exemplars) == 0 {
		return fmt.Errorf("%s has no exemplars", expression)
	}
	v, err := w.sidecar.Get(ctx, got[0].Exemplars[0].Labels[exporter.ExemplarLabel])
	if err == nil && !v.Sealed() {
		err = fmt.Errorf("%s is not sealed", v.ID)
	}
	return err
}
