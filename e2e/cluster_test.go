//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/aftercheck/aftercheck/internal/testbed"
)

// deployment returns the manifest of a Deployment "web" whose pods are put into
// the state, or get well by themselves if it is empty.
func deployment(replicas int, state string) string {
	label := ""
	if state != "" {
		label = fmt.Sprintf(", %s: %s", StateLabel, state)
	}
	return fmt.Sprintf(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: %d
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web%s}}
    spec: {containers: [{name: web, image: "example.invalid/web:1"}]}
`, replicas, label)
}

// await waits until a pod that the selector finds satisfies the condition, and
// returns it.
func await(t *testing.T, c *Cluster, namespace, selector string, holds func(corev1.Pod) bool) corev1.Pod {
	t.Helper()
	var found corev1.Pod
	testbed.Eventually(t, 30*time.Second, func() error {
		pods := c.Pods(t, namespace, selector)
		for _, pod := range pods {
			if holds(pod) {
				found = pod
				return nil
			}
		}
		return fmt.Errorf("none of the %d pods %s is in the state; kubectl:\n%s", len(pods), selector, c.Kubectl(t, "-n", namespace, "get", "pods"))
	})
	return found
}

func ready(pod corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

func waitingFor(reason string) func(corev1.Pod) bool {
	return func(pod corev1.Pod) bool {
		statuses := pod.Status.ContainerStatuses
		return len(statuses) == 1 && statuses[0].State.Waiting != nil && statuses[0].State.Waiting.Reason == reason && !ready(pod)
	}
}

func TestDeploymentBecomesReadyAndUndoHeals(t *testing.T) {
	t.Parallel()
	c := Shared(t)
	ns := c.Namespace(t)
	c.Apply(t, ns, deployment(2, ""))
	c.Kubectl(t, "-n", ns, "rollout", "status", "deployment/web", "--timeout=30s")

	c.Apply(t, ns, deployment(2, "crashloop"))
	pod := await(t, c, ns, "app=web", waitingFor("CrashLoopBackOff"))
	if restarts := pod.Status.ContainerStatuses[0].RestartCount; restarts != 7 {
		t.Errorf("%d restarts, want 7", restarts)
	}
	c.Kubectl(t, "-n", ns, "rollout", "undo", "deployment/web")
	c.Kubectl(t, "-n", ns, "rollout", "status", "deployment/web", "--timeout=30s")
}

func TestStatesOfPods(t *testing.T) {
	t.Parallel()
	c := Shared(t)
	ns := c.Namespace(t)
	killed := func(pod corev1.Pod) bool {
		last := pod.Status.ContainerStatuses[0].LastTerminationState.Terminated
		return last != nil && last.Reason == "OOMKilled" && last.ExitCode == 137
	}
	for state, holds := range map[string]func(corev1.Pod) bool{
		"crashloop": waitingFor("CrashLoopBackOff"),
		"imagepull": func(pod corev1.Pod) bool {
			return waitingFor("ImagePullBackOff")(pod) && pod.Status.Phase == corev1.PodPending
		},
		"oom": func(pod corev1.Pod) bool { return waitingFor("CrashLoopBackOff")(pod) && killed(pod) },
		"notready": func(pod corev1.Pod) bool {
			return pod.Status.Phase == corev1.PodRunning && !ready(pod) && pod.Status.ContainerStatuses[0].State.Running != nil
		},
		"flapping": func(pod corev1.Pod) bool { return !ready(pod) && restarts(pod) >= 1 },
	} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			c.Kubectl(t, "-n", ns, "run", state, "--image=example.invalid/x:1", "--labels=run="+state+","+StateLabel+"="+state)
			pod := await(t, c, ns, "run="+state, holds)

			before := restarts(pod)
			c.SetState(t, ns, state, "recovered")
			pod = await(t, c, ns, "run="+state, ready)
			if now := restarts(pod); now < before {
				t.Errorf("restarts fell from %d to %d", before, now)
			}
			if is := pod.Status.ContainerStatuses[0].State; is.Running == nil || is.Waiting != nil {
				t.Errorf("container state %+v, want running alone", is)
			}

			c.SetState(t, ns, state, state) // and falls over again
			await(t, c, ns, "run="+state, holds)
		})
	}
}

func restarts(pod corev1.Pod) int32 {
	if len(pod.Status.ContainerStatuses) == 0 {
		return 0
	}
	return pod.Status.ContainerStatuses[0].RestartCount
}

func TestPatchedStatusStays(t *testing.T) {
	t.Parallel()
	c := Shared(t)
	ns := c.Namespace(t)
	c.Kubectl(t, "-n", ns, "run", "solo", "--image=example.invalid/x:1")
	await(t, c, ns, "run=solo", ready)
	c.SetState(t, ns, "solo", "manual")
	c.PatchPodStatus(t, ns, "solo", `{"status":{"containerStatuses":[{"name":"solo","image":"x","imageID":"","ready":true,"restartCount":42,"state":{"running":{}}}]}}`)
	await(t, c, ns, "run=solo", func(pod corev1.Pod) bool { return ready(pod) && restarts(pod) == 42 })
}

func TestJobCompletesAndHugePodIsUnschedulable(t *testing.T) {
	t.Parallel()
	c := Shared(t)
	ns := c.Namespace(t)
	c.Kubectl(t, "-n", ns, "create", "job", "once", "--image=example.invalid/x:1")
	c.Kubectl(t, "-n", ns, "wait", "--for=condition=Complete", "job/once", "--timeout=30s")

	c.Kubectl(t, "-n", ns, "run", "huge", "--image=example.invalid/x:1",
		`--overrides={"spec":{"containers":[{"name":"huge","image":"x","resources":{"requests":{"cpu":"500"}}}]}}`)
	await(t, c, ns, "run=huge", func(pod corev1.Pod) bool {
		return len(pod.Status.Conditions) > 0 && pod.Status.Conditions[0].Reason == corev1.PodReasonUnschedulable
	})
}

func TestNodeLosesAndRegainsReady(t *testing.T) {
	t.Parallel()
	c := Shared(t)
	c.Node(t, "own-node")
	c.Kubectl(t, "label", "node", "own-node", StateLabel+"=notready")
	c.Kubectl(t, "wait", "--for=condition=Ready=False", "node/own-node", "--timeout=30s")
	testbed.Eventually(t, 30*time.Second, func() error {
		taints := c.Kubectl(t, "get", "node", "own-node", "-o", "jsonpath={.spec.taints[*].key}")
		if !strings.Contains(taints, corev1.TaintNodeNotReady) {
			return fmt.Errorf("taints %q, want %s", taints, corev1.TaintNodeNotReady)
		}
		return nil
	})
	c.Kubectl(t, "label", "node", "own-node", StateLabel+"-")
	c.Kubectl(t, "wait", "--for=condition=Ready", "node/own-node", "--timeout=30s")
}

func TestServiceAccountMayDoWhatItsManifestSays(t *testing.T) {
	t.Parallel()
	c := Shared(t)
	ns, other := c.Namespace(t), c.Namespace(t)
	config, err := clientcmd.BuildConfigFromFlags("", c.ServiceAccountKubeconfig(t, ns, "testdata/reader.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	reader, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reader.CoreV1().Pods(ns).List(t.Context(), metav1.ListOptions{}); err != nil {
		t.Errorf("listing pods where the role allows it: %v", err)
	}
	if _, err := reader.CoreV1().Pods(other).List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("listing pods elsewhere: %v, want forbidden", err)
	}
	if err := reader.CoreV1().Pods(ns).Delete(t.Context(), "x", metav1.DeleteOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("deleting a pod: %v, want forbidden", err)
	}
}
