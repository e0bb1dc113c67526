package kube

import "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

// serviceHealth judges a Service by whether it has the addresses that its type
// wants, and by its endpoints if they are known.
func serviceHealth(s subject) Health {
	if ready, known := readyEndpoints(s.children); known && ready == 0 && len(s.sub("spec", "selector")) > 0 {
		return unhealthy(reasonNoEndpoints, "no ready endpoint stands behind the Service")
	}
	switch kind := s.str("spec", "type"); {
	case kind == "LoadBalancer" && len(s.list("status", "loadBalancer", "ingress")) == 0:
		return waitsForAddress(s)
	case kind == "ExternalName":
		return healthy(kind, "is a name for another host")
	case kind == "LoadBalancer":
		return healthy("", "the load balancer has an address")
	case s.str("spec", "clusterIP") != "" || len(s.list("spec", "clusterIPs")) > 0 || s.fresh():
		return healthy("", "the Service has its address")
	}
	return unknown(reasonNoStatus, "the Service was not admitted by an API server yet")
}

// ingressHealth judges an Ingress by whether its controller gave it an address.
func ingressHealth(s subject) Health {
	if len(s.list("status", "loadBalancer", "ingress")) == 0 {
		if !s.fresh() && len(s.sub("status")) == 0 {
			return unknown(reasonNoStatus, "the object carries no status")
		}
		return waitsForAddress(s)
	}
	return healthy("", "the Ingress has an address")
}

func waitsForAddress(s subject) Health {
	if age := s.age(); age > normalTime {
		return unhealthy(reasonNoAddress, "still has no address after %s", age)
	}
	return progressing(reasonNoAddress, "has no address yet")
}

// endpointsHealth judges an Endpoints object: one without a ready address
// serves nobody.
func endpointsHealth(s subject) Health {
	ready, waiting := countEndpoints(s.fields)
	switch {
	case ready > 0:
		return healthy("", "%d endpoints are ready", ready)
	case waiting > 0:
		return unhealthy(reasonNoEndpoints, "none of %d endpoints is ready", waiting)
	}
	return unhealthy(reasonNoEndpoints, "there are no endpoints")
}

// endpointSliceHealth judges an EndpointSlice by itself.
func endpointSliceHealth(s subject) Health { return endpointsHealth(s) }

// readyEndpoints counts the ready endpoints in the Endpoints and EndpointSlices
// of one Service, and reports whether there are any such objects. Where both
// kinds are known, the slices count.
func readyEndpoints(objects []*unstructured.Unstructured) (ready int, known bool) {
	lists, slices := 0, 0
	for _, o := range objects {
		n, _ := countEndpoints(content(o))
		switch o.GetKind() {
		case "EndpointSlice":
			slices++
			ready += n
		case "Endpoints":
			lists++
		}
	}
	if slices > 0 || lists == 0 {
		return ready, slices > 0
	}
	for _, o := range objects {
		if o.GetKind() == "Endpoints" {
			n, _ := countEndpoints(content(o))
			ready += n
		}
	}
	return ready, true
}

// countEndpoints counts ready and other addresses in an Endpoints object or an
// EndpointSlice. An endpoint that does not say is ready.
func countEndpoints(f fields) (ready, waiting int) {
	for _, subset := range f.subs("subsets") {
		ready += len(subset.list("addresses"))
		waiting += len(subset.list("notReadyAddresses"))
	}
	for _, endpoint := range f.subs("endpoints") {
		if said, ok := endpoint.get("conditions", "ready").(bool); ok && !said {
			waiting++
			continue
		}
		ready++
	}
	return ready, waiting
}
