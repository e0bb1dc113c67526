package assess_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
)

var (
	up       = sees(health(healthy, ""))
	down     = sees(health(unhealthy, "CrashLoopBackOff"))
	rolling  = sees(health(progressing, "ReplicaSetUpdated"))
	dark     = sees(health(unknown, ""))
	restart  = "kubectl rollout restart deployment/api"
	undo     = "kubectl rollout undo deployment/api"
	setImage = "kubectl set image deployment/api api=api:2"
)

func TestJudge(t *testing.T) {
	fresh := ended.Add(-5 * time.Second)
	old := began.Add(-time.Hour)
	for name, tc := range map[string]struct {
		world
		verdict aftercheck.Verdict
		reason  aftercheck.Reason
		cleared aftercheck.Answer
	}{
		"broken before, healthy and held": {
			world{text: undo, before: one(down), rounds: times(3, up)}, aftercheck.Success, aftercheck.ReasonRecovered, "yes"},
		"converging before, healthy and held": {
			world{text: undo, before: one(rolling), rounds: times(3, up)}, aftercheck.Success, aftercheck.ReasonRecovered, "yes"},
		"no pre-state, healthy and held": {
			world{text: undo, rounds: times(3, up)}, aftercheck.Success, aftercheck.ReasonRecovered, "unknown"},
		"pre-state that tells nothing": {
			world{text: undo, before: one(silent("kubernetes")), rounds: times(3, up)}, aftercheck.Success, aftercheck.ReasonRecovered, "unknown"},
		"healthy, but in two rounds of three": {
			world{text: undo, before: one(down), rounds: times(2, up)}, aftercheck.Degraded, aftercheck.ReasonStillConverging, "unknown"},
		"one healthy glance that is said to have held": {
			world{text: undo, before: one(down), rounds: times(1, up), held: true}, aftercheck.Success, aftercheck.ReasonRecovered, "yes"},
		"as broken as before": {
			world{text: undo, before: one(down), rounds: times(6, down)}, aftercheck.Failed, aftercheck.ReasonStillBroken, "no"},
		"broken, nothing known of before": {
			world{text: undo, rounds: times(6, down)}, aftercheck.Failed, aftercheck.ReasonStillBroken, "no"},
		"healthy before, broken after": {
			world{text: setImage, before: one(up), rounds: times(6, down)}, aftercheck.Failed, aftercheck.ReasonWorse, "no"},
		"fewer healthy pods than before": {
			world{text: undo,
				before: one(sees(health(unhealthy, "x"), pod("a", healthy, ""), pod("b", unhealthy, "x"))),
				rounds: times(6, sees(health(unhealthy, "x"), pod("a", unhealthy, "x"), pod("b", unhealthy, "x")))},
			aftercheck.Failed, aftercheck.ReasonWorse, "no"},
		"more healthy pods than before": {
			world{text: undo,
				before: one(sees(health(unhealthy, "x"), pod("a", unhealthy, "x"), pod("b", unhealthy, "x"))),
				rounds: times(6, sees(health(unhealthy, "x"), pod("a", healthy, ""), pod("b", unhealthy, "x")))},
			aftercheck.Degraded, aftercheck.ReasonPartlyRecovered, "no"},
		"partly broken as before": {
			world{text: undo,
				before: one(sees(health(unhealthy, "x"), pod("a", healthy, ""), pod("b", unhealthy, "x"))),
				rounds: times(6, sees(health(unhealthy, "x"), pod("a", healthy, ""), pod("b", unhealthy, "x")))},
			aftercheck.Failed, aftercheck.ReasonStillBroken, "no"},
		"partly broken, nothing known of before": {
			world{text: undo, rounds: times(6, sees(pod("a", healthy, ""), pod("b", unhealthy, "ErrImagePull")))},
			aftercheck.Degraded, aftercheck.ReasonPartlyRecovered, "no"},
		"an evicted pod lies beside a healthy owner": {
			world{text: undo, before: one(down), rounds: times(3, sees(health(healthy, ""), pod("a", unhealthy, "Evicted")))},
			aftercheck.Success, aftercheck.ReasonRecovered, "yes"},
		"still rolling out": {
			world{text: undo, before: one(down), rounds: times(6, rolling)}, aftercheck.Degraded, aftercheck.ReasonStillConverging, "unknown"},
		"recovers and falls over": {
			world{text: restart, before: one(down), rounds: inTurn(times(2, up), times(4, down))}, aftercheck.Degraded, aftercheck.ReasonFlapping, "no"},
		"recovers, falls over, recovers for long": {
			world{text: restart, before: one(down), rounds: inTurn(times(1, up), times(1, down), times(3, up))}, aftercheck.Success, aftercheck.ReasonRecovered, "yes"},
		"looks healthy between two crashes": {
			world{text: restart, before: one(down), rounds: inTurn(
				times(2, sees(health(healthy, ""), restarts("a", 7, old))), times(2, sees(health(healthy, ""), restarts("a", 8, fresh))))},
			aftercheck.Degraded, aftercheck.ReasonFlapping, "unknown"},
		"gone": {
			world{text: "kubectl delete deployment/api", before: one(down), rounds: times(6, sees(gone()))}, aftercheck.Failed, aftercheck.ReasonTargetGone, "no"},
		"gone, as was announced, and the alert is quiet": {
			world{text: "decommission api", before: one(sees(health(unhealthy, "x"), alert(unhealthy, "Firing"))),
				rounds: times(6, sees(gone(), alert(healthy, "Inactive")))}, aftercheck.Success, aftercheck.ReasonRecovered, "yes"},
		"gone, as was announced, and nothing tells of the cause": {
			world{text: "decommission api", before: one(down), rounds: times(6, sees(gone()))}, aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence, "no"},
		"scaled to zero": {
			world{text: "kubectl scale deployment/api --replicas=0", before: one(sees(health(unhealthy, "x"), replicas(3))),
				rounds: times(6, sees(health(unknown, aftercheck.ReasonScaledDown), replicas(0)))}, aftercheck.Failed, aftercheck.ReasonTargetScaledDown, "no"},
		"healthy before, restarted": {
			world{text: restart, before: one(sees(health(healthy, ""), restarts("a", 0, old))),
				rounds: times(3, sees(health(healthy, ""), restarts("b", 0, fresh)))}, aftercheck.Success, aftercheck.ReasonRestarted, "unknown"},
		"healthy before, container restarted in its pod": {
			world{text: "restart_service:api", before: one(sees(health(healthy, ""), restarts("a", 0, old))),
				rounds: times(3, sees(health(healthy, ""), restarts("a", 1, fresh)))}, aftercheck.Success, aftercheck.ReasonRestarted, "unknown"},
		"healthy before, restart left no trace": {
			world{text: restart, before: one(sees(health(healthy, ""), restarts("a", 0, old))),
				rounds: times(6, sees(health(healthy, ""), restarts("a", 0, old)))}, aftercheck.Degraded, aftercheck.ReasonNoEffect, "unknown"},
		"healthy before, nothing tells of a restart": {
			world{text: restart, before: one(up), rounds: times(6, up)}, aftercheck.Degraded, aftercheck.ReasonAlreadyHealthy, "unknown"},
		"healthy before, rolled out anew, no pods to look at": {
			world{text: restart, before: one(sees(health(healthy, ""), generation(1), replicas(2))),
				rounds: times(3, sees(health(healthy, ""), generation(2), replicas(2)))}, aftercheck.Success, aftercheck.ReasonRestarted, "unknown"},
		"healthy before, changed": {
			world{text: setImage, before: one(sees(health(healthy, ""), generation(1), restarts("a", 0, old))),
				rounds: times(3, sees(health(healthy, ""), generation(2), restarts("b", 0, fresh)))}, aftercheck.Degraded, aftercheck.ReasonAlreadyHealthy, "unknown"},
		"only looked at, healthy": {
			world{text: "mcp:ssh_diagnose host-1", before: one(down), rounds: times(3, up)}, aftercheck.Degraded, aftercheck.ReasonObservedOnly, "yes"},
		"only looked at, broken": {
			world{text: "mcp:ssh_diagnose host-1", before: one(down), rounds: times(6, down)}, aftercheck.Failed, aftercheck.ReasonStillBroken, "no"},
		"a neighbour broke": {
			world{text: undo, before: one(sees(health(unhealthy, "x"), neighbour("cart", healthy))),
				rounds: times(6, sees(health(healthy, ""), neighbour("cart", unhealthy)))}, aftercheck.Degraded, aftercheck.ReasonRegressed, "yes"},
		"a neighbour was deleted": {
			world{text: undo, before: one(sees(health(unhealthy, "x"), neighbour("cart", healthy))),
				rounds: times(6, up)}, aftercheck.Degraded, aftercheck.ReasonRegressed, "yes"},
		"a neighbour was broken before": {
			world{text: undo, before: one(sees(health(unhealthy, "x"), neighbour("cart", unhealthy))),
				rounds: times(3, sees(health(healthy, ""), neighbour("cart", unhealthy)))}, aftercheck.Success, aftercheck.ReasonRecovered, "yes"},
		"changed by somebody else meanwhile": {
			world{text: undo, before: one(sees(health(unhealthy, "x"), generation(1), replicas(3))),
				rounds: inTurn(times(1, sees(health(healthy, ""), generation(2), replicas(3))), times(5, sees(health(healthy, ""), generation(3), replicas(3))))},
			aftercheck.Degraded, aftercheck.ReasonDrifted, "yes"},
		"scaled by an autoscaler meanwhile": {
			world{text: undo, before: one(sees(health(unhealthy, "x"), generation(1), replicas(3))),
				rounds: inTurn(times(1, sees(health(healthy, ""), generation(2), replicas(3))), times(2, sees(health(healthy, ""), generation(3), replicas(5))))},
			aftercheck.Success, aftercheck.ReasonRecovered, "yes"},
		"no sensor answers": {
			world{text: undo, before: one(down), rounds: times(6, silent("kubernetes"))}, aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence, "unknown"},
		"sensor answers and cannot tell": {
			world{text: undo, before: one(down), rounds: times(6, dark)}, aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence, "unknown"},
		"no sensor fits": {
			world{text: undo, before: []aftercheck.Reading{}, rounds: times(3)}, aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence, "unknown"},
		"one of four sensors answers": {
			world{text: undo, before: one(down), rounds: times(6, up, silent("prometheus"), silent("alerts"), silent("http"))}, aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence, "yes"},
		"one sensor missing in one round does not interrupt": {
			world{text: undo, before: one(down), rounds: inTurn(times(2, up), times(1, silent("kubernetes")), times(1, up))}, aftercheck.Success, aftercheck.ReasonRecovered, "yes"},
		"object healthy, alert still firing": {
			world{text: undo, before: one(sees(health(unhealthy, "x"), alert(unhealthy, "Firing"))),
				rounds: times(6, sees(health(healthy, ""), alert(unhealthy, "Firing")))}, aftercheck.Degraded, aftercheck.ReasonPartlyRecovered, "no"},
		"object healthy, alert cannot tell yet": {
			world{text: undo, before: one(sees(health(unhealthy, "x"), alert(unhealthy, "Firing"))),
				rounds: times(6, sees(health(healthy, ""), alert(unknown, "WindowReachesBack")))}, aftercheck.Success, aftercheck.ReasonRecovered, "unknown"},
		"alert pending again": {
			world{text: undo, before: one(sees(health(unhealthy, "x"), alert(unhealthy, "Firing"))),
				rounds: times(6, sees(health(healthy, ""), alert(progressing, "Pending")))}, aftercheck.Degraded, aftercheck.ReasonStillConverging, "no"},
		"alert alone, cleared": {
			world{text: undo, before: one(sees(alert(unhealthy, "Firing"))), rounds: times(3, sees(alert(healthy, "Inactive")))}, aftercheck.Success, aftercheck.ReasonRecovered, "yes"},
		"objects well before and after, metric bad before and after": {
			world{text: restart, before: one(sees(health(healthy, ""), metric("errors", unhealthy))),
				rounds: times(6, sees(health(healthy, ""), metric("errors", unhealthy)))}, aftercheck.Failed, aftercheck.ReasonStillBroken, "no"},
		"objects well, metric recovers": {
			world{text: restart, before: one(sees(health(healthy, ""), metric("errors", unhealthy))),
				rounds: times(3, sees(health(healthy, ""), metric("errors", healthy)))}, aftercheck.Success, aftercheck.ReasonRecovered, "yes"},
		"answered before, nothing listens now": {
			world{text: "docker rm -f api", before: one(sees(probe(unhealthy, "UnexpectedStatus"))), rounds: times(6, sees(probe(unhealthy, "ConnectionRefused")))},
			aftercheck.Failed, aftercheck.ReasonTargetGone, "no"},
		"nothing listened before either": {
			world{text: "docker start api", before: one(sees(probe(unhealthy, "ConnectionRefused"))), rounds: times(6, sees(probe(unhealthy, "ConnectionRefused")))},
			aftercheck.Failed, aftercheck.ReasonStillBroken, "no"},
		"a number without a criterion, better than before": {
			world{text: restart, before: one(sees(compared(100, "lower"))), rounds: times(3, sees(compared(50, "lower")))},
			aftercheck.Degraded, aftercheck.ReasonPartlyRecovered, "unknown"},
		"a number without a criterion, as before": {
			world{text: restart, before: one(sees(compared(100, "lower"))), rounds: times(3, sees(compared(95, "lower")))},
			aftercheck.Degraded, aftercheck.ReasonNoChange, "unknown"},
		"a number without a criterion, worse than before": {
			world{text: restart, before: one(sees(compared(100, "higher"))), rounds: times(3, sees(compared(5, "higher")))},
			aftercheck.Failed, aftercheck.ReasonWorse, "unknown"},
		"a number without criterion or direction": {
			world{text: restart, before: one(sees(compared(100, ""))), rounds: times(3, sees(compared(5, "")))},
			aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence, "unknown"},
		"alert alone was bad, and cannot be read any more": {
			world{text: restart, before: one(sees(health(healthy, ""), alert(unhealthy, "Firing"))), rounds: times(6, sees(health(healthy, ""), alert(unknown, "NoSuchRule")))},
			aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence, "unknown"},
		"alert alone was bad, and its sensor is silent": {
			world{text: restart, before: one(sees(health(healthy, "")), sees(alert(unhealthy, "Firing"))), rounds: times(6, sees(health(healthy, "")), silent("alerts"))},
			aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence, "unknown"},
		"alert alone was bad, and cannot tell yet": {
			world{text: restart, before: one(sees(health(healthy, ""), alert(unhealthy, "Firing"))), rounds: times(6, sees(health(healthy, ""), alert(unknown, "WindowReachesBack")))},
			aftercheck.Degraded, aftercheck.ReasonStillConverging, "unknown"},
		"object was bad, and only its probe can be read": {
			world{text: restart, before: one(sees(health(unhealthy, "CrashLoopBackOff")), sees(probe(healthy, ""))), rounds: times(6, silent("kubernetes"), sees(probe(healthy, "")))},
			aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence, "unknown"},
		"healthy, but younger than its predecessor was when it crashed": {
			world{text: undo, before: one(sees(health(unhealthy, "CrashLoopBackOff"), previousLife("a", 120))),
				rounds: times(6, sees(health(healthy, ""), restarts("b", 0, ended)))}, aftercheck.Degraded, aftercheck.ReasonStillConverging, "unknown"},
		"healthy, and older than its predecessor was when it crashed": {
			world{text: undo, before: one(sees(health(unhealthy, "CrashLoopBackOff"), previousLife("a", 15))),
				rounds: times(6, sees(health(healthy, ""), restarts("b", 0, ended)))}, aftercheck.Success, aftercheck.ReasonRecovered, "yes"},
		"healthy before, and a crash of long ago": {
			world{text: restart, before: one(sees(health(healthy, ""), previousLife("a", 120), restarts("a", 1, old))),
				rounds: times(3, sees(health(healthy, ""), restarts("b", 0, ended)))}, aftercheck.Success, aftercheck.ReasonRestarted, "unknown"},
		"two changes, of which a restart makes one": {
			world{text: restart, before: one(sees(health(unhealthy, "x"), generation(4), replicas(3))),
				rounds: times(6, sees(health(healthy, ""), generation(6), replicas(3)))}, aftercheck.Degraded, aftercheck.ReasonDrifted, "yes"},
		"a restart and an autoscaler": {
			world{text: restart, before: one(sees(health(unhealthy, "x"), generation(4), replicas(3))),
				rounds: times(3, sees(health(healthy, ""), generation(6), replicas(4)))}, aftercheck.Success, aftercheck.ReasonRecovered, "yes"},
		"two changes by an action that may make any": {
			world{text: setImage, before: one(sees(health(unhealthy, "x"), generation(4), replicas(3))),
				rounds: times(3, sees(health(healthy, ""), generation(6), replicas(3)))}, aftercheck.Success, aftercheck.ReasonRecovered, "yes"},
		"deleting a pod changes no Deployment": {
			world{text: "kubectl delete pod api-x", before: one(sees(health(unhealthy, "x"), generation(4), replicas(3))),
				rounds: times(6, sees(health(healthy, ""), generation(5), replicas(3)))}, aftercheck.Degraded, aftercheck.ReasonDrifted, "yes"},
		"the alert cleared because the target broke": {
			world{text: setImage, before: one(sees(health(healthy, ""), alert(unhealthy, "Firing"))),
				rounds: times(6, sees(health(unhealthy, "ImagePullBackOff"), alert(healthy, "Inactive")))}, aftercheck.Failed, aftercheck.ReasonWorse, "unknown"},
		"a neighbour was scaled to zero": {
			world{text: undo, before: one(sees(health(unhealthy, "x"), nearReplicas(2))),
				rounds: times(6, sees(health(healthy, ""), nearReplicas(0)))}, aftercheck.Degraded, aftercheck.ReasonRegressed, "yes"},
		"a neighbour has one replica less": {
			world{text: undo, before: one(sees(health(unhealthy, "x"), nearReplicas(2))),
				rounds: times(3, sees(health(healthy, ""), nearReplicas(1)))}, aftercheck.Success, aftercheck.ReasonRecovered, "yes"},
		"names alone tell that a pod was replaced": {
			world{text: "restart_service:api", before: one(sees(named("api-1"), pod("", healthy, ""))), rounds: times(3, sees(named("api-2"), pod("", healthy, "")))},
			aftercheck.Success, aftercheck.ReasonRestarted, "unknown"},
		"names alone tell that no pod was replaced": {
			world{text: "restart_service:api", before: one(sees(named("api-1"), pod("", healthy, ""))), rounds: times(6, sees(named("api-1"), pod("", healthy, "")))},
			aftercheck.Degraded, aftercheck.ReasonNoEffect, "unknown"},
		"a number is much worse, and the objects' sensor is silent": {
			world{text: restart, before: one(sees(health(unhealthy, "x")), sees(compared(10, "lower"))), rounds: times(6, silent("kubernetes"), sees(compared(100, "lower")))},
			aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence, "unknown"},
		"a number is at its best, and the broken object cannot be told": {
			world{text: restart, before: one(sees(health(unhealthy, "x"), compared(100, "lower"))), rounds: times(6, sees(health(unknown, "Forbidden"), compared(0, "lower")))},
			aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence, "unknown"},
		"the object itself is the signal": {
			world{text: undo, before: one(sees(asSignal(health(unhealthy, "x")))), rounds: times(3, sees(asSignal(health(healthy, ""))))},
			aftercheck.Success, aftercheck.ReasonRecovered, "yes"},
		"paused as a fix": {
			world{text: "kubectl rollout pause deployment/api", before: one(down), rounds: times(6, sees(health(healthy, aftercheck.ReasonPaused)))},
			aftercheck.Degraded, aftercheck.ReasonStillConverging, "unknown"},
		"no round before the deadline": {
			world{text: undo, before: one(down)}, aftercheck.Timeout, aftercheck.ReasonDeadlineExceeded, "unknown"},
		"no round, the sidecar was away": {
			world{text: undo, before: one(down), away: true}, aftercheck.Timeout, aftercheck.ReasonSidecarAway, "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			c := tc.build()
			got := assess.Judge(c, c.DeadlineAt)
			if got.Verdict != tc.verdict || got.Reason != tc.reason || got.RootCauseCleared != tc.cleared {
				t.Errorf("got %s/%s, root cause cleared %s; want %s/%s, %s\nbecause %s\nparts %+v\nregressions %+v\nnotes %q",
					got.Verdict, got.Reason, got.RootCauseCleared, tc.verdict, tc.reason, tc.cleared, got.Explanation, got.Parts, got.Regressions, got.Notes)
			}
			if !got.Sure {
				t.Error("not sure at the deadline")
			}
			if got.Explanation == "" {
				t.Error("no explanation")
			}
		})
	}
}

func TestSureEndsEarly(t *testing.T) {
	for name, tc := range map[string]struct {
		world
		sure bool
	}{
		"held":                       {world{text: undo, before: one(down), rounds: times(3, up)}, true},
		"not held":                   {world{text: undo, before: one(down), rounds: times(2, up)}, false},
		"broken may still recover":   {world{text: undo, before: one(down), rounds: times(4, down)}, false},
		"a job that failed for good": {world{text: undo, before: one(down), rounds: times(3, sees(forGood()))}, true},
		"a job that failed just now": {world{text: undo, before: one(down), rounds: times(2, sees(forGood()))}, false},
		"gone may come back":         {world{text: undo, before: one(down), rounds: times(4, sees(gone()))}, false},
		"blind may still see":        {world{text: undo, before: one(down), rounds: times(4, dark)}, false},
		"healthy before, no change":  {world{text: setImage, before: one(up), rounds: times(3, up)}, true},
		"restart may still show":     {world{text: restart, before: one(up), rounds: times(3, up)}, false},
		"signal cannot tell yet": {world{text: undo, before: one(sees(health(unhealthy, "x"), alert(unhealthy, "Firing"))),
			rounds: times(3, sees(health(healthy, ""), alert(unknown, "WindowReachesBack")))}, false},
		"neighbour may recover": {world{text: undo, before: one(sees(health(unhealthy, "x"), neighbour("cart", healthy))),
			rounds: times(3, sees(health(healthy, ""), neighbour("cart", unhealthy)))}, false},
	} {
		c := tc.build()
		if got := assess.Judge(c, c.Evidence.Rounds[len(c.Evidence.Rounds)-1].EndedAt); got.Sure != tc.sure {
			t.Errorf("%s: sure = %v (%s/%s), want %v", name, got.Sure, got.Verdict, got.Reason, tc.sure)
		}
	}
}

func TestSettleTime(t *testing.T) {
	c := world{text: undo, before: one(down), rounds: times(3, up)}.build()
	c.Policy.SettleTime = aftercheck.Duration(11 * time.Second) // three rounds span ten
	if got := assess.Judge(c, c.DeadlineAt); got.Reason != aftercheck.ReasonStillConverging {
		t.Errorf("held for 10s of 11s: %s", got.Reason)
	}
	c.Policy.SettleTime = aftercheck.Duration(10 * time.Second)
	if got := assess.Judge(c, c.DeadlineAt); got.Reason != aftercheck.ReasonRecovered {
		t.Errorf("held for 10s of 10s: %s", got.Reason)
	}
}

func TestOnlyWhatWasSeenAfterTheActionCounts(t *testing.T) {
	c := world{text: undo, before: one(down), rounds: times(3, up)}.build()
	for i := range c.Evidence.Rounds {
		for j := range c.Evidence.Rounds[i].Readings {
			c.Evidence.Rounds[i].Readings[j].At = ended.Add(-time.Second)
		}
	}
	got := assess.Judge(c, c.DeadlineAt)
	if got.Reason != aftercheck.ReasonInsufficientEvidence || got.Score != nil {
		t.Errorf("readings from before the action's end gave %s with score %v", got.Reason, got.Score)
	}

	c = world{text: undo, before: one(down), rounds: times(3, sees(func() aftercheck.Finding {
		f := metric("errors", healthy)
		f.At = ended.Add(-time.Second)
		return f
	}()))}.build()
	if got := assess.Judge(c, c.DeadlineAt); got.Reason != aftercheck.ReasonInsufficientEvidence {
		t.Errorf("a sample from before the action's end gave %s", got.Reason)
	}
}

func TestMissingPreStateIsSaid(t *testing.T) {
	c := world{text: undo, rounds: times(3, up)}.build()
	got := assess.Judge(c, c.DeadlineAt)
	if len(got.Notes) == 0 || !strings.Contains(got.Notes[0], "pre-state is missing") {
		t.Errorf("notes %q do not say that the pre-state is missing", got.Notes)
	}
}

func TestRegressionsAreListedAndOldOnesAreNot(t *testing.T) {
	firing := func(name, pod string, since time.Time) aftercheck.Finding {
		return aftercheck.Finding{
			Subject: aftercheck.Subject{Kind: "Alert", Namespace: "shop", Name: name, Owner: pod}, Check: aftercheck.CheckAlert,
			Scope: aftercheck.ScopeNeighbour, State: unhealthy, Reason: "Firing", Since: since,
		}
	}
	near := func(f aftercheck.Finding) aftercheck.Finding {
		f.Scope = aftercheck.ScopeNeighbour
		return f
	}
	soon := ended.Add(time.Second)
	c := world{text: undo,
		before: one(sees(health(unhealthy, "x"), replicas(3), limit("memory", 512), limit("cpu", 1), restarts("gone", 0, began),
			near(compared(10, "lower")))),
		rounds: times(3, sees(health(healthy, ""), replicas(2), limit("memory", 256), limit("cpu", 2), restarts("b", 0, ended),
			firing("New", "", soon), firing("Old", "", began.Add(-time.Hour)), firing("OfAGonePod", "Pod/api-gone", soon), firing("OfAPod", "Pod/api-b", soon),
			oomKills("b", soon), near(compared(20, "lower")))),
	}.build()
	got := assess.Judge(c, c.DeadlineAt)
	var names []string
	for _, r := range got.Regressions {
		names = append(names, r.Subject.Name+"/"+string(r.Check))
	}
	if want := "New/alert OfAPod/alert queue_length/metric api/limits api/replicas api-b/oom_kills"; strings.Join(names, " ") != want {
		t.Errorf("regressions %q, want %q", names, want)
	}
}

// What could not be listed is not gone.
func TestNeighboursThatWereNotReadAreNotGone(t *testing.T) {
	unread := aftercheck.Finding{
		Subject: aftercheck.Subject{Kind: "Deployment", Namespace: "shop"}, Check: aftercheck.CheckHealth,
		Scope: aftercheck.ScopeNeighbour, State: unknown, Reason: "Forbidden",
	}
	c := world{text: undo, before: one(sees(health(unhealthy, "x"), neighbour("cart", healthy))),
		rounds: times(3, sees(health(healthy, ""), unread))}.build()
	if got := assess.Judge(c, c.DeadlineAt); len(got.Regressions) > 0 || got.Reason != aftercheck.ReasonRecovered {
		t.Errorf("%s with regressions %+v", got.Reason, got.Regressions)
	}
}
