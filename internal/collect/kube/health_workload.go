package kube

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/aftercheck/aftercheck"
)

// deploymentHealth judges a Deployment: its own conditions and counts, and
// then its pods, which know earlier than the counts why a rollout will not end.
func deploymentHealth(s subject) Health {
	wanted := s.num(1, "spec", "replicas")
	switch {
	case len(s.sub("status")) == 0:
		return withPods(s, wanted, s.withoutStatus())
	case s.stale():
		return progressing(reasonStale, "the controller has not seen generation %d yet", s.num(0, "metadata", "generation"))
	case wanted == 0:
		return scaledDown("replicas is 0")
	}
	h := withPods(s, wanted, deploymentStatus(s, wanted))
	if s.flag("spec", "paused") {
		h.Reason, h.Message = aftercheck.ReasonPaused, "the rollout is paused; "+first(h.Message, "all replicas are available")
	}
	return h
}

// deploymentStatus judges a Deployment by its status alone.
func deploymentStatus(s subject, wanted int64) Health {
	rolling, _ := s.condition("Progressing")
	available, _ := s.condition("Available")
	refused, _ := s.condition("ReplicaFailure")
	if rolling.False() && rolling.Reason != "DeploymentPaused" {
		return unhealthy(first(rolling.Reason, "NotProgressing"), "%s", first(rolling.Message, "the rollout does not go on"))
	}
	h := replicaCounts(s, wanted)
	switch {
	case h.good() && available.False():
		return progressing(first(available.Reason, "MinimumReplicasUnavailable"), "%s", first(available.Message, "too few replicas were available of late"))
	case h.good():
		return h
	case refused.True():
		return unhealthy(first(refused.Reason, "ReplicaFailure"), "%s", first(refused.Message, "pods cannot be created"))
	case available.False() && settled(rolling) && len(s.children) == 0:
		return unhealthy(first(available.Reason, "MinimumReplicasUnavailable"), "%s", first(available.Message, h.Message))
	}
	return h
}

// settled reports whether no rollout is going on: what lacks now was lost.
func settled(rolling condition) bool {
	return rolling.Reason == "NewReplicaSetAvailable" || rolling.Reason == "NewReplicationControllerAvailable" || rolling.Reason == "DeploymentPaused" || rolling.Type == ""
}

// replicaCounts compares a Deployment's counts with what is wanted.
func replicaCounts(s subject, wanted int64) Health {
	updated := s.num(0, "status", "updatedReplicas")
	available := s.num(0, "status", "availableReplicas")
	all := s.num(0, "status", "replicas")
	switch {
	case updated < wanted && !s.flag("spec", "paused"):
		return progressing("RolloutInProgress", "%d of %d replicas are updated", updated, wanted)
	case all > updated && !s.flag("spec", "paused"):
		return progressing("RolloutInProgress", "%d old replicas are still to go", all-updated)
	case available < wanted:
		return progressing("ReplicasUnavailable", "%d of %d replicas are available", available, wanted)
	}
	return healthy("", "%d of %d replicas are available", available, wanted)
}

// replicaSetHealth judges a ReplicaSet or a ReplicationController.
func replicaSetHealth(s subject) Health {
	wanted := s.num(1, "spec", "replicas")
	refused, _ := s.condition("ReplicaFailure")
	ready := s.num(0, "status", "readyReplicas")
	available := s.num(ready, "status", "availableReplicas")
	if _, said := s.sub("status")["readyReplicas"]; said {
		available = min(available, ready)
	}
	switch {
	case len(s.sub("status")) == 0:
		return withPods(s, wanted, s.withoutStatus())
	case s.stale():
		return progressing(reasonStale, "the controller has not seen generation %d yet", s.num(0, "metadata", "generation"))
	case wanted == 0:
		return scaledDown("replicas is 0")
	case refused.True():
		return unhealthy(first(refused.Reason, "ReplicaFailure"), "%s", first(refused.Message, "pods cannot be created"))
	case available < wanted:
		return withPods(s, wanted, progressing("ReplicasUnavailable", "%d of %d replicas are available", available, wanted))
	case s.num(0, "status", "replicas") > wanted:
		return progressing("ScalingDown", "%d replicas are still to go", s.num(0, "status", "replicas")-wanted)
	}
	return withPods(s, wanted, healthy("", "%d of %d replicas are available", available, wanted))
}

// scaledDown is the health of a workload that is wanted to run nowhere: no
// evidence of health, and no illness either.
func scaledDown(why string) Health {
	return unknown(aftercheck.ReasonScaledDown, "%s: nothing is wanted to run", why)
}

// withPods corrects what a workload's counts say by its pods, where they are
// known: an unhealthy pod explains what lacks and shows that waiting is in vain;
// a healthy count does not outweigh pods that are not, unless there are enough
// others.
func withPods(s subject, wanted int64, h Health) Health {
	sum := sumPods(s)
	switch {
	case sum.counted == 0 || h.bad() && h.Reason != "MinimumReplicasUnavailable":
		return h
	case sum.worst.bad() && (!h.good() || int64(sum.good) < wanted):
		return unhealthy(sum.worst.Reason, "%d of %d pods are unhealthy: %s", sum.bad, sum.counted, sum.worst.Message)
	case sum.worst.busy() && h.good() && int64(sum.good) < wanted:
		return progressing(sum.worst.Reason, "%s", sum.worst.Message)
	}
	return h
}

// podSum is what a workload's pods say together.
type podSum struct {
	counted, good, bad int
	worst              Health
}

// sumPods judges the children of a workload that are pods in use: one that
// ended or is being deleted is history, and has its replacement.
func sumPods(s subject) podSum {
	sum := podSum{worst: healthy("", "")}
	for _, pod := range s.children {
		if pod.GetKind() != "Pod" || !inUse(pod) {
			continue
		}
		h := podHealth(subject{fields: content(pod), now: s.now})
		sum.counted++
		switch {
		case h.good():
			sum.good++
		case h.bad():
			sum.bad++
		}
		if severity(h.State) > severity(sum.worst.State) {
			sum.worst = h
			sum.worst.Message = pod.GetName() + ": " + h.Message
		}
	}
	return sum
}

// inUse reports whether a pod counts for its workload: it has not ended and is
// not being deleted.
func inUse(pod *unstructured.Unstructured) bool {
	phase := content(pod).str("status", "phase")
	return pod.GetDeletionTimestamp() == nil && phase != "Succeeded" && phase != "Failed"
}
