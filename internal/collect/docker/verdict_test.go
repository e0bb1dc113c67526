//go:build docker

package docker

import (
	"errors"
	"fmt"
	"testing"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

var errNotYet = errors.New("not yet")

// compose marks a container as Compose does.
func compose(project, service string, more map[string]any) map[string]any {
	out := map[string]any{"Labels": map[string]string{"com.docker.compose.project": project, "com.docker.compose.service": service}}
	for key, value := range more {
		out[key] = value
	}
	return out
}

// judged fails unless the verdict and the reason are those wanted.
func judged(t *testing.T, got aftercheck.Assessment, verdict aftercheck.Verdict, reason aftercheck.Reason) {
	t.Helper()
	if got.Verdict != verdict || got.Reason != reason {
		t.Errorf("got %s/%s (%s), want %s/%s", got.Verdict, got.Reason, got.Explanation, verdict, reason)
	}
}

// TestStartedAgain: a container that had ended runs again.
func TestStartedAgain(t *testing.T) {
	s, q := set(t), about("ended")
	shared.Run(t, "ended", command("[ -e /tmp/well ] || { touch /tmp/well; exit 1; }; "+stays, nil))
	before := awaitReason(t, s, q, aftercheck.StateUnhealthy, reasonError)
	action := act("docker start ended", func() { shared.Post(t, "/containers/ended/start") })
	j := comesTo(t, s, q, action, before, aftercheck.Success, aftercheck.ReasonRecovered)
	if j.RootCauseCleared != aftercheck.AnswerYes {
		t.Errorf("root cause cleared: %s", j.RootCauseCleared)
	}
}

// TestStillBroken: it was started, and ended again.
func TestStillBroken(t *testing.T) {
	s, q := set(t), about("broken")
	shared.Run(t, "broken", command("exit 1", nil))
	before := awaitReason(t, s, q, aftercheck.StateUnhealthy, reasonError)
	action := act("docker start broken", func() { shared.Post(t, "/containers/broken/start") })
	awaitReason(t, s, q, aftercheck.StateUnhealthy, reasonError)
	j := verdictOf(q, action, before, afterAction(t, s, q, action)...)
	judged(t, j.Assessment, aftercheck.Failed, aftercheck.ReasonStillBroken)
}

// TestReplaced: another container under the same name is the same target, and
// its neighbour in the project is watched.
func TestReplaced(t *testing.T) {
	s, q := set(t), about("shop-api-1")
	neighbour := shared.Run(t, "shop-db-1", command(stays, compose("shop", "db", nil)))
	old := shared.Run(t, "shop-api-1", command("exit 1", compose("shop", "api", nil)))
	shared.Run(t, "other-db-1", command(stays, compose("other", "db", nil)))
	before := awaitReason(t, s, q, aftercheck.StateUnhealthy, reasonError)
	action := act("docker compose up -d api", func() {
		shared.Remove(t, old)
		shared.Run(t, "shop-api-1", command(stays, compose("shop", "api", nil)))
	})
	after := afterAction(t, s, q, action)
	if before.Target.UID == after[0].Target.UID || before.Target.String() != after[0].Target.String() {
		t.Errorf("targets: %+v, then %+v", before.Target, after[0].Target)
	}
	if f := find(after[0], aftercheck.CheckHealth, "shop-db-1"); f == nil || f.Scope != aftercheck.ScopeNeighbour || f.State != aftercheck.StateHealthy || f.Subject.UID != neighbour {
		t.Errorf("neighbour: %+v", f)
	}
	if f := find(after[0], aftercheck.CheckHealth, "other-db-1"); f != nil {
		t.Errorf("a container of another project is no neighbour: %+v", f)
	}
	comesTo(t, s, q, action, before, aftercheck.Success, aftercheck.ReasonRecovered)
	// and the neighbour pays for it
	shared.Post(t, "/containers/shop-db-1/pause")
	worse := verdictOf(q, action, before, afterAction(t, s, q, action)...)
	judged(t, worse.Assessment, aftercheck.Degraded, aftercheck.ReasonRegressed)
}

// TestRestartAsAsked: healthy before and after, and demonstrably restarted or
// not.
func TestRestartAsAsked(t *testing.T) {
	s, q := set(t), about("renewed")
	shared.Run(t, "renewed", command(stays, nil))
	before := awaitReason(t, s, q, aftercheck.StateHealthy, reasonRunning)
	nothing := act("docker restart renewed", func() {})
	judged(t, verdictOf(q, nothing, before, afterAction(t, s, q, nothing)...).Assessment, aftercheck.Degraded, aftercheck.ReasonNoEffect)
	action := act("docker restart renewed", func() { shared.Post(t, "/containers/renewed/restart") })
	comesTo(t, s, q, action, before, aftercheck.Success, aftercheck.ReasonRestarted)
}

// TestCrashesOn: a restart of a crash loop is no success between two crashes.
func TestCrashesOn(t *testing.T) {
	s, q := set(t), about("crashes-on")
	shared.Run(t, "crashes-on", command("sleep 4; exit 1", always))
	before := awaitReason(t, s, q, aftercheck.StateUnhealthy, reasonCrashLooping)
	action := act("docker restart crashes-on", func() { shared.Post(t, "/containers/crashes-on/restart?t=0") })
	rounds := afterAction(t, s, q, action)
	for _, f := range rounds[len(rounds)-1].Findings {
		if f.Check == aftercheck.CheckHealth && f.State == aftercheck.StateHealthy {
			// it runs, as it will for some seconds: the judge must not believe it
			if j := verdictOf(q, action, before, rounds...); j.Verdict == aftercheck.Success {
				t.Errorf("got %s/%s (%s)", j.Verdict, j.Reason, j.Explanation)
			}
		}
	}
	// and it crashes on, which whoever looks only then calls still broken
	asked := q
	asked.Action, asked.After = action, action.FinishedAt
	var later []aftercheck.Reading
	for range aftercheck.DefaultPolicy().Rounds {
		later = append(later, awaitReason(t, s, asked, aftercheck.StateUnhealthy, reasonCrashLooping))
	}
	judged(t, verdictOf(q, action, before, later...).Assessment, aftercheck.Failed, aftercheck.ReasonStillBroken)
	if j := verdictOf(q, action, before, append(rounds, later...)...); j.Verdict == aftercheck.Success {
		t.Errorf("got %s/%s (%s)", j.Verdict, j.Reason, j.Explanation)
	}
}

// TestTaken: the target is removed.
func TestTaken(t *testing.T) {
	s, q := set(t), about("taken")
	shared.Run(t, "taken", command("exit 1", nil))
	before := awaitReason(t, s, q, aftercheck.StateUnhealthy, reasonError)
	action := act("docker rm -f taken", func() { shared.Remove(t, "taken") })
	judged(t, verdictOf(q, action, before, afterAction(t, s, q, action)...).Assessment, aftercheck.Failed, aftercheck.ReasonTargetGone)
}

// TestService: a Compose service is all its containers.
func TestService(t *testing.T) {
	s := set(t)
	for n := range 2 {
		shared.Run(t, fmt.Sprintf("jobs-worker-%d", n+1), command(stays, compose("jobs", "worker", nil)))
	}
	q := about("")
	q.Incident.Labels = map[string]string{"host": "web-1", "compose_project": "jobs", "compose_service": "worker"}
	var r aftercheck.Reading
	testbed.Eventually(t, patience, func() error {
		r = ask(t, s, q)
		for _, name := range []string{"jobs-worker-1", "jobs-worker-2"} {
			if f := find(r, aftercheck.CheckHealth, name); f == nil || f.State != aftercheck.StateHealthy {
				return errNotYet
			}
		}
		return nil
	})
	if f := find(r, aftercheck.CheckReplicas, "jobs/worker"); f == nil || f.Value.Number != 2 || r.Target.Kind != kindService {
		t.Errorf("replicas: %+v, target %+v", f, r.Target)
	}
	// the service's name alone is enough where one project has it
	byName := ask(t, s, about("worker"))
	if byName.Target != r.Target {
		t.Errorf("target is %+v, want %+v", byName.Target, r.Target)
	}
	shared.Remove(t, "jobs-worker-2")
	action := aftercheck.Action{Text: "docker restart jobs-worker-1"}
	j := verdictOf(q, action, r, afterAction(t, s, q, action)...)
	if len(j.Regressions) != 1 || j.Regressions[0].Check != aftercheck.CheckReplicas {
		t.Errorf("a replica less is a regression: %+v", j.Regressions)
	}
}
