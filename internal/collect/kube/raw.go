package kube

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// rawPods is how many pods' states the text of a reading shows.
const rawPods = 20

// rawText prints the target and the states of its pods as YAML for people, cut
// at so many bytes. Values of environment variables and data are left out.
func rawText(o Objects, target *unstructured.Unstructured, most int) string {
	if target == nil {
		return ""
	}
	x := newIndex(o.Items)
	documents := []any{withoutSecrets(target.Object)}
	pods := x.podsOf(target)
	slices.SortFunc(pods, func(a, b *unstructured.Unstructured) int { return strings.Compare(a.GetName(), b.GetName()) })
	for _, pod := range pods[:min(len(pods), rawPods)] {
		if pod != target {
			documents = append(documents, podState(pod))
		}
	}
	var text strings.Builder
	for i, document := range documents {
		out, err := yaml.Marshal(document)
		if err != nil {
			continue // holds only what the API server sent
		}
		if i > 0 {
			text.WriteString("---\n")
		}
		text.Write(out)
		if text.Len() > most {
			return strings.ToValidUTF8(text.String()[:most], "")
		}
	}
	return text.String()
}

// podState returns what a pod says of its own state.
func podState(pod *unstructured.Unstructured) map[string]any {
	f := content(pod)
	status := map[string]any{}
	for _, key := range []string{"phase", "reason", "message", "conditions", "startTime", "initContainerStatuses", "containerStatuses"} {
		if value := f.get("status", key); value != nil {
			status[key] = value
		}
	}
	metadata := map[string]any{"name": pod.GetName(), "namespace": pod.GetNamespace(), "uid": string(pod.GetUID())}
	if deleted := f.str("metadata", "deletionTimestamp"); deleted != "" {
		metadata["deletionTimestamp"] = deleted
	}
	return map[string]any{
		"apiVersion": "v1", "kind": "Pod", "metadata": metadata,
		"spec": map[string]any{"nodeName": f.str("spec", "nodeName")}, "status": status,
	}
}

// withoutSecrets copies a value, without the values of environment variables,
// the data of configuration, and what nobody reads.
func withoutSecrets(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, inner := range v {
			switch key {
			case "managedFields", "kubectl.kubernetes.io/last-applied-configuration", "data", "stringData", "binaryData":
				continue
			case "env":
				out[key] = namesOnly(inner)
				continue
			}
			out[key] = withoutSecrets(inner)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = withoutSecrets(inner)
		}
		return out
	}
	return value
}

// namesOnly copies a list of environment variables without their values.
func namesOnly(env any) any {
	list, ok := env.([]any)
	if !ok {
		return nil
	}
	out := make([]any, 0, len(list))
	for _, variable := range list {
		if m, ok := variable.(map[string]any); ok {
			out = append(out, map[string]any{"name": m["name"]})
		}
	}
	return out
}
