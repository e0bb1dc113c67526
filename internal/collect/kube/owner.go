package kube

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// ownerReference returns the controller of an object, or else its only owner.
func ownerReference(o *unstructured.Unstructured) fields {
	references := content(o).subs("metadata", "ownerReferences")
	for _, r := range references {
		if r.flag("controller") {
			return r
		}
	}
	if len(references) == 1 {
		return references[0]
	}
	return nil
}

// ownerOf returns the owner of an object among the objects, or nil. An owner of
// the same name with another UID is another object, not the owner.
func (x *index) ownerOf(o *unstructured.Unstructured) *unstructured.Unstructured {
	if owner, found := x.owners[o]; found {
		return owner
	}
	owner := x.findOwner(o)
	x.owners[o] = owner
	return owner
}

func (x *index) findOwner(o *unstructured.Unstructured) *unstructured.Unstructured {
	r := ownerReference(o)
	if r == nil && o.GetKind() == "ReplicaSet" {
		name := makerOf(o)
		name.group = ""
		return x.byName[name]
	}
	if r == nil {
		return x.serviceOf(o)
	}
	if r.str("kind") == "Node" {
		return nil // a static pod belongs to nobody
	}
	uid := r.str("uid")
	if owner := x.byUID[uid]; owner != nil && uid != "" {
		return owner
	}
	name := reference{kind: r.str("kind"), namespace: o.GetNamespace(), name: r.str("name")}
	if owner := x.byName[name]; owner != nil && (uid == "" || owner.GetUID() == "") {
		return owner
	}
	if deployment := deploymentName(o, r); deployment != "" {
		return x.byName[reference{kind: "Deployment", namespace: o.GetNamespace(), name: deployment}]
	}
	return nil
}

// deploymentName returns the name of the Deployment behind the ReplicaSet that
// owns a pod, or empty: a Deployment names its ReplicaSets by its own name and
// the hash that their pods carry. Without that label the name alone tells.
func deploymentName(pod *unstructured.Unstructured, owner fields) string {
	if owner.str("kind") != "ReplicaSet" {
		return ""
	}
	if hash := content(pod).str("metadata", "labels", "pod-template-hash"); hash != "" {
		name, found := strings.CutSuffix(owner.str("name"), "-"+hash)
		if !found {
			return ""
		}
		return name
	}
	if match := deploymentSet.FindStringSubmatch(owner.str("name")); match != nil {
		return match[1]
	}
	return ""
}

// serviceOf returns the Service that an Endpoints object or an EndpointSlice
// without an owner belongs to, or nil.
func (x *index) serviceOf(o *unstructured.Unstructured) *unstructured.Unstructured {
	name := ""
	switch o.GetKind() {
	case "Endpoints":
		name = o.GetName()
	case "EndpointSlice":
		name = content(o).str("metadata", "labels", "kubernetes.io/service-name")
	}
	if name == "" {
		return nil
	}
	return x.byName[reference{kind: "Service", namespace: o.GetNamespace(), name: name}]
}

// deepest bounds a chain of owners, which malformed objects can make a ring.
const deepest = 8

// workloadOf returns the object that people mean when they name an object: the
// owner that outlives it, up to a Deployment, a StatefulSet and their like, but
// not what may own those in turn.
func (x *index) workloadOf(o *unstructured.Unstructured) *unstructured.Unstructured {
	for range deepest {
		if slices.Contains([]string{"Deployment", "StatefulSet", "DaemonSet", "CronJob", "Service"}, o.GetKind()) {
			return o
		}
		owner := x.ownerOf(o)
		if owner == nil || o.GetKind() == "Job" && owner.GetKind() != "CronJob" {
			return o
		}
		o = owner
	}
	return o
}

// rootOf returns the topmost owner of an object among the objects.
func (x *index) rootOf(o *unstructured.Unstructured) *unstructured.Unstructured {
	for range deepest {
		owner := x.ownerOf(o)
		if owner == nil {
			return o
		}
		o = owner
	}
	return o
}

// below reports whether an object is the target or has it among its owners.
func (x *index) below(o, target *unstructured.Unstructured) bool {
	for range deepest {
		if o == nil || o == target {
			return o != nil
		}
		o = x.ownerOf(o)
	}
	return false
}

// podsByWorkload groups the pods by the workloads that they belong to, once.
func (x *index) podsByWorkload() map[*unstructured.Unstructured][]*unstructured.Unstructured {
	if x.pods != nil {
		return x.pods
	}
	x.pods = map[*unstructured.Unstructured][]*unstructured.Unstructured{}
	var strays []*unstructured.Unstructured
	for _, o := range x.items {
		if o.GetKind() != "Pod" {
			continue
		}
		if top := x.workloadOf(o); top != o || ownerReference(o) != nil {
			x.pods[top] = append(x.pods[top], o)
			continue
		}
		strays = append(strays, o)
	}
	x.adopt(strays)
	return x.pods
}

// adopt gives pods without any owner to the workload whose selector they match
// and whose name theirs begins with: objects out of files may have lost their
// owner references.
func (x *index) adopt(strays []*unstructured.Unstructured) {
	if len(strays) == 0 {
		return
	}
	var workloads []*unstructured.Unstructured
	for _, o := range x.items {
		if o.GetKind() != "Pod" && selectorOf(o) != nil && o.GetKind() != "Service" && ownerReference(o) == nil {
			workloads = append(workloads, o)
		}
	}
	for _, pod := range strays {
		x.pods[pod] = []*unstructured.Unstructured{pod}
		for _, w := range workloads {
			if w.GetNamespace() == pod.GetNamespace() && strings.HasPrefix(pod.GetName(), w.GetName()+"-") && selects(selectorOf(w), pod) {
				delete(x.pods, pod)
				x.owners[pod] = w
				x.pods[w] = append(x.pods[w], pod)
				break
			}
		}
	}
}

// podsOf returns the pods that belong to an object: its own by owner, or those
// that a Service selects.
func (x *index) podsOf(o *unstructured.Unstructured) []*unstructured.Unstructured {
	if o.GetKind() == "Pod" {
		return []*unstructured.Unstructured{o}
	}
	var pods []*unstructured.Unstructured
	if o.GetKind() == "Service" {
		return x.selected(o)
	}
	groups := x.podsByWorkload()
	if own := groups[o]; len(own) > 0 || x.workloadOf(o) == o && isBuiltIn(o) {
		return own
	}
	for _, item := range x.items {
		if item.GetKind() == "Pod" && x.below(item, o) {
			pods = append(pods, item)
		}
	}
	return pods
}

// isBuiltIn reports whether Kubernetes itself defines the kind of an object, so
// that it owns no workloads in turn.
func isBuiltIn(o *unstructured.Unstructured) bool {
	_, known := rules[o.GroupVersionKind().GroupKind().String()]
	return known
}

// selected returns the pods that a Service selects.
func (x *index) selected(service *unstructured.Unstructured) []*unstructured.Unstructured {
	selector := content(service).strings("spec", "selector")
	if len(selector) == 0 {
		return nil
	}
	var pods []*unstructured.Unstructured
	for _, o := range x.items {
		if o.GetKind() == "Pod" && o.GetNamespace() == service.GetNamespace() && hasLabels(o, selector) {
			pods = append(pods, o)
		}
	}
	return pods
}
