//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// ServiceAccountKubeconfig applies the RBAC manifests in the file as they are
// and returns the path of a kubeconfig whose user is the file's ServiceAccount,
// by a token from the TokenRequest API. What the file leaves without a
// namespace, subjects of bindings among it, belongs to the given one; namespaces
// that it names are created. A binding outside the given namespace gets a name
// of its own for it, so that tests side by side do not take each other's rights.
func (c *Cluster) ServiceAccountKubeconfig(t testing.TB, namespace, rbacManifestPath string) string {
	t.Helper()
	objects, err := readManifests(rbacManifestPath)
	if err != nil {
		t.Fatalf("reading %s: %v", rbacManifestPath, err)
	}
	var account *unstructured.Unstructured
	for _, object := range objects {
		settle(object, namespace)
		if object.GetKind() == "ServiceAccount" {
			account = object
		}
		c.ensureNamespace(t, object.GetNamespace())
		manifest, err := yaml.Marshal(object.Object)
		if err != nil {
			t.Fatal(err)
		}
		c.Apply(t, namespaceOr(object, namespace), string(manifest))
	}
	if account == nil {
		t.Fatalf("%s holds no ServiceAccount", rbacManifestPath)
	}
	return c.tokenKubeconfig(t, account.GetNamespace(), account.GetName())
}

// tokenKubeconfig asks for a token of the service account, good for an hour.
func (c *Cluster) tokenKubeconfig(t testing.TB, namespace, name string) string {
	t.Helper()
	seconds := int64(3600)
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}
	answer, err := c.Client.CoreV1().ServiceAccounts(namespace).CreateToken(t.Context(), name, request, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("asking for a token of %s/%s: %v", namespace, name, err)
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := writeKubeconfig(path, c.Config.Host, c.Config.CAFile, answer.Status.Token); err != nil {
		t.Fatal(err)
	}
	return path
}

func (c *Cluster) ensureNamespace(t testing.TB, name string) {
	t.Helper()
	if name == "" {
		return
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	_, err := c.Client.CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatalf("creating namespace %s: %v", name, err)
	}
}

// settle fills in the namespace where the object and its subjects leave it
// out.
func settle(object *unstructured.Unstructured, namespace string) {
	switch object.GetKind() {
	case "ServiceAccount", "Role", "RoleBinding":
		object.SetNamespace(namespaceOr(object, namespace))
	}
	subjects, _, _ := unstructured.NestedSlice(object.Object, "subjects")
	for _, entry := range subjects {
		subject, ok := entry.(map[string]any)
		if ok && subject["kind"] == "ServiceAccount" && subject["namespace"] == nil {
			subject["namespace"] = namespace
		}
	}
	if len(subjects) == 0 {
		return
	}
	_ = unstructured.SetNestedSlice(object.Object, subjects, "subjects")
	if object.GetNamespace() != namespace {
		object.SetName(object.GetName() + "-" + namespace)
	}
}

func namespaceOr(object *unstructured.Unstructured, otherwise string) string {
	if namespace := object.GetNamespace(); namespace != "" {
		return namespace
	}
	return otherwise
}

// readManifests reads a file of YAML documents; empty ones are left out.
func readManifests(path string) ([]*unstructured.Unstructured, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	var objects []*unstructured.Unstructured
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(document, &object.Object); err != nil {
			return nil, fmt.Errorf("document %d: %w", len(objects)+1, err)
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}
