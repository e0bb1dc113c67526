package kube

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/aftercheck/aftercheck"
)

// wish is a list that a reading wants.
type wish struct {
	page
	// needed means that without it nothing is known of the target: its error is
	// the reading's. Otherwise it becomes an unknown finding of this scope.
	needed bool
	scope  aftercheck.Scope
	err    error
}

// parallel is how many lists one reading asks for at once.
const parallel = 4

// surround reads what belongs to the target and what is beside it.
func (r *reading) surround(ctx context.Context, target *unstructured.Unstructured, missing aftercheck.Target, into *Objects) error {
	wishes := r.wishes(target, missing)
	var group errgroup.Group
	group.SetLimit(parallel)
	for _, w := range wishes {
		group.Go(func() error {
			w.err = r.list(ctx, &w.page)
			return nil
		})
	}
	_ = group.Wait() // each wish keeps its own error
	for _, w := range wishes {
		if w.err != nil && w.needed {
			return w.err
		}
		into.Items = append(into.Items, w.items...)
		into.note(w)
	}
	return r.rest(ctx, target, wishes, into)
}

// note records a list that could not be read, or not to its end.
func (o *Objects) note(w *wish) {
	u := Unread{Kind: w.kind.kind, Namespace: w.kind.namespace, Scope: w.scope}
	switch {
	case w.err != nil:
		u.Reason, u.Message = reasonOf(w.err), w.err.Error()
	case w.truncated:
		u.Reason, u.Message = "TooMany", "there are more than one reading takes in"
	default:
		return
	}
	o.Unread = append(o.Unread, u)
}

// reasonOf names an error in one word.
func reasonOf(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "Timeout"
	case apierrors.IsTooManyRequests(err):
		return "TooManyRequests"
	}
	return first(string(apierrors.ReasonForError(err)), "Unreadable")
}

// rest reads the target's own pods by its selector if its namespace has more
// pods than one reading takes in.
func (r *reading) rest(ctx context.Context, target *unstructured.Unstructured, wishes []*wish, into *Objects) error {
	if target == nil || !slices.ContainsFunc(wishes, func(w *wish) bool { return w.kind.kind == "Pod" && w.truncated && w.labels == "" }) {
		return nil
	}
	own := r.listOf("Pod", target.GetNamespace(), r.MaxPods)
	own.labels = selectorText(target)
	own.scope = aftercheck.ScopeTarget
	if own.labels == "" {
		return nil
	}
	if own.err = r.list(ctx, &own.page); own.err != nil {
		return own.err
	}
	into.Items = append(own.items, into.Items...)
	into.note(own)
	return nil
}

func (r *reading) listOf(kind, namespace string, most int) *wish {
	return &wish{page: page{kind: builtIn(kind, namespace, ""), most: most}, scope: aftercheck.ScopeNeighbour}
}

// wishes returns the lists that a reading needs for its target.
func (r *reading) wishes(target *unstructured.Unstructured, missing aftercheck.Target) []*wish {
	if target != nil {
		missing = targetOf(target)
	}
	namespace := r.namespace(missing)
	if target != nil && target.GetNamespace() == "" {
		return []*wish{r.events("default", target.GetName())}
	}
	out := []*wish{r.events(namespace, "")}
	out = append(out, r.own(target, namespace)...)
	if !r.NoNeighbours {
		for _, kind := range []string{"Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "ReplicaSet", "Pod", "HorizontalPodAutoscaler"} {
			if !slices.ContainsFunc(out, func(w *wish) bool { return w.kind.kind == kind && w.labels == "" }) {
				out = append(out, r.listOf(kind, namespace, r.MaxNeighbours))
			}
		}
	}
	return out
}

// events wishes for the Warning events of a namespace, or of one object.
func (r *reading) events(namespace, about string) *wish {
	const most = 2000
	w := r.listOf("Event", namespace, most)
	w.fields = "type=Warning"
	if about != "" {
		w.fields += ",involvedObject.name=" + about
	}
	return w
}

// own wishes for what belongs to the target: its pods, what stands between it
// and them, and its Services with their endpoints.
func (r *reading) own(target *unstructured.Unstructured, namespace string) []*wish {
	if target == nil {
		return nil
	}
	kind := target.GetKind()
	if slices.Contains([]string{"PersistentVolumeClaim", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Ingress"}, kind) {
		return nil
	}
	services := r.listOf("Service", namespace, r.MaxNeighbours)
	endpoints := r.listOf("EndpointSlice", namespace, r.MaxNeighbours)
	services.scope, endpoints.scope = aftercheck.ScopeTarget, aftercheck.ScopeTarget
	out := []*wish{services, endpoints}
	pods := r.listOf("Pod", namespace, r.MaxPods)
	pods.needed = true
	if r.NoNeighbours {
		pods.labels = selectorText(target)
	}
	out = append(out, pods)
	for _, between := range []string{"ReplicaSet", "Job"} {
		if between == "ReplicaSet" && kind != "Deployment" && isBuiltIn(target) || between == "Job" && kind != "CronJob" {
			continue
		}
		w := r.listOf(between, namespace, r.MaxPods)
		w.needed = true
		if r.NoNeighbours {
			w.labels = selectorText(target)
		}
		out = append(out, w)
	}
	return out
}

// selectorText returns the label selector of a workload in the form of the API,
// or empty if it has none.
func selectorText(o *unstructured.Unstructured) string {
	var selector metav1.LabelSelector
	wanted := selectorOf(o)
	if wanted == nil || runtime.DefaultUnstructuredConverter.FromUnstructured(wanted, &selector) != nil {
		return content(o).str("status", "selector")
	}
	parsed, err := metav1.LabelSelectorAsSelector(&selector)
	if err != nil || parsed.Empty() {
		return ""
	}
	return parsed.String()
}
