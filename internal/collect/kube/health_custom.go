package kube

import (
	"slices"
	"strings"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/aftercheck/aftercheck"
)

// customHealth judges an object of a kind that has no rule of its own, by the
// conventions of controllers: observedGeneration, conditions, phase, flags and
// counts. It takes the worst of what they say, and says unknown where they say
// nothing: an object that merely exists is no evidence.
func customHealth(s subject) Health {
	if h, ok := namedHealth(s); ok {
		return h
	}
	switch wanted, counts := wantedReplicas(s); {
	case blank(s.sub("status")):
		return customWithoutStatus(s)
	case s.stale():
		return progressing(reasonStale, "the controller has not seen generation %d yet", s.num(0, "metadata", "generation"))
	case counts && wanted == 0, s.has("spec", "replicas") && s.num(1, "spec", "replicas") == 0:
		return scaledDown("replicas is 0")
	}
	h := customStatus(s)
	if paused, _ := s.condition("Paused"); h.good() && paused.True() && strings.HasPrefix(s.str("kind"), "VirtualMachine") {
		return unknown(aftercheck.ReasonPaused, "%s", first(paused.Message, "the machine itself is paused"))
	}
	return suspended(s, h)
}

// customStatus judges by the status: by what sums up the whole, and beside it
// by its parts; where nothing sums up, by flags and counts, and by whether the
// controller has converged.
func customStatus(s subject) Health {
	phase := phaseHealth(s)
	if h, _ := phase(); h.bad() && slices.Equal(wordsOf(h.Reason), []string{"not", "ready"}) && len(s.conditions()) > 0 {
		phase = silent // the conditions say that too, and why
	}
	h, told := combine(conditionsHealth(s, phase), nestedHealth(s), phase, errorHealth(s))
	if !told {
		if h, told = combine(flagHealth(s), countHealth(s), partsHealth(s), lastHealth(s)); told {
			return h
		}
		return convergence(s)
	}
	if parts, known := combine(countHealth(s), partsHealth(s)); known && (h.good() || parts.bad()) {
		h = worst(h, parts)
	}
	if flag, known := flagHealth(s)(); known && h.good() {
		h = worst(h, flag)
	}
	if halted, _ := phase(); halted.Reason == aftercheck.ReasonPaused && h.bad() && !fails(h.Reason) && !fails(h.Message) {
		return halted // it is not ready because it is not wanted to run
	}
	return h
}

// suspended marks a health that is not bad as that of an object whose
// controller is suspended.
func suspended(s subject, h Health) Health {
	if !h.bad() && (pausedBySpec(s) || pausedByCondition(s)) {
		h.Reason, h.Message = aftercheck.ReasonPaused, "reconciliation is suspended"+colon(h.Message)
	}
	return h
}

// customWithoutStatus judges an object that carries no status. One that asks
// for something is taken to wait for its controller while it is young, or of an
// age unknown; an old one is of a kind, or has a controller, that says nothing.
func customWithoutStatus(s subject) Health {
	if len(s.sub("spec")) == 0 || ownGroup(s) || s.age() > normalTime {
		return unknown(reasonNoHealth, "objects of this kind, or this object, report no health")
	}
	return progressing(reasonNoStatus, "no controller has written a status yet")
}

// ownGroups are the API groups of Kubernetes itself, but for those whose names
// have no dot; their kinds without a rule say nothing of health.
var ownGroups = set(`admissionregistration.k8s.io authentication.k8s.io authorization.k8s.io certificates.k8s.io coordination.k8s.io
	discovery.k8s.io events.k8s.io flowcontrol.apiserver.k8s.io internal.apiserver.k8s.io metrics.k8s.io networking.k8s.io
	node.k8s.io rbac.authorization.k8s.io resource.k8s.io scheduling.k8s.io storage.k8s.io storagemigration.k8s.io`)

func ownGroup(s subject) bool {
	group, _, found := strings.Cut(s.str("apiVersion"), "/")
	return !found || !strings.Contains(group, ".") || ownGroups[group]
}

// blank reports whether a status is there for its form only.
func blank(status fields) bool {
	for _, value := range status {
		switch v := value.(type) {
		case []any:
			if len(v) > 0 {
				return false
			}
		case map[string]any:
			if len(v) > 0 {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// opinion is a health that a part of the status tells, or none.
type opinion func() (Health, bool)

func told(h Health) opinion { return func() (Health, bool) { return h, true } }

func silent() (Health, bool) { return Health{}, false }

// combine returns the worst of what the opinions tell.
func combine(opinions ...opinion) (Health, bool) {
	var sum Health
	known := false
	for _, ask := range opinions {
		h, ok := ask()
		switch {
		case ok && !known:
			sum, known = h, true
		case ok:
			sum = worst(sum, h)
		}
	}
	return sum, known
}

// namedHealth reads the two well-known forms of a status that names the health
// in one word: status.health.status, and the phase of an Argo Rollout.
func namedHealth(s subject) (Health, bool) {
	word := s.str("status", "health", "status")
	message := s.str("status", "health", "message")
	if word == "" && s.str("kind") == "Rollout" && !s.stale() {
		word, message = s.str("status", "phase"), s.str("status", "message")
		if wanted, _ := wantedReplicas(s); wanted == 0 && s.has("spec", "replicas") {
			return scaledDown("replicas is 0"), true
		}
	}
	switch word {
	case "Healthy":
		return healthy(word, "%s", message), true
	case "Degraded", "Missing":
		return unhealthy(word, "%s", first(message, "the controller calls it "+word)), true
	case "Progressing":
		return progressing(word, "%s", message), true
	case "Unknown":
		return unknown(word, "%s", first(message, "the controller cannot tell")), s.has("status", "health")
	case "Suspended", "Paused":
		return progressing(aftercheck.ReasonPaused, "%s", first(message, "waits to be resumed")), true
	}
	return Health{}, false
}

// pausedBySpec reports whether a person has suspended the object's controller.
func pausedBySpec(s subject) bool {
	for _, path := range pausedFields {
		if s.flag(path...) {
			return true
		}
	}
	for key, value := range s.strings("metadata", "annotations") {
		if pausedAnnotations[key] && value != "false" {
			return true
		}
	}
	return false
}

// pausedFields are the flags by which people suspend the work of a controller.
var pausedFields = [][]string{
	{"spec", "suspend"}, {"spec", "suspended"}, {"spec", "pause"}, {"spec", "paused"},
	{"spec", "updateStrategy", "paused"}, {"spec", "updateStrategy", "rollingUpdate", "paused"}, {"spec", "strategy", "paused"},
}

// pausedByCondition reports whether the controller says that it is suspended.
func pausedByCondition(s subject) bool {
	for _, kind := range []string{"Paused", "Suspended"} {
		if c, ok := s.condition(kind); ok && c.True() {
			return true
		}
	}
	progressing, _ := s.condition("Progressing")
	return !progressing.False() && toneOf(progressing.Reason) == tonePaused
}

var pausedAnnotations = set(`cluster.x-k8s.io/paused crossplane.io/paused autoscaling.keda.sh/paused strimzi.io/pause-reconciliation
	autoscaling.keda.sh/paused-replicas`)

// convergence asks kstatus, which knows whether a controller has converged:
// that it has not counts, that it has does not prove health.
func convergence(s subject) Health {
	result, err := status.Compute(&unstructured.Unstructured{Object: s.fields})
	switch {
	case err != nil:
		return unknown(reasonNoHealth, "the status does not have the usual form")
	case result.Status == status.FailedStatus:
		return unhealthy("Failed", "%s", result.Message)
	case result.Status == status.InProgressStatus:
		return progressing("InProgress", "%s", result.Message)
	}
	return unknown(reasonNoHealth, "the status says nothing of health")
}
