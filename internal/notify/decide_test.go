package notify

import (
	"strings"
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

func TestProposalInWords(t *testing.T) {
	v := judged(0.316, 1)
	v.Action.Text = strings.Repeat("ä", 130)
	for range 7 {
		v.Regressions = append(v.Regressions, aftercheck.Regression{
			Subject: aftercheck.Subject{Kind: "Deployment", Namespace: "shop", Name: "cart"},
			Check:   aftercheck.CheckHealth, Before: "healthy", After: "unhealthy (CrashLoopBackOff)",
		})
	}
	now := time.Now()
	a := newAlert(v, now, time.Hour)
	if !a.EndsAt.Equal(now.Add(time.Hour)) || !a.StartsAt.Equal(v.SealedAt) {
		t.Errorf("from %s to %s", a.StartsAt, a.EndsAt)
	}
	if got := []rune(a.Annotations["action"]); len(got) != 120 || got[119] != '…' {
		t.Errorf("action of %d characters", len(got))
	}
	text := a.Annotations["description"]
	for _, want := range []string{
		"inc-1 (ApiDown)", "Score: 0.32 (threshold 0.50)", "Root cause cleared: no",
		"Verdict: failed (still_broken)", "and 2 more", "This is a proposal. Nothing is rolled back automatically.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("description lacks %q:\n%s", want, text)
		}
	}
	if got := strings.Count(text, "Deployment/shop/cart"); got != 5 {
		t.Errorf("%d regressions shown, want 5", got)
	}
}

func TestLabelsStayTheSameForTheSameRepair(t *testing.T) {
	one := newAlert(judged(0.1, 1), time.Now(), time.Hour)
	two := judged(0.4, 0.8)
	two.ID, two.RootCauseCleared = "v2", aftercheck.AnswerUnknown
	again := newAlert(two, time.Now(), time.Hour)
	want := map[string]string{"alertname": Alertname, "severity": "warning", "namespace": "shop", "incident": "inc-1", "playbook": "pb-42"}
	for _, labels := range []map[string]string{one.Labels, again.Labels} {
		if len(labels) != len(want) {
			t.Errorf("labels %v, want %v", labels, want)
		}
		for name, value := range want {
			if labels[name] != value {
				t.Errorf("label %s = %q, want %q", name, labels[name], value)
			}
		}
	}
	bare := judged(0.1, 1)
	bare.Playbook, bare.Incident.Labels = "", nil
	if labels := newAlert(bare, time.Now(), time.Hour).Labels; len(labels) != 3 {
		t.Errorf("empty labels are sent: %v", labels)
	}
}
