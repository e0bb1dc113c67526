// Package charts_test checks the chart: what it renders is decoded into the API's
// own types, strictly, and held against the API server's schemas.
package charts_test

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"

	"github.com/aftercheck/aftercheck/internal/testbed"
)

// release and namespace are those of every rendering.
const release, namespace = "rel", "shop"

// valueFiles are the values that the chart is checked with, by their names.
func valueFiles(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("aftercheck/ci/*-values.yaml")
	if err != nil || len(paths) < 7 {
		t.Fatalf("values to check the chart with: %v %v", paths, err)
	}
	files := map[string]string{}
	for _, path := range paths {
		files[strings.TrimSuffix(filepath.Base(path), "-values.yaml")] = path
	}
	return files
}

// withValues are helm's flags for values in YAML.
func withValues(t *testing.T, values string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(path, []byte(values), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"-f", path}
}

// template returns what helm renders of a chart.
func template(t *testing.T, chart string, flags ...string) (string, error) {
	t.Helper()
	return testbed.Helm(t, append([]string{"template", release, chart, "-n", namespace}, flags...)...)
}

// render renders the chart with values in YAML and decodes its objects.
func render(t *testing.T, values string) objects {
	t.Helper()
	return renderChart(t, "aftercheck", withValues(t, values)...)
}

func renderChart(t *testing.T, chart string, flags ...string) objects {
	t.Helper()
	out, err := template(t, chart, flags...)
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, out)
}

// objects are rendered objects: Kubernetes' own in their types, others
// unstructured.
type objects []runtime.Object

// decode decodes manifests and fails the test on a field that a type does not
// have, or that is there twice.
func decode(t *testing.T, manifests string) objects {
	t.Helper()
	strict := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	reader := utilyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(manifests)))
	var found objects
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		plain := &unstructured.Unstructured{}
		if err := yaml.UnmarshalStrict(document, &plain.Object); err != nil {
			t.Fatalf("%v\n%s", err, document)
		}
		if len(plain.Object) == 0 {
			continue
		}
		if !scheme.Scheme.Recognizes(plain.GroupVersionKind()) {
			found = append(found, plain)
			continue
		}
		object, _, err := strict.Decode(document, nil, nil)
		if err != nil {
			t.Fatalf("%v\n%s", err, document)
		}
		found = append(found, object)
	}
}

// all returns the objects of one type.
func all[T runtime.Object](found objects) []T {
	var typed []T
	for _, object := range found {
		if object, ok := object.(T); ok {
			typed = append(typed, object)
		}
	}
	return typed
}

// only returns the one object of its type.
func only[T runtime.Object](t *testing.T, found objects) T {
	t.Helper()
	typed := all[T](found)
	if len(typed) != 1 {
		t.Fatalf("%d objects of the type %T, want 1", len(typed), *new(T))
	}
	return typed[0]
}

// custom returns the one object of a kind that is not Kubernetes' own.
func custom(t *testing.T, found objects, kind string) *unstructured.Unstructured {
	t.Helper()
	for _, object := range all[*unstructured.Unstructured](found) {
		if object.GetKind() == kind {
			return object
		}
	}
	t.Fatalf("no %s", kind)
	return nil
}

// pod is the pod of the one Deployment.
func (o objects) pod(t *testing.T) corev1.PodSpec {
	t.Helper()
	return only[*appsv1.Deployment](t, o).Spec.Template.Spec
}

// sidecar is the sidecar's container in the pod, wherever it stands.
func sidecar(t *testing.T, pod corev1.PodSpec) corev1.Container {
	t.Helper()
	for _, container := range append(pod.InitContainers, pod.Containers...) {
		if container.Name == "aftercheck" {
			return container
		}
	}
	t.Fatal("no sidecar in the pod")
	return corev1.Container{}
}

// config is the configuration that the chart renders.
func (o objects) config(t *testing.T) string {
	t.Helper()
	for _, object := range all[*corev1.ConfigMap](o) {
		if content, ok := object.Data["aftercheck.yaml"]; ok {
			return content
		}
	}
	t.Fatal("no ConfigMap with a configuration")
	return ""
}
