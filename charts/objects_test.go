package charts_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/aftercheck/aftercheck/internal/testbed"
)

// TestRightsAreTheDocumentedOnes compares the chart's rights with docs/rbac.yaml.
func TestRightsAreTheDocumentedOnes(t *testing.T) {
	t.Parallel()
	manifests, err := os.ReadFile("../docs/rbac.yaml")
	if err != nil {
		t.Fatal(err)
	}
	documented := decode(t, string(manifests))
	rules := map[string][]rbacv1.PolicyRule{}
	for _, role := range all[*rbacv1.Role](documented) {
		rules[role.Name] = role.Rules
	}
	reader, events := rules["aftercheck-reader"], rules["aftercheck-cluster-events"]
	ofCluster := only[*rbacv1.ClusterRole](t, documented).Rules

	found := render(t, "")
	if diff := cmp.Diff(reader, only[*rbacv1.Role](t, found).Rules); diff != "" {
		t.Errorf("by default (-documented +given):\n%s", diff)
	}
	if given := all[*rbacv1.ClusterRole](found); len(given) > 0 {
		t.Errorf("by default the whole cluster may be read: %+v", given)
	}

	found = render(t, "rbac: {nodesAndVolumes: true}")
	if diff := cmp.Diff(ofCluster, only[*rbacv1.ClusterRole](t, found).Rules); diff != "" {
		t.Errorf("nodes and volumes (-documented +given):\n%s", diff)
	}
	if role := all[*rbacv1.Role](found)[1]; role.Namespace != "default" || !cmp.Equal(events, role.Rules) {
		t.Errorf("their events: %+v, want %+v in default", role, events)
	}

	found = render(t, "rbac: {clusterWide: true, nodesAndVolumes: true, customResources: [{group: argoproj.io, resources: [rollouts]}]}")
	custom := rbacv1.PolicyRule{APIGroups: []string{"argoproj.io"}, Resources: []string{"rollouts"}, Verbs: []string{"get"}}
	if diff := cmp.Diff(append(append(slices.Clone(reader), custom), ofCluster...), only[*rbacv1.ClusterRole](t, found).Rules); diff != "" {
		t.Errorf("cluster-wide (-documented +given):\n%s", diff)
	}
	if given := all[*rbacv1.Role](found); len(given) > 0 {
		t.Errorf("what the cluster's role gives is given again: %+v", given)
	}
}

// TestEveryBindingIsOfTheAccount follows each binding to its role and its
// subject.
func TestEveryBindingIsOfTheAccount(t *testing.T) {
	t.Parallel()
	for name, path := range valueFiles(t) {
		found := renderChart(t, "aftercheck", "-f", path)
		account := only[*corev1.ServiceAccount](t, found)
		want := []rbacv1.Subject{{Kind: "ServiceAccount", Name: account.Name, Namespace: namespace}}
		roles, bound := map[string]bool{}, map[string]bool{}
		for _, role := range all[*rbacv1.Role](found) {
			roles["Role "+role.Namespace+" "+role.Name] = true
		}
		for _, role := range all[*rbacv1.ClusterRole](found) {
			roles["ClusterRole  "+role.Name] = true
		}
		for _, binding := range all[*rbacv1.RoleBinding](found) {
			bound["Role "+binding.Namespace+" "+binding.RoleRef.Name] = cmp.Equal(want, binding.Subjects)
		}
		for _, binding := range all[*rbacv1.ClusterRoleBinding](found) {
			bound["ClusterRole  "+binding.RoleRef.Name] = cmp.Equal(want, binding.Subjects)
		}
		if diff := cmp.Diff(roles, bound); diff != "" {
			t.Errorf("%s: roles (-there +bound to the account):\n%s", name, diff)
		}
	}
}

func TestRightsInChosenNamespaces(t *testing.T) {
	t.Parallel()
	in := func(values string) (namespaces []string) {
		for _, role := range all[*rbacv1.Role](render(t, values)) {
			namespaces = append(namespaces, role.Namespace)
		}
		return namespaces
	}
	for values, want := range map[string][]string{
		"":                              {namespace},
		"rbac: {namespaces: [a, b, a]}": {"a", "b"},
		"rbac: {create: false}":         nil,
		"kubernetes: {enabled: false}":  nil,
	} {
		if diff := cmp.Diff(want, in(values)); diff != "" {
			t.Errorf("%q: roles in (-want +got):\n%s", values, diff)
		}
	}
}

func TestEveryObjectHasTheLabels(t *testing.T) {
	t.Parallel()
	for name, path := range valueFiles(t) {
		for _, object := range renderChart(t, chartWithFiles(t), "-f", path) {
			read, err := meta.Accessor(object)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(read.GetName(), "-more") || read.GetName() == "as-text" {
				continue // extraObjects are as their author wants them
			}
			labels := read.GetLabels()
			if labels["app.kubernetes.io/instance"] != release || labels["app.kubernetes.io/managed-by"] != "Helm" || labels["helm.sh/chart"] == "" {
				t.Errorf("%s: %T %s has the labels %v", name, object, read.GetName(), labels)
			}
			if name == "everything" && labels["team"] != "platform" {
				t.Errorf("%T %s lacks the common label", object, read.GetName())
			}
			if len(read.GetName()) > 63 {
				t.Errorf("%s: the name %s is too long", name, read.GetName())
			}
		}
	}
}

func TestDisruptionBudgetWithReplicas(t *testing.T) {
	t.Parallel()
	for values, want := range map[string]int{
		executor(""):            0,
		executor("replicas: 2"): 1,
		executor("replicas: 2\npodDisruptionBudget: {enabled: false}"): 0,
		"replicas: 2": 0,
	} {
		if budgets := all[*policyv1.PodDisruptionBudget](render(t, values)); len(budgets) != want {
			t.Errorf("%q: %d budgets, want %d", values, len(budgets), want)
		}
	}
}

func TestNetworkPolicyLetsInWhoIsNamed(t *testing.T) {
	t.Parallel()
	policy := only[*networkingv1.NetworkPolicy](t, render(t, executor("networkPolicy: {enabled: true}")))
	if len(policy.Spec.Ingress) != 0 || !slices.Equal(policy.Spec.PolicyTypes, []networkingv1.PolicyType{"Ingress"}) {
		t.Errorf("nobody is named, and the policy is %+v", policy.Spec)
	}
	policy = only[*networkingv1.NetworkPolicy](t, renderChart(t, "aftercheck", "-f", valueFiles(t)["everything"]))
	var ports []string
	for _, rule := range policy.Spec.Ingress {
		for _, port := range rule.Ports {
			ports = append(ports, port.Port.String())
		}
	}
	if !slices.Equal(ports, []string{"aftercheck", "aftercheck-api", "http"}) || len(policy.Spec.Ingress[0].From) != 1 {
		t.Errorf("let in: %+v", policy.Spec.Ingress)
	}
	if last := policy.Spec.Egress[len(policy.Spec.Egress)-1]; len(policy.Spec.Egress) != 2 || last.Ports[0].Port.IntValue() != 53 {
		t.Errorf("let out: %+v", policy.Spec.Egress)
	}
}

// TestThePodMonitorFindsThePods holds its selector against the pods' labels and
// its port against the sidecar's.
func TestThePodMonitorFindsThePods(t *testing.T) {
	t.Parallel()
	found := renderChart(t, "aftercheck", "-f", valueFiles(t)["everything"])
	monitor := custom(t, found, "PodMonitor")
	selector, _, _ := unstructured.NestedStringMap(monitor.Object, "spec", "selector", "matchLabels")
	labels := podLabels(t, found)
	for name, value := range selector {
		if labels[name] != value {
			t.Errorf("it wants %s=%s, and the pods have %v", name, value, labels)
		}
	}
	endpoints, _, _ := unstructured.NestedSlice(monitor.Object, "spec", "podMetricsEndpoints")
	endpoint := endpoints[0].(map[string]any)
	if ports := sidecar(t, found.pod(t)).Ports; len(selector) == 0 || endpoint["port"] != ports[0].Name || ports[0].ContainerPort != 19746 {
		t.Errorf("it wants %v of %v, and the sidecar has %+v", endpoint, selector, ports)
	}
	if endpoint["scheme"] != "https" || endpoint["interval"] != "30s" || endpoint["scrapeTimeout"] != "10s" {
		t.Errorf("the endpoint is not as it is set: %v", endpoint)
	}
}

// chartWithFiles is a copy of the chart with a file of rules and a dashboard,
// beside those that it has.
func chartWithFiles(t *testing.T) string {
	t.Helper()
	chart := filepath.Join(t.TempDir(), "aftercheck")
	testbed.CopyChart(t, "aftercheck", chart)
	for from, to := range map[string]string{"example.rules.yaml": "rules", "Example_one.json": "dashboards", "example.tmpl": "alertmanager"} {
		content, err := os.ReadFile(filepath.Join("testdata", from))
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(chart, "files", to)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, from), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return chart
}

// TestFilesArriveAsTheyAre: what a file of rules or a dashboard says is for
// Prometheus and Grafana, and Helm must not read the templates in it.
func TestFilesArriveAsTheyAre(t *testing.T) {
	t.Parallel()
	found := renderChart(t, chartWithFiles(t), "-f", valueFiles(t)["everything"])
	var groups []any
	for _, object := range all[*unstructured.Unstructured](found) {
		if object.GetKind() == "PrometheusRule" && object.GetName() == "verifier-example" {
			groups, _, _ = unstructured.NestedSlice(object.Object, "spec", "groups")
		}
	}
	want := []any{map[string]any{"name": "example", "rules": []any{map[string]any{
		"alert": "Example", "expr": "up == 0", "for": "5m", "labels": map[string]any{"severity": "warning"},
		"annotations": map[string]any{"summary": "{{ $labels.instance }} is at {{ $value | humanizePercentage }}: \"yes\""},
	}}}}
	if diff := cmp.Diff(want, groups); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	dashboard := withFile(t, found, "Example_one.json")
	if dashboard.Name != "verifier-dashboard-example-one" || dashboard.Labels["grafana_dashboard"] != "1" || dashboard.Annotations["grafana_folder"] != "Aftercheck" {
		t.Errorf("Grafana's sidecar does not find %+v", dashboard.ObjectMeta)
	}
	withFile(t, found, "example.tmpl")
}

// withFile is the ConfigMap that holds a file of testdata as it is.
func withFile(t *testing.T, found objects, name string) *corev1.ConfigMap {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range all[*corev1.ConfigMap](found) {
		if object.Data[name] == string(content) {
			return object
		}
	}
	t.Fatalf("no ConfigMap holds %s", name)
	return nil
}

// TestTheRouteLeadsToTheReceiver and takes the alerts of Aftercheck alone.
func TestTheRouteLeadsToTheReceiver(t *testing.T) {
	t.Parallel()
	config := custom(t, renderChart(t, "aftercheck", "-f", valueFiles(t)["everything"]), "AlertmanagerConfig")
	route, _, _ := unstructured.NestedMap(config.Object, "spec", "route")
	receivers, _, _ := unstructured.NestedSlice(config.Object, "spec", "receivers")
	want := map[string]any{
		"receiver": receivers[0].(map[string]any)["name"], "groupBy": []any{"alertname", "incident"}, "repeatInterval": "4h",
		"matchers": []any{map[string]any{"name": "alertname", "matchType": "=~", "value": "Aftercheck.*"}},
	}
	if diff := cmp.Diff(want, route); diff != "" {
		t.Errorf("the route (-want +got):\n%s", diff)
	}
}

func podLabels(t *testing.T, found objects) map[string]string {
	t.Helper()
	return only[*appsv1.Deployment](t, found).Spec.Template.Labels
}
