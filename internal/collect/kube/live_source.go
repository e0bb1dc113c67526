package kube

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// source reads objects from an API server.
type source struct {
	objects  dynamic.Interface
	mapper   meta.RESTMapperWithContext
	pageSize int64
}

// place is where the objects of one kind are read.
type place struct {
	resource   schema.GroupVersionResource
	namespaced bool
}

// locate finds where a kind is served: the built-in kinds by the table, others
// by asking the API server, a kind without a group by its usual plural.
func (s source) locate(ctx context.Context, r reference) (place, error) {
	if known, ok := resourceOf(r); ok {
		return place{schema.GroupVersionResource{Group: known.group, Version: known.version, Resource: known.name}, !known.cluster}, nil
	}
	kind := schema.GroupKind{Group: r.group, Kind: r.kind}
	if r.group == "" {
		plural, _ := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Kind: r.kind})
		found, err := s.mapper.KindForWithContext(ctx, plural)
		if err != nil {
			return place{}, fmt.Errorf("asking where the kind is served: %w", err)
		}
		kind = found.GroupKind()
	}
	mapping, err := s.mapper.RESTMappingWithContext(ctx, kind)
	if err != nil {
		return place{}, fmt.Errorf("asking where the kind is served: %w", err)
	}
	return place{mapping.Resource, mapping.Scope.Name() == meta.RESTScopeNameNamespace}, nil
}

// client returns the client for a place in a namespace.
func (s source) client(at place, namespace string) dynamic.ResourceInterface {
	if at.namespaced {
		return s.objects.Resource(at.resource).Namespace(namespace)
	}
	return s.objects.Resource(at.resource)
}

// get reads one object; nil if the API server says that it does not exist.
func (s source) get(ctx context.Context, r reference) (*unstructured.Unstructured, error) {
	at, err := s.locate(ctx, r)
	if err != nil {
		return nil, err
	}
	o, err := s.client(at, r.namespace).Get(ctx, r.name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading %s %s: %w", r.kind, r.name, err)
	}
	slim(o)
	return o, nil
}

// page is what a list request asks for, and where it ends.
type page struct {
	kind           reference // its name is not used
	labels, fields string
	most           int
	items          []*unstructured.Unstructured
	truncated      bool
	restarts       int
}

// maxRestarts is how often a list begins anew whose continuation expired.
const maxRestarts = 2

// list reads objects page by page. It begins anew if the API server has
// forgotten where a page continues, and stops at p.most objects.
func (s source) list(ctx context.Context, p *page) error {
	at, err := s.locate(ctx, p.kind)
	if err != nil {
		return err
	}
	options := metav1.ListOptions{LabelSelector: p.labels, FieldSelector: p.fields, Limit: s.pageSize}
	for {
		got, err := s.client(at, p.kind.namespace).List(ctx, options)
		if expired(err) && options.Continue != "" && p.restarts < maxRestarts {
			p.restarts++
			p.items, options.Continue = nil, ""
			continue
		}
		if err != nil {
			return fmt.Errorf("listing %s: %w", at.resource.Resource, err)
		}
		for i := range got.Items {
			slim(&got.Items[i])
			p.items = append(p.items, &got.Items[i])
		}
		options.Continue = got.GetContinue()
		if options.Continue == "" {
			return nil
		}
		if len(p.items) >= p.most {
			p.truncated = true
			return nil
		}
	}
}

func expired(err error) bool { return apierrors.IsResourceExpired(err) || apierrors.IsGone(err) }

// slim drops what nobody reads and what is long.
func slim(o *unstructured.Unstructured) {
	metadata, ok := o.Object["metadata"].(map[string]any)
	if !ok {
		return
	}
	delete(metadata, "managedFields")
	if annotations, ok := metadata["annotations"].(map[string]any); ok {
		delete(annotations, "kubectl.kubernetes.io/last-applied-configuration")
	}
}
