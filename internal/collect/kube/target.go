package kube

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/aftercheck/aftercheck"
)

// candidate is an object that the incident's labels may mean.
type candidate struct {
	reference
	// climb asks for the workload behind the object, for a pod.
	climb bool
	// certain means that no other label is more telling: if this object does
	// not exist, the target is gone.
	certain bool
}

// labelKinds are the labels that name an object of one kind, the most telling
// first. The names are those of kube-state-metrics and of common rules.
var labelKinds = []struct {
	label, group, kind string
	cluster            bool
}{
	{"deployment", "apps", "Deployment", false},
	{"deployment_name", "apps", "Deployment", false},
	{"statefulset", "apps", "StatefulSet", false},
	{"daemonset", "apps", "DaemonSet", false},
	{"cronjob", "batch", "CronJob", false},
	{"job_name", "batch", "Job", false},
	{"replicaset", "apps", "ReplicaSet", false},
	{"replicationcontroller", "", "ReplicationController", false},
	{"horizontalpodautoscaler", "autoscaling", "HorizontalPodAutoscaler", false},
	{"hpa", "autoscaling", "HorizontalPodAutoscaler", false},
	{"poddisruptionbudget", "policy", "PodDisruptionBudget", false},
	{"persistentvolumeclaim", "", "PersistentVolumeClaim", false},
	{"persistentvolume", "", "PersistentVolume", true},
	{"ingress", "networking.k8s.io", "Ingress", false},
}

var (
	podLabels  = []string{"pod", "pod_name", "kubernetes_pod_name"}
	nodeLabels = []string{"node", "node_name", "nodename", "kubernetes_node"}
	// nodeAlert marks an alert about a node, whose other labels are the
	// exporter's own.
	nodeAlert = regexp.MustCompile(`Node|Kubelet`)
)

// candidates returns the objects that the labels may mean, the most telling
// first. None means that the labels name no Kubernetes object.
func candidates(i aftercheck.Incident, defaultNamespace string) []candidate {
	namespace := cmp.Or(i.Labels["namespace"], i.Labels["exported_namespace"], i.Labels["kubernetes_namespace"], defaultNamespace)
	l := labels{values: i.Labels, namespace: namespace}
	if nodeAlert.MatchString(i.Name()) {
		l.nodes()
	}
	l.custom()
	l.kinds()
	l.workload()
	l.pods()
	l.nodes()
	l.addresses()
	l.names()
	return l.found
}

// labels collects the candidates of one incident.
type labels struct {
	values    map[string]string
	namespace string
	found     []candidate
}

// value returns the value of a label, but for one that a template left empty.
func (l *labels) value(names ...string) string {
	for _, name := range names {
		value := strings.TrimSpace(l.values[name])
		if value != "" && !strings.Contains(value, "{{") && value != "<none>" {
			return value
		}
	}
	return ""
}

func (l *labels) add(c candidate) {
	if c.name != "" && !slices.Contains(l.found, c) {
		l.found = append(l.found, c)
	}
}

// custom reads the labels that name any kind: those that kube-state-metrics
// gives custom resources, and kind with name.
func (l *labels) custom() {
	kind, group := l.value("customresource_kind"), l.value("customresource_group")
	name := l.value("name", "exported_name", "resource_name", "customresource_name")
	if kind == "" {
		kind, group = l.value("kind", "involvedObject_kind", "owner_kind", "created_by_kind"), l.value("group", "api_group")
		name = cmp.Or(l.value("name", "involvedObject_name", "resource_name"), l.value("owner_name", "created_by_name"))
	}
	if kind == "" || name == "" {
		return
	}
	r := builtIn(kind, l.namespace, name)
	r.group = cmp.Or(group, r.group)
	_, known := resourceOf(r)
	l.add(candidate{reference: r, climb: climbs(r.kind), certain: known || r.group != ""})
}

// climbs reports whether people mean the owner when they name such an object:
// it outlives what it makes.
func climbs(kind string) bool { return kind == "Pod" || kind == "ReplicaSet" || kind == "Job" }

func (l *labels) kinds() {
	for _, k := range labelKinds {
		namespace := l.namespace
		if k.cluster {
			namespace = ""
		}
		l.add(candidate{reference{k.group, k.kind, namespace, l.value(k.label)}, climbs(k.kind), true})
	}
}

// workload reads the pair workload and workload_type of the mixins.
func (l *labels) workload() {
	name := l.value("workload", "workload_name", "owner_workload")
	kind := l.value("workload_type", "workload_kind")
	if name == "" {
		return
	}
	if kind != "" {
		r := builtIn(kind, l.namespace, name)
		l.add(candidate{r, climbs(r.kind), true})
		return
	}
	l.anyWorkload(name)
}

// anyWorkload adds each kind of workload that a bare name may mean.
func (l *labels) anyWorkload(name string) {
	for _, kind := range []string{"Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job"} {
		l.add(candidate{reference: builtIn(kind, l.namespace, name), climb: climbs(kind)})
	}
}

// pods reads the labels that name a pod; the exporter's own pod is no target
// where something else is named.
func (l *labels) pods() {
	name := l.value(podLabels...)
	exporter := strings.Contains(name, "kube-state-metrics") || strings.Contains(name, "node-exporter")
	if exporter && (len(l.found) > 0 || l.value(nodeLabels...) != "") {
		return
	}
	l.add(candidate{reference{"", "Pod", l.namespace, name}, true, true})
}

func (l *labels) nodes() {
	l.add(candidate{reference{"", "Node", "", l.value(nodeLabels...)}, false, true})
}

// addresses reads the labels that name a Service, or a Job where the label job
// is not the scrape's.
func (l *labels) addresses() {
	l.add(candidate{reference: reference{"", "Service", l.namespace, l.value("service", "service_name", "kubernetes_service", "kubernetes_name")}})
	l.add(candidate{reference: reference{"batch", "Job", l.namespace, l.value("job")}, climb: true})
}

// names reads the labels that hold a bare name.
func (l *labels) names() {
	for _, label := range []string{"app", "app_kubernetes_io_name", "app_kubernetes_io_instance", "name", "resource", "service", "container", "container_name"} {
		if name := l.value(label); name != "" {
			l.anyWorkload(name)
			l.add(candidate{reference{"", "Pod", l.namespace, name}, true, false})
		}
	}
}

// builtIn returns a reference to an object of a kind that Kubernetes defines,
// written in any case, in the plural or short; another kind stays as it is.
func builtIn(kind, namespace, name string) reference {
	lower := strings.ToLower(kind)
	for _, r := range resources {
		if lower == strings.ToLower(r.kind) || lower == r.name || slices.Contains(r.short, lower) {
			if r.cluster {
				namespace = ""
			}
			return reference{r.group, r.kind, namespace, name}
		}
	}
	return reference{"", kind, namespace, name}
}

// find returns the objects of the target among the objects. If the labels name
// an object that is not there, missing names it. Without a label or an action
// that names one, all the objects are the target if they have one owner in common, else
// every object that stands for itself.
func (x *index) find(i aftercheck.Incident, a aftercheck.Action, o Objects) (targets []*unstructured.Unstructured, missing aftercheck.Target) {
	switch {
	case o.nobody:
		return nil, aftercheck.Target{}
	case o.resolved.name != "":
		// The API server was asked for it: if it is not there, it does not exist.
		if found := x.named(o.resolved); found != nil {
			return []*unstructured.Unstructured{found}, aftercheck.Target{}
		}
		return nil, aftercheck.Target{Group: o.resolved.group, Kind: o.resolved.kind, Namespace: o.resolved.namespace, Name: o.resolved.name}
	}
	wanted := candidates(i, o.DefaultNamespace)
	if len(wanted) == 0 && i.Labels["namespace"] == "" { // else the incident is about the namespace
		wanted = actionCandidates(a.Text, o.DefaultNamespace)
	}
	for _, c := range wanted {
		if found := x.named(c.reference); found != nil {
			if c.climb {
				return x.outliving(found), aftercheck.Target{}
			}
			return []*unstructured.Unstructured{found}, aftercheck.Target{}
		}
		if c.certain {
			return x.replacement(c.reference, o.Known)
		}
	}
	if !o.Known.IsZero() {
		return x.replacement(reference{}, o.Known)
	}
	if found := x.byContainer(i); found != nil {
		return []*unstructured.Unstructured{found}, aftercheck.Target{}
	}
	return x.tops(), aftercheck.Target{}
}

// replacement finds what stands for a named object that is not there: the
// target as it was known before; the workload that must have made the pod of
// this name; or the pods of a workload that is itself not among the objects.
func (x *index) replacement(r reference, known aftercheck.Target) (targets []*unstructured.Unstructured, missing aftercheck.Target) {
	missing = aftercheck.Target{Group: r.group, Kind: r.kind, Namespace: r.namespace, Name: r.name}
	if known.Name != "" {
		r, missing = reference{known.Group, known.Kind, known.Namespace, known.Name}, known
		if o := x.named(r); o != nil {
			return x.outliving(o), aftercheck.Target{}
		}
		if r.kind == "Pod" {
			return nil, known // nobody made it, so nobody replaces it
		}
	}
	for _, maker := range makersOf(r) {
		if o := x.named(maker); o != nil {
			return x.outliving(o), aftercheck.Target{}
		}
	}
	for _, maker := range append(makersOf(r), r) {
		if pods := x.orphansOf(maker); len(pods) > 0 {
			return pods, aftercheck.Target{}
		}
	}
	return nil, missing
}

// byContainer finds the one workload with a container of the label's name.
func (x *index) byContainer(i aftercheck.Incident) *unstructured.Unstructured {
	name := cmp.Or(i.Labels["container"], i.Labels["container_name"])
	var found *unstructured.Unstructured
	for _, o := range x.items {
		f := content(o)
		specs := f.subs("spec", "containers")
		if o.GetKind() != "Pod" {
			specs = f.subs("spec", "template", "spec", "containers")
		}
		if name == "" || named(specs, name) == nil || i.Labels["namespace"] != "" && i.Labels["namespace"] != o.GetNamespace() {
			continue
		}
		top := x.workloadOf(o)
		if found != nil && found != top {
			return nil
		}
		found = top
	}
	return found
}
