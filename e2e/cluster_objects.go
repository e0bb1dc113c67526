//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/aftercheck/aftercheck/internal/testbed"
)

// Kubectl runs kubectl as the administrator and returns what it printed to
// standard output, without space around it. It fails the test if kubectl does.
func (c *Cluster) Kubectl(t testing.TB, args ...string) string {
	t.Helper()
	out, err := c.runKubectl(t.Context(), "", args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Apply applies manifests, YAML or JSON, one or many. Objects that name no
// namespace go to the given one.
func (c *Cluster) Apply(t testing.TB, namespace, manifests string) {
	t.Helper()
	if _, err := c.runKubectl(t.Context(), manifests, "-n", namespace, "apply", "-f", "-"); err != nil {
		t.Fatal(err)
	}
}

func (c *Cluster) runKubectl(ctx context.Context, input string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, c.kubectl, append([]string{"--kubeconfig", c.Kubeconfig}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return "", fmt.Errorf("kubectl %s: %w\n%s%s", strings.Join(args, " "), err, out, failed.Stderr)
	}
	return strings.TrimSpace(string(out)), err
}

// Namespace creates a namespace that ends with the test, and returns its name
// once pods can be created in it.
func (c *Cluster) Namespace(t testing.TB) string {
	t.Helper()
	namespace, err := c.Client.CoreV1().Namespaces().Create(t.Context(),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "e2e-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("creating a namespace: %v", err)
	}
	t.Cleanup(func() {
		// The controllers empty it on their own; nobody has to wait for that.
		_ = c.Client.CoreV1().Namespaces().Delete(context.Background(), namespace.Name, metav1.DeleteOptions{})
	})
	testbed.Eventually(t, 30*time.Second, func() error {
		_, err := c.Client.CoreV1().ServiceAccounts(namespace.Name).Get(t.Context(), "default", metav1.GetOptions{})
		return err
	})
	return namespace.Name
}

// Node adds a Ready node that ends with the test. Pods are kept off it unless
// they tolerate the taint aftercheck.test/own and select the node by its label
// kubernetes.io/hostname.
func (c *Cluster) Node(t testing.TB, name string) {
	t.Helper()
	own := corev1.Taint{Key: "aftercheck.test/own", Effect: corev1.TaintEffectNoSchedule}
	t.Cleanup(func() {
		_ = c.Client.CoreV1().Nodes().Delete(context.Background(), name, metav1.DeleteOptions{})
	})
	if err := c.addNode(t.Context(), name, own); err != nil {
		t.Fatalf("adding node %s: %v", name, err)
	}
}

// addNode creates a node and waits until it is Ready.
func (c *Cluster) addNode(ctx context.Context, name string, taints ...corev1.Taint) error {
	room := corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("32"),
		corev1.ResourceMemory: resource.MustParse("256Gi"),
		corev1.ResourcePods:   resource.MustParse("1000"),
	}
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
			corev1.LabelHostname: name, corev1.LabelOSStable: "linux", corev1.LabelArchStable: "amd64",
		}},
		Spec:   corev1.NodeSpec{Taints: taints},
		Status: corev1.NodeStatus{Allocatable: room, Capacity: room},
	}
	nodes := c.Client.CoreV1().Nodes()
	if _, err := nodes.Create(ctx, node, metav1.CreateOptions{}); err != nil {
		return err
	}
	return wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		node, err := nodes.Get(ctx, name, metav1.GetOptions{})
		return err == nil && nodeReady(node), nil
	})
}

func nodeReady(node *corev1.Node) bool {
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

// PatchPodStatus applies a strategic merge patch, JSON of the form
// {"status":{...}}, to the status of a pod. Give the pod the state manual
// first, or a stage may write over the patch.
func (c *Cluster) PatchPodStatus(t testing.TB, namespace, pod, patch string) {
	t.Helper()
	_, err := c.Client.CoreV1().Pods(namespace).Patch(t.Context(), pod, types.StrategicMergePatchType,
		[]byte(patch), metav1.PatchOptions{}, "status")
	if err != nil {
		t.Fatalf("patching the status of pod %s: %v", pod, err)
	}
}

// SetState puts a running pod into one of the states of the package's
// comment; the empty state takes the label away.
func (c *Cluster) SetState(t testing.TB, namespace, pod, state string) {
	t.Helper()
	value := "null"
	if state != "" {
		value = fmt.Sprintf("%q", state)
	}
	patch := fmt.Sprintf(`{"metadata":{"labels":{%q:%s}}}`, StateLabel, value)
	_, err := c.Client.CoreV1().Pods(namespace).Patch(t.Context(), pod, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	if err != nil {
		t.Fatalf("putting pod %s into the state %q: %v", pod, state, err)
	}
}

// Pods returns the pods that a label selector finds and that are not being
// deleted.
func (c *Cluster) Pods(t testing.TB, namespace, selector string) []corev1.Pod {
	t.Helper()
	list, err := c.Client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		t.Fatalf("listing pods: %v", err)
	}
	var pods []corev1.Pod
	for _, pod := range list.Items {
		if pod.DeletionTimestamp == nil {
			pods = append(pods, pod)
		}
	}
	return pods
}
