package notify

import (
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
)

func judged(score, coverage float64) aftercheck.Verification {
	return aftercheck.Verification{
		ID: "v1", State: aftercheck.StateSealed, Policy: aftercheck.DefaultPolicy(),
		Incident: aftercheck.Incident{ID: "inc-1", Alertname: "ApiDown", Labels: map[string]string{"namespace": "shop"}},
		Action:   aftercheck.Action{Text: "auto_repair_playbook:pb-42:restart"},
		Playbook: "pb-42",
		SealedAt: time.Now().UTC(),
		Assessment: &aftercheck.Assessment{
			Verdict: aftercheck.Failed, Reason: aftercheck.ReasonStillBroken,
			Score: &score, Coverage: &coverage, RootCauseCleared: aftercheck.AnswerNo,
		},
	}
}

func TestDecide(t *testing.T) {
	for name, test := range map[string]struct {
		change func(v *aftercheck.Verification)
		want   Decision
	}{
		"low score":          {func(*aftercheck.Verification) {}, DecisionPropose},
		"score at threshold": {func(v *aftercheck.Verification) { *v.Score = 0.5 }, DecisionGoodEnough},
		"good score":         {func(v *aftercheck.Verification) { *v.Score = 0.9 }, DecisionGoodEnough},
		"not sealed":         {func(v *aftercheck.Verification) { v.Assessment = nil }, DecisionNoVerdict},
		"no score":           {func(v *aftercheck.Verification) { v.Score = nil }, DecisionNoScore},
		"coverage unknown":   {func(v *aftercheck.Verification) { v.Coverage = nil }, DecisionLowCoverage},
		"coverage too low":   {func(v *aftercheck.Verification) { *v.Coverage = v.Policy.MinCoverage - 0.01 }, DecisionLowCoverage},
		"coverage just so":   {func(v *aftercheck.Verification) { *v.Coverage = v.Policy.MinCoverage }, DecisionPropose},
		"sensors silent":     {func(v *aftercheck.Verification) { v.Reason = aftercheck.ReasonInsufficientEvidence }, DecisionNoEvidence},
		"sidecar away": {func(v *aftercheck.Verification) {
			v.Verdict, v.Reason = aftercheck.Timeout, aftercheck.ReasonSidecarAway
		}, DecisionNoEvidence},
		"only a diagnosis": {func(v *aftercheck.Verification) { v.Reason = aftercheck.ReasonObservedOnly }, DecisionNothingToRollBack},
		"own threshold":    {func(v *aftercheck.Verification) { v.Policy.ProposalThreshold = 0.1 }, DecisionGoodEnough},
	} {
		t.Run(name, func(t *testing.T) {
			v := judged(0.2, 1)
			test.change(&v)
			if got := Decide(v); got != test.want {
				t.Errorf("decision %s, want %s", got, test.want)
			}
		})
	}
}
