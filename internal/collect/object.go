package collect

import "maps"

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// Object returns a copy of a decoded Kubernetes object, or of any decoded JSON
// object, that may be stored, and how many secrets were removed by which rule;
// nil if none was. It shares nothing with obj, which stays as it is.
//
// Beside what Text removes from every string, it removes metadata.managedFields
// and the annotation last-applied-configuration, which repeat the object; all
// values under data and stringData of a Secret, also within a list; and a value
// whose key, or whose neighbour under the key name as in a container's env, says
// that it is secret. It understands what encoding/json decodes into.
func (r *Redactor) Object(obj map[string]any) (map[string]any, map[string]int) {
	w := objectWalk{redactor: r, counts: map[string]int{}}
	out := w.object(obj)
	if len(w.counts) == 0 {
		return out, nil
	}
	return out, w.counts
}

type objectWalk struct {
	redactor *Redactor
	counts   map[string]int
}

func (w objectWalk) object(obj map[string]any) map[string]any {
	if obj == nil {
		return nil
	}
	kind, _ := obj["kind"].(string)
	out := make(map[string]any, len(obj))
	for key, value := range obj {
		switch {
		case kind == "Secret" && (key == "data" || key == "stringData"):
			out[key] = w.blanked(value)
		case key == "metadata":
			out[key] = w.metadata(value)
		case key == "value":
			name, _ := obj["name"].(string)
			out[key] = w.field(name, value)
		default:
			out[key] = w.field(key, value)
		}
	}
	return out
}

// metadata drops what repeats the object.
func (w objectWalk) metadata(value any) any {
	meta, ok := value.(map[string]any)
	if !ok {
		return w.field("metadata", value)
	}
	meta = maps.Clone(meta)
	delete(meta, "managedFields")
	if annotations, ok := meta["annotations"].(map[string]any); ok {
		annotations = maps.Clone(annotations)
		delete(annotations, lastApplied)
		meta["annotations"] = annotations
	}
	return w.object(meta)
}

// field redacts the value that stands under a name.
func (w objectWalk) field(name string, value any) any {
	switch value := value.(type) {
	case map[string]any:
		return w.object(value)
	case []any:
		out := make([]any, len(value))
		for i, item := range value {
			out[i] = w.field(name, item)
		}
		return out
	case string:
		return w.text(name, value)
	}
	return value
}

func (w objectWalk) text(name, value string) string {
	if s := strengthOf(name); s != notSecret && isSecret(value, s) && !hasMark(value) {
		w.counts[ruleSecretField]++
		return mark(ruleSecretField)
	}
	text, counts := w.redactor.Text(value)
	for rule, n := range counts {
		w.counts[rule] += n
	}
	return text
}

// blanked replaces every value of a Secret, and keeps its keys.
func (w objectWalk) blanked(value any) any {
	switch value := value.(type) {
	case nil:
		return nil
	case map[string]any:
		out := make(map[string]any, len(value))
		for key, item := range value {
			out[key] = w.blanked(item)
		}
		return out
	}
	if value == mark(ruleKubernetesSecret) {
		return value
	}
	w.counts[ruleKubernetesSecret]++
	return mark(ruleKubernetesSecret)
}
