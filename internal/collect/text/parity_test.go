package text_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
	"github.com/aftercheck/aftercheck/internal/collect/text"
)

// vector is one pair of states as the replaced verifier was given them.
type vector struct {
	Name     string                     `json:"name"`
	Pre      map[string]json.RawMessage `json:"pre"`
	Post     map[string]json.RawMessage `json:"post"`
	Action   string                     `json:"action"`
	Original aftercheck.Verdict         `json:"original"`
	Want     aftercheck.Verdict         `json:"want"`
}

var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func readings(states map[string]json.RawMessage, q aftercheck.Question) []aftercheck.Reading {
	var out []aftercheck.Reading
	for sensor, raw := range states {
		out = append(out, aftercheck.Reading{Sensor: sensor, Outcome: aftercheck.ReadingOK, At: now, Raw: string(raw)})
	}
	slices.SortFunc(out, func(a, b aftercheck.Reading) int { return map[bool]int{true: -1, false: 1}[a.Sensor < b.Sensor] })
	return text.ReadAll(out, q)
}

func caseOf(pre, post map[string]json.RawMessage, action string, labels map[string]string) assess.Case {
	c := assess.Case{
		Incident: aftercheck.Incident{ID: "incident", Labels: labels},
		Action:   aftercheck.Action{Text: action},
		Policy:   aftercheck.DefaultPolicy(),
	}
	q := aftercheck.Question{Incident: c.Incident, Action: c.Action}
	if len(pre) > 0 {
		before := readings(pre, q)
		c.Evidence.PreState = &aftercheck.Snapshot{Incident: c.Incident, Action: c.Action, Readings: before}
		for _, r := range before {
			if !r.Target.IsZero() {
				q.Known = r.Target
			}
		}
	}
	c.Evidence.Rounds = []aftercheck.Round{{At: now, EndedAt: now, Readings: readings(post, q)}}
	c.Evidence.Held = true
	return c
}

func judged(t *testing.T, name string, c assess.Case, want aftercheck.Verdict) {
	t.Helper()
	got := assess.Judge(c, c.DeadlineAt)
	if got.Verdict == want {
		return
	}
	t.Errorf("%s: %s (%s), want %s: %s", name, got.Verdict, got.Reason, want, got.Explanation)
	if c.Evidence.PreState != nil {
		shownIn(t, "before", c.Evidence.PreState.Readings)
	}
	shownIn(t, "after", c.Evidence.Rounds[0].Readings)
}

func shownIn(t *testing.T, when string, readings []aftercheck.Reading) {
	for _, r := range readings {
		for _, f := range r.Findings {
			t.Logf("  %s: %s %s %s %s %s", when, f.Subject, f.Check, f.Scope, f.State, f.Reason)
		}
	}
}

func TestVectorsOfTheReplacedVerifier(t *testing.T) {
	data, err := os.ReadFile("testdata/verdict_text.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(data, &vectors); err != nil || len(vectors) == 0 {
		t.Fatal(len(vectors), err)
	}
	for _, v := range vectors {
		want := v.Want
		if want == "" {
			want = v.Original
		}
		judged(t, v.Name, caseOf(v.Pre, v.Post, v.Action, nil), want)
	}
}
