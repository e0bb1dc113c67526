package kube

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/aftercheck/aftercheck"
)

// resolve finds the target: as it was known before, or else by the labels. It
// returns nil and the name of what is missing if it does not exist, nil and no
// name if the labels mean no object that could be found.
func (r *reading) resolve(ctx context.Context) (*unstructured.Unstructured, aftercheck.Target, error) {
	if known := r.question.Known; isKubernetes(known) {
		target, err := r.get(ctx, reference{known.Group, known.Kind, known.Namespace, known.Name})
		if target == nil && err == nil {
			return nil, known, nil
		}
		return target, aftercheck.Target{}, err
	}
	for _, c := range r.wanted {
		target, err := r.candidate(ctx, c)
		switch {
		case err != nil && (c.certain || !passable(err)):
			return nil, aftercheck.Target{}, err
		case target != nil:
			return target, aftercheck.Target{}, nil
		case c.certain && err == nil:
			return nil, aftercheck.Target{Group: c.group, Kind: c.kind, Namespace: c.namespace, Name: c.name}, nil
		}
	}
	return nil, aftercheck.Target{}, nil
}

// isKubernetes reports whether a target that some sensor resolved is a
// Kubernetes object, and not a container on a host.
func isKubernetes(t aftercheck.Target) bool {
	_, builtIn := resourceOf(reference{group: t.Group, kind: t.Kind})
	return t.Name != "" && (t.Group != "" || builtIn)
}

// passable reports whether an error about an uncertain candidate leaves the
// others to be tried: its kind is not served, or may not be read.
func passable(err error) bool { return meta.IsNoMatchError(err) || apierrors.IsForbidden(err) }

// candidate reads the object that a candidate means, or its workload; nil if
// there is none.
func (r *reading) candidate(ctx context.Context, c candidate) (*unstructured.Unstructured, error) {
	o, err := r.get(ctx, c.reference)
	if err != nil {
		return nil, err
	}
	if o != nil {
		if c.climb {
			return r.climb(ctx, o)
		}
		return o, nil
	}
	for _, maker := range makersOf(c.reference) {
		o, err := r.get(ctx, maker)
		switch {
		case err != nil && !passable(err):
			return nil, err
		case o != nil:
			return r.climb(ctx, o)
		}
	}
	return nil, nil
}

// climb follows the owner references from an object to its workload. An owner
// that is gone, or that may not be read, leaves the object itself.
func (r *reading) climb(ctx context.Context, o *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	for range deepest {
		next := ownerToRead(o)
		if next.name == "" {
			return o, nil
		}
		owner, err := r.get(ctx, next)
		switch {
		case err != nil && passable(err):
			return o, nil
		case err != nil:
			return nil, fmt.Errorf("following the owner of %s %s: %w", o.GetKind(), o.GetName(), err)
		case owner == nil:
			return o, nil
		}
		o = owner
	}
	return o, nil
}

// ownerToRead returns the owner that people mean instead of an object, or none:
// the same limits as workloadOf.
func ownerToRead(o *unstructured.Unstructured) reference {
	owner := ownerReference(o)
	kind := owner.str("kind")
	switch o.GetKind() {
	case "Pod":
		if kind == "Node" {
			return reference{}
		}
	case "ReplicaSet":
	case "Job":
		if kind != "CronJob" {
			return reference{}
		}
	default:
		return reference{}
	}
	r := reference{kind: kind, namespace: o.GetNamespace(), name: owner.str("name")}
	above := &unstructured.Unstructured{Object: map[string]any{"apiVersion": owner.str("apiVersion")}}
	r.group = above.GroupVersionKind().Group
	return r
}
