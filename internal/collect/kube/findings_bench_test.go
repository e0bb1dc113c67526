package kube

import (
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/aftercheck/aftercheck"
)

// crowd returns a Deployment, its ReplicaSet and n ready pods.
func crowd(t testing.TB, n int) Objects {
	t.Helper()
	items := []*unstructured.Unstructured{
		object(t, fmt.Appendf(nil, `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"api","namespace":"shop","uid":"d","generation":1},
			"spec":{"replicas":%d,"template":{"metadata":{"labels":{"app":"api"}}}},
			"status":{"observedGeneration":1,"replicas":%[1]d,"updatedReplicas":%[1]d,"availableReplicas":%[1]d}}`, n)),
		object(t, []byte(`{"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"api-7d9f8c5b6","namespace":"shop","uid":"r",
			"ownerReferences":[{"kind":"Deployment","name":"api","uid":"d","controller":true}]}}`)),
		object(t, []byte(`{"apiVersion":"v1","kind":"Service","metadata":{"name":"api","namespace":"shop","uid":"s"},"spec":{"selector":{"app":"api"}}}`)),
		object(t, []byte(`{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"api-x","namespace":"shop","labels":{"kubernetes.io/service-name":"api"}},"endpoints":[{"addresses":["10.0.0.1"]}]}`)),
	}
	for i := range n {
		items = append(items, object(t, fmt.Appendf(nil, `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"api-7d9f8c5b6-%05d","namespace":"shop","uid":"p-%[1]d","labels":{"app":"api","pod-template-hash":"7d9f8c5b6"},
			"ownerReferences":[{"kind":"ReplicaSet","name":"api-7d9f8c5b6","uid":"r","controller":true}]},
			"spec":{"restartPolicy":"Always","containers":[{"name":"api"}]},
			"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2026-05-04T08:00:00Z"}],
			"containerStatuses":[{"name":"api","ready":true,"restartCount":1,"state":{"running":{"startedAt":"2026-05-04T08:00:00Z"}}}]}}`, i)))
	}
	return Objects{Items: items}
}

func BenchmarkFindings(b *testing.B) {
	incident := aftercheck.Incident{Labels: map[string]string{"namespace": "shop", "deployment": "api"}}
	for _, n := range []int{10, 100, 1_000, 10_000} {
		objects := crowd(b, n)
		b.Run(fmt.Sprintf("pods=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, findings := Findings(objects, incident, aftercheck.Action{}, noon); len(findings) < 2*n {
					b.Fatalf("%d findings", len(findings))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/pod")
		})
	}
}
