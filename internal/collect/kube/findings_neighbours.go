package kube

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/aftercheck/aftercheck"
)

// neighbours reports the other workloads of the target's namespaces: the health
// of each, what it wants, and the restarts of all its pods in one sum.
func (r *report) neighbours(namespaces []string) {
	for _, item := range r.items {
		if item.GetKind() == "Event" || slices.Contains(r.targets, item) || !r.isNeighbour(item) || !slices.Contains(namespaces, item.GetNamespace()) {
			continue
		}
		pods := r.podsByWorkload()[item]
		h := HealthOf(item, r.childrenOf(item, pods), r.now)
		subject := subjectOf(item)
		r.add(judged(subject, aftercheck.CheckHealth, aftercheck.ScopeNeighbour, h))
		if wanted, ok := replicasOf(item); ok && item.GetKind() != "DaemonSet" && !r.autoscaled(item) {
			r.add(fact(subject, aftercheck.CheckReplicas, aftercheck.ScopeNeighbour, float64(wanted), "replicas"))
		}
		r.limits(item, aftercheck.ScopeNeighbour)
		used := slices.DeleteFunc(slices.Clone(pods), func(pod *unstructured.Unstructured) bool { return !inUse(pod) })
		r.restarts(subject, aftercheck.ScopeNeighbour, used)
	}
}

// autoscaled reports whether an autoscaler among the objects owns the number of
// a workload's replicas.
func (r *report) autoscaled(o *unstructured.Unstructured) bool {
	if r.scaled == nil {
		r.scaled = map[reference]bool{}
		for _, item := range r.items {
			if kind := item.GetKind(); kind == "HorizontalPodAutoscaler" || kind == "ScaledObject" {
				about := content(item).sub("spec", "scaleTargetRef")
				r.scaled[reference{kind: first(about.str("kind"), "Deployment"), namespace: item.GetNamespace(), name: about.str("name")}] = true
			}
		}
	}
	return r.scaled[reference{kind: o.GetKind(), namespace: o.GetNamespace(), name: o.GetName()}]
}

// namespaces returns where neighbours are looked for: the namespaces of the
// target, or where it should be.
func (r *report) namespaces(i aftercheck.Incident, o Objects) []string {
	var out []string
	for _, target := range r.targets {
		if ns := target.GetNamespace(); ns != "" && !slices.Contains(out, ns) {
			out = append(out, ns)
		}
	}
	if len(r.targets) == 0 {
		out = append(out, first(o.Known.Namespace, first(i.Labels["namespace"], o.DefaultNamespace)))
	}
	return out
}

// isNeighbour reports whether an object is a workload that stands for itself
// and does not belong to the target.
func (r *report) isNeighbour(o *unstructured.Unstructured) bool {
	switch o.GetKind() {
	case "Deployment", "StatefulSet", "DaemonSet", "CronJob":
	case "Job", "ReplicaSet", "ReplicationController", "Pod":
		if r.workloadOf(o) != o {
			return false
		}
	default:
		return false
	}
	return !slices.ContainsFunc(r.targets, func(target *unstructured.Unstructured) bool {
		return r.below(o, target) || r.below(target, o)
	}) && !slices.Contains(r.pods, o)
}

// eventsSince returns from when on events count: the end of the action, or
// before it the beginning of the incident, or else the last quarter of an hour.
func eventsSince(i aftercheck.Incident, a aftercheck.Action, now time.Time) time.Time {
	const recent = 15 * time.Minute
	switch {
	case !a.FinishedAt.IsZero():
		return a.FinishedAt
	case !a.StartedAt.IsZero():
		return a.StartedAt
	case !i.StartsAt.IsZero():
		return i.StartsAt
	case now.IsZero():
		return time.Time{}
	}
	return now.Add(-recent)
}

// maxEvents bounds the findings about events.
const maxEvents = 50

// events reports Warning events about the target's objects since then, one
// finding for each object and reason.
func (r *report) events(since time.Time) {
	type group struct {
		subject aftercheck.Subject
		reason  string
	}
	seen := map[group]*aftercheck.Finding{}
	var order []group
	for _, o := range r.items {
		f := content(o)
		at := eventTime(f)
		if o.GetKind() != "Event" || f.str("type") != "Warning" || at.Before(since) {
			continue
		}
		about := r.involved(f)
		if about == nil || !r.concerns(about) {
			continue
		}
		g := group{subjectOf(about), f.str("reason")}
		count := float64(max(1, f.num(0, "count"), f.num(0, "series", "count")))
		if found := seen[g]; found != nil {
			found.Value.Number += count
			continue
		}
		if len(order) == maxEvents {
			continue
		}
		seen[g] = &aftercheck.Finding{
			Subject: g.subject, Check: aftercheck.CheckEvents, Scope: aftercheck.ScopeTarget, Reason: g.reason,
			Message: sentence("%s", []any{first(f.str("message"), f.str("note"))}), Query: fmt.Sprintf("type=Warning,reason=%s", g.reason),
			Value: &aftercheck.Value{Number: count, Unit: "events"}, Since: at,
		}
		order = append(order, g)
	}
	for _, g := range order {
		r.add(*seen[g])
	}
}

// eventTime returns when an event was last seen.
func eventTime(f fields) time.Time {
	at := later(f.time("lastTimestamp"), f.time("series", "lastObservedTime"))
	at = later(at, later(f.time("eventTime"), f.time("deprecatedLastTimestamp")))
	if at.IsZero() {
		at = later(f.time("firstTimestamp"), f.time("metadata", "creationTimestamp"))
	}
	return at
}

// involved returns the object that an event is about, if it is among the
// objects.
func (r *report) involved(f fields) *unstructured.Unstructured {
	about := f.sub("involvedObject")
	if about == nil {
		about = f.sub("regarding")
	}
	if o := r.byUID[about.str("uid")]; o != nil && about.str("uid") != "" {
		return o
	}
	return r.byName[reference{kind: about.str("kind"), namespace: about.str("namespace"), name: about.str("name")}]
}

// concerns reports whether an object is the target or belongs to it.
func (r *report) concerns(o *unstructured.Unstructured) bool {
	return slices.ContainsFunc(r.targets, func(target *unstructured.Unstructured) bool { return r.below(o, target) })
}
