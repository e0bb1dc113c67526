package kube

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// tops returns the objects that stand for themselves: owned by no other of the
// objects. What only accompanies them is left out while anything else is left:
// configuration, events, endpoints, and the Services that select their pods.
func (x *index) tops() []*unstructured.Unstructured {
	x.podsByWorkload() // lets stray pods find their owners
	var all, main []*unstructured.Unstructured
	for _, o := range x.items {
		if x.rootOf(o) != o || o.GetKind() == "Event" {
			continue
		}
		all = append(all, o)
	}
	all = current(all)
	for _, o := range all {
		if !x.accompanies(o) {
			main = append(main, o)
		}
	}
	if len(main) > 0 {
		return main
	}
	return all
}

// plainKinds are kinds that report no health because they do nothing.
var plainKinds = set(`ConfigMap Secret ServiceAccount Role RoleBinding ClusterRole ClusterRoleBinding NetworkPolicy StorageClass
	PriorityClass LimitRange ResourceQuota ControllerRevision Lease ValidatingWebhookConfiguration MutatingWebhookConfiguration
	IngressClass RuntimeClass CSIDriver CSINode PodTemplate ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding`)

// accompanies reports whether an object tells nothing of its own beside others.
func (x *index) accompanies(o *unstructured.Unstructured) bool {
	switch kind := o.GetKind(); {
	case plainKinds[kind], kind == "Endpoints", kind == "EndpointSlice":
		return true
	case kind == "Namespace":
		return content(o).str("status", "phase") == "Active"
	case kind == "Service":
		return len(x.selected(o)) > 0 || x.selectsTemplate(o)
	}
	return !isBuiltIn(o) && blank(content(o).sub("status"))
}

// selectsTemplate reports whether a Service selects the pods that one of the
// workloads makes.
func (x *index) selectsTemplate(service *unstructured.Unstructured) bool {
	return slices.ContainsFunc(x.items, func(o *unstructured.Unstructured) bool {
		return o.GetNamespace() == service.GetNamespace() && servesTemplate(service, o)
	})
}

// servesTemplate reports whether a Service's selector fits a workload's pod
// template.
func servesTemplate(service, workload *unstructured.Unstructured) bool {
	selector := content(service).strings("spec", "selector")
	labels := content(workload).strings("spec", "template", "metadata", "labels")
	if len(selector) == 0 || len(labels) == 0 {
		return false
	}
	for key, value := range selector {
		if labels[key] != value {
			return false
		}
	}
	return true
}

// current leaves out the pods that ended or are being deleted, and the ReplicaSets
// that want no pod, while their owner, which is not among the objects, has
// others: those are history.
func current(objects []*unstructured.Unstructured) []*unstructured.Unstructured {
	alive := map[reference]bool{}
	for _, o := range objects {
		if maker := makerOf(o); maker.name != "" && inUse(o) && !emptySet(o) {
			alive[maker] = true
		}
	}
	return slices.DeleteFunc(objects, func(o *unstructured.Unstructured) bool {
		return alive[makerOf(o)] && (!inUse(o) || emptySet(o))
	})
}

// emptySet reports whether an object is a ReplicaSet that wants no pod.
func emptySet(o *unstructured.Unstructured) bool {
	return o.GetKind() == "ReplicaSet" && content(o).num(1, "spec", "replicas") == 0
}

// makerOf names what made a pod: its owner by its reference, the Deployment for
// a ReplicaSet of one; or where references were lost, the Deployment by the hash
// that it gives its pods. Of a ReplicaSet it names the Deployment. It is zero for
// a pod that nobody made and for other objects.
func makerOf(o *unstructured.Unstructured) reference {
	owner := ownerReference(o)
	switch kind := o.GetKind(); {
	case kind == "ReplicaSet" && (owner == nil || owner.str("kind") == "Deployment"):
		return hashedMaker(o, owner.str("name"))
	case kind != "Pod" || owner.str("kind") == "Node":
		return reference{}
	case owner == nil:
		return hashedMaker(o, "")
	}
	if deployment := deploymentName(o, owner); deployment != "" {
		return builtIn("Deployment", o.GetNamespace(), deployment)
	}
	return builtIn(owner.str("kind"), o.GetNamespace(), owner.str("name"))
}

// hashedMaker names the Deployment that made an object with its hash in the
// label and in the name; name is the Deployment's, if that is known.
func hashedMaker(o *unstructured.Unstructured, name string) reference {
	hash := content(o).str("metadata", "labels", "pod-template-hash")
	if before, _, found := strings.Cut(o.GetName()+"-", "-"+hash+"-"); name == "" && hash != "" && found {
		name = before
	}
	if name == "" {
		return reference{}
	}
	return builtIn("Deployment", o.GetNamespace(), name)
}
