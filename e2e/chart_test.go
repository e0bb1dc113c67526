//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/client"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

const chart = "../charts/aftercheck"

// helm runs helm on the cluster, with releases in the namespace.
func (c *Cluster) helm(t *testing.T, namespace string, args ...string) string {
	t.Helper()
	out, err := testbed.Helm(t, append(args, "--kubeconfig", c.Kubeconfig, "-n", namespace)...)
	if err != nil {
		t.Fatalf("%v\n%s", err, c.Kubectl(t, "-n", namespace, "get", "events,pods,deployments"))
	}
	return out
}

// restricted is a namespace where the API server refuses pods that may do more
// than the strictest of the pod security standards lets them.
func (c *Cluster) restricted(t *testing.T) string {
	t.Helper()
	ns := c.Namespace(t)
	c.Kubectl(t, "label", "namespace", ns, "pod-security.kubernetes.io/enforce=restricted")
	return ns
}

// TestChartIsInstalledUpgradedRolledBackAndGone goes through the life of a
// release. Helm waits for the rollouts itself.
func TestChartIsInstalledUpgradedRolledBackAndGone(t *testing.T) {
	t.Parallel()
	c := Shared(t)
	ns := c.restricted(t)
	const wait = "--wait"
	values := []string{"--timeout", "3m", "-f", filepath.Join(chart, "ci", "cluster-wide-values.yaml")}
	c.helm(t, ns, append([]string{"install", "fix", chart, wait}, values...)...)
	pod := await(t, c, ns, "app.kubernetes.io/instance=fix", ready)
	if statuses := pod.Status.InitContainerStatuses; len(statuses) != 1 || statuses[0].Name != "aftercheck" || statuses[0].State.Running == nil {
		t.Errorf("the sidecar does not run beside the executor: %+v", statuses)
	}
	first := templateOf(t, c, ns)

	c.helm(t, ns, append([]string{"upgrade", "fix", chart, wait, "--set", "replicas=2"}, values...)...)
	if again := templateOf(t, c, ns); again != first {
		t.Errorf("pods are replaced though only their number changed: %s, then %s", first, again)
	}
	c.helm(t, ns, append([]string{"upgrade", "fix", chart, wait, "--set", "config.default_namespace=elsewhere"}, values...)...)
	if changed := templateOf(t, c, ns); changed == first {
		t.Errorf("pods stay though their configuration changed: %s", changed)
	}
	if rolled := c.Kubectl(t, "-n", ns, "get", "replicasets", "-o", "name"); len(strings.Fields(rolled)) != 2 {
		t.Errorf("one change of the template made the replica sets %s", rolled)
	}
	c.helm(t, ns, "rollback", "fix", "1", wait, "--timeout", "3m")
	if back := templateOf(t, c, ns); back != first {
		t.Errorf("rolled back to %s, want %s", back, first)
	}

	c.helm(t, ns, "uninstall", "fix", wait, "--timeout", "3m")
	testbed.Eventually(t, time.Minute, func() error { return c.gone(t, ns, "fix") })
}

// templateOf is the checksum of the configuration in the Deployment's template.
func templateOf(t *testing.T, c *Cluster, ns string) string {
	t.Helper()
	deployment, err := c.Client.AppsV1().Deployments(ns).Get(t.Context(), "fix-aftercheck", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return deployment.Spec.Template.Annotations["aftercheck.github.io/config-checksum"]
}

// gone returns an error while anything of the release is left.
func (c *Cluster) gone(t *testing.T, namespace, release string) error {
	t.Helper()
	inNamespace := "all,configmaps,serviceaccounts,secrets,roles,rolebindings,networkpolicies,poddisruptionbudgets,persistentvolumeclaims"
	left := c.Kubectl(t, "-n", namespace, "get", inNamespace, "-l", "app.kubernetes.io/instance="+release, "-o", "name")
	left += c.Kubectl(t, "-n", namespace, "get", "secrets", "-l", "owner=helm", "-o", "name")
	for _, name := range strings.Fields(c.Kubectl(t, "get", "clusterroles,clusterrolebindings", "-l", "app.kubernetes.io/instance="+release, "-o", "name")) {
		if strings.Contains(name, namespace) {
			left += " " + name
		}
	}
	if left != "" {
		return fmt.Errorf("left of the release: %s", left)
	}
	return nil
}

// TestChartIsTakenByTheServer installs the chart with each of the values that it
// is checked with; the API server has the last word on every object.
func TestChartIsTakenByTheServer(t *testing.T) {
	t.Parallel()
	c := Shared(t)
	c.defineOperatorKinds(t)
	paths, err := filepath.Glob(filepath.Join(chart, "ci", "*-values.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), "-values.yaml"), func(t *testing.T) {
			t.Parallel()
			ns := c.restricted(t)
			c.helm(t, ns, "install", "fix", chart, "-f", path, "--set", "rbac.namespaces={"+ns+"}")
			testbed.Eventually(t, time.Minute, func() error { return c.podsMade(t, ns) })
			c.helm(t, ns, "uninstall", "fix")
		})
	}
}

// podsMade returns an error until there are the pods that the Deployment wants:
// the API server refused none of them.
func (c *Cluster) podsMade(t *testing.T, ns string) error {
	t.Helper()
	deployments, err := c.Client.AppsV1().Deployments(ns).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, deployment := range deployments.Items {
		if deployment.Status.Replicas != *deployment.Spec.Replicas {
			return fmt.Errorf("%d of %d pods: %+v", deployment.Status.Replicas, *deployment.Spec.Replicas, deployment.Status.Conditions)
		}
	}
	return nil
}

// TestTheChartsSidecarVerifies runs the sidecar as the chart sets it up in the
// pods of another chart: its flags, its configuration and its service account are
// read from the cluster. The process runs here, since kwok runs none.
func TestTheChartsSidecarVerifies(t *testing.T) {
	t.Parallel()
	c := Shared(t)
	ns := c.Namespace(t)
	c.defineOperatorKinds(t)
	c.helm(t, ns, "install", "ops", testbed.ChartThatDepends(t, "../charts"), "--wait", "--timeout", "3m",
		"--set", "aftercheck.config.default_policy.deadline=20s")
	pod := await(t, c, ns, "app=runbooks", ready)
	account := c.tokenKubeconfig(t, ns, pod.Spec.ServiceAccountName)

	given := rightsOf(t, account, ns)
	for name, verbs := range rightsOf(t, c.tokenKubeconfig(t, ns, "default"), ns) {
		if slices.Equal(given[name], verbs) {
			delete(given, name)
		}
	}
	if diff := cmp.Diff(documented, given); diff != "" {
		t.Errorf("rights (-documented +given by the chart):\n%s", diff)
	}

	sidecar := c.runAsInThePod(t, pod, account)
	healed := c.breakAndRepair(t, ns, sidecar)
	if healed.Verdict != aftercheck.Success || healed.Reason != aftercheck.ReasonRecovered {
		t.Errorf("%s/%s (%s), want success/recovered; %+v", healed.Verdict, healed.Reason, healed.Explanation, healed.Findings)
	}

	c.Kubectl(t, "-n", ns, "delete", "rolebinding/ops-aftercheck-reader")
	client := clientOf(t, account)
	testbed.Eventually(t, time.Minute, func() error {
		if _, err := client.AppsV1().Deployments(ns).List(t.Context(), metav1.ListOptions{}); err == nil {
			return fmt.Errorf("the account still has its rights")
		}
		return nil
	})
	blind := c.breakAndRepair(t, ns, sidecar)
	if blind.Verdict != aftercheck.Degraded || blind.Reason != aftercheck.ReasonInsufficientEvidence {
		t.Errorf("without its rights: %s/%s (%s), want degraded/insufficient_evidence", blind.Verdict, blind.Reason, blind.Explanation)
	}
}

// breakAndRepair makes the Deployment web crash, has the sidecar look, undoes it,
// and returns the sidecar's verification.
func (c *Cluster) breakAndRepair(t *testing.T, ns string, sidecar *client.Client) aftercheck.Verification {
	t.Helper()
	illAfterRollout("crashloop", "CrashLoopBackOff")(t, c, ns)
	incident := aftercheck.Incident{ID: t.Name(), Alertname: "KubePodCrashLooping", Labels: map[string]string{"namespace": ns, "deployment": "web"}}
	action := aftercheck.Action{Text: "kubectl rollout undo deployment/web", StartedAt: time.Now()}
	snapshot, err := sidecar.Capture(t.Context(), aftercheck.SnapshotRequest{Incident: incident, Action: action})
	if err != nil {
		t.Fatal(err)
	}
	c.Kubectl(t, "-n", ns, "rollout", "undo", "deployment/web")
	c.Kubectl(t, "-n", ns, "rollout", "status", "deployment/web", "--timeout=60s")
	action.FinishedAt = time.Now()
	verification, err := sidecar.Verify(t.Context(), aftercheck.VerificationRequest{Incident: incident, Action: action, SnapshotID: snapshot.ID}, 2*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if !verification.Sealed() {
		t.Fatalf("no verdict: %+v", verification)
	}
	return verification
}

// runAsInThePod starts the real sidecar with the arguments that it has in the pod.
// What its volumes would bring lies in a directory instead, and its token in a
// kubeconfig.
func (c *Cluster) runAsInThePod(t *testing.T, pod corev1.Pod, kubeconfig string) *client.Client {
	t.Helper()
	dir := t.TempDir()
	container := pod.Spec.InitContainers[0]
	replace := map[string]string{}
	for n, mount := range container.VolumeMounts {
		at := filepath.Join(dir, fmt.Sprint(n))
		if err := os.Mkdir(at, 0o700); err != nil {
			t.Fatal(err)
		}
		replace[mount.MountPath] = at
		c.fillFrom(t, pod, mount.Name, at)
	}
	port := testbed.FreePort(t)
	replace[":19746"] = fmt.Sprintf("127.0.0.1:%d", port)
	arguments := slices.Clone(container.Args)
	for _, from := range slices.Sorted(maps.Keys(replace)) {
		for n := range arguments {
			arguments[n] = strings.ReplaceAll(arguments[n], from, replace[from])
		}
	}
	binary := filepath.Join(dir, "aftercheck")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../cmd/sidecar").CombinedOutput(); err != nil {
		t.Fatalf("building the sidecar: %v\n%s", err, out)
	}
	sidecar, err := client.New(filepath.Join(replace["/run/aftercheck"], "aftercheck.sock"))
	if err != nil {
		t.Fatal(err)
	}
	process, err := testbed.Launch(testbed.Command{
		Name: "sidecar", Path: binary, Dir: dir, Args: arguments, Within: time.Minute, Env: append(os.Environ(), "KUBECONFIG="+kubeconfig),
		Ready: func(ctx context.Context) error { return sidecar.Ready(ctx) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		process.Stop(20 * time.Second)
		if t.Failed() {
			t.Log(process.LogTail(30))
		}
	})
	return sidecar
}

// fillFrom writes the files of the pod's volume, if they are a ConfigMap's.
func (c *Cluster) fillFrom(t *testing.T, pod corev1.Pod, volume, dir string) {
	t.Helper()
	for _, candidate := range pod.Spec.Volumes {
		if candidate.Name != volume || candidate.ConfigMap == nil {
			continue
		}
		content, err := c.Client.CoreV1().ConfigMaps(pod.Namespace).Get(t.Context(), candidate.ConfigMap.Name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range content.Data {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
