//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// documented are the rights that the documentation gives in a namespace.
var documented = map[string][]string{
	"pods": {"get", "list"}, "services": {"get", "list"}, "events": {"get", "list"},
	"persistentvolumeclaims": {"get", "list"}, "replicationcontrollers": {"get", "list"},
	"discovery.k8s.io/endpointslices": {"get", "list"},
	"apps/deployments":                {"get", "list"}, "apps/replicasets": {"get", "list"},
	"apps/statefulsets": {"get", "list"}, "apps/daemonsets": {"get", "list"},
	"batch/jobs": {"get", "list"}, "batch/cronjobs": {"get", "list"},
	"networking.k8s.io/ingresses": {"get"}, "autoscaling/horizontalpodautoscalers": {"get", "list"},
	"policy/poddisruptionbudgets": {"get"},
}

// TestRightsAreExactlyTheDocumentedOnes asks the API server for everything that
// the service account may do beyond what every account may. It does not run
// beside others, because the file's ClusterRoleBinding is one for all tests.
func TestRightsAreExactlyTheDocumentedOnes(t *testing.T) {
	c := Shared(t)
	ns := c.Namespace(t)
	got := rightsOf(t, c.ServiceAccountKubeconfig(t, ns, rights), ns)
	for name, verbs := range rightsOf(t, c.tokenKubeconfig(t, ns, "default"), ns) {
		if slices.Equal(got[name], verbs) {
			delete(got, name)
		}
	}
	want := maps.Clone(documented)
	want["nodes"], want["persistentvolumes"] = []string{"get"}, []string{"get"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rights (-documented +given):\n%s", diff)
	}
}

// rightsOf returns the verbs that an account may use on each resource of a
// namespace, as the API server says.
func rightsOf(t *testing.T, kubeconfig, namespace string) map[string][]string {
	t.Helper()
	review := &authorizationv1.SelfSubjectRulesReview{Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: namespace}}
	answer, err := clientOf(t, kubeconfig).AuthorizationV1().SelfSubjectRulesReviews().Create(t.Context(), review, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rights := map[string][]string{}
	for _, rule := range answer.Status.ResourceRules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				name := strings.TrimPrefix(group+"/"+resource, "/")
				rights[name] = slices.Sorted(slices.Values(append(rights[name], rule.Verbs...)))
			}
		}
	}
	return rights
}

func TestRightsEndAtTheNamespace(t *testing.T) {
	t.Parallel()
	c := Shared(t)
	ns, other := c.Namespace(t), c.Namespace(t)
	c.Apply(t, other, deployment(1, ""))
	path := c.ServiceAccountKubeconfig(t, ns, rights)
	client := clientOf(t, path)
	for name, try := range map[string]func() error{
		"secrets": func() error {
			_, err := client.CoreV1().Secrets(ns).List(t.Context(), metav1.ListOptions{})
			return err
		},
		"config maps": func() error {
			_, err := client.CoreV1().ConfigMaps(ns).List(t.Context(), metav1.ListOptions{})
			return err
		},
		"pods elsewhere": func() error {
			_, err := client.CoreV1().Pods(other).List(t.Context(), metav1.ListOptions{})
			return err
		},
		"deleting a pod": func() error {
			return client.CoreV1().Pods(ns).Delete(t.Context(), "any", metav1.DeleteOptions{})
		},
		"all nodes": func() error {
			_, err := client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
			return err
		},
	} {
		if err := try(); !apierrors.IsForbidden(err) {
			t.Errorf("%s: %v, want forbidden", name, err)
		}
	}
	sensor := asDocumented(t, c, ns)
	if answer, err := read(t, sensor, incident("namespace", other, "deployment", "web")); !apierrors.IsForbidden(err) {
		t.Errorf("a target elsewhere: error %v and findings %v", err, answer.Findings)
	}
}

// TestAMissingRightBesideTheTargetIsUnknown takes the rights to one kind of
// neighbour away.
func TestAMissingRightBesideTheTargetIsUnknown(t *testing.T) {
	t.Parallel()
	c := Shared(t)
	ns := c.Namespace(t)
	c.Apply(t, ns, deployment(1, ""))
	sensor := asDocumented(t, c, ns)
	patch := fmt.Sprintf(`[{"op":"replace","path":"/rules/%d/resources","value":["deployments","replicasets","daemonsets"]}]`, 2)
	c.Kubectl(t, "-n", ns, "patch", "role/aftercheck-reader", "--type=json", "-p", patch)
	finds(t, sensor, incident("namespace", ns, "deployment", "web"),
		"target health Deployment/web healthy", "neighbour health StatefulSet/ unknown Forbidden")
}

func clientOf(t *testing.T, path string) *kubernetes.Clientset {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}
