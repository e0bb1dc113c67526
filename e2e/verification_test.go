//go:build e2e

package e2e

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
	"github.com/aftercheck/aftercheck/internal/collect/kube"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/verify"
)

// quick is a policy that waits only as long as this cluster needs.
func quick() aftercheck.Policy {
	p := aftercheck.DefaultPolicy()
	p.Warmup = aftercheck.Duration(time.Second)
	p.Deadline, p.FollowDelays = aftercheck.Duration(8*time.Second), false
	p.Interval = aftercheck.Duration(time.Second)
	return p
}

// verifier is an engine on an embedded store whose Kubernetes sensor may do
// exactly what docs/rbac.yaml says.
func verifier(t *testing.T, c *Cluster, namespace string) *verify.Engine {
	t.Helper()
	sensor, err := kube.New(kube.Config{Kubeconfig: c.ServiceAccountKubeconfig(t, namespace, "../docs/rbac.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	store, err := evidence.OpenFile(filepath.Join(t.TempDir(), "evidence.db"), evidence.FileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	engine := verify.New(verify.Options{
		Store: store, Sensors: collect.NewSet([]collect.Sensor{sensor}, collect.Options{}),
		Policies: func(string, aftercheck.Incident) (aftercheck.Policy, error) { return quick(), nil },
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("running the engine: %v", err)
		}
		if err := store.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	return engine
}

// repair is one incident on the cluster and what is done about it.
type repair struct {
	before  func(t *testing.T, c *Cluster, ns string) // makes the illness
	labels  map[string]string                         // beside the namespace
	action  string
	do      func(t *testing.T, c *Cluster, ns string)
	verdict aftercheck.Verdict
	reason  aftercheck.Reason
	cleared aftercheck.Answer
}

var web = map[string]string{"deployment": "web"}

// illAfterRollout rolls out a good revision, then one in the given state.
func illAfterRollout(state, waiting string) func(*testing.T, *Cluster, string) {
	return func(t *testing.T, c *Cluster, ns string) {
		c.Apply(t, ns, deployment(2, ""))
		c.Kubectl(t, "-n", ns, "rollout", "status", "deployment/web", "--timeout=30s")
		c.Apply(t, ns, deployment(2, state))
		await(t, c, ns, "app=web", waitingFor(waiting))
	}
}

// ill creates a Deployment none of whose pods ever gets well.
func ill(state, waiting string) func(*testing.T, *Cluster, string) {
	return func(t *testing.T, c *Cluster, ns string) {
		c.Apply(t, ns, deployment(2, state))
		await(t, c, ns, "app=web", waitingFor(waiting))
	}
}

func kubectl(args ...string) func(*testing.T, *Cluster, string) {
	return func(t *testing.T, c *Cluster, ns string) {
		c.Kubectl(t, append([]string{"-n", ns}, args...)...)
	}
}

// huge wants more of a CPU than any node has.
var huge = strings.Replace(deployment(1, ""), `image: "example.invalid/web:1"`,
	`image: "example.invalid/web:1", resources: {requests: {cpu: "500"}}`, 1)

func TestWholeVerifications(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]repair{
		"crash loop that an undo heals": {
			before: illAfterRollout("crashloop", "CrashLoopBackOff"), labels: web,
			action: "kubectl rollout undo deployment/web", do: kubectl("rollout", "undo", "deployment/web"),
			verdict: aftercheck.Success, reason: aftercheck.ReasonRecovered, cleared: aftercheck.AnswerYes,
		},
		"crash loop that a restart does not heal": {
			before: ill("crashloop", "CrashLoopBackOff"), labels: web,
			action: "kubectl rollout restart deployment/web", do: kubectl("rollout", "restart", "deployment/web"),
			verdict: aftercheck.Failed, reason: aftercheck.ReasonStillBroken, cleared: aftercheck.AnswerNo,
		},
		"image that cannot be pulled": {
			before: ill("imagepull", "ImagePullBackOff"), labels: web,
			action: "kubectl rollout restart deployment/web", do: kubectl("rollout", "restart", "deployment/web"),
			verdict: aftercheck.Failed, reason: aftercheck.ReasonStillBroken, cleared: aftercheck.AnswerNo,
		},
		"out of memory, healed by an undo": {
			before: illAfterRollout("oom", "CrashLoopBackOff"), labels: web,
			action: "kubectl rollout undo deployment/web", do: kubectl("rollout", "undo", "deployment/web"),
			verdict: aftercheck.Success, reason: aftercheck.ReasonRecovered, cleared: aftercheck.AnswerYes,
		},
		"out of memory, more replicas do not help": {
			before: ill("oom", "CrashLoopBackOff"), labels: web,
			action: "kubectl scale deployment/web --replicas=3", do: kubectl("scale", "deployment/web", "--replicas=3"),
			verdict: aftercheck.Failed, reason: aftercheck.ReasonStillBroken, cleared: aftercheck.AnswerNo,
		},
		"unschedulable pod": {
			before: func(t *testing.T, c *Cluster, ns string) {
				c.Apply(t, ns, huge)
				await(t, c, ns, "app=web", unschedulable)
			}, labels: web,
			action: "kubectl rollout restart deployment/web", do: kubectl("rollout", "restart", "deployment/web"),
			verdict: aftercheck.Failed, reason: aftercheck.ReasonStillBroken, cleared: aftercheck.AnswerNo,
		},
		"scaled to zero as a fix": {
			before: ill("crashloop", "CrashLoopBackOff"), labels: web,
			action: "kubectl scale deployment/web --replicas=0", do: kubectl("scale", "deployment/web", "--replicas=0"),
			verdict: aftercheck.Failed, reason: aftercheck.ReasonTargetScaledDown, cleared: aftercheck.AnswerNo,
		},
		"deleted as a fix": {
			before: ill("crashloop", "CrashLoopBackOff"), labels: web,
			action: "kubectl delete deployment/web", do: kubectl("delete", "deployment/web"),
			verdict: aftercheck.Failed, reason: aftercheck.ReasonTargetGone, cleared: aftercheck.AnswerNo,
		},
		"healthy, restarted": {
			before: func(t *testing.T, c *Cluster, ns string) {
				c.Apply(t, ns, deployment(2, ""))
				c.Kubectl(t, "-n", ns, "rollout", "status", "deployment/web", "--timeout=30s")
			}, labels: web,
			action: "kubectl rollout restart deployment/web", do: func(t *testing.T, c *Cluster, ns string) {
				kubectl("rollout", "restart", "deployment/web")(t, c, ns)
				kubectl("rollout", "status", "deployment/web", "--timeout=30s")(t, c, ns)
			},
			verdict: aftercheck.Success, reason: aftercheck.ReasonRestarted, cleared: aftercheck.AnswerUnknown,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := Shared(t)
			ns := c.Namespace(t)
			r.before(t, c, ns)
			labels := map[string]string{"namespace": ns}
			for k, v := range r.labels {
				labels[k] = v
			}
			r.check(t, c, ns, labels)
		})
	}
}

func TestNodeThatComesBack(t *testing.T) {
	t.Parallel()
	c := Shared(t)
	ns := c.Namespace(t)
	c.Node(t, "comes-back")
	c.Kubectl(t, "label", "node", "comes-back", StateLabel+"=notready")
	c.Kubectl(t, "wait", "--for=condition=Ready=false", "node/comes-back", "--timeout=30s")
	r := repair{
		action: "ssh comes-back systemctl restart kubelet",
		do: func(t *testing.T, c *Cluster, _ string) {
			c.Kubectl(t, "label", "node", "comes-back", StateLabel+"-")
			c.Kubectl(t, "wait", "--for=condition=Ready", "node/comes-back", "--timeout=30s")
		},
		verdict: aftercheck.Success, reason: aftercheck.ReasonRecovered, cleared: aftercheck.AnswerYes,
	}
	r.check(t, c, ns, map[string]string{"node": "comes-back"})
}

func TestNodeThatStaysNotReady(t *testing.T) {
	t.Parallel()
	c := Shared(t)
	ns := c.Namespace(t)
	c.Node(t, "stays-away")
	c.Kubectl(t, "label", "node", "stays-away", StateLabel+"=notready")
	c.Kubectl(t, "wait", "--for=condition=Ready=false", "node/stays-away", "--timeout=30s")
	r := repair{
		action: "ssh stays-away systemctl restart kubelet", do: func(*testing.T, *Cluster, string) {},
		verdict: aftercheck.Failed, reason: aftercheck.ReasonStillBroken, cleared: aftercheck.AnswerNo,
	}
	r.check(t, c, ns, map[string]string{"node": "stays-away"})
}

// check captures, repairs, verifies, and compares the verdict.
func (r repair) check(t *testing.T, c *Cluster, ns string, labels map[string]string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	engine := verifier(t, c, ns)
	incident := aftercheck.Incident{ID: t.Name(), Alertname: "KubeWorkloadUnwell", Labels: labels}
	action := aftercheck.Action{Text: r.action, StartedAt: time.Now()}
	snapshot, err := engine.Capture(ctx, aftercheck.SnapshotRequest{Incident: incident, Action: action})
	if err != nil {
		t.Fatal(err)
	}
	r.do(t, c, ns)
	action.FinishedAt = time.Now()
	v, _, err := engine.Accept(ctx, aftercheck.VerificationRequest{Incident: incident, Action: action, SnapshotID: snapshot.ID})
	if err != nil {
		t.Fatal(err)
	}
	v, err = engine.Wait(ctx, v.ID, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if !v.Sealed() {
		t.Fatalf("no verdict: %+v", v)
	}
	if v.Verdict != r.verdict || v.Reason != r.reason || v.RootCauseCleared != r.cleared {
		t.Errorf("%s/%s, root cause cleared %s (%s); want %s/%s, %s\nfindings %+v\nnotes %q",
			v.Verdict, v.Reason, v.RootCauseCleared, v.Explanation, r.verdict, r.reason, r.cleared, v.Findings, v.Notes)
	}
}

func unschedulable(pod corev1.Pod) bool {
	conditions := pod.Status.Conditions
	return len(conditions) > 0 && conditions[0].Reason == corev1.PodReasonUnschedulable
}
