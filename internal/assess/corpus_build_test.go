package assess_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
	"github.com/aftercheck/aftercheck/internal/collect/kube"
)

// build makes the case of a scenario. Without a time of its own the pre-state
// was captured when the action began, the first round came after the policy's
// warm-up, and each of the others an interval after the one before it. The
// deadline is the policy's, or the last round if that is later; evidence that
// is one picture has none.
func (s *scenario) build(t testing.TB) assess.Case {
	t.Helper()
	c := assess.Case{Incident: s.Incident, Action: s.Action, Policy: s.Policy, Away: s.Away}
	c.Evidence.SchemaVersion = aftercheck.SchemaVersion
	var known aftercheck.Target
	if s.Before != nil {
		at := orTime(s.Before.At, s.Action.Began())
		asked := aftercheck.Action{Text: s.Action.Text} // it had no times yet
		readings := s.Before.look(t, s.Incident, asked, at, known)
		c.Evidence.PreState = &aftercheck.Snapshot{Incident: s.Incident, Action: asked, CapturedAt: at, Readings: readings}
		known = targetIn(readings)
	}
	first := s.Action.FinishedAt.Add(time.Duration(s.Policy.Warmup))
	if s.After != nil {
		c.Evidence.Rounds = s.After.rounds(t, s, first, known)
		c.Evidence.Held = true
		return c
	}
	next := first
	for i := range s.Rounds {
		c.Evidence.Rounds = append(c.Evidence.Rounds, s.Rounds[i].rounds(t, s, next, known)...)
		next = lastRound(c).Add(s.Policy.RoundInterval())
	}
	c.DeadlineAt = first.Add(time.Duration(s.Policy.Deadline))
	if last := lastRound(c); last.After(c.DeadlineAt) {
		c.DeadlineAt = last
	}
	return c
}

// lastRound is when the last round began; zero if there is none.
func lastRound(c assess.Case) time.Time {
	if len(c.Evidence.Rounds) == 0 {
		return time.Time{}
	}
	return c.Evidence.Rounds[len(c.Evidence.Rounds)-1].At
}

// rounds are the rounds that a moment stands for.
func (m *moment) rounds(t testing.TB, s *scenario, at time.Time, known aftercheck.Target) []aftercheck.Round {
	t.Helper()
	at = orTime(m.At, at)
	var out []aftercheck.Round
	for range max(m.Times, 1) {
		out = append(out, aftercheck.Round{At: at, EndedAt: at, Readings: m.look(t, s.Incident, s.Action, at, known)})
		at = at.Add(s.Policy.RoundInterval())
	}
	return out
}

// look gives the readings of a moment.
func (m *moment) look(t testing.TB, i aftercheck.Incident, a aftercheck.Action, at time.Time, known aftercheck.Target) []aftercheck.Reading {
	t.Helper()
	readings := []aftercheck.Reading{}
	if m.Objects != nil {
		target, findings := kube.Findings(kube.Objects{Items: m.items(t), Known: known}, i, a, at)
		readings = append(readings, aftercheck.Reading{Sensor: "kubernetes", At: at, Outcome: aftercheck.ReadingOK, Target: target, Findings: findings})
	}
	if m.Findings != nil {
		readings = append(readings, aftercheck.Reading{Sensor: "sensor", At: at, Outcome: aftercheck.ReadingOK, Findings: m.Findings})
	}
	for _, r := range m.Readings {
		r.At = orTime(r.At, at)
		if r.Outcome == "" {
			r.Outcome = aftercheck.ReadingOK
		}
		readings = append(readings, r)
	}
	return readings
}

// items are the moment's Kubernetes objects, those of named files among them.
func (m *moment) items(t testing.TB) []*unstructured.Unstructured {
	t.Helper()
	var items []*unstructured.Unstructured
	for _, raw := range m.Objects {
		text := []byte(raw)
		var file string
		if json.Unmarshal(raw, &file) == nil {
			content, err := os.ReadFile(filepath.Join(corpusDir, "objects", file))
			if err != nil {
				t.Fatal(err)
			}
			text = content
		}
		objects, err := kube.Decode(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		items = append(items, objects.Items...)
	}
	return items
}

func targetIn(readings []aftercheck.Reading) aftercheck.Target {
	for _, r := range readings {
		if !r.Target.IsZero() {
			return r.Target
		}
	}
	return aftercheck.Target{}
}

func orTime(at, otherwise time.Time) time.Time {
	if at.IsZero() {
		return otherwise
	}
	return at
}
