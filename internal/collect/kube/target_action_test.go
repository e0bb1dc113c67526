package kube

import (
	"strings"
	"testing"
)

func TestTheActionNamesATargetWhereLabelsDoNot(t *testing.T) {
	for text, want := range map[string]string{
		"kubectl rollout undo deployment/api":                            "Deployment//api",
		"kubectl -n shop rollout restart deploy api":                     "Deployment/shop/api",
		"kubectl --namespace=shop delete pod api-7d9f8c6b5-x2x4k":        "Pod/shop/api-7d9f8c6b5-x2x4k",
		"kubectl delete pod/api-0 --grace-period 0 -n shop":              "Pod/shop/api-0",
		"kubectl scale --replicas 3 statefulset/db":                      "StatefulSet//db",
		"kubectl set image deployments.apps/api api=registry/api:2":      "Deployment//api",
		"kubectl drain node-1 --ignore-daemonsets":                       "Node//node-1",
		"kubectl uncordon node/node-2":                                   "Node//node-2",
		"scale deployment/api --replicas=5":                              "Deployment//api",
		"restart_service:api":                                            "Deployment//api StatefulSet//api DaemonSet//api CronJob//api Job//api",
		"kubectl delete configmap api-config":                            "",
		"kubectl apply -f deployment.yaml":                               "",
		"auto_repair_playbook:pb-42:restart":                             "",
		"the deployment was restarted by hand":                           "",
		"kubectl patch hpa api -p '{}'":                                  "",
		"docker restart api":                                             "",
		"kubectl -n shop rollout undo deployment/api && kubectl get pod": "Deployment/shop/api",
		"": "",
	} {
		var got []string
		for _, c := range actionCandidates(text, "") {
			got = append(got, c.kind+"/"+c.namespace+"/"+c.name)
		}
		if joined := strings.Join(got, " "); joined != want {
			t.Errorf("%q names %q, want %q", text, joined, want)
		}
	}
}
