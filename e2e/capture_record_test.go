//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

	"github.com/aftercheck/aftercheck"
)

// capturedNamespace stands in the files for the namespace that a scene played
// in.
const capturedNamespace = "shop"

// record is what was seen of a scene.
type record struct {
	scene
	action aftercheck.Action
	before sight
	after  []sight
}

// sight is the objects at one moment, in so many rounds.
type sight struct {
	At      time.Time        `json:"at"`
	Times   int              `json:"times,omitempty"`
	Objects []map[string]any `json:"objects"`
}

// capturedKinds are what is read of a scene's namespace.
var capturedKinds = []schema.GroupVersionResource{
	{Group: "apps", Version: "v1", Resource: "deployments"},
	{Group: "apps", Version: "v1", Resource: "replicasets"},
	{Group: "apps", Version: "v1", Resource: "statefulsets"},
	{Group: "apps", Version: "v1", Resource: "daemonsets"},
	{Group: "batch", Version: "v1", Resource: "cronjobs"},
	{Group: "batch", Version: "v1", Resource: "jobs"},
	{Version: "v1", Resource: "pods"},
	{Version: "v1", Resource: "services"},
	{Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices"},
	{Version: "v1", Resource: "persistentvolumeclaims"},
	{Group: "autoscaling", Version: "v2", Resource: "horizontalpodautoscalers"},
	{Group: "policy", Version: "v1", Resource: "poddisruptionbudgets"},
}

// look reads the objects of the namespace, or the node that the namespace has
// for its own.
func (st *stage) look() sight {
	st.Helper()
	client, err := dynamic.NewForConfig(st.Config)
	if err != nil {
		st.Fatal(err)
	}
	seen := sight{At: time.Now().UTC().Truncate(time.Millisecond), Objects: []map[string]any{}}
	add := func(items []unstructured.Unstructured) {
		for _, item := range items {
			seen.Objects = append(seen.Objects, trim(item.Object, item.GetKind()).(map[string]any))
		}
	}
	for _, kind := range capturedKinds {
		list, err := client.Resource(kind).Namespace(st.namespace).List(st.Context(), metav1.ListOptions{})
		if err != nil {
			st.Fatal(err)
		}
		add(list.Items)
	}
	nodes, err := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "nodes"}).
		List(st.Context(), metav1.ListOptions{FieldSelector: "metadata.name=" + st.node()})
	if err != nil {
		st.Fatal(err)
	}
	add(nodes.Items)
	return seen
}

// node is the name of the node that a scene may have for its own.
func (st *stage) node() string { return "node-of-" + st.namespace }

// add appends what a round saw; a round that saw what the one before it saw is
// only counted.
func (r *record) add(seen sight) {
	if n := len(r.after); n > 0 && sameObjects(r.after[n-1], seen) {
		r.after[n-1].Times++
		return
	}
	seen.Times = 1
	r.after = append(r.after, seen)
}

func sameObjects(a, b sight) bool {
	was, err := json.Marshal(a.Objects)
	is, err2 := json.Marshal(b.Objects)
	return err == nil && err2 == nil && bytes.Equal(was, is)
}

// yaml is the record in the form of the judge's corpus.
func (r *record) yaml(namespace string) ([]byte, error) {
	labels := map[string]string{"namespace": namespace}
	for name, value := range r.labels {
		labels[name] = strings.ReplaceAll(value, "$namespace", namespace)
	}
	alert := r.alert
	if alert == "" {
		alert = "KubeWorkloadUnwell"
	}
	sections := []struct {
		key   string
		value any
	}{
		{"name", r.name}, {"why", r.why}, {"source", "captured"}, {"mistakes", r.mistakes},
		{"incident", aftercheck.Incident{ID: r.name, Alertname: alert, Labels: labels}}, {"action", r.action},
		{"policy", map[string]any{"warmup": captureWarmup.String(), "interval": captureInterval.String(), "deadline": r.span().String()}},
		{"want", r.want}, {"before", r.before}, {"rounds", r.after},
	}
	var text bytes.Buffer
	for _, s := range sections {
		if s.key == "mistakes" && len(r.mistakes) == 0 {
			continue
		}
		out, err := yaml.Marshal(map[string]any{s.key: s.value})
		if err != nil {
			return nil, err
		}
		text.Write(out)
	}
	return []byte(strings.ReplaceAll(text.String(), namespace, capturedNamespace)), nil
}

// span is the time from the first round to the last.
func (r *record) span() time.Duration {
	rounds := 0
	for _, seen := range r.after {
		rounds += seen.Times
	}
	return time.Duration(rounds-1) * captureInterval
}
