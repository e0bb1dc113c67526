package kube

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/aftercheck/aftercheck"
)

// services reports the ready endpoints behind each Service that serves the
// target, and behind the others of its namespaces, where any endpoints are among
// the objects: a Service whose list has gone empty serves nobody, however well
// its pods are.
func (r *report) services(namespaces []string) {
	lists := r.endpointLists()
	if len(lists) == 0 {
		return
	}
	for _, service := range r.items {
		if service.GetKind() != "Service" || !selectsPods(service) {
			continue
		}
		ready, known := readyEndpoints(lists[service])
		known = known || r.listsFor(lists, service.GetNamespace())
		switch {
		case !known:
		case r.serves(service):
			r.endpoints(service, aftercheck.ScopeTarget, ready)
		case slices.Contains(namespaces, service.GetNamespace()) && !slices.Contains(r.targets, service):
			r.endpoints(service, aftercheck.ScopeNeighbour, ready)
		}
	}
}

// endpoints reports the ready endpoints behind one Service. That a neighbour
// has none is its own affair unless it had some before.
func (r *report) endpoints(service *unstructured.Unstructured, scope aftercheck.Scope, ready int) {
	h := healthy("", "%d endpoints are ready", ready)
	switch {
	case ready == 0 && scope == aftercheck.ScopeTarget && r.wantedNowhere():
		h = scaledDown("no replica is wanted")
	case ready == 0:
		h = unhealthy(reasonNoEndpoints, "no ready endpoint stands behind the Service")
	}
	f := judged(subjectOf(service), aftercheck.CheckEndpoints, scope, h)
	f.Value = &aftercheck.Value{Number: float64(ready), Unit: "endpoints"}
	f.Wanted = "at least 1 endpoint"
	r.add(f)
}

// selectsPods reports whether a Service finds its endpoints by a selector.
func selectsPods(service *unstructured.Unstructured) bool {
	return len(content(service).strings("spec", "selector")) > 0 && content(service).str("spec", "type") != "ExternalName"
}

// endpointLists groups Endpoints and EndpointSlices by their Service; those of
// a Service that is not among the objects are under nil.
func (r *report) endpointLists() map[*unstructured.Unstructured][]*unstructured.Unstructured {
	lists := map[*unstructured.Unstructured][]*unstructured.Unstructured{}
	for _, o := range r.items {
		if kind := o.GetKind(); kind == "Endpoints" || kind == "EndpointSlice" {
			service := r.serviceOf(o)
			lists[service] = append(lists[service], o)
		}
	}
	return lists
}

// listsFor reports whether endpoints of this namespace were read at all, so
// that a Service without any has none.
func (r *report) listsFor(lists map[*unstructured.Unstructured][]*unstructured.Unstructured, namespace string) bool {
	for _, list := range lists {
		if slices.ContainsFunc(list, func(o *unstructured.Unstructured) bool { return o.GetNamespace() == namespace }) {
			return true
		}
	}
	return false
}

// serves reports whether a Service selects the pods of the target, those that
// it has or those that it would make; a target that is itself a Service stands
// for no other.
func (r *report) serves(service *unstructured.Unstructured) bool {
	selector := content(service).strings("spec", "selector")
	for _, target := range r.targets {
		switch {
		case target == service:
			return true
		case target.GetKind() == "Service":
			return false
		case target.GetNamespace() == service.GetNamespace() && servesTemplate(service, target):
			return true
		}
	}
	return r.meantFor(service) || slices.ContainsFunc(r.pods, func(pod *unstructured.Unstructured) bool {
		return pod.GetNamespace() == service.GetNamespace() && hasLabels(pod, selector)
	})
}

// meantFor reports whether a Service has the name of the target and selects
// nothing at all: its selector is what is broken.
func (r *report) meantFor(service *unstructured.Unstructured) bool {
	named := slices.ContainsFunc(r.targets, func(target *unstructured.Unstructured) bool {
		return target.GetKind() != "Pod" && target.GetNamespace() == service.GetNamespace() && target.GetName() == service.GetName()
	})
	return named && len(r.selected(service)) == 0 && !r.selectsTemplate(service)
}

// wantedNowhere reports whether every object of the target is a workload that
// wants no replicas, so that its Services need no endpoints.
func (r *report) wantedNowhere() bool {
	return len(r.targets) > 0 && !slices.ContainsFunc(r.targets, func(target *unstructured.Unstructured) bool {
		wanted, counts := replicasOf(target)
		return !counts || wanted > 0
	})
}
