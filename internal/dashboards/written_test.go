package dashboards_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/aftercheck/aftercheck/internal/dashboards"
)

// written is a dashboard as it stands in the tree, read again.
type written struct {
	dashboards.Dashboard
	Panels []dashboards.Panel `json:"panels"` // rows among them
}

// shown are the panels that are no rows.
func (d written) shown() []dashboards.Panel {
	return slices.DeleteFunc(slices.Clone(d.Panels), func(p dashboards.Panel) bool { return p.Type == "row" })
}

// readAll returns the dashboards by their files' names.
func readAll(t *testing.T) map[string]written {
	t.Helper()
	paths, err := filepath.Glob("../../dashboards/*.json")
	if err != nil || len(paths) != 3 {
		t.Fatalf("found %v, %v; want three dashboards", paths, err)
	}
	all := map[string]written{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var d written
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all[filepath.Base(path)] = d
	}
	return all
}

// TestWrittenIsGenerated: what is checked in is what the exporter's metrics make.
func TestWrittenIsGenerated(t *testing.T) {
	files, err := dashboards.Files()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range files {
		got, err := os.ReadFile(filepath.Join("..", "..", path))
		if err != nil || string(got) != string(want) {
			t.Errorf("%s is not what is generated (%v): run go generate ./dashboards", path, err)
		}
	}
	for name := range readAll(t) {
		if files["dashboards/"+name] == nil {
			t.Errorf("nothing generates dashboards/%s", name)
		}
	}
}

// chosen are values as Grafana puts them in where the reader has chosen nothing,
// in a graph of the last half minute.
func chosen(d written) map[string]string {
	values := map[string]string{"__rate_interval": "10s", "__interval": "1s", "__range": "120s"}
	for _, v := range d.Templating.List {
		switch {
		case v.AllValue != "":
			values[v.Name] = v.AllValue
		case v.Current != nil:
			values[v.Name] = v.Current.Value.(string)
		}
	}
	return values
}

// substituted is an expression with the values in it.
func substituted(expression string, values map[string]string) string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) }) // $__range is no prefix's end
	for _, name := range names {
		expression = strings.NewReplacer("${"+name+"}", values[name], "$"+name, values[name]).Replace(expression)
	}
	return expression
}

// parse reads an expression once the values are in it.
func parse(t *testing.T, expression string, values map[string]string) parser.Expr {
	t.Helper()
	ready := substituted(expression, values)
	if strings.Contains(ready, "$") {
		t.Errorf("%s: there is no such variable", ready)
	}
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(ready)
	if err != nil {
		t.Fatalf("%s: %v", ready, err)
	}
	return parsed
}

// eachTarget runs a test for each query of each dashboard.
func eachTarget(t *testing.T, run func(t *testing.T, d written, p dashboards.Panel, q dashboards.Target)) {
	for name, d := range readAll(t) {
		for _, p := range d.shown() {
			for _, q := range p.Targets {
				t.Run(name+"/"+p.Title+"/"+q.RefID, func(t *testing.T) { run(t, d, p, q) })
			}
		}
	}
}
