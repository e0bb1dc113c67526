package kube

import "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

// outliving returns the workload behind an object; where it is not among the
// objects, all the pods that it made.
func (x *index) outliving(o *unstructured.Unstructured) []*unstructured.Unstructured {
	top := x.workloadOf(o)
	if pods := x.orphansOf(makerOf(top)); len(pods) > 0 {
		return pods
	}
	return []*unstructured.Unstructured{top}
}

// orphansOf returns the pods whose owner references lead to a workload that is
// not among the objects, as in a list of pods alone; where there are none, its
// ReplicaSets that want any.
func (x *index) orphansOf(workload reference) []*unstructured.Unstructured {
	var pods, sets []*unstructured.Unstructured
	if workload.name == "" {
		return nil
	}
	for _, o := range x.items {
		kind := o.GetKind()
		if kind != "Pod" && kind != "ReplicaSet" || workload.namespace != "" && o.GetNamespace() != workload.namespace || o.GetDeletionTimestamp() != nil {
			continue
		}
		owner := ownerReference(o)
		direct := owner.str("kind") == workload.kind && owner.str("name") == workload.name
		maker := makerOf(o)
		switch {
		case !direct && (maker.kind != workload.kind || maker.name != workload.name):
		case kind == "Pod":
			pods = append(pods, o)
		case content(o).num(1, "spec", "replicas") > 0:
			sets = append(sets, o)
		}
	}
	if len(pods) == 0 {
		return sets
	}
	return current(pods)
}
