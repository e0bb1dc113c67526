//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
	"github.com/aftercheck/aftercheck/internal/collect/kube"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// rights are the manifests of the documentation.
const rights = "../docs/rbac.yaml"

// asDocumented returns the sensor as a service account that has exactly the
// rights that the documentation gives.
func asDocumented(t *testing.T, c *Cluster, namespace string) collect.Sensor {
	t.Helper()
	sensor, err := kube.New(kube.Config{Kubeconfig: c.ServiceAccountKubeconfig(t, namespace, rights), DefaultNamespace: namespace})
	if err != nil {
		t.Fatalf("making the sensor: %v", err)
	}
	return sensor
}

// read asks the sensor once.
func read(t *testing.T, sensor collect.Sensor, q collect.Question) (collect.Answer, error) {
	t.Helper()
	plan, fits := sensor.Plan(q)
	if !fits {
		t.Fatalf("the sensor has nothing to say about %v", q.Incident.Labels)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return plan.Read(ctx)
}

// incident is an alert with these labels, given as name, value, name, value.
func incident(labels ...string) collect.Question {
	q := collect.Question{Incident: aftercheck.Incident{ID: "e2e", Labels: map[string]string{}}}
	for i := 0; i+1 < len(labels); i += 2 {
		q.Incident.Labels[labels[i]] = labels[i+1]
	}
	return q
}

// phrase says a finding in a line: scope, check, kind/name, state, reason,
// value; pods by their kind alone, because the cluster chooses their names.
func phrase(f aftercheck.Finding) string {
	name := f.Subject.Kind
	if f.Subject.Kind != "Pod" || f.Subject.Owner == "" {
		name += "/" + f.Subject.Name
	}
	words := []string{string(f.Scope), string(f.Check), name, string(f.State), f.Reason}
	if f.Value != nil {
		words = append(words, strconv.FormatFloat(f.Value.Number, 'g', -1, 64))
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

// finds waits until the sensor answers with all these findings, and returns
// that answer.
func finds(t *testing.T, sensor collect.Sensor, q collect.Question, wanted ...string) collect.Answer {
	t.Helper()
	var last collect.Answer
	testbed.Eventually(t, 40*time.Second, func() error {
		answer, err := read(t, sensor, q)
		if err != nil {
			return err
		}
		last = answer
		seen := map[string]bool{}
		var all []string
		for _, f := range answer.Findings {
			seen[phrase(f)] = true
			all = append(all, phrase(f))
		}
		for _, want := range wanted {
			if !seen[want] {
				return fmt.Errorf("no finding %q; target %s:\n  %s", want, answer.Target, strings.Join(all, "\n  "))
			}
		}
		return nil
	})
	return last
}

func TestSensorSeesPodsInEveryState(t *testing.T) {
	t.Parallel()
	c := Shared(t)
	for state, want := range map[string]string{
		"crashloop": "CrashLoopBackOff",
		"oom":       "CrashLoopBackOff",
		"imagepull": "ImagePullBackOff",
	} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			ns := c.Namespace(t)
			c.Apply(t, ns, deployment(2, state))
			sensor := asDocumented(t, c, ns)
			answer := finds(t, sensor, incident("namespace", ns, "deployment", "web"),
				"target health Deployment/web unhealthy "+want,
				"target health Pod unhealthy "+want,
				"target replicas Deployment/web 2")
			if answer.Target.Kind != "Deployment" || answer.Target.UID == "" {
				t.Errorf("target %+v", answer.Target)
			}
			if !strings.Contains(answer.Raw, want) || strings.Contains(answer.Raw, "managedFields") {
				t.Errorf("raw text:\n%s", answer.Raw)
			}
		})
	}
}

func TestSensorSeesOutOfMemory(t *testing.T) {
	t.Parallel()
	c := Shared(t)
	ns := c.Namespace(t)
	c.Apply(t, ns, deployment(1, "oom"))
	answer := finds(t, asDocumented(t, c, ns), incident("namespace", ns, "deployment", "web"), "target restarts Pod 3")
	for _, f := range answer.Findings {
		if f.Subject.Kind == "Pod" && f.Check == aftercheck.CheckHealth && !strings.Contains(f.Message, "OOMKilled") {
			t.Errorf("the message does not say why: %q", f.Message)
		}
	}
}

func TestSensorFollowsAPodToItsDeployment(t *testing.T) {
	t.Parallel()
	c := Shared(t)
	ns := c.Namespace(t)
	c.Apply(t, ns, deployment(1, ""))
	sensor := asDocumented(t, c, ns)
	pod := await(t, c, ns, "app=web", ready)

	q := incident("namespace", ns, "pod", pod.Name, "container", "web")
	before := finds(t, sensor, q, "target health Deployment/web healthy", "target health Pod healthy")
	if got := before.Target.String(); got != "Deployment/"+ns+"/web" {
		t.Fatalf("target %s", got)
	}

	c.Kubectl(t, "-n", ns, "rollout", "restart", "deployment/web")
	await(t, c, ns, "app=web", func(p corev1.Pod) bool { return p.UID != pod.UID && ready(p) })
	for name, known := range map[string]aftercheck.Target{"by what was known": before.Target, "by its name": {}} {
		q.Known = known
		after := finds(t, sensor, q, "target health Deployment/web healthy")
		if after.Target != before.Target {
			t.Errorf("%s: target %+v, before %+v", name, after.Target, before.Target)
		}
		for _, f := range after.Findings {
			if f.Check == aftercheck.CheckHealth && f.Subject.UID == string(pod.UID) && f.State == aftercheck.StateHealthy {
				t.Errorf("%s: the pod that is gone counts", name)
			}
		}
	}
}

func TestSensorSeesAnUnschedulablePod(t *testing.T) {
	t.Parallel()
	c := Shared(t)
	ns := c.Namespace(t)
	c.Apply(t, ns, `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: huge}
spec:
  replicas: 1
  serviceName: huge
  selector: {matchLabels: {app: huge}}
  template:
    metadata: {labels: {app: huge}}
    spec: {containers: [{name: huge, image: "example.invalid/huge:1", resources: {requests: {cpu: "500"}}}]}
`)
	finds(t, asDocumented(t, c, ns), incident("namespace", ns, "pod", "huge-0"),
		"target health StatefulSet/huge unhealthy Unschedulable", "target health Pod unhealthy Unschedulable")
}

// TestSensorSeesANodeNotReady does not run beside others: the rights to nodes
// hang on the one ClusterRoleBinding of the file, which each test makes its own.
func TestSensorSeesANodeNotReady(t *testing.T) {
	c := Shared(t)
	ns := c.Namespace(t)
	node := "own-" + ns
	c.Node(t, node)
	sensor := asDocumented(t, c, ns)
	q := incident("node", node)
	q.Incident.Alertname = "KubeNodeNotReady"
	finds(t, sensor, q, "target health Node/"+node+" healthy")
	c.Kubectl(t, "label", "node", node, StateLabel+"=notready")
	finds(t, sensor, q, "target health Node/"+node+" unhealthy KubeletNotReady")
	c.Kubectl(t, "label", "node", node, StateLabel+"-")
	finds(t, sensor, q, "target health Node/"+node+" healthy")
	c.Kubectl(t, "cordon", node)
	finds(t, sensor, q, "target health Node/"+node+" unknown Paused")
}

func TestSensorSeesWhatIsNotThereAnyMore(t *testing.T) {
	t.Parallel()
	c := Shared(t)
	ns := c.Namespace(t)
	c.Apply(t, ns, deployment(1, "crashloop"))
	sensor := asDocumented(t, c, ns)
	q := incident("namespace", ns, "deployment", "web")
	q.Known = finds(t, sensor, q, "target health Deployment/web unhealthy CrashLoopBackOff").Target

	c.Kubectl(t, "-n", ns, "scale", "deployment/web", "--replicas=0")
	finds(t, sensor, q, "target health Deployment/web unknown ScaledDown", "target replicas Deployment/web 0")

	c.Kubectl(t, "-n", ns, "delete", "deployment/web")
	answer := finds(t, sensor, q, "target presence Deployment/web unhealthy NotFound")
	if answer.Target != q.Known {
		t.Errorf("target %+v, want %+v", answer.Target, q.Known)
	}
}

func TestSensorSeesNeighboursAndEmptyEndpoints(t *testing.T) {
	t.Parallel()
	c := Shared(t)
	ns := c.Namespace(t)
	c.Apply(t, ns, deployment(1, "")+"---\n"+strings.ReplaceAll(deployment(1, "crashloop"), "web", "cart")+`
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`)
	sensor := asDocumented(t, c, ns)
	q := incident("namespace", ns, "deployment", "web")
	finds(t, sensor, q,
		"target endpoints Service/web healthy 1",
		"neighbour health Deployment/cart unhealthy CrashLoopBackOff",
		"neighbour restarts Deployment/cart 7")
	c.Kubectl(t, "-n", ns, "patch", "service/web", "-p", `{"spec":{"selector":{"app":"nobody"}}}`)
	finds(t, sensor, incident("namespace", ns, "service", "web"), "target endpoints Service/web unhealthy NoReadyEndpoints 0")
}

func TestSensorFollowsACronJob(t *testing.T) {
	t.Parallel()
	c := Shared(t)
	ns := c.Namespace(t)
	c.Apply(t, ns, `
apiVersion: batch/v1
kind: CronJob
metadata: {name: report}
spec:
  schedule: "0 0 1 1 *"
  jobTemplate:
    spec: {template: {spec: {restartPolicy: Never, containers: [{name: report, image: "example.invalid/report:1"}]}}}
`)
	c.Kubectl(t, "-n", ns, "create", "job", "report-1", "--from=cronjob/report")
	sensor := asDocumented(t, c, ns)
	for _, label := range []string{"cronjob", "job_name"} {
		name := map[string]string{"cronjob": "report", "job_name": "report-1"}[label]
		answer := finds(t, sensor, incident("namespace", ns, label, name), "target health CronJob/report healthy Complete")
		if got := answer.Target.String(); got != "CronJob/"+ns+"/report" {
			t.Errorf("%s: target %s", label, got)
		}
	}
}
