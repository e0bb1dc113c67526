package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect/kube"
	"github.com/aftercheck/aftercheck/internal/collect/text"
)

// readWords returns the readings of one moment, with findings for those that
// hold only what a tool answered. Kubernetes objects among the answers are read
// together, as those of one cluster; all else is read as text. Now stands for
// the time of a reading that has none.
func readWords(readings []aftercheck.Reading, q aftercheck.Question, now time.Time) []aftercheck.Reading {
	out := make([]aftercheck.Reading, len(readings))
	copy(out, readings)
	objects, holder := kube.Objects{Known: q.Known}, -1
	at := now
	for i, r := range out {
		if !text.Readable(r) {
			continue
		}
		found := objectsIn(r.Raw)
		if len(found) == 0 {
			continue
		}
		objects.Items = append(objects.Items, owned(found)...)
		out[i].Raw = "" // it is read here
		if holder < 0 {
			holder = i
			if !r.At.IsZero() {
				at = r.At
			}
		}
	}
	if holder >= 0 {
		out[holder].Target, out[holder].Findings = kube.Findings(objects, q.Incident, q.Action, at)
	}
	return text.ReadAll(out, q)
}

// setOfPod is the name of a pod that a ReplicaSet made, after which the set is
// called: its own name, a hash that holds a digit, and five drawn characters.
var setOfPod = regexp.MustCompile(`^(.+-[a-z]{0,9}[0-9][a-z0-9]{3,9})-[a-z0-9]{5}$`)

// owned gives the pods of an excerpt their owner. What the API answers has UIDs
// and owners; where somebody left out both, the name of a ReplicaSet's pod still
// tells whose it is, and that another pod may have taken its place.
func owned(items kubeItems) kubeItems {
	for _, o := range items {
		set := setOfPod.FindStringSubmatch(o.GetName())
		if o.GetKind() != "Pod" || o.GetUID() != "" || len(o.GetOwnerReferences()) > 0 || set == nil {
			continue
		}
		controller := true
		o.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: set[1], Controller: &controller}})
	}
	return items
}

// maxWrapped bounds the layers that tools wrap around what they answer.
const maxWrapped = 4

// kubeItems are the objects of kube.Objects.
type kubeItems = []*unstructured.Unstructured

// objectsIn returns the Kubernetes objects that an answer holds: as kubectl
// prints them, or wrapped in a tool's own object. None if it holds none.
func objectsIn(answer string) kubeItems {
	if !strings.Contains(answer, "apiVersion") {
		return nil
	}
	if objects, err := kube.Decode(strings.NewReader(answer)); err == nil {
		return objects.Items
	}
	var value any
	if json.Unmarshal([]byte(answer), &value) != nil {
		return nil
	}
	return unwrapped(value, maxWrapped)
}

// unwrapped looks for Kubernetes objects below the keys and items of a value.
func unwrapped(value any, layers int) kubeItems {
	if layers == 0 {
		return nil
	}
	var out kubeItems
	switch value := value.(type) {
	case string:
		if objects, err := kube.Decode(strings.NewReader(value)); err == nil && strings.Contains(value, "apiVersion") {
			return objects.Items
		}
	case []any:
		for _, item := range value {
			out = append(out, unwrapped(item, layers-1)...)
		}
	case map[string]any:
		if value["apiVersion"] == nil {
			for _, item := range value {
				out = append(out, unwrapped(item, layers-1)...)
			}
			return out
		}
		if data, err := json.Marshal(value); err == nil {
			if objects, err := kube.Decode(bytes.NewReader(data)); err == nil {
				return objects.Items
			}
		}
	}
	return out
}
