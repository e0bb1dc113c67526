package kube

// resource is one kind that Kubernetes defines, as the API server names it.
type resource struct {
	group, version, name, kind string
	short                      []string
	cluster                    bool // has no namespace
}

// resources are the kinds that the sensor reads without asking the API server
// what it serves.
var resources = []resource{
	{"", "v1", "pods", "Pod", []string{"po"}, false},
	{"", "v1", "services", "Service", []string{"svc"}, false},
	{"", "v1", "events", "Event", []string{"ev"}, false},
	{"", "v1", "nodes", "Node", []string{"no"}, true},
	{"", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", []string{"pvc"}, false},
	{"", "v1", "persistentvolumes", "PersistentVolume", []string{"pv"}, true},
	{"", "v1", "replicationcontrollers", "ReplicationController", []string{"rc"}, false},
	{"", "v1", "namespaces", "Namespace", []string{"ns"}, true},
	{"", "v1", "endpoints", "Endpoints", []string{"ep"}, false},
	{"apps", "v1", "deployments", "Deployment", []string{"deploy"}, false},
	{"apps", "v1", "replicasets", "ReplicaSet", []string{"rs"}, false},
	{"apps", "v1", "statefulsets", "StatefulSet", []string{"sts"}, false},
	{"apps", "v1", "daemonsets", "DaemonSet", []string{"ds"}, false},
	{"batch", "v1", "jobs", "Job", nil, false},
	{"batch", "v1", "cronjobs", "CronJob", []string{"cj"}, false},
	{"discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", nil, false},
	{"networking.k8s.io", "v1", "ingresses", "Ingress", []string{"ing"}, false},
	{"autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", []string{"hpa"}, false},
	{"policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", []string{"pdb"}, false},
	{"apiregistration.k8s.io", "v1", "apiservices", "APIService", nil, true},
	{"apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", []string{"crd"}, true},
}

// resourceOf returns the resource of a kind, and false for a kind that is not
// in the table.
func resourceOf(r reference) (resource, bool) {
	for _, known := range resources {
		if known.kind == r.kind && (r.group == "" || known.group == r.group) {
			return known, true
		}
	}
	return resource{}, false
}
