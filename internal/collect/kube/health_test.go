package kube

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/aftercheck/aftercheck"
)

// noon is the time at which the objects under testdata are judged, unless they
// say otherwise.
var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// healthCase is one labelled object in testdata/health.
type healthCase struct {
	Name     string            `json:"name"`
	Now      time.Time         `json:"now"`
	Want     string            `json:"want"` // state, and the reason if it matters
	Says     string            `json:"says"` // what the message must contain
	Object   json.RawMessage   `json:"object"`
	Children []json.RawMessage `json:"children"`
}

func object(t testing.TB, raw []byte) *unstructured.Unstructured {
	t.Helper()
	var content map[string]any
	if err := utiljson.Unmarshal(raw, &content); err != nil {
		t.Fatalf("reading object: %v", err)
	}
	return &unstructured.Unstructured{Object: content}
}

func healthCases(t testing.TB) map[string][]healthCase {
	t.Helper()
	files, err := filepath.Glob("testdata/health/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	all := map[string][]healthCase{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cases []healthCase
		if err := yaml.UnmarshalStrict(raw, &cases); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".yaml")] = cases
	}
	return all
}

func (c healthCase) judge(t testing.TB) Health {
	t.Helper()
	now := noon
	if !c.Now.IsZero() {
		now = c.Now
	}
	var children []*unstructured.Unstructured
	for _, child := range c.Children {
		children = append(children, object(t, child))
	}
	return HealthOf(object(t, c.Object), children, now)
}

func TestHealthOfLabelledObjects(t *testing.T) {
	count := 0
	for family, cases := range healthCases(t) {
		for _, c := range cases {
			count++
			t.Run(family+"/"+c.Name, func(t *testing.T) {
				got := c.judge(t)
				state, reason, _ := strings.Cut(c.Want, " ")
				if string(got.State) != state || reason != "" && got.Reason != reason {
					t.Errorf("got %s %s (%s), want %s", got.State, got.Reason, got.Message, c.Want)
				}
				if !strings.Contains(got.Message, c.Says) {
					t.Errorf("message %q does not say %q", got.Message, c.Says)
				}
			})
		}
	}
	if count < 80 {
		t.Errorf("only %d labelled objects", count)
	}
}

// TestHealthOfDamagedObjects puts values of wrong types everywhere: the rules
// must neither panic nor answer with anything but the four states.
func TestHealthOfDamagedObjects(t *testing.T) {
	for family, cases := range healthCases(t) {
		for _, c := range cases {
			var content map[string]any
			if err := utiljson.Unmarshal(c.Object, &content); err != nil {
				t.Fatal(err)
			}
			damage(content, func() {
				h := HealthOf(&unstructured.Unstructured{Object: content}, nil, noon)
				if severity(h.State) == 0 && h.State != aftercheck.StateHealthy {
					t.Errorf("%s/%s: state %q", family, c.Name, h.State)
				}
			})
		}
	}
}

// damage replaces each value in turn by values of other types, calls try, and
// puts it back.
func damage(m map[string]any, try func()) {
	for key, value := range m {
		if key == "kind" || key == "apiVersion" {
			continue
		}
		for _, other := range []any{nil, "text", int64(-1), 1.5, true, []any{"x", nil, int64(3)}, map[string]any{"x": []any{}}} {
			m[key] = other
			try()
		}
		m[key] = value
		switch inner := value.(type) {
		case map[string]any:
			damage(inner, try)
		case []any:
			for _, item := range inner {
				if nested, ok := item.(map[string]any); ok {
					damage(nested, try)
				}
			}
		}
	}
}
