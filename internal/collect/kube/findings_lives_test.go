package kube

import (
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

func TestDelayOfACrashLoop(t *testing.T) {
	life := func(seconds float64) aftercheck.Finding {
		return fact(aftercheck.Subject{Kind: "Pod", Name: "api-0"}, aftercheck.CheckPreviousLife, aftercheck.ScopeTarget, seconds, "seconds")
	}
	health := func(state aftercheck.State, scope aftercheck.Scope) aftercheck.Finding {
		return aftercheck.Finding{Check: aftercheck.CheckHealth, Scope: scope, State: state}
	}
	for name, c := range map[string]struct {
		findings []aftercheck.Finding
		want     time.Duration
	}{
		"the longest life of a target that is ill": {[]aftercheck.Finding{health(aftercheck.StateUnhealthy, aftercheck.ScopeTarget), life(5), life(90), life(7)}, 90 * time.Second},
		"a target that is well waits for no crash": {[]aftercheck.Finding{health(aftercheck.StateHealthy, aftercheck.ScopeTarget), life(90)}, 0},
		"a neighbour's illness is none of its own": {[]aftercheck.Finding{health(aftercheck.StateUnhealthy, aftercheck.ScopeNeighbour), life(90)}, 0},
		"a target that is ill and did not crash":   {[]aftercheck.Finding{health(aftercheck.StateUnhealthy, aftercheck.ScopeTarget)}, 0},
		"a target that is on its way, and crashed": {[]aftercheck.Finding{health(aftercheck.StateProgressing, aftercheck.ScopeTarget), life(2.5)}, 2500 * time.Millisecond},
	} {
		var got time.Duration
		for _, d := range collect.DelaysOfCrashes(c.findings) {
			got += d.Total()
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
