package verify_test

import (
	"cmp"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/verify"
)

func TestAssessWhatTheCallerBrings(t *testing.T) {
	bubble(t, plain, func(t *testing.T, h *house) {
		read := func(state aftercheck.State, ago time.Duration) []aftercheck.Reading {
			at := time.Now().Add(-ago)
			findings := finding(state)
			findings[0].At = at
			return []aftercheck.Reading{{Sensor: "kubernetes", At: at, Outcome: aftercheck.ReadingOK, Target: deployment("uid-1"), Findings: findings}}
		}
		r := aftercheck.AssessmentRequest{
			Incident: request("").Incident, Action: request("").Action,
			PreState: read(aftercheck.StateUnhealthy, time.Hour), PostState: read(aftercheck.StateHealthy, time.Minute),
		}
		a, err := h.engine.Assess(context.Background(), r)
		if err != nil || a.Verdict != aftercheck.Success || a.Reason != aftercheck.ReasonRecovered {
			t.Errorf("%s/%s (%s), %v", a.Verdict, a.Reason, a.Explanation, err)
		}
		r.PostState = read(aftercheck.StateUnhealthy, time.Minute)
		if a, err = h.engine.Assess(context.Background(), r); err != nil || a.Verdict == aftercheck.Success {
			t.Errorf("still ill: %s/%s, %v", a.Verdict, a.Reason, err)
		}
		r.PostState = nil
		if a, err = h.engine.Assess(context.Background(), r); err != nil || a.Verdict == aftercheck.Success || a.Verdict == aftercheck.Failed {
			t.Errorf("nothing seen: %s/%s, %v", a.Verdict, a.Reason, err)
		}
		if len(h.store.calls) != 1 { // what was pending at the start
			t.Errorf("the store was asked: %v", h.store.calls)
		}
	})
}

func TestAssessNamesTheWrongField(t *testing.T) {
	h := newHouse()
	many := make([]aftercheck.Reading, 257)
	i := request("").Incident
	for want, r := range map[string]aftercheck.AssessmentRequest{
		"incident.id": {},
		"pre_state":   {Incident: i, PreState: many},
		"post_state":  {Incident: i, PostState: many},
		"policy":      {Incident: i, Policy: "unknown"},
		"now":         {Incident: i, Now: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		if _, err := h.engine.Assess(context.Background(), r); field(err) != want {
			t.Errorf("field %s, want %s", field(err), want)
		}
	}
}

func TestAssessReadsWordsByTheOption(t *testing.T) {
	spoken := func(o *verify.Options) {
		o.ReadWords = func(readings []aftercheck.Reading, q aftercheck.Question, _ time.Time) []aftercheck.Reading {
			out := slices.Clone(readings)
			for i, r := range out {
				out[i].Findings = finding(aftercheck.State(r.Raw))
				out[i].Target = aftercheck.Target{Kind: "Deployment", Name: cmp.Or(q.Known.Name, "first")}
			}
			return out
		}
	}
	bubble(t, func() *house { return newHouse(spoken) }, func(t *testing.T, h *house) {
		say := func(state aftercheck.State) []aftercheck.Reading {
			return []aftercheck.Reading{{Sensor: "ssh", At: time.Now(), Outcome: aftercheck.ReadingOK, Raw: string(state)}}
		}
		r := aftercheck.AssessmentRequest{
			Incident: request("").Incident, Action: request("").Action,
			PreState: say(aftercheck.StateUnhealthy), PostState: say(aftercheck.StateHealthy),
		}
		a, err := h.engine.Assess(context.Background(), r)
		if err != nil || a.Reason != aftercheck.ReasonRecovered {
			t.Errorf("%s/%s (%s), %v", a.Verdict, a.Reason, a.Explanation, err)
		}
		if r.PreState[0].Findings != nil || r.PostState[0].Findings != nil {
			t.Error("what the caller brought was changed")
		}
		if len(h.store.calls) != 1 { // what was pending at the start
			t.Errorf("the store was asked: %v", h.store.calls)
		}
	})
}
