package charts_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/aftercheck/aftercheck/internal/testbed"
)

// TestAnotherChartAddsTheSidecar renders a chart that knows this one by its
// dependency alone.
func TestAnotherChartAddsTheSidecar(t *testing.T) {
	t.Parallel()
	chart := testbed.ChartThatDepends(t, ".")
	out, err := template(t, chart)
	if err != nil {
		t.Fatal(err)
	}
	if err := conform(t, schemaDirectory(t), out); err != nil {
		t.Error(err)
	}
	found := decode(t, out)
	pod := found.pod(t)
	own := renderChart(t, "aftercheck", withValues(t, executor("secrets: [deploy-token]"))...).pod(t)
	if diff := cmp.Diff(sidecar(t, own), sidecar(t, pod)); diff != "" {
		t.Errorf("the sidecar (-in its own pod +in another's):\n%s", diff)
	}
	if pod.Containers[0].VolumeMounts[0].Name != pod.Volumes[0].Name || or(pod.SecurityContext.FSGroup, 0) != 65532 {
		t.Errorf("the executor cannot open the socket: %+v", pod)
	}
	if account := only[*corev1.ServiceAccount](t, found); pod.ServiceAccountName != account.Name ||
		only[*rbacv1.RoleBinding](t, found).Subjects[0].Name != account.Name {
		t.Errorf("the pod runs as %s, and the rights are %s's", pod.ServiceAccountName, account.Name)
	}
	if volume := volumeOf(t, pod, "aftercheck-config"); volume.ConfigMap.Name != only[*corev1.ConfigMap](t, found).Name {
		t.Errorf("the pod's configuration is %+v", volume)
	}
	selector, _, _ := unstructured.NestedStringMap(custom(t, found, "PodMonitor").Object, "spec", "selector", "matchLabels")
	if labels := podLabels(t, found); len(selector) != 1 || labels["aftercheck.github.io/sidecar"] != selector["aftercheck.github.io/sidecar"] {
		t.Errorf("the PodMonitor wants %v, and the pod has %v", selector, labels)
	}
}

func TestAnotherChartTurnsTheSidecarOff(t *testing.T) {
	t.Parallel()
	found := renderChart(t, testbed.ChartThatDepends(t, "."), "--set", "aftercheck.enabled=false")
	if len(found) != 1 || len(only[*appsv1.Deployment](t, found).Spec.Template.Spec.InitContainers) != 0 {
		t.Errorf("of the sidecar there is left %+v", found)
	}
}

// TestPackage looks into the archive that is released: dashboards come through a
// link, and nothing else that lies beside them or is for tests.
func TestPackage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := testbed.Helm(t, "package", "aftercheck", "-d", dir); err != nil {
		t.Fatal(err)
	}
	archives, err := filepath.Glob(filepath.Join(dir, "aftercheck-*.tgz"))
	if err != nil || len(archives) != 1 {
		t.Fatalf("packages: %v %v", archives, err)
	}
	packed := filesIn(t, archives[0])
	dashboards, err := filepath.Glob("../dashboards/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append([]string{"values.schema.json", "README.md", "templates/NOTES.txt"}, dashboards...) {
		if strings.HasPrefix(path, "../") {
			path = filepath.Join("files", path[len("../"):])
		}
		if !slices.Contains(packed, path) {
			t.Errorf("%s is not in the package", path)
		}
	}
	for _, path := range packed {
		if strings.HasPrefix(path, "files/dashboards/") && !strings.HasSuffix(path, ".json") || strings.HasPrefix(path, "ci/") || strings.HasSuffix(path, ".go") {
			t.Errorf("%s is in the package", path)
		}
	}
}

// filesIn lists a chart's archive.
func filesIn(t *testing.T, archive string) (paths []string) {
	t.Helper()
	file, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for reader := tar.NewReader(unpacked); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return paths
		}
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, strings.TrimPrefix(header.Name, "aftercheck/"))
	}
}
