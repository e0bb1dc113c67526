package kube

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/aftercheck/aftercheck"
)

// subjectOf names an object in findings; a pod with the owner that its
// reference names.
func subjectOf(o *unstructured.Unstructured) aftercheck.Subject {
	s := aftercheck.Subject{Kind: o.GetKind(), Namespace: o.GetNamespace(), Name: o.GetName(), UID: string(o.GetUID())}
	if owner := ownerReference(o); owner != nil && s.Kind == "Pod" {
		s.Owner = owner.str("kind") + "/" + owner.str("name")
	}
	return s
}

func targetOf(o *unstructured.Unstructured) aftercheck.Target {
	r := referenceTo(o)
	return aftercheck.Target{Group: r.group, Kind: r.kind, Namespace: r.namespace, Name: r.name, UID: string(o.GetUID())}
}

// judged makes a finding of a health.
func judged(subject aftercheck.Subject, check aftercheck.Check, scope aftercheck.Scope, h Health) aftercheck.Finding {
	return aftercheck.Finding{Subject: subject, Check: check, Scope: scope, State: h.State, Reason: h.Reason, Message: h.Message}
}

// fact makes a finding that is compared and not judged by itself.
func fact(subject aftercheck.Subject, check aftercheck.Check, scope aftercheck.Scope, number float64, unit string) aftercheck.Finding {
	return aftercheck.Finding{
		Subject: subject, Check: check, Scope: scope,
		Value: &aftercheck.Value{Number: number, Unit: unit},
	}
}

// replicasOf returns how many replicas are wanted of a workload; false if the
// object has no such number.
func replicasOf(o *unstructured.Unstructured) (int64, bool) {
	f := content(o)
	switch o.GetKind() {
	case "Deployment", "StatefulSet", "ReplicaSet", "ReplicationController":
		return f.num(1, "spec", "replicas"), true
	case "DaemonSet":
		return f.num(0, "status", "desiredNumberScheduled"), f.has("status", "desiredNumberScheduled")
	}
	if isBuiltIn(o) {
		return 0, false
	}
	return wantedReplicas(subject{fields: f})
}

// final reports whether an unhealthy object stays so by itself: a Job that has
// failed, or a Pod that has and that no controller replaces.
func final(o *unstructured.Unstructured, h Health) bool {
	switch o.GetKind() {
	case "Job":
		failed, ok := content(o).condition("Failed")
		return h.bad() && ok && failed.True()
	case "Pod":
		return h.bad() && content(o).str("status", "phase") == "Failed" && ownerReference(o) == nil
	}
	return false
}
