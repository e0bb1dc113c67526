package kube

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/aftercheck/aftercheck"
)

// normalTime is how long an object may take to converge before it counts as
// stuck: the Deployment controller's own default progress deadline.
const normalTime = 10 * time.Minute

// Reasons of our own, for what Kubernetes has no word for.
const (
	// reasonNoStatus: the object carries no status, so nothing was observed.
	reasonNoStatus = "NoStatus"
	// reasonNoHealth: objects of this kind have no health of their own.
	reasonNoHealth = "NoHealth"
	// reasonStale: the controller has not seen the latest generation yet.
	reasonStale = "ObservedGenerationStale"
	// reasonTerminating and reasonStuck: being deleted, or for too long.
	reasonTerminating = "Terminating"
	reasonStuck       = "TerminationStuck"
	// reasonCrashLooping: a container runs between two crashes.
	reasonCrashLooping = "CrashLooping"
	// reasonRestarted: a container crashed and has not outlived that life yet.
	reasonRestarted = "RecentlyRestarted"
	// reasonReadinessLost: a pod was ready, runs on, and is not ready any more.
	reasonReadinessLost = "ReadinessLost"
	reasonNotReady      = "NotReady"
	reasonNoEndpoints   = "NoReadyEndpoints"
	reasonNoAddress     = "NoAddress"
)

// Health is what one object's own status says of it.
type Health struct {
	State   aftercheck.State
	Reason  string // one word; empty when there is nothing to add
	Message string // one sentence for people; may be empty
}

func (h Health) good() bool { return h.State == aftercheck.StateHealthy }
func (h Health) bad() bool  { return h.State == aftercheck.StateUnhealthy }
func (h Health) busy() bool { return h.State == aftercheck.StateProgressing }

// HealthOf returns the health of an object at the time now, by the rules of its
// kind or, for a custom resource, by the conventions of its conditions. The
// children are what the object owns, as far as it is known: the pods of a
// workload, the Jobs of a CronJob; nil leaves the judgement to the object's
// status. A zero now leaves out every rule that asks how long. It never panics
// on malformed content and never fails: what cannot be told is unknown.
func HealthOf(o *unstructured.Unstructured, children []*unstructured.Unstructured, now time.Time) Health {
	if o == nil {
		return unknown(reasonNoStatus, "there is no object")
	}
	s := subject{fields: content(o), children: children, now: now}
	kind := o.GroupVersionKind().GroupKind()
	judge, known := rules[kind.String()]
	if !known {
		judge = customHealth
	}
	if s.deleting() && kind.String() != "Pod" && kind.String() != "Namespace" {
		return terminating(s, normalTime)
	}
	return judge(s)
}

// rule judges the objects of one kind.
type rule func(subject) Health

// rules holds the rule of each kind that has one, by Kind.group.
var rules = map[string]rule{
	"Pod":                                 podHealth,
	"ReplicaSet.apps":                     replicaSetHealth,
	"ReplicaSet.extensions":               replicaSetHealth,
	"ReplicationController":               replicaSetHealth,
	"Deployment.apps":                     deploymentHealth,
	"Deployment.extensions":               deploymentHealth,
	"DeploymentConfig.apps.openshift.io":  deploymentHealth,
	"StatefulSet.apps":                    statefulSetHealth,
	"DaemonSet.apps":                      daemonSetHealth,
	"DaemonSet.extensions":                daemonSetHealth,
	"Job.batch":                           jobHealth,
	"CronJob.batch":                       cronJobHealth,
	"Node":                                nodeHealth,
	"PersistentVolumeClaim":               claimHealth,
	"PersistentVolume":                    volumeHealth,
	"VolumeAttachment.storage.k8s.io":     attachmentHealth,
	"Service":                             serviceHealth,
	"Endpoints":                           endpointsHealth,
	"EndpointSlice.discovery.k8s.io":      endpointSliceHealth,
	"Ingress.networking.k8s.io":           ingressHealth,
	"Ingress.extensions":                  ingressHealth,
	"HorizontalPodAutoscaler.autoscaling": autoscalerHealth,
	"PodDisruptionBudget.policy":          disruptionBudgetHealth,
	"Namespace":                           namespaceHealth,
	"APIService.apiregistration.k8s.io":   apiServiceHealth,
	"CustomResourceDefinition.apiextensions.k8s.io": definitionHealth,
	"CertificateSigningRequest.certificates.k8s.io": signingHealth,
}

// subject is one object under judgement.
type subject struct {
	fields
	children []*unstructured.Unstructured
	now      time.Time
}

func (s subject) deleting() bool { return s.str("metadata", "deletionTimestamp") != "" }

// stale reports whether the controller has yet to see the latest generation.
func (s subject) stale() bool {
	generation := s.num(0, "metadata", "generation")
	for _, field := range []string{"observedGeneration", "lastEvaluatedGeneration", "schedulerObservedGeneration"} {
		if observed := s.num(-1, "status", field); observed >= 0 && observed < generation {
			return true
		}
	}
	return false
}

// fresh reports whether the API server holds the object although no controller
// has written a status; a manifest that was never applied is not fresh.
func (s subject) fresh() bool {
	return s.str("metadata", "uid") != "" || s.str("metadata", "resourceVersion") != "" ||
		s.has("metadata", "creationTimestamp") || s.num(0, "metadata", "generation") > 0
}

// withoutStatus is the health of an object whose status is empty.
func (s subject) withoutStatus() Health {
	if s.fresh() {
		return progressing(reasonNoStatus, "no controller has written a status yet")
	}
	return unknown(reasonNoStatus, "the object carries no status")
}

func (s subject) age() time.Duration { return age(s.now, s.time("metadata", "creationTimestamp")) }

// terminating is the health of an object that is being deleted: stuck once it
// is later than the grace period by more than the given time.
func terminating(s subject, normal time.Duration) Health {
	waits := ""
	if finalizers := s.list("metadata", "finalizers"); len(finalizers) > 0 {
		waits = fmt.Sprintf("; it waits for %d finalizers, the first is %v", len(finalizers), finalizers[0])
	}
	if late := age(s.now, s.time("metadata", "deletionTimestamp")); late > normal {
		return unhealthy(reasonStuck, "should have been gone %s ago%s", late.Round(time.Second), waits)
	}
	return progressing(reasonTerminating, "is being deleted%s", waits)
}

func healthy(reason, format string, args ...any) Health {
	return Health{aftercheck.StateHealthy, plainReason(reason), sentence(format, args)}
}

func progressing(reason, format string, args ...any) Health {
	return Health{aftercheck.StateProgressing, plainReason(reason), sentence(format, args)}
}

func unhealthy(reason, format string, args ...any) Health {
	return Health{aftercheck.StateUnhealthy, plainReason(reason), sentence(format, args)}
}

func unknown(reason, format string, args ...any) Health {
	return Health{aftercheck.StateUnknown, plainReason(reason), sentence(format, args)}
}

// plainReason makes one word of a reason that some controllers write as a
// sentence.
func plainReason(reason string) string {
	if len(reason) <= maxReason && !strings.ContainsAny(reason, " \t\n") {
		return strings.ToValidUTF8(reason, "?")
	}
	return oneWord(reason)
}

// The bounds of what a Health says, in bytes.
const (
	maxReason  = 64
	maxMessage = 512
)

// sentence formats a message and cuts it at maxMessage bytes.
func sentence(format string, args []any) string {
	text := strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ")
	if len(text) > maxMessage {
		text = strings.ToValidUTF8(text[:maxMessage-3], "") + "..."
	}
	return strings.ToValidUTF8(text, "?")
}

// severity orders the states from good to bad, for taking the worst.
func severity(s aftercheck.State) int {
	switch s {
	case aftercheck.StateUnhealthy:
		return 3
	case aftercheck.StateProgressing:
		return 2
	case aftercheck.StateUnknown:
		return 1
	}
	return 0
}

// worst returns the worst of two; the first of two that are as bad.
func worst(a, b Health) Health {
	if severity(b.State) > severity(a.State) {
		return b
	}
	return a
}

// first returns s, or otherwise if s is empty.
func first(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}
