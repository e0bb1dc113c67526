package charts_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// executor are the values of a pod with an executor, and more.
func executor(more string) string {
	return "mode: executor\nexecutor: {image: registry.example/runbooks:3}\n" + more
}

// withPods are the values of ci that make a pod.
func withPods(t *testing.T) map[string]objects {
	t.Helper()
	found := map[string]objects{}
	for name, path := range valueFiles(t) {
		if rendered := renderChart(t, "aftercheck", "-f", path); len(all[*appsv1.Deployment](rendered)) > 0 {
			found[name] = rendered
		}
	}
	if len(found) < 5 {
		t.Fatalf("only %d values make a pod", len(found))
	}
	return found
}

// or is what the pointer leads to, or otherwise.
func or[T any](pointer *T, otherwise T) T {
	if pointer == nil {
		return otherwise
	}
	return *pointer
}

func TestEveryContainerIsHardened(t *testing.T) {
	t.Parallel()
	for name, found := range withPods(t) {
		pod := found.pod(t)
		for _, container := range append(pod.InitContainers, pod.Containers...) {
			s := container.SecurityContext
			if s == nil || !or(s.RunAsNonRoot, false) || !or(s.ReadOnlyRootFilesystem, false) || or(s.AllowPrivilegeEscalation, true) ||
				s.SeccompProfile == nil || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault ||
				s.Capabilities == nil || !slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) || len(s.Capabilities.Add) > 0 {
				t.Errorf("%s: container %s may do more than it should: %+v", name, container.Name, s)
			}
		}
		p := pod.SecurityContext
		if p == nil || !or(p.RunAsNonRoot, false) || p.FSGroup == nil || p.SeccompProfile == nil {
			t.Errorf("%s: the pod may do more than it should: %+v", name, p)
		}
		if container := sidecar(t, pod); or(container.SecurityContext.RunAsUser, 0) == 0 || or(container.SecurityContext.RunAsGroup, 0) == 0 {
			t.Errorf("%s: the sidecar runs as %+v", name, container.SecurityContext)
		}
		if or(pod.AutomountServiceAccountToken, true) {
			t.Errorf("%s: every container gets a token", name)
		}
	}
}

// TestTheSidecarHoldsNothingUp is about the executor: neither its start nor its
// readiness may depend on the sidecar's.
func TestTheSidecarHoldsNothingUp(t *testing.T) {
	t.Parallel()
	for name, found := range withPods(t) {
		pod := found.pod(t)
		container := sidecar(t, pod)
		if container.LivenessProbe == nil {
			t.Errorf("%s: a sidecar that hangs is never restarted", name)
		}
		if pod.Containers[0].Name == "aftercheck" {
			if container.RestartPolicy != nil || container.ReadinessProbe == nil {
				t.Errorf("%s: alone in its pod, it takes calls before it can", name)
			}
			continue
		}
		if len(pod.InitContainers) != 1 || or(container.RestartPolicy, "") != corev1.ContainerRestartPolicyAlways {
			t.Errorf("%s: the sidecar is no native one", name)
		}
		if container.StartupProbe != nil || container.ReadinessProbe != nil || container.Lifecycle != nil {
			t.Errorf("%s: the executor waits for the sidecar", name)
		}
	}
}

// TestTheExecutorCanOpenTheSocket looks for what it takes: the same volume, and a
// group for files on it that every container of the pod is in.
func TestTheExecutorCanOpenTheSocket(t *testing.T) {
	t.Parallel()
	pod := render(t, executor("")).pod(t)
	container := sidecar(t, pod)
	if !slices.Contains(container.Args, "--socket=/run/aftercheck/aftercheck.sock") {
		t.Errorf("the socket is elsewhere: %q", container.Args)
	}
	want := corev1.VolumeMount{Name: "aftercheck-socket", MountPath: "/run/aftercheck"}
	if diff := cmp.Diff(want, container.VolumeMounts[0]); diff != "" {
		t.Errorf("the sidecar's mount (-want +got):\n%s", diff)
	}
	want.ReadOnly = true
	if diff := cmp.Diff([]corev1.VolumeMount{want}, pod.Containers[0].VolumeMounts); diff != "" {
		t.Errorf("the executor's mounts (-want +got):\n%s", diff)
	}
	if volume := pod.Volumes[0]; volume.Name != want.Name || volume.EmptyDir == nil || volume.EmptyDir.SizeLimit == nil {
		t.Errorf("the volume is %+v", volume)
	}
	if or(pod.SecurityContext.FSGroup, 0) != 65532 {
		t.Errorf("no group owns the socket")
	}
}

// TestTheTokenIsWhereItIsNeeded counts the containers that can speak to the API
// server.
func TestTheTokenIsWhereItIsNeeded(t *testing.T) {
	t.Parallel()
	for values, want := range map[string]string{
		"":                             "aftercheck",
		"kubernetes: {enabled: false}": "",
		"executor: {image: x, mountServiceAccountToken: true}":                                 "aftercheck executor",
		"executor: {image: x, mountServiceAccountToken: true}\nkubernetes: {enabled: false}\n": "executor",
	} {
		base := executor("")
		if strings.HasPrefix(values, "executor") {
			base = "mode: executor\n"
		}
		pod := render(t, base+values).pod(t)
		var got []string
		for _, container := range append(pod.InitContainers, pod.Containers...) {
			for _, mount := range container.VolumeMounts {
				if mount.MountPath == "/var/run/secrets/kubernetes.io/serviceaccount" {
					got = append(got, container.Name)
				}
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: the token is in %q, want %q", values, got, want)
		}
	}
}

// TestSecretsAreFilesAlone looks for each Secret of the values in what would show
// it: environment, arguments, ConfigMaps.
func TestSecretsAreFilesAlone(t *testing.T) {
	t.Parallel()
	for name, found := range withPods(t) {
		pod := found.pod(t)
		for _, variable := range sidecar(t, pod).Env {
			if variable.ValueFrom != nil {
				t.Errorf("%s: the environment holds %+v", name, variable)
			}
		}
		if len(all[*corev1.Secret](found)) > 0 {
			t.Errorf("%s: the chart makes a Secret, whose content stood in values", name)
		}
		for _, mount := range sidecar(t, pod).VolumeMounts {
			if mount.SubPath != "" || mount.SubPathExpr != "" {
				t.Errorf("%s: what is mounted at %s is never renewed", name, mount.MountPath)
			}
			if strings.HasPrefix(mount.MountPath, "/etc/aftercheck/") && !mount.ReadOnly {
				t.Errorf("%s: %s can be written", name, mount.MountPath)
			}
		}
	}
}

func TestEveryMountHasItsVolume(t *testing.T) {
	t.Parallel()
	for name, found := range withPods(t) {
		pod := found.pod(t)
		used := map[string]bool{}
		for _, container := range append(pod.InitContainers, pod.Containers...) {
			at := map[string]bool{}
			for _, mount := range container.VolumeMounts {
				used[mount.Name] = true
				if at[mount.MountPath] {
					t.Errorf("%s: two mounts of %s at %s", name, container.Name, mount.MountPath)
				}
				at[mount.MountPath] = true
			}
		}
		there := map[string]bool{}
		for _, volume := range pod.Volumes {
			there[volume.Name] = true
		}
		if diff := cmp.Diff(there, used); diff != "" {
			t.Errorf("%s: volumes (-there +mounted):\n%s", name, diff)
		}
	}
}

func TestMemoryLimitOfGo(t *testing.T) {
	t.Parallel()
	for values, want := range map[string]string{
		"":                                              "241591910", // 0.9 * 256 MiB
		"resources: {limits: {memory: 1Gi}}":            "966367641",
		"resources: {limits: {memory: 1.5G}}":           "1350000000",
		"resources: {limits: {memory: 500000k}}":        "450000000",
		"resources: {limits: {memory: 268435456}}":      "241591910",
		"resources: {limits: {memory: 1e9}}":            "900000000",
		"resources: {limits: {memory: null}}":           "",
		"resources: {limits: {memory: 100Pi}}":          "",
		"extraEnv: [{name: GOMEMLIMIT, value: 100MiB}]": "100MiB",
		"resources: {limits: {memory: 1Gi}}\nextraEnv: [{name: GOMEMLIMIT, value: 'off'}]": "off",
	} {
		var got []string
		for _, variable := range sidecar(t, render(t, executor(values)).pod(t)).Env {
			if variable.Name == "GOMEMLIMIT" {
				got = append(got, variable.Value)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: GOMEMLIMIT is %q, want %q", values, got, want)
		}
	}
}

func TestProbes(t *testing.T) {
	t.Parallel()
	standalone := "mode: standalone\napi: {tokenSecret: callers, tlsSecret: api-tls}\n"
	for values, want := range map[string][2]string{
		standalone: {"/-/healthy", "/-/ready"},
		standalone + "livenessProbe: {exec: {command: [aftercheck, healthcheck]}}": {"exec", "/-/ready"},
		standalone + "web: {configSecret: web}":                                    {"port", "port"},
		executor(""):                                                               {"/-/healthy", "none"},
		executor("livenessProbe: {exec: {command: [aftercheck, healthcheck]}, periodSeconds: 60}"): {"exec", "none"},
	} {
		container := sidecar(t, render(t, values).pod(t))
		if got := [2]string{asks(container.LivenessProbe), asks(container.ReadinessProbe)}; got != want {
			t.Errorf("%q: the probes ask %q, want %q", values, got, want)
		}
	}
}

// asks is what a probe asks, with one handler.
func asks(probe *corev1.Probe) string {
	switch {
	case probe == nil:
		return "none"
	case probe.Exec != nil && probe.HTTPGet == nil && probe.TCPSocket == nil:
		return "exec"
	case probe.HTTPGet != nil && probe.TCPSocket == nil:
		return probe.HTTPGet.Path
	case probe.TCPSocket != nil:
		return "port"
	}
	return "nothing"
}

// TestAChangedConfigurationMakesNewPods compares the pods' templates: they differ
// with the configuration, and do not with a new version of the chart.
func TestAChangedConfigurationMakesNewPods(t *testing.T) {
	t.Parallel()
	of := func(values string) string {
		return fmt.Sprint(only[*appsv1.Deployment](t, render(t, executor(values))).Spec.Template.Annotations)
	}
	before := of("config: {default_namespace: shop}")
	if again := of("config: {default_namespace: shop}\nreplicas: 2"); again != before {
		t.Errorf("the same configuration has the annotations %s and %s", before, again)
	}
	if after := of("config: {default_namespace: payments}"); after == before {
		t.Errorf("another configuration has the same annotations %s", after)
	}
	labels := only[*appsv1.Deployment](t, render(t, executor(""))).Spec.Template.Labels
	for name := range labels {
		if strings.Contains(name, "chart") || strings.Contains(name, "version") {
			t.Errorf("a new chart would restart the executor: label %s", name)
		}
	}
}

func TestWhatIsSetIsRendered(t *testing.T) {
	t.Parallel()
	found := renderChart(t, "aftercheck", "-f", valueFiles(t)["everything"])
	deployment := only[*appsv1.Deployment](t, found)
	pod := deployment.Spec.Template.Spec
	container := sidecar(t, pod)
	if want := "registry.example/mirror/aftercheck@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"; container.Image != want {
		t.Errorf("image %s", container.Image)
	}
	if *pod.TerminationGracePeriodSeconds != 90 || !slices.Contains(container.Args, "--shutdown.grace-period=20s") {
		t.Errorf("ends after %d seconds, with %q", *pod.TerminationGracePeriodSeconds, container.Args)
	}
	if deployment.Spec.Strategy.Type != appsv1.RecreateDeploymentStrategyType || deployment.Spec.Strategy.RollingUpdate != nil {
		t.Errorf("two pods would wait for one volume: %+v", deployment.Spec.Strategy)
	}
	if container.LivenessProbe.HTTPGet != nil || container.LivenessProbe.TCPSocket == nil {
		t.Errorf("the probe has no password for the listener: %+v", container.LivenessProbe)
	}
	claim := only[*corev1.PersistentVolumeClaim](t, found)
	if volume := volumeOf(t, pod, "aftercheck-storage"); volume.PersistentVolumeClaim == nil || volume.PersistentVolumeClaim.ClaimName != claim.Name {
		t.Errorf("evidence is kept in %+v", volume)
	}
	for name, holds := range map[string]bool{
		"claim": claim.Spec.Resources.Requests.Storage().String() == "2Gi" && *claim.Spec.StorageClassName == "fast",
		"pull":  pod.ImagePullSecrets[0].Name == "registry-login" && container.ImagePullPolicy == corev1.PullAlways,
		"place": pod.NodeSelector["kubernetes.io/os"] == "linux" && len(pod.Tolerations) == 1 && pod.Affinity.PodAntiAffinity != nil && len(pod.TopologySpreadConstraints) == 1,
		"labels": deployment.Labels["team"] == "platform" && deployment.Spec.Template.Labels["team"] == "platform" &&
			deployment.Spec.Template.Labels["tier"] == "operations" && deployment.Spec.Selector.MatchLabels["team"] == "",
		"annotations": deployment.Annotations["example.com/deployment"] == "yes" && deployment.Spec.Template.Annotations["example.com/pod"] == "yes",
		"class":       pod.PriorityClassName == "system-cluster-critical",
		"account":     pod.ServiceAccountName == "verifier-account",
		"name":        deployment.Name == "verifier",
		"extra":       container.Args[len(container.Args)-1] == "--web.listen-address=127.0.0.1:19747" && container.Env[1].Name == "HTTPS_PROXY",
	} {
		if !holds {
			t.Errorf("%s is not as it is set", name)
		}
	}
}

func volumeOf(t *testing.T, pod corev1.PodSpec, name string) corev1.Volume {
	t.Helper()
	for _, volume := range pod.Volumes {
		if volume.Name == name {
			return volume
		}
	}
	t.Fatalf("no volume %s", name)
	return corev1.Volume{}
}
