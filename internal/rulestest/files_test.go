package rulestest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

const (
	rulesFile = "../../charts/aftercheck/files/rules/aftercheck.rules.yaml"
	runbooks  = "../../docs/runbooks"
	index     = "README.md" // of the runbooks
	// runbookBase is where runbooks are read.
	runbookBase = "https://github.com/aftercheck/aftercheck/blob/main/docs/runbooks/"
)

// rule is one rule as Prometheus' rule files have it: either Record or Alert is
// set.
type rule struct {
	Record      string            `yaml:"record"`
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

// name tells rules apart, also those that give the same alert by other labels.
func (r rule) name() string {
	if r.Record != "" {
		return r.Record
	}
	name := r.Alert
	for _, label := range []string{"severity", "quantile"} {
		if value := r.Labels[label]; value != "" {
			name += " " + label + "=" + value
		}
	}
	return name
}

// ruleGroup is one group of rules; what is recorded for others comes first in the
// file.
type ruleGroup struct {
	Name     string `yaml:"name"`
	Interval string `yaml:"interval"`
	Rules    []rule `yaml:"rules"`
}

func ruleGroups(t testing.TB) []ruleGroup {
	t.Helper()
	var file struct {
		Groups []ruleGroup `yaml:"groups"`
	}
	decode(t, rulesFile, &file)
	if len(file.Groups) == 0 {
		t.Fatalf("%s: no rules", rulesFile)
	}
	return file.Groups
}

func rules(t testing.TB) (all []rule) {
	t.Helper()
	for _, group := range ruleGroups(t) {
		all = append(all, group.Rules...)
	}
	return all
}

func decode(t testing.TB, path string, into any) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalWithOptions(content, into, yaml.Strict()); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// testGroup is one group of promtool's unit tests.
type testGroup struct {
	Name        string `yaml:"name"`
	Interval    string `yaml:"interval"`
	InputSeries []struct {
		Series string `yaml:"series"`
		Values string `yaml:"values"`
	} `yaml:"input_series"`
	Expressions []struct {
		Expr    string `yaml:"expr"`
		Time    string `yaml:"eval_time"`
		Samples []struct {
			Labels string  `yaml:"labels"`
			Value  float64 `yaml:"value"`
		} `yaml:"exp_samples"`
	} `yaml:"promql_expr_test"`
	Alerts []alertTest `yaml:"alert_rule_test"`
}

// alertTest says which alerts of one name fire at a time.
type alertTest struct {
	Alert  string `yaml:"alertname"`
	Time   string `yaml:"eval_time"`
	Firing []struct {
		Labels      map[string]string `yaml:"exp_labels"`
		Annotations map[string]string `yaml:"exp_annotations"`
	} `yaml:"exp_alerts"`
}

func testFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata: no unit tests (%v)", err)
	}
	return files
}

// testFile is one file of promtool's unit tests.
type testFile struct {
	Rules    []string    `yaml:"rule_files"`
	Interval string      `yaml:"evaluation_interval"`
	Order    []string    `yaml:"group_eval_order"`
	Tests    []testGroup `yaml:"tests"`
}

func testGroups(t testing.TB) (all []testGroup) {
	t.Helper()
	for _, path := range testFiles(t) {
		var file testFile
		decode(t, path, &file)
		all = append(all, file.Tests...)
	}
	return all
}

// pages returns the text of the runbooks by the name of their alert.
func pages(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob(runbooks + "/*.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, path := range files {
		if filepath.Base(path) == index {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(path), ".md")] = string(text)
	}
	return all
}
