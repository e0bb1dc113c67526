//go:build e2e

package e2e

import (
	"time"

	"github.com/aftercheck/aftercheck"
)

// allScenes are the scenarios that are captured.
func allScenes() []scene {
	var all []scene
	for _, some := range [][]scene{
		deploymentScenes(), readinessScenes(), vanishingScenes(), workloadScenes(), jobScenes(),
		nodeScenes(), serviceScenes(), aroundScenes(), steadinessScenes(), policyScenes(),
	} {
		all = append(all, some...)
	}
	for i := range all {
		if all[i].labels == nil {
			all[i].labels = web
		}
	}
	return all
}

// deploymentScenes are the illnesses of a rollout, each healed and not healed.
func deploymentScenes() []scene {
	return []scene{
		{name: "crash loop, undo", why: "the revision that crashed is gone, and the old one runs and holds",
			action: undoText, ill: sickens("crashloop", "CrashLoopBackOff"), do: undo, want: recovered},
		{name: "crash loop, restart", why: "the new pods crash as the old ones did",
			action: restartText, ill: neverWell(2, "crashloop", "CrashLoopBackOff"), do: runs("rollout", "restart", "deployment/web"), want: stillBroken},
		{name: "crash loop, pod deleted", why: "the pod that replaced the deleted one crashes too",
			action: "kubectl delete pod -l app=web", ill: neverWell(1, "crashloop", "CrashLoopBackOff"),
			do: runs("delete", "pod", "-l", "app=web", "--wait=false"), mistakes: []int{7}, want: stillBroken},
		{name: "image pull, undo", why: "the image that could not be pulled is not wanted any more",
			action: undoText, ill: sickens("imagepull", "ImagePullBackOff"), do: undo, want: recovered},
		{name: "image pull, another wrong image", why: "the next image cannot be pulled either",
			action: "kubectl set image deployment/web web=example.invalid/web:3", ill: sickens("imagepull", "ImagePullBackOff"),
			do: runs("set", "image", "deployment/web", "web=example.invalid/web:3"), want: stillBroken},
		{name: "out of memory, undo", why: "the revision that was killed is gone; its kills are history",
			action: undoText, ill: sickens("oom", "CrashLoopBackOff"), do: undo, want: recovered},
		{name: "out of memory, more replicas", why: "three pods are killed now instead of two",
			action: "kubectl scale deployment/web --replicas=3", ill: neverWell(2, "oom", "CrashLoopBackOff"),
			do: runs("scale", "deployment/web", "--replicas=3"), want: stillBroken},
		{name: "out of memory, higher limit", why: "another fix than an undo, and the pods run: the symptom decides, not the expected patch",
			action: "kubectl set resources deployment/web --limits=memory=1Gi", ill: steps(
				applies(sized(deployment(2, "oom"), `{limits: {memory: 64Mi}}`)), waits("app=web", 2, "CrashLoopBackOff")),
			do: applies(sized(deployment(2, ""), `{limits: {memory: 1Gi}}`)), mistakes: []int{15}, want: recovered},
		{name: "unschedulable, requests lowered", why: "the pods asked for more than a node has, and run now that they ask for less",
			action: "kubectl set resources deployment/web --requests=cpu=100m", ill: steps(applies(huge), eventually("app=web", 1, unschedulable)),
			do: applies(sized(deployment(1, ""), `{requests: {cpu: 100m}}`)), want: recovered},
		{name: "unschedulable, restart", why: "no node has room for the new pod either",
			action: restartText, ill: steps(applies(huge), eventually("app=web", 1, unschedulable)), do: runs("rollout", "restart", "deployment/web"), want: stillBroken},
		{name: "missing secret, undo", why: "the container that could not be configured is not wanted any more",
			action: undoText, ill: sickens("configerror", "CreateContainerConfigError"), do: undo, want: recovered},
		{name: "missing secret, restart", why: "the secret is missing for the new pods too",
			action: restartText, ill: neverWell(2, "configerror", "CreateContainerConfigError"), do: runs("rollout", "restart", "deployment/web"), want: stillBroken},
		{name: "healthy, then a wrong image", why: "it was healthy before, and its new pods cannot start",
			action: "kubectl set image deployment/web web=nowhere", ill: well(2),
			do: steps(applies(deployment(2, "imagepull")), eventually("app=web,"+StateLabel+"=imagepull", 1, waitingFor("ImagePullBackOff"))), want: webWorse},
		{name: "rollout paused as a fix", why: "the pod that crashes is still there; the pause only hides that nothing goes on",
			action: "kubectl rollout pause deployment/web", ill: sickens("crashloop", "CrashLoopBackOff"), do: runs("rollout", "pause", "deployment/web"), want: stillBroken},
		{name: "old ReplicaSets left", why: "what earlier revisions left behind wants no pods and is no illness",
			action: undoText, ill: steps(well(2), runs("set", "image", "deployment/web", "web=example.invalid/web:2"), settles(),
				runs("set", "image", "deployment/web", "web=example.invalid/web:3"), settles(), applies(deployment(2, "crashloop")),
				eventually("app=web,"+StateLabel+"=crashloop", 1, waitingFor("CrashLoopBackOff"))),
			do: undo, mistakes: []int{7}, want: recovered},
		{name: "quota exceeded, raised", why: "the pods that the quota refused exist and run now",
			action: "kubectl patch resourcequota few", ill: quotaExceeded, do: steps(
				runs("patch", "resourcequota", "few", "-p", `{"spec":{"hard":{"pods":"10"}}}`), runs("rollout", "restart", "deployment/web")), rounds: 8, want: recovered},
		{name: "quota exceeded, restart", why: "the quota refuses the new pods too",
			action: restartText, ill: quotaExceeded, do: runs("rollout", "restart", "deployment/web"), want: stillBroken},
	}
}

var quotaExceeded = steps(applies(`
apiVersion: v1
kind: ResourceQuota
metadata: {name: few}
spec: {hard: {pods: "0"}}
`), func(st *stage) {
	st.kubectl("wait", "--for=jsonpath={.status.hard.pods}=0", "resourcequota/few", "--timeout=30s")
},
	applies(deployment(2, "")),
	runs("wait", "--for=condition=ReplicaFailure", "deployment/web", "--timeout=30s"))

// readinessScenes are about pods that run and are not ready, or not for long.
func readinessScenes() []scene {
	lostReadiness := steps(well(1), lives("app=web", time.Hour, 0, false))
	return []scene{
		{name: "readiness lost, restart", why: "the pod that had lost its readiness was replaced by one that is ready and stays so",
			action: restartText, ill: lostReadiness, do: runs("rollout", "restart", "deployment/web"), want: recovered},
		{name: "readiness lost, nothing done", why: "the same pod is as little ready as before",
			action: "restart_service:web", ill: lostReadiness, want: stillBroken},
		{name: "readiness lost, new pods not ready yet", why: "the new pod runs and is not ready; twelve seconds do not tell whether it will be",
			action: restartText, ill: lostReadiness, do: applies(deployment(1, "notready")),
			rounds: 4, want: converging},
		{name: "slow start", why: "the new pods take six seconds to be ready, and hold",
			action: undoText, ill: neverWell(2, "crashloop", "CrashLoopBackOff"), do: applies(deployment(2, "slow")), rounds: 12, mistakes: []int{11}, want: recovered},
		{name: "slower than the deadline", why: "the new pods are on their way when the deadline comes",
			action: undoText, ill: neverWell(2, "crashloop", "CrashLoopBackOff"), do: applies(deployment(2, "slow")), rounds: 3, mistakes: []int{11}, want: converging},
		{name: "progress deadline exceeded, undo", why: "the rollout that did not end is gone",
			action: undoText, ill: overdue, do: undo, rounds: 8, want: recovered},
		{name: "progress deadline exceeded, restart", why: "the new rollout does not end either",
			action: restartText, ill: overdue, do: steps(runs("rollout", "restart", "deployment/web"),
				runs("wait", "--for=condition=Progressing=false", "deployment/web", "--timeout=60s")), want: stillBroken},
		{name: "evicted pod left behind", why: "an evicted pod is the remains of one; its Deployment has all its pods",
			action: undoText, ill: steps(sickens("crashloop", "CrashLoopBackOff"), evicted), do: undo, mistakes: []int{7}, want: recovered},
		{name: "old pods terminate", why: "pods that are being deleted do not count, however badly they are",
			action: undoText, ill: steps(sickens("crashloop", "CrashLoopBackOff"), heldBack), do: undo, mistakes: []int{7}, want: recovered},
	}
}

// overdue is a rollout that makes no progress within its deadline.
var overdue = steps(applies(hurried("")), settles(), applies(hurried("notready")),
	runs("wait", "--for=condition=Progressing=false", "deployment/web", "--timeout=60s"))

func hurried(state string) string {
	return of("Deployment", "  progressDeadlineSeconds: 3\n", deployment(1, state))
}

// evicted gives web's oldest good pod the phase of an evicted one; its
// ReplicaSet replaces it.
func evicted(st *stage) {
	pod := st.oldest("app=web,!" + StateLabel)
	st.SetState(st.TB, st.namespace, pod.Name, "manual")
	st.PatchPodStatus(st.TB, st.namespace, pod.Name, `{"status":{"phase":"Failed","reason":"Evicted","message":"The node was low on resource: memory."}}`)
}

// heldBack keeps web's crashing pods from going away at once.
func heldBack(st *stage) {
	for _, pod := range st.Pods(st.TB, st.namespace, "app=web,"+StateLabel) {
		st.kubectl("patch", "pod", pod.Name, "--type=merge", "-p", `{"metadata":{"finalizers":["aftercheck.test/held"]}}`)
		st.Cleanup(func() {
			_, _ = st.runKubectl(contextOf(), "", "-n", st.namespace, "patch", "pod", pod.Name, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`)
		})
	}
}

// vanishingScenes "heal" by taking away, or replace what was there.
func vanishingScenes() []scene {
	crashing := neverWell(2, "crashloop", "CrashLoopBackOff")
	return []scene{
		{name: "scaled to zero as a fix", why: "nothing crashes because nothing runs",
			action: "kubectl scale deployment/web --replicas=0", ill: crashing, do: runs("scale", "deployment/web", "--replicas=0"), mistakes: []int{8}, want: scaledDown},
		{name: "scaled to zero for maintenance", why: "it was healthy and was taken down on purpose: no failure, and no healing",
			action: "scale deployment/web to zero for maintenance", ill: well(2), do: runs("scale", "deployment/web", "--replicas=0"), mistakes: []int{8},
			want: outcome{aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence, aftercheck.AnswerNo, nil}},
		{name: "deleted as a fix", why: "the Deployment does not exist any more",
			action: "kubectl delete deployment/web", ill: crashing, do: runs("delete", "deployment/web"), mistakes: []int{8}, want: targetGone},
		{name: "deleted and created anew", why: "another Deployment of the same name runs; the symptom is gone",
			action: "kubectl replace --force -f web.yaml", ill: crashing, do: steps(runs("delete", "deployment/web"), applies(deployment(2, ""))),
			mistakes: []int{7}, want: recovered},
		{name: "deleted and created anew, still bad", why: "another Deployment of the same name crashes as the old one did",
			action: "kubectl replace --force -f web.yaml", ill: crashing, do: steps(runs("delete", "deployment/web"), applies(deployment(2, "crashloop")), waits("app=web", 2, "CrashLoopBackOff")),
			mistakes: []int{7}, want: stillBroken},
		{name: "namespace deleted as a fix", why: "the whole namespace is on its way out, the Deployment with it",
			action: "kubectl delete namespace shop", ill: crashing, do: func(st *stage) { st.Kubectl(st.TB, "delete", "namespace", st.namespace, "--wait=false") },
			mistakes: []int{8}, rounds: 8, want: targetGone},
		{name: "healthy, restarted", why: "all the pods are new and well: the restart that was asked for happened",
			action: restartText, ill: well(2), do: steps(runs("rollout", "restart", "deployment/web"), settles()), want: restarted},
		{name: "healthy, restart without effect", why: "the same pods as before: nothing was restarted",
			action: restartText, ill: well(2), mistakes: []int{6}, want: noEffect},
		{name: "healthy, pod deleted", why: "the pod that was deleted has a successor that is well",
			action: "kubectl delete pod", ill: well(2), do: func(st *stage) {
				st.kubectl("delete", "pod", st.oldest("app=web").Name)
				settles()(st)
			}, mistakes: []int{7}, want: restarted},
		{name: "healthy, new image", why: "there was nothing to heal",
			action: "kubectl set image deployment/web web=example.invalid/web:2", ill: well(2),
			do: steps(runs("set", "image", "deployment/web", "web=example.invalid/web:2"), settles()), mistakes: []int{6}, want: wasHealthy},
		{name: "healthy, scaled up", why: "there was nothing to heal",
			action: "kubectl scale deployment/web --replicas=4", ill: well(2), do: steps(runs("scale", "deployment/web", "--replicas=4"), settles()), mistakes: []int{6}, want: wasHealthy},
		{name: "healthy, scaled down", why: "there was nothing to heal, and fewer replicas are what was asked for",
			action: "kubectl scale deployment/web --replicas=1", ill: well(3), do: steps(runs("scale", "deployment/web", "--replicas=1"), settles()), mistakes: []int{6}, want: wasHealthy},
		{name: "healthy, restart under way", why: "the new pods are not ready yet when the deadline comes: the restart has not shown",
			action: restartText, ill: well(2), do: applies(deployment(2, "slow")), rounds: 2, mistakes: []int{11}, want: converging},
		{name: "healthy, diagnosis", why: "a look changes nothing, so it healed nothing",
			action: "mcp:ssh_diagnose node-0", ill: well(2), want: onlyLooked},
		{name: "crash loop, diagnosis", why: "a look changes nothing, and the pods crash as before",
			action: "mcp:ssh_diagnose node-0", ill: crashing, want: stillBroken},
	}
}
