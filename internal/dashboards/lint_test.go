package dashboards_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/aftercheck/aftercheck/internal/dashboards"
)

// The rules of Grafana's dashboard-linter, and those of a grid.

func TestDashboardsAreProvisionable(t *testing.T) {
	uids := map[string]bool{}
	for name, d := range readAll(t) {
		if d.UID == "" || len(d.UID) > 40 || uids[d.UID] {
			t.Errorf("%s: want a uid of its own of 1 to 40 characters, not %q", name, d.UID)
		}
		uids[d.UID] = true
		if d.Title == "" || d.Description == "" || len(d.Tags) == 0 || d.SchemaVersion == 0 || d.Refresh == "" || d.Time.From == "" || d.Time.To != "now" {
			t.Errorf("%s: want title, description, tags, schema version, refresh and time", name)
		}
		if d.Editable {
			t.Errorf("%s: what is provisioned cannot be edited", name)
		}
	}
}

// TestTemplates: datasource, job and instance as mixins have them, and no variable
// that nothing uses.
func TestTemplates(t *testing.T) {
	for name, d := range readAll(t) {
		byName := map[string]dashboards.Variable{}
		for _, v := range d.Templating.List {
			byName[v.Name] = v
		}
		if v := byName["datasource"]; v.Type != "datasource" || v.Query != "prometheus" || v.Label != "Data source" {
			t.Errorf("%s: the data source is %+v", name, v)
		}
		for _, each := range []string{"job", "instance"} {
			if _, found := byName[each]; !found {
				t.Errorf("%s: there is no %s", name, each)
			}
		}
		for _, v := range d.Templating.List {
			if v.Type == "query" {
				queryVariable(t, name, d, v)
			}
			if !used(d, v.Name) {
				t.Errorf("%s: nothing uses the variable %s", name, v.Name)
			}
		}
	}
}

func queryVariable(t *testing.T, name string, d written, v dashboards.Variable) {
	t.Helper()
	wantLabel := strings.ToUpper(v.Name[:1]) + v.Name[1:]
	if v.Label != wantLabel || !v.Multi || !v.IncludeAll || v.AllValue != ".+" || v.Refresh != 2 || v.Datasource == nil || v.Datasource.UID != "${datasource}" {
		t.Errorf("%s: the variable %s is %+v", name, v.Name, v)
	}
	parts := regexp.MustCompile(`^label_values\((.+), (\w+)\)$`).FindStringSubmatch(v.Query)
	if parts == nil || parts[2] != v.Name {
		t.Fatalf("%s: the variable %s asks %s", name, v.Name, v.Query)
	}
	parse(t, parts[1], chosen(d))
}

// used reports whether a query, a link or another variable uses the variable.
func used(d written, name string) bool {
	text := fmt.Sprint(d.Panels, d.Links)
	for _, v := range d.Templating.List {
		if v.Name != name {
			text += v.Query + fmt.Sprint(v.Datasource)
		}
	}
	return regexp.MustCompile(`\$` + name + `\b|\$\{` + name + `[:}]`).MatchString(text)
}

// units are those of Grafana's that the panels use.
var units = []string{"none", "short", "percentunit", "s", "bytes", "ops", "reqps", "bool_yes_no", "dateTimeFromNow"}

func TestPanels(t *testing.T) {
	for name, d := range readAll(t) {
		ids := map[int]bool{}
		for _, p := range d.Panels {
			if ids[p.ID] || p.ID <= 0 {
				t.Errorf("%s, %s: want an ID of its own above 0, not %d", name, p.Title, p.ID)
			}
			ids[p.ID] = true
		}
		for _, p := range d.shown() {
			unit := p.FieldConfig.Defaults.Unit
			if p.Type == "heatmap" {
				unit = p.Options["yAxis"].(map[string]any)["unit"].(string)
			}
			if !slices.Contains(units, unit) {
				t.Errorf("%s, %s: %q is not one of Grafana's units", name, p.Title, unit)
			}
			if p.Title == "" || !strings.HasSuffix(p.Description, ".") && !strings.HasSuffix(p.Description, "?") {
				t.Errorf("%s, %s: want a title, and a description in sentences, not %q", name, p.Title, p.Description)
			}
			if p.Datasource.UID != "${datasource}" || len(p.Targets) == 0 {
				t.Errorf("%s, %s: want queries of the data source that the reader chose", name, p.Title)
			}
		}
	}
}

// TestLinksLeadToEvidence: each begins with the address that the reader gave, as
// it was given, and encodes what comes out of the data.
func TestLinksLeadToEvidence(t *testing.T) {
	address := regexp.MustCompile(`"url": "([^"]*)"`)
	allowed := regexp.MustCompile(`^\$\{evidence_url:raw\}/verifications(\?[a-z]+=(\w+|\$\{\w+(\.\w+)*:(percentencode|date:iso)\})(&[a-z]+=(\w+|\$\{\w+(\.\w+)*:(percentencode|date:iso)\}))*)?$`)
	files, err := dashboards.Files()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		found := address.FindAllStringSubmatch(string(text), -1)
		for _, link := range found {
			if !allowed.MatchString(link[1]) {
				t.Errorf("%s: a link leads to %s", name, link[1])
			}
		}
		if strings.HasSuffix(name, ".json") && len(found) == 0 {
			t.Errorf("%s: nothing leads to the evidence", name)
		}
	}
}

// TestGrid: nothing is out of the grid, nothing lies on another, and no panel
// stands above the row that it belongs to.
func TestGrid(t *testing.T) {
	for name, d := range readAll(t) {
		taken := map[[2]int]string{}
		bottom := 0
		for _, p := range d.Panels {
			g := p.GridPos
			if g.X < 0 || g.W < 1 || g.H < 1 || g.X+g.W > 24 {
				t.Errorf("%s, %s: %+v is out of the grid", name, p.Title, g)
			}
			if p.Type == "row" && g.Y < bottom {
				t.Errorf("%s: the row %s begins at %d, above the end of the one before at %d", name, p.Title, g.Y, bottom)
			}
			bottom = max(bottom, g.Y+g.H)
			for x := g.X; x < g.X+g.W; x++ {
				for y := g.Y; y < g.Y+g.H; y++ {
					if other, lies := taken[[2]int{x, y}]; lies {
						t.Fatalf("%s: %s lies on %s", name, p.Title, other)
					}
					taken[[2]int{x, y}] = p.Title
				}
			}
		}
	}
}

// TestQueries: each can be parsed, keeps to the chosen jobs and instances, and
// never draws a counter as it is.
func TestQueries(t *testing.T) {
	eachTarget(t, func(t *testing.T, d written, p dashboards.Panel, q dashboards.Target) {
		if q.Datasource.UID != "${datasource}" || q.RefID == "" || q.Instant == q.Range {
			t.Errorf("want a query of the chosen data source, either instant or over a range: %+v", q)
		}
		if p.Type == "timeseries" && (!q.Range || q.LegendFormat == "") {
			t.Error("want a query over a range and a legend")
		}
		values := chosen(d)
		values["job"], values["instance"] = "the-job", "the-instance"
		parser.Inspect(parse(t, q.Expr, values), func(node parser.Node, path []parser.Node) error {
			if selector, ok := node.(*parser.VectorSelector); ok {
				matched(t, selector)
				ranged(t, selector, path)
			}
			return nil
		})
		if strings.Contains(q.Expr, "rate(") && !strings.Contains(q.Expr, "[$__rate_interval]") {
			t.Errorf("%s: rates are over $__rate_interval", q.Expr)
		}
	})
}

// matched wants the matchers of job and instance.
func matched(t *testing.T, s *parser.VectorSelector) {
	t.Helper()
	for label, want := range map[string]string{"job": "the-job", "instance": "the-instance"} {
		if !slices.ContainsFunc(s.LabelMatchers, func(m *labels.Matcher) bool {
			return m.Name == label && m.Value == want && m.Type == labels.MatchRegexp
		}) {
			t.Errorf(`%s has no %s=~"$%s"`, s, label, label)
		}
	}
}

// ranged wants a counter, or a part of a histogram or summary, to be in a rate or
// an increase, and a gauge not to be.
func ranged(t *testing.T, s *parser.VectorSelector, path []parser.Node) {
	t.Helper()
	in := ""
	if len(path) >= 2 {
		if call, ok := path[len(path)-2].(*parser.Call); ok {
			in = call.Func.Name
		}
	}
	if got := in == "rate" || in == "increase"; got != counts(s.Name) {
		t.Errorf("%s is in %q", s, in)
	}
}

func counts(name string) bool {
	for _, end := range []string{"_total", "_bucket", "_sum", "_count"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// TestLegends: a legend names only labels that its query keeps.
func TestLegends(t *testing.T) {
	inLegend := regexp.MustCompile(`\{\{(\w+)\}\}`)
	eachTarget(t, func(t *testing.T, d written, p dashboards.Panel, q dashboards.Target) {
		kept := map[string]bool{}
		parser.Inspect(parse(t, q.Expr, chosen(d)), func(node parser.Node, _ []parser.Node) error {
			if aggregate, ok := node.(*parser.AggregateExpr); ok {
				for _, label := range aggregate.Grouping {
					kept[label] = true
				}
			}
			return nil
		})
		for _, label := range inLegend.FindAllStringSubmatch(q.LegendFormat, -1) {
			if !kept[label[1]] {
				t.Errorf("the legend %s names %s, and the query keeps %v", q.LegendFormat, label[1], slices.Collect(maps.Keys(kept)))
			}
		}
	})
}
