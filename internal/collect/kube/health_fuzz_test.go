package kube

import (
	"encoding/json"
	"testing"
	"time"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/aftercheck/aftercheck"
)

// FuzzHealthOf judges whatever is JSON: it never panics, answers with one of the
// four states in a bounded sentence of valid text, and twice the same.
func FuzzHealthOf(f *testing.F) {
	for _, cases := range healthCases(f) {
		for _, c := range cases {
			f.Add([]byte(c.Object))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var content map[string]any
		if utiljson.Unmarshal(raw, &content) != nil {
			return
		}
		o := &unstructured.Unstructured{Object: content}
		children := []*unstructured.Unstructured{o}
		for _, now := range []time.Time{noon, {}} {
			h := HealthOf(o, children, now)
			if severity(h.State) == 0 && h.State != aftercheck.StateHealthy {
				t.Errorf("state %q", h.State)
			}
			if len(h.Message) > maxMessage+len("...") || !utf8.ValidString(h.Message) {
				t.Errorf("message of %d bytes: %q", len(h.Message), h.Message)
			}
			if again := HealthOf(o, children, now); again != h {
				t.Errorf("%v, and then %v", h, again)
			}
		}
		Objects{Items: children}.Newest()
	})
}

// TestHealthOfIsTheSameAfterJSON reads each labelled object from YAML and from
// JSON again, in which numbers have other types.
func TestHealthOfIsTheSameAfterJSON(t *testing.T) {
	for family, cases := range healthCases(t) {
		for _, c := range cases {
			var content map[string]any
			if err := json.Unmarshal(c.Object, &content); err != nil { // numbers as float64
				t.Fatal(err)
			}
			want := HealthOf(object(t, c.Object), nil, noon)
			if got := HealthOf(&unstructured.Unstructured{Object: content}, nil, noon); got != want {
				t.Errorf("%s/%s: %v, want %v", family, c.Name, got, want)
			}
		}
	}
}
