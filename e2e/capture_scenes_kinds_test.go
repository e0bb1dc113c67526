//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"time"

	"github.com/aftercheck/aftercheck"
)

// workloadScenes are about StatefulSets, DaemonSets and single pods.
func workloadScenes() []scene {
	set, daemon, solo := map[string]string{"statefulset": "web"}, map[string]string{"daemonset": "web"}, map[string]string{"pod": "solo"}
	return []scene{
		{name: "StatefulSet, undo alone", labels: set, why: "a StatefulSet does not replace a pod that never got ready: the undo alone changes nothing",
			action: "kubectl rollout undo statefulset/web", ill: stuckSet, do: runs("rollout", "undo", "statefulset/web"), want: stillBroken},
		{name: "StatefulSet, undo and pod deleted", labels: set, why: "the pod of the bad revision is gone, and its successor is ready",
			action: "kubectl rollout undo statefulset/web && kubectl delete pod web-1", ill: stuckSet,
			do: steps(runs("rollout", "undo", "statefulset/web"), runs("delete", "pod", "web-1")), mistakes: []int{7}, rounds: 8, want: recovered},
		{name: "StatefulSet, healthy pod deleted", labels: set, why: "a pod of the same name with another UID is another pod: the restart happened",
			action: "kubectl delete pod web-0", ill: steps(applies(statefulSet(2, "")), eventually("app=web", 2, ready)),
			do: steps(runs("delete", "pod", "web-0"), eventually("app=web", 2, ready)), mistakes: []int{7}, want: restarted},
		{name: "DaemonSet, undo", labels: daemon, why: "the revision that crashed is gone",
			action: "kubectl rollout undo daemonset/web", ill: steps(applies(daemonSet("")), eventually("app=web", 1, ready),
				applies(daemonSet("crashloop")), waits("app=web", 1, "CrashLoopBackOff")),
			do: runs("rollout", "undo", "daemonset/web"), rounds: 8, want: recovered},
		{name: "DaemonSet, selected away", labels: daemon, why: "a selector that fits no node scales a DaemonSet to zero",
			action: "kubectl patch daemonset/web nodeSelector", ill: steps(applies(daemonSet("crashloop")), waits("app=web", 1, "CrashLoopBackOff")),
			do: runs("patch", "daemonset", "web", "-p", `{"spec":{"template":{"spec":{"nodeSelector":{"nowhere":"true"}}}}}`), mistakes: []int{8},
			want: outcome{aftercheck.Failed, aftercheck.ReasonTargetScaledDown, aftercheck.AnswerNo, []string{"DaemonSet/shop/web"}}},
		{name: "pod of nobody, deleted", labels: solo, why: "nobody makes the pod again",
			action: "kubectl delete pod solo", ill: steps(runs("run", "solo", "--image=example.invalid/x:1", "--restart=Never", "--labels="+StateLabel+"=failed"),
				runs("wait", "--for=jsonpath={.status.phase}=Failed", "pod/solo", "--timeout=30s")),
			do: runs("delete", "pod", "solo"), mistakes: []int{8}, want: targetGone},
		{name: "pod of nobody, failed for good", labels: solo, why: "a pod that is not to be restarted stays failed",
			action: "restart_service:solo", ill: steps(runs("run", "solo", "--image=example.invalid/x:1", "--restart=Never", "--labels="+StateLabel+"=failed"),
				runs("wait", "--for=jsonpath={.status.phase}=Failed", "pod/solo", "--timeout=30s")), want: stillBroken},
		{name: "alert about a pod that is replaced", labels: map[string]string{"pod": "web-0", "container": "web"},
			why: "the alert names a pod, but means the workload that outlives it", action: "kubectl delete pod web-0",
			ill: steps(applies(statefulSet(2, "")), eventually("app=web", 2, ready), turn("app=web", "crashloop", false)),
			do:  runs("delete", "pod", "web-0"), mistakes: []int{7}, want: recovered},
	}
}

// stuckSet is a StatefulSet whose update stands still at its first broken pod.
var stuckSet = steps(applies(statefulSet(2, "")), eventually("app=web", 2, ready), applies(statefulSet(2, "crashloop")),
	waits("app=web,"+StateLabel+"=crashloop", 1, "CrashLoopBackOff"))

const report = `
apiVersion: batch/v1
kind: CronJob
metadata: {name: report}
spec:
  schedule: "0 0 1 1 *"
  jobTemplate:
    spec:
      backoffLimit: 0
      template:
        metadata: {labels: {aftercheck.test/state: failed}}
        spec: {restartPolicy: Never, containers: [{name: report, image: "example.invalid/report:1"}]}
`

// jobScenes are about work that ends.
func jobScenes() []scene {
	importJob, cron := map[string]string{"job_name": "import"}, map[string]string{"cronjob": "report"}
	fails := runs("wait", "--for=condition=Failed", "job/import", "--timeout=30s")
	cronFailed := steps(applies(report), runs("create", "job", "report-1", "--from=cronjob/report"), runs("wait", "--for=condition=Failed", "job/report-1", "--timeout=30s"))
	return []scene{
		{name: "Job, run again", labels: importJob, why: "the Job was created anew and completed",
			action: "kubectl replace --force -f import.yaml", ill: steps(applies(job("failed")), fails),
			do: steps(runs("delete", "job", "import"), applies(job(""))), mistakes: []int{7}, want: recovered},
		{name: "Job, run again and failed again", labels: importJob, why: "the Job was created anew and failed as before",
			action: "kubectl replace --force -f import.yaml", ill: steps(applies(job("failed")), fails),
			do: steps(runs("delete", "job", "import"), applies(job("failed")), fails), want: stillBroken},
		{name: "Job, run again and still running", labels: importJob, why: "a Job that runs has not succeeded",
			action: "kubectl replace --force -f import.yaml", ill: steps(applies(job("failed")), fails),
			do: steps(runs("delete", "job", "import"), applies(job("notready")), eventually("job-name=import", 1, started)), want: converging},
		{name: "Job, failed for good", labels: importJob, why: "nothing starts a failed Job again",
			action: "restart_service:import", ill: steps(applies(job("failed")), fails), want: stillBroken},
		{name: "CronJob, run by hand", labels: cron, why: "the last run succeeded where the one before had failed",
			action: "kubectl create job --from=cronjob/report", ill: cronFailed,
			do: steps(runs("patch", "cronjob", "report", "--type=json", "-p", `[{"op":"remove","path":"/spec/jobTemplate/spec/template/metadata/labels"}]`),
				runs("create", "job", "report-2", "--from=cronjob/report")), want: recovered},
		{name: "CronJob, suspended as a fix", labels: cron, why: "a CronJob that is suspended fails no more because it runs no more",
			action: "kubectl patch cronjob/report suspend", ill: cronFailed,
			do: runs("patch", "cronjob", "report", "-p", `{"spec":{"suspend":true}}`), mistakes: []int{8}, want: cannotBeTold},
	}
}

// nodeScenes are about a node.
func nodeScenes() []scene {
	own := map[string]string{"node": "node-of-$namespace"}
	const alert = "KubeNodeNotReady"
	return []scene{
		{name: "node comes back", labels: own, alert: alert, why: "the kubelet reports again, and goes on to",
			action: "ssh node systemctl restart kubelet", ill: keepsNode("notready"), do: revives, want: recovered},
		{name: "node stays away", labels: own, alert: alert, why: "the kubelet is as silent as before",
			action: "ssh node systemctl restart kubelet", ill: keepsNode("notready"), want: stillBroken},
		{name: "node not ready, cordoned", labels: own, alert: alert, why: "a cordon keeps pods away and heals nothing",
			action: "kubectl cordon node", ill: keepsNode("notready"), do: node("cordon", "NODE"), mistakes: []int{8}, want: stillBroken},
		{name: "node comes back, and stays cordoned", labels: own, alert: alert, why: "the kubelet reports again, but no pod may run there: it is not in service",
			action: "ssh node systemctl restart kubelet", ill: steps(keepsNode("notready"), node("cordon", "NODE")), do: revives, mistakes: []int{8}, want: cannotBeTold},
		{name: "node deleted as a fix", labels: own, alert: alert, why: "there is no such node any more",
			action: "kubectl delete node", ill: keepsNode("notready"), do: node("delete", "node", "NODE"), mistakes: []int{8}, want: targetGone},
		{name: "node lost, drained", why: "the pods were evicted from the node that is lost, and their successors are ready elsewhere",
			action: "kubectl drain node --force", ill: onLostNode, do: node("drain", "NODE", "--force", "--ignore-daemonsets", "--grace-period=0", "--disable-eviction", "--timeout=30s"), mistakes: []int{7}, want: recovered},
		{name: "node lost, nothing done", why: "the pods on the lost node are as little ready as before",
			action: "restart_service:web", ill: onLostNode, want: stillBroken},
		{name: "healthy node, diagnosis", labels: own, alert: alert, why: "the node had come back by itself, and was only looked at",
			action: "mcp:ssh_diagnose node", ill: keepsNode(""), want: onlyLooked},
	}
}

// onLostNode puts web on a node that is then lost, and its pod's readiness with
// it.
var onLostNode = steps(keepsNode(""), func(st *stage) { st.apply(movable(st)) }, settles(), node("label", "node", "NODE", StateLabel+"=notready"),
	lives("app=web", time.Hour, 0, false), runs("wait", "--for=jsonpath={.status.unavailableReplicas}=1", "deployment/web", "--timeout=60s"))

const claim = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {storageClassName: $class, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`

const autoscaler = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  minReplicas: 2
  maxReplicas: 5
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
`

const budget = `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
`

// policyScenes are about what stands around workloads: claims, autoscalers,
// budgets.
func policyScenes() []scene {
	return []scene{
		{name: "claim bound", labels: map[string]string{"persistentvolumeclaim": "data"}, why: "the claim has its volume",
			action: "kubectl apply -f volume.yaml", ill: applyClaim, do: bindClaim, want: recovered},
		{name: "claim unbound", labels: map[string]string{"persistentvolumeclaim": "data"}, why: "the claim is as young and as unbound as before; it may still be bound",
			action: "restart_service:provisioner", ill: applyClaim, want: converging},
		{name: "autoscaler without metrics", labels: map[string]string{"horizontalpodautoscaler": "web"}, why: "the autoscaler still cannot read what it scales by",
			action: restartText, ill: steps(applies(sized(deployment(2, ""), `{requests: {cpu: 100m}}`)), settles(), applies(autoscaler),
				runs("wait", "--for=condition=ScalingActive=false", "hpa/web", "--timeout=60s")),
			do: runs("rollout", "restart", "deployment/web"), want: stillBroken},
		{name: "disruption budget, undo", labels: map[string]string{"poddisruptionbudget": "web"}, why: "as many pods are healthy as the budget wants",
			action: undoText, ill: steps(applies(budget, atOnce("")), settles(), applies(atOnce("crashloop")), waits("app=web,"+StateLabel+"=crashloop", 3, "CrashLoopBackOff"),
				runs("wait", "--for=jsonpath={.status.currentHealthy}=0", "pdb/web", "--timeout=30s")),
			do: undo, rounds: 8, want: recovered},
		{name: "disruption budget, nothing done", labels: map[string]string{"poddisruptionbudget": "web"}, why: "fewer pods are healthy than the budget wants, as before",
			action: "restart_service:web", ill: steps(applies(budget), neverWell(2, "crashloop", "CrashLoopBackOff"), runs("wait", "--for=jsonpath={.status.desiredHealthy}=2", "pdb/web", "--timeout=30s")),
			want: stillBroken},
		{name: "limits lowered to fit", why: "it fits and runs; that it may use less from now on is worth a word, and no veto",
			action: "kubectl set resources deployment/web --limits=cpu=100m", ill: steps(
				applies(sized(deployment(1, ""), `{requests: {cpu: "500"}, limits: {cpu: "500"}}`)), eventually("app=web", 1, unschedulable)),
			do: applies(sized(deployment(1, ""), `{requests: {cpu: 100m}, limits: {cpu: 100m}}`)), want: recoveredBut("Deployment/shop/web")},
		{name: "incident next door", labels: map[string]string{"deployment": "cart"}, why: "the fix went to web; the incident is about cart, which crashes as before",
			action: undoText, ill: steps(applies(cart(deployment(1, "crashloop"))), waits("app=cart", 1, "CrashLoopBackOff"), sickens("crashloop", "CrashLoopBackOff")),
			do: undo, mistakes: []int{7}, want: outcome{aftercheck.Failed, aftercheck.ReasonStillBroken, aftercheck.AnswerNo, nil}},
	}
}

// applyClaim makes a claim of a class that only this scene has.
func applyClaim(st *stage) { st.apply(strings.ReplaceAll(claim, "$class", st.namespace)) }

// bindClaim makes a volume of that class.
func bindClaim(st *stage) {
	st.Apply(st.TB, st.namespace, fmt.Sprintf(`
apiVersion: v1
kind: PersistentVolume
metadata: {name: %[1]s}
spec: {storageClassName: %[1]s, capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /data}}
`, st.namespace))
	st.kubectl("wait", "--for=jsonpath={.status.phase}=Bound", "pvc/data", "--timeout=60s")
}
