package kube

import (
	"slices"
	"testing"

	"github.com/aftercheck/aftercheck"
)

// Lists of objects as people save them: pods alone, ReplicaSets alone, and a
// whole namespace.
const (
	podsAlone = `
apiVersion: v1
kind: PodList
items:
- metadata: {name: api-6d4cf56db6-fghjk, namespace: shop, uid: p2, labels: {pod-template-hash: 6d4cf56db6}, ownerReferences: [{kind: ReplicaSet, name: api-6d4cf56db6, uid: r, controller: true}]}
- metadata: {name: db-0, namespace: shop, uid: p3, ownerReferences: [{kind: StatefulSet, name: db, uid: s, controller: true}]}
- metadata: {name: report-28928160-x7k2p, namespace: shop, uid: p4, ownerReferences: [{kind: Job, name: report-28928160, uid: j, controller: true}]}
`
	setsAlone = `
apiVersion: apps/v1
kind: ReplicaSetList
items:
- metadata: {name: api-1, namespace: shop, uid: r1, ownerReferences: [{kind: Deployment, name: api, uid: d, controller: true}]}
  spec: {replicas: 0}
- metadata: {name: api-2, namespace: shop, uid: r2, ownerReferences: [{kind: Deployment, name: api, uid: d, controller: true}]}
  spec: {replicas: 1}
`
	ownerless = `
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: api-6d4cf56db6, namespace: shop, labels: {pod-template-hash: 6d4cf56db6}}
spec: {replicas: 0}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: api-7b9f8c5d4, namespace: shop, labels: {pod-template-hash: 7b9f8c5d4}}
spec: {replicas: 1}
---
apiVersion: v1
kind: Pod
metadata: {name: api-7b9f8c5d4-fghjk, namespace: shop, labels: {pod-template-hash: 7b9f8c5d4}}
`
	everything = `
apiVersion: v1
kind: Namespace
metadata: {name: shop}
status: {phase: Active}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: api, namespace: shop}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: api, namespace: shop}
spec: {hosts: [api]}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop, uid: d}
spec: {replicas: 1, template: {metadata: {labels: {app: api}}}}
status: {replicas: 1}
`
)

// TestTargetIsFound checks which objects an incident's labels mean.
func TestTargetIsFound(t *testing.T) {
	for _, c := range []struct {
		name, objects string
		labels        map[string]string
		want          []string // kind/name; "!" before one that is missing
	}{
		{"owner references were lost, and the hash tells", ownerless, map[string]string{"namespace": "shop", "deployment": "api"}, []string{"Pod/api-7b9f8c5d4-fghjk"}},
		{"ReplicaSets without a label, the empty one is history", setsAlone, nil, []string{"ReplicaSet/api-2"}},
		{"no label, the workload stands for the rest", everything, nil, []string{"Deployment/api"}},
		{"a namespace alone", everything, map[string]string{"namespace": "shop"}, []string{"Deployment/api"}},
		{"a bare name", everything, map[string]string{"app": "api"}, []string{"Deployment/api"}},
		{"a Service by name", everything, map[string]string{"service": "api"}, []string{"Service/api"}},
		{"a custom resource by kind", everything, map[string]string{"kind": "VirtualService", "name": "api"}, []string{"VirtualService/api"}},
		{"one that is not there", everything, map[string]string{"namespace": "shop", "deployment": "web"}, []string{"!Deployment/web"}},
		{"a pod that was replaced", podsAlone, map[string]string{"namespace": "shop", "pod": "api-6d4cf56db6-bcdfg"}, []string{"Pod/api-6d4cf56db6-fghjk"}},
		{"a pod that was replaced, without a namespace", podsAlone, map[string]string{"pod": "api-6d4cf56db6-bcdfg"}, []string{"Pod/api-6d4cf56db6-fghjk"}},
		{"a Deployment of which only pods are listed", podsAlone, map[string]string{"namespace": "shop", "deployment": "api"}, []string{"Pod/api-6d4cf56db6-fghjk"}},
		{"a StatefulSet of which only pods are listed", podsAlone, map[string]string{"statefulset": "db"}, []string{"Pod/db-0"}},
		{"a Job of which only pods are listed", podsAlone, map[string]string{"job_name": "report-28928160"}, []string{"Pod/report-28928160-x7k2p"}},
		{"a pod of another workload", podsAlone, map[string]string{"namespace": "shop", "pod": "web-6d4cf56db6-bcdfg"}, []string{"!Pod/web-6d4cf56db6-bcdfg"}},
		{"a pod in another namespace", podsAlone, map[string]string{"namespace": "web", "pod": "db-0"}, []string{"!Pod/db-0"}},
		{"a Deployment of which only ReplicaSets are listed", setsAlone, map[string]string{"namespace": "shop", "deployment": "api"}, []string{"ReplicaSet/api-2"}},
	} {
		x := newIndex(decoded(t, c.objects).Items)
		targets, missing := x.find(aftercheck.Incident{Labels: c.labels}, aftercheck.Action{}, Objects{})
		var got []string
		for _, o := range targets {
			got = append(got, o.GetKind()+"/"+o.GetName())
		}
		if !missing.IsZero() {
			got = append(got, "!"+missing.Kind+"/"+missing.Name)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestObjectsWithoutNames are judged all the same, each of them, as examples
// leave names out.
func TestObjectsWithoutNames(t *testing.T) {
	objects := decoded(t, `
apiVersion: v1
kind: Pod
status: {phase: Succeeded}
---
apiVersion: v1
kind: Pod
status: {phase: Failed, reason: Evicted}
---
apiVersion: v1
kind: Node
status: {conditions: [{type: Ready, status: "True"}]}
`)
	_, findings := Findings(objects, aftercheck.Incident{}, aftercheck.Action{}, noon)
	var got []string
	for _, f := range findings {
		if f.Check == aftercheck.CheckHealth && f.Scope == aftercheck.ScopeTarget {
			got = append(got, f.Subject.Kind+" "+string(f.State))
		}
	}
	if want := []string{"Node healthy", "Pod healthy", "Pod unhealthy"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
