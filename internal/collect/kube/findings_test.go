package kube

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/aftercheck/aftercheck"
)

// world is one file in testdata/findings: some objects, and what is to be found
// among them for several incidents.
type world struct {
	Objects []map[string]any `json:"objects"`
	Cases   []struct {
		Name      string            `json:"name"`
		Alertname string            `json:"alertname"`
		Labels    map[string]string `json:"labels"`
		Known     aftercheck.Target `json:"known"`
		Action    aftercheck.Action `json:"action"`
		Without   []string          `json:"without"` // Kind/name of objects that are left out
		Target    string            `json:"target"`
		// Findings are all of them, or where Only is set those that contain it,
		// each as a line; see line.
		Only     string   `json:"only"`
		Findings []string `json:"findings"`
	} `json:"cases"`
}

// line prints a finding: scope check subject state(reason) value.
func line(f aftercheck.Finding) string {
	words := []string{string(f.Scope), string(f.Check), f.Subject.String()}
	if f.State != "" {
		words = append(words, string(f.State))
	}
	if f.Reason != "" {
		words = append(words, "("+f.Reason+")")
	}
	if f.Value != nil {
		words = append(words, strconv.FormatFloat(f.Value.Number, 'g', -1, 64))
	}
	return strings.Join(words, " ")
}

func readWorld(t testing.TB, file string) (world, []*unstructured.Unstructured) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var w world
	if err := yaml.UnmarshalStrict(raw, &w); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var parts []string
	for _, o := range w.Objects {
		text, err := yaml.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, string(text))
	}
	objects, err := Decode(strings.NewReader(strings.Join(parts, "---\n")))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return w, objects.Items
}

func TestFindings(t *testing.T) {
	files, err := filepath.Glob("testdata/findings/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no worlds: %v", err)
	}
	for _, file := range files {
		w, items := readWorld(t, file)
		for _, c := range w.Cases {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml")+"/"+c.Name, func(t *testing.T) {
				objects := Objects{Known: c.Known}
				for _, o := range items {
					if !slices.Contains(c.Without, o.GetKind()+"/"+o.GetName()) {
						objects.Items = append(objects.Items, o)
					}
				}
				incident := aftercheck.Incident{Alertname: c.Alertname, Labels: c.Labels}
				target, findings := Findings(objects, incident, c.Action, noon)
				if target.String() != c.Target {
					t.Errorf("target %s, want %s", target, c.Target)
				}
				var got []string
				for _, f := range findings {
					if l := line(f); strings.Contains(l, c.Only) {
						got = append(got, l)
					}
				}
				if diff := cmp.Diff(c.Findings, got); diff != "" {
					t.Errorf("findings (-want +got):\n%s", diff)
					for _, l := range got {
						fmt.Println("    - " + strconv.Quote(l))
					}
				}
				slices.Reverse(objects.Items)
				if _, again := Findings(objects, incident, c.Action, noon); !cmp.Equal(findings, again) {
					t.Errorf("the order of the objects matters: %s", cmp.Diff(findings, again))
				}
			})
		}
	}
}
