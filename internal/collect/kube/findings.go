package kube

import (
	"cmp"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/aftercheck/aftercheck"
)

// Findings resolves the target of an incident among the objects and returns it
// with what they tell at the time now: about the target its presence, health,
// wanted replicas and generation; about each of its pods in use health and
// restarts; the endpoints behind its Services; Warning events since the action;
// and the other workloads beside it as neighbours. It is pure, and its findings
// are in a fixed order whatever the order of the objects.
//
// The Target is zero if the labels name none and the objects are several that
// stand for themselves; all of them are the target then. An object that the
// labels name and that is not there is a finding, not an error.
func Findings(o Objects, i aftercheck.Incident, a aftercheck.Action, now time.Time) (aftercheck.Target, []aftercheck.Finding) {
	x := newIndex(o.Items)
	targets, missing := x.find(i, a, o)
	r := report{index: x, now: now, targets: targets}
	for _, target := range targets {
		r.target(target)
	}
	if !missing.IsZero() {
		r.gone(missing)
	}
	namespaces := r.namespaces(i, o)
	r.services(namespaces)
	r.events(eventsSince(i, a, now))
	r.neighbours(namespaces)
	r.unread(o.Unread)
	if target := commonTarget(targets); !target.IsZero() {
		missing = target
	}
	return missing, inOrder(r.findings)
}

// commonTarget names what the objects of the target have in common: the one
// object, or the workload that made all of the pods and is not among the
// objects, so that it is known again when its pods are others. Zero if there is
// no such thing.
func commonTarget(targets []*unstructured.Unstructured) aftercheck.Target {
	if len(targets) == 0 {
		return aftercheck.Target{}
	}
	maker := makerOf(targets[0])
	for _, o := range targets[1:] {
		if maker.name == "" || makerOf(o) != maker {
			return aftercheck.Target{}
		}
	}
	if maker.name == "" {
		return targetOf(targets[0])
	}
	return aftercheck.Target{Group: maker.group, Kind: maker.kind, Namespace: maker.namespace, Name: maker.name}
}

// inOrder sorts findings: the target's first, then by key and UID.
func inOrder(findings []aftercheck.Finding) []aftercheck.Finding {
	type keyed struct {
		key     string
		finding *aftercheck.Finding
	}
	order := make([]keyed, len(findings))
	for i := range findings {
		order[i] = keyed{findings[i].Key(), &findings[i]}
	}
	slices.SortStableFunc(order, func(a, b keyed) int {
		return cmp.Or(
			cmp.Compare(b.finding.Scope, a.finding.Scope),
			cmp.Compare(a.key, b.key),
			cmp.Compare(a.finding.Subject.UID, b.finding.Subject.UID),
		)
	})
	out := make([]aftercheck.Finding, len(order))
	for i, k := range order {
		out[i] = *k.finding
	}
	return out
}

// report collects the findings of one reading.
type report struct {
	*index
	now      time.Time
	targets  []*unstructured.Unstructured
	pods     []*unstructured.Unstructured // of all targets, those that are gone too
	findings []aftercheck.Finding
	scaled   map[reference]bool // what an autoscaler scales; nil until it is asked for
}

func (r *report) add(f aftercheck.Finding) {
	f.At = r.now
	r.findings = append(r.findings, f)
}

// target reports one object of the target.
func (r *report) target(o *unstructured.Unstructured) {
	subject, scope := subjectOf(o), aftercheck.ScopeTarget
	pods := r.podsOf(o)
	r.pods = append(r.pods, pods...)
	h := HealthOf(o, r.childrenOf(o, pods), r.now)
	r.add(aftercheck.Finding{Subject: subject, Check: aftercheck.CheckPresence, Scope: scope})
	f := judged(subject, aftercheck.CheckHealth, scope, h)
	f.Final = final(o, h)
	r.add(f)
	if generation := content(o).num(0, "metadata", "generation"); generation > 0 {
		r.add(fact(subject, aftercheck.CheckGeneration, scope, float64(generation), ""))
	}
	if wanted, ok := replicasOf(o); ok {
		r.add(fact(subject, aftercheck.CheckReplicas, scope, float64(wanted), "replicas"))
	}
	r.limits(o, scope)
	for _, pod := range pods {
		r.pod(pod, o)
	}
}

// pod reports one pod of the target: its health unless the target is the pod
// itself, and its restarts. A pod that ended or is being deleted is history.
func (r *report) pod(pod, target *unstructured.Unstructured) {
	subject := subjectOf(pod)
	switch {
	case pod == target:
		r.restarts(subject, aftercheck.ScopeTarget, []*unstructured.Unstructured{pod})
		r.previousLife(subject, pod)
		return
	case !inUse(pod):
		return
	}
	subject.Owner = reference{kind: target.GetKind(), name: target.GetName()}.String()
	h := HealthOf(pod, nil, r.now)
	if target.GetKind() != "CronJob" || !h.busy() {
		f := judged(subject, aftercheck.CheckHealth, aftercheck.ScopeTarget, h)
		ready, _ := content(pod).condition("Ready")
		f.Since = ready.At
		r.add(f)
	}
	r.restarts(subject, aftercheck.ScopeTarget, []*unstructured.Unstructured{pod})
	r.previousLife(subject, pod)
}

// restarts reports the sum of the pods' container restarts, and since when the
// youngest container runs.
func (r *report) restarts(subject aftercheck.Subject, scope aftercheck.Scope, pods []*unstructured.Unstructured) {
	var sum int64
	var since time.Time
	counted := false
	for _, pod := range pods {
		for _, c := range statusesOf(pod) {
			counted = true
			sum += c.num(0, "restartCount")
		}
		since = later(since, startOf(pod))
	}
	if !counted {
		return
	}
	f := fact(subject, aftercheck.CheckRestarts, scope, float64(sum), "restarts")
	f.Since = since
	r.add(f)
	r.oomKills(subject, scope, pods)
}

// startOf returns when the youngest running container of a pod started.
func startOf(pod *unstructured.Unstructured) time.Time {
	var since time.Time
	for _, c := range content(pod).subs("status", "containerStatuses") {
		since = later(since, c.time("state", "running", "startedAt"))
	}
	return since
}

// gone reports a target that does not exist.
func (r *report) gone(missing aftercheck.Target) {
	subject := aftercheck.Subject{Kind: missing.Kind, Namespace: missing.Namespace, Name: missing.Name, UID: missing.UID}
	r.add(judged(subject, aftercheck.CheckPresence, aftercheck.ScopeTarget, unhealthy(aftercheck.ReasonNotFound, "%s does not exist", missing)))
}

// unread reports what could not be read as unknown.
func (r *report) unread(kinds []Unread) {
	for _, u := range kinds {
		subject := aftercheck.Subject{Kind: u.Kind, Namespace: u.Namespace}
		r.add(judged(subject, aftercheck.CheckHealth, u.Scope, unknown(u.Reason, "%s could not be read: %s", u.Kind, u.Message)))
	}
}

// childrenOf returns the objects that help to judge another: of a Deployment
// the pods of its newest ReplicaSet, of a CronJob its Jobs, of a Service its
// endpoints.
func (r *report) childrenOf(o *unstructured.Unstructured, pods []*unstructured.Unstructured) []*unstructured.Unstructured {
	switch o.GetKind() {
	case "Deployment":
		return r.newestPods(o, pods)
	case "CronJob":
		return r.owned(o, "Job")
	case "Service":
		return r.owned(o, "EndpointSlice", "Endpoints")
	}
	return pods
}

// owned returns the objects of these kinds that an object owns.
func (r *report) owned(o *unstructured.Unstructured, kinds ...string) []*unstructured.Unstructured {
	var out []*unstructured.Unstructured
	for _, item := range r.items {
		if slices.Contains(kinds, item.GetKind()) && (r.ownerOf(item) == o || r.serviceOf(item) == o && o.GetKind() == "Service") {
			out = append(out, item)
		}
	}
	return out
}

// newestPods returns the pods of a Deployment's newest revision where its
// ReplicaSets are known: what is left of older ones is on its way out.
func (r *report) newestPods(deployment *unstructured.Unstructured, pods []*unstructured.Unstructured) []*unstructured.Unstructured {
	const annotation = "deployment.kubernetes.io/revision"
	revision := content(deployment).str("metadata", "annotations", annotation)
	if revision == "" {
		return pods
	}
	newest := make([]*unstructured.Unstructured, 0, len(pods))
	for _, pod := range pods {
		set := r.ownerOf(pod)
		if set == nil || set.GetKind() != "ReplicaSet" || content(set).str("metadata", "annotations", annotation) == revision {
			newest = append(newest, pod)
		}
	}
	return newest
}
