package assess_test

import (
	"bytes"
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
	for _, seen := range s.timeline() {
		round := aftercheck.Round{At: seen.at, EndedAt: seen.at, Readings: seen.look(t, s.Incident, s.Action, seen.at, known)}
		c.Evidence.Rounds = append(c.Evidence.Rounds, round)
		c.DeadlineAt = seen.at
	}
	if s.After != nil {
		c.Evidence.Held, c.DeadlineAt = true, time.Time{}
		return c
	}
	if deadline := s.firstRound().Add(time.Duration(s.Policy.Deadline)); deadline.After(c.DeadlineAt) {
		c.DeadlineAt = deadline
	}
	return c
}

// seen is one round: a moment at its time.
type seen struct {
	*moment
	at time.Time
}

// timeline are the rounds of a scenario, one by one.
func (s *scenario) timeline() []seen {
	if s.After != nil {
		return []seen{{s.After, orTime(s.After.At, s.firstRound())}}
	}
	var out []seen
	next := s.firstRound()
	for i := range s.Rounds {
		m := &s.Rounds[i]
		next = orTime(m.At, next)
		for range max(m.Times, 1) {
			out = append(out, seen{m, next})
			next = next.Add(s.Policy.RoundInterval())
		}
	}
	return out
}

// firstRound is when the policy's warm-up ends.
func (s *scenario) firstRound() time.Time {
	return s.Action.FinishedAt.Add(time.Duration(s.Policy.Warmup))
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

// items are the moment's Kubernetes objects.
func (m *moment) items(t testing.TB) []*unstructured.Unstructured {
	t.Helper()
	var items []*unstructured.Unstructured
	for _, object := range m.Objects {
		objects, err := kube.Decode(bytes.NewReader(object))
		if err != nil {
			t.Fatal(err)
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
