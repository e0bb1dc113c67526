//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// The outcomes that many scenes want.
var (
	recovered     = outcome{aftercheck.Success, aftercheck.ReasonRecovered, aftercheck.AnswerYes, nil}
	restarted     = outcome{aftercheck.Success, aftercheck.ReasonRestarted, aftercheck.AnswerUnknown, nil}
	stillBroken   = outcome{aftercheck.Failed, aftercheck.ReasonStillBroken, aftercheck.AnswerNo, nil}
	targetGone    = outcome{aftercheck.Failed, aftercheck.ReasonTargetGone, aftercheck.AnswerNo, nil}
	scaledDown    = outcome{aftercheck.Failed, aftercheck.ReasonTargetScaledDown, aftercheck.AnswerNo, nil}
	partly        = outcome{aftercheck.Degraded, aftercheck.ReasonPartlyRecovered, aftercheck.AnswerNo, nil}
	converging    = outcome{aftercheck.Degraded, aftercheck.ReasonStillConverging, aftercheck.AnswerUnknown, nil}
	flapped       = outcome{aftercheck.Degraded, aftercheck.ReasonFlapping, aftercheck.AnswerNo, nil}
	drifted       = outcome{aftercheck.Degraded, aftercheck.ReasonDrifted, aftercheck.AnswerYes, nil}
	noEffect      = outcome{aftercheck.Degraded, aftercheck.ReasonNoEffect, aftercheck.AnswerUnknown, nil}
	wasHealthy    = outcome{aftercheck.Degraded, aftercheck.ReasonAlreadyHealthy, aftercheck.AnswerUnknown, nil}
	onlyLooked    = outcome{aftercheck.Degraded, aftercheck.ReasonObservedOnly, aftercheck.AnswerUnknown, nil}
	cannotBeTold  = outcome{aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence, aftercheck.AnswerUnknown, nil}
	webWorse      = outcome{aftercheck.Failed, aftercheck.ReasonWorse, aftercheck.AnswerNo, []string{"Deployment/shop/web"}}
	cartRegressed = outcome{aftercheck.Degraded, aftercheck.ReasonRegressed, aftercheck.AnswerYes, []string{"Deployment/shop/cart"}}
)

// recoveredBut is a recovery beside which something is noted that is not bad
// enough to take it away.
func recoveredBut(regressions ...string) outcome {
	o := recovered
	o.Regressions = regressions
	return o
}

// The parts of manifests.

const webService = `
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`

// cart is a manifest of web's under the name cart.
func cart(manifest string) string { return strings.ReplaceAll(manifest, "web", "cart") }

// sized is a manifest whose container has these resources.
func sized(manifest, resources string) string {
	return strings.Replace(manifest, `image: "example.invalid/web:1"`, `image: "example.invalid/web:1", resources: `+resources, 1)
}

// of makes another kind of the manifest of a Deployment, with more in its spec.
func of(kind, more, manifest string) string {
	return strings.Replace(strings.Replace(manifest, "kind: Deployment", "kind: "+kind, 1), "spec:\n", "spec:\n"+more, 1)
}

func statefulSet(replicas int, state string) string {
	return of("StatefulSet", "  serviceName: web\n", deployment(replicas, state))
}

func daemonSet(state string) string {
	return strings.Replace(of("DaemonSet", "", deployment(1, state)), "  replicas: 1\n", "", 1)
}

func job(state string) string {
	label := ""
	if state != "" {
		label = fmt.Sprintf("{%s: %s}", StateLabel, state)
	}
	return fmt.Sprintf(`
apiVersion: batch/v1
kind: Job
metadata: {name: import}
spec:
  backoffLimit: 0
  template:
    metadata: {labels: %s}
    spec: {restartPolicy: Never, containers: [{name: import, image: "example.invalid/import:1"}]}
`, label)
}

// movable is web, which is on the scene's own node as long as that takes pods.
func movable(st *stage) string {
	return strings.Replace(deployment(1, ""), "spec: {containers:", fmt.Sprintf(`spec: {tolerations: [{key: aftercheck.test/own, operator: Exists}],
      affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 100, preference: {matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [%s]}]}}]}}, containers:`, st.node()), 1)
}

// The steps of illnesses and actions.

// steps does one after the other.
func steps(all ...func(*stage)) func(*stage) {
	return func(st *stage) {
		for _, do := range all {
			do(st)
		}
	}
}

func applies(manifests ...string) func(*stage) {
	return func(st *stage) { st.apply(manifests...) }
}

func runs(args ...string) func(*stage) {
	return func(st *stage) { st.kubectl(args...) }
}

// settles waits for the rollout of web.
func settles() func(*stage) { return runs("rollout", "status", "deployment/web", "--timeout=60s") }

// cartSettles waits for the rollout of cart.
func cartSettles() func(*stage) {
	return runs("rollout", "status", "deployment/cart", "--timeout=60s")
}

// waits waits until all the pods that a selector finds wait for this reason.
func waits(selector string, number int, reason string) func(*stage) {
	return eventually(selector, number, waitingFor(reason))
}

// eventually waits until so many pods satisfy the condition.
func eventually(selector string, number int, holds func(corev1.Pod) bool) func(*stage) {
	return func(st *stage) {
		testbed.Eventually(st.TB, 60*time.Second, func() error {
			n := 0
			for _, pod := range st.Pods(st.TB, st.namespace, selector) {
				if holds(pod) {
					n++
				}
			}
			if n != number {
				return fmt.Errorf("%d pods %s are in the state, want %d", n, selector, number)
			}
			return nil
		})
	}
}

// well rolls out web.
func well(replicas int) func(*stage) { return steps(applies(deployment(replicas, "")), settles()) }

// sickens rolls out web, and then a revision in a state none of whose pods get
// well.
func sickens(state, reason string) func(*stage) {
	return steps(well(2), applies(deployment(2, state)), eventually("app=web,"+StateLabel+"="+state, 1, waitingFor(reason)))
}

// neverWell rolls out web in a state none of whose pods get well.
func neverWell(replicas int, state, reason string) func(*stage) {
	return steps(applies(deployment(replicas, state)), waits("app=web", replicas, reason))
}

// undo rolls web back.
var undo = runs("rollout", "undo", "deployment/web")

const (
	undoText    = "kubectl rollout undo deployment/web"
	restartText = "kubectl rollout restart deployment/web"
)

// in runs a step before the round of this number.
func in(round int, do func(*stage)) func(*stage, int) {
	return func(st *stage, i int) {
		if i == round {
			do(st)
		}
	}
}

// oldest is the oldest pod that a selector finds.
func (st *stage) oldest(selector string) corev1.Pod {
	st.Helper()
	pods := st.Pods(st.TB, st.namespace, selector)
	if len(pods) == 0 {
		st.Fatalf("no pod %s", selector)
	}
	first := pods[0]
	for _, pod := range pods {
		if pod.CreationTimestamp.Before(&first.CreationTimestamp) || pod.CreationTimestamp.Equal(&first.CreationTimestamp) && pod.Name < first.Name {
			first = pod
		}
	}
	return first
}

// turn puts the oldest pod of a selector into a state and waits until it is
// Ready, or is not.
func turn(selector, state string, isReady bool) func(*stage) {
	return func(st *stage) {
		name := st.oldest(selector).Name
		st.SetState(st.TB, st.namespace, name, state)
		st.awaitReady(name, isReady)
	}
}

func (st *stage) awaitReady(pod string, isReady bool) {
	st.Helper()
	testbed.Eventually(st.TB, 30*time.Second, func() error {
		got, err := st.Client.CoreV1().Pods(st.namespace).Get(st.Context(), pod, metav1.GetOptions{})
		if err != nil || ready(*got) != isReady {
			return fmt.Errorf("pod %s: ready %t, want %t (%w)", pod, err == nil && ready(*got), isReady, err)
		}
		return nil
	})
}

// lives gives the oldest pod of a selector a container that has run since so
// long ago, or that waits in CrashLoopBackOff if that is negative, after so many
// restarts. The life before that lasted ten seconds.
func lives(selector string, since time.Duration, restarts int, isReady bool) func(*stage) {
	return livesAfter(10*time.Second, selector, since, restarts, isReady)
}

// livesAfter is lives with the length of the life before.
func livesAfter(before time.Duration, selector string, since time.Duration, restarts int, isReady bool) func(*stage) {
	return func(st *stage) {
		pod := st.oldest(selector)
		st.SetState(st.TB, st.namespace, pod.Name, "manual")
		now := time.Now().UTC()
		is := fmt.Sprintf(`{"running":{"startedAt":%q},"waiting":null}`, now.Add(-since).Format(time.RFC3339))
		if since < 0 {
			is = `{"running":null,"waiting":{"reason":"CrashLoopBackOff","message":"back-off 10s restarting failed container"}}`
		}
		last := ""
		if restarts > 0 {
			ended := now.Add(-max(since, 0) - time.Second)
			last = fmt.Sprintf(`,"lastState":{"terminated":{"exitCode":1,"reason":"Error","startedAt":%q,"finishedAt":%q}}`,
				ended.Add(-before).Format(time.RFC3339), ended.Format(time.RFC3339))
		}
		truth, reason := "False", "ContainersNotReady"
		if isReady {
			truth, reason = "True", ""
		}
		st.PatchPodStatus(st.TB, st.namespace, pod.Name, fmt.Sprintf(
			`{"status":{"phase":"Running","conditions":[{"type":"Ready","status":%q,"reason":%q,"lastTransitionTime":%q},{"type":"ContainersReady","status":%[1]q,"reason":%[2]q,"lastTransitionTime":%[3]q}],
			"containerStatuses":[{"name":%q,"image":"x","imageID":"","ready":%t,"started":%[5]t,"restartCount":%d,"state":%s%s}]}}`,
			truth, reason, now.Format(time.RFC3339), pod.Spec.Containers[0].Name, isReady, restarts, is, last))
	}
}

// killed gives the oldest pod of a selector a container that was killed for its
// memory just now, after it had lived so long, and runs again.
func killed(selector string, life time.Duration) func(*stage) {
	return func(st *stage) {
		pod := st.oldest(selector)
		st.SetState(st.TB, st.namespace, pod.Name, "manual")
		now := time.Now().UTC()
		st.PatchPodStatus(st.TB, st.namespace, pod.Name, fmt.Sprintf(
			`{"status":{"containerStatuses":[{"name":%q,"image":"x","imageID":"","ready":true,"started":true,"restartCount":1,"state":{"running":{"startedAt":%q}},
			"lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled","startedAt":%q,"finishedAt":%[2]q}}}]}}`,
			pod.Spec.Containers[0].Name, now.Format(time.RFC3339), now.Add(-life).Format(time.RFC3339)))
	}
}

// keepsNode gives the scene a node of its own, in a state.
func keepsNode(state string) func(*stage) {
	return func(st *stage) {
		st.Node(st.TB, st.node())
		testbed.Eventually(st.TB, 30*time.Second, func() error {
			if taints := st.Kubectl(st.TB, "get", "node", st.node(), "-o", "jsonpath={.spec.taints[*].key}"); strings.Contains(taints, corev1.TaintNodeNotReady) {
				return fmt.Errorf("the node still carries the taints %s", taints)
			}
			return nil
		})
		if state != "" {
			st.Kubectl(st.TB, "label", "node", st.node(), StateLabel+"="+state)
			st.Kubectl(st.TB, "wait", "--for=condition=Ready=false", "node/"+st.node(), "--timeout=30s")
		}
	}
}

// node does something to the node of the scene; NODE in the arguments stands for
// its name.
func node(args ...string) func(*stage) {
	return func(st *stage) {
		var own []string
		for _, arg := range args {
			own = append(own, strings.ReplaceAll(arg, "NODE", st.node()))
		}
		st.Kubectl(st.TB, own...)
	}
}

// revives makes the node of the scene Ready again.
var revives = steps(node("label", "node", "NODE", StateLabel+"-"), node("wait", "--for=condition=Ready", "node/NODE", "--timeout=30s"))
