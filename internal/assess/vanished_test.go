package assess_test

import (
	"testing"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
)

// about makes a finding one about another Deployment of the target.
func about(name string, f aftercheck.Finding) aftercheck.Finding {
	f.Subject.Name = name
	return f
}

// TestOneOfSeveralTargets is what no label narrows down: two Deployments, of
// which the action takes one away.
func TestOneOfSeveralTargets(t *testing.T) {
	broken, well := health(unhealthy, "CrashLoopBackOff"), about("web", health(healthy, ""))
	replaced := aftercheck.Finding{Subject: aftercheck.Subject{Kind: "Pod", Namespace: "shop", Name: "api-1"}, Check: aftercheck.CheckHealth, Scope: aftercheck.ScopeTarget, State: healthy}
	for _, c := range []struct {
		name, action  string
		before, after []aftercheck.Finding
		want          aftercheck.Outcome
		cause         aftercheck.Answer
		regressions   int
	}{
		{
			"the broken one is gone", "cleaned the namespace", []aftercheck.Finding{broken, well}, []aftercheck.Finding{well},
			aftercheck.Outcome{Verdict: aftercheck.Failed, Reason: aftercheck.ReasonTargetGone}, aftercheck.AnswerNo, 0,
		},
		{
			"the broken one wants no replicas", "helm upgrade",
			[]aftercheck.Finding{broken, replicas(3), well},
			[]aftercheck.Finding{health(unknown, aftercheck.ReasonScaledDown), replicas(0), well, about("web", replicas(2))},
			aftercheck.Outcome{Verdict: aftercheck.Failed, Reason: aftercheck.ReasonTargetScaledDown}, aftercheck.AnswerNo, 1,
		},
		{
			"the well one is gone", "helm upgrade", []aftercheck.Finding{broken, well}, []aftercheck.Finding{health(healthy, "")},
			aftercheck.Outcome{Verdict: aftercheck.Degraded, Reason: aftercheck.ReasonRegressed}, aftercheck.AnswerYes, 1,
		},
		{
			"both are there and well", "helm upgrade", []aftercheck.Finding{broken, well}, []aftercheck.Finding{health(healthy, ""), well},
			aftercheck.Outcome{Verdict: aftercheck.Success, Reason: aftercheck.ReasonRecovered}, aftercheck.AnswerYes, 0,
		},
		{
			"only pods were asked for afterwards", "helm upgrade", []aftercheck.Finding{broken}, []aftercheck.Finding{replaced},
			aftercheck.Outcome{Verdict: aftercheck.Success, Reason: aftercheck.ReasonRecovered}, aftercheck.AnswerYes, 0,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := world{text: c.action, before: one(sees(c.before...)), rounds: times(3, sees(c.after...))}
			k := w.build()
			got := assess.Judge(k, k.DeadlineAt)
			if got.Verdict != c.want.Verdict || got.Reason != c.want.Reason || got.RootCauseCleared != c.cause {
				t.Errorf("got %s/%s, root cause cleared %s (%s), want %v, %s", got.Verdict, got.Reason, got.RootCauseCleared, got.Explanation, c.want, c.cause)
			}
			if len(got.Regressions) != c.regressions {
				t.Errorf("regressions %v, want %d", got.Regressions, c.regressions)
			}
		})
	}
}
