package kube

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// selectorOf returns the label selector by which a workload finds its pods, in
// the form with matchLabels, or nil.
func selectorOf(o *unstructured.Unstructured) fields {
	selector := content(o).sub("spec", "selector")
	if selector == nil {
		return nil
	}
	if selector.has("matchLabels") || selector.has("matchExpressions") {
		return selector
	}
	return fields{"matchLabels": map[string]any(selector)}
}

// selects reports whether a selector that selects something matches the labels
// of an object.
func selects(selector fields, o *unstructured.Unstructured) bool {
	wanted := selector.strings("matchLabels")
	expressions := selector.subs("matchExpressions")
	if len(wanted)+len(expressions) == 0 || !hasLabels(o, wanted) {
		return false
	}
	labels := content(o).sub("metadata", "labels")
	for _, e := range expressions {
		if !matchesExpression(e, labels) {
			return false
		}
	}
	return true
}

// hasLabels reports whether an object carries all these labels.
func hasLabels(o *unstructured.Unstructured, wanted map[string]string) bool {
	labels := content(o).sub("metadata", "labels")
	for key, value := range wanted {
		if labels.str(key) != value || !labels.has(key) {
			return false
		}
	}
	return true
}

func matchesExpression(e, labels fields) bool {
	value, has := labels.str(e.str("key")), labels.has(e.str("key"))
	listed := slices.Contains(e.list("values"), any(value))
	switch e.str("operator") {
	case "In":
		return has && listed
	case "NotIn":
		return !has || !listed
	case "Exists":
		return has
	case "DoesNotExist":
		return !has
	}
	return false
}
