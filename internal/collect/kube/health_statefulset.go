package kube

// statefulSetHealth judges a StatefulSet. An OnDelete or partitioned update may
// leave old revisions on purpose; its pods must be ready all the same.
func statefulSetHealth(s subject) Health {
	wanted := s.num(1, "spec", "replicas")
	switch {
	case len(s.sub("status")) == 0:
		return withPods(s, wanted, s.withoutStatus())
	case s.stale():
		return progressing(reasonStale, "the controller has not seen generation %d yet", s.num(0, "metadata", "generation"))
	case wanted == 0:
		return scaledDown("replicas is 0")
	}
	return withPods(s, wanted, statefulSetStatus(s, wanted))
}

func statefulSetStatus(s subject, wanted int64) Health {
	all := s.num(0, "status", "replicas")
	ready := s.num(0, "status", "readyReplicas")
	available := ready
	if s.num(0, "spec", "minReadySeconds") > 0 {
		available = s.num(ready, "status", "availableReplicas")
	}
	switch {
	case all < wanted:
		return progressing("ReplicasUnavailable", "%d of %d replicas exist", all, wanted)
	case available < wanted:
		return progressing("ReplicasUnavailable", "%d of %d replicas are ready", available, wanted)
	case all > wanted:
		return progressing("ScalingDown", "%d replicas are still to go", all-wanted)
	}
	if updated, due := s.num(0, "status", "updatedReplicas"), dueUpdates(s, wanted); updated < due {
		return progressing("RolloutInProgress", "%d of %d replicas are updated", updated, due)
	}
	if present, said := s.sub("status")["currentReplicas"]; said && rolledBack(s, wanted) {
		return progressing("RolloutInProgress", "%v of %d replicas are back at the current revision", present, wanted)
	}
	return healthy("", "%d of %d replicas are ready", ready, wanted)
}

// rolledBack reports whether pods of a revision that was given up are still to
// be replaced by the one before it, which is the current one and the update.
func rolledBack(s subject, wanted int64) bool {
	if s.str("spec", "updateStrategy", "type") == "OnDelete" || s.str("status", "currentRevision") != s.str("status", "updateRevision") {
		return false
	}
	return max(s.num(0, "status", "currentReplicas"), s.num(0, "status", "updatedReplicas")) < wanted
}

// dueUpdates returns how many replicas should be of the update revision.
func dueUpdates(s subject, wanted int64) int64 {
	current, update := s.str("status", "currentRevision"), s.str("status", "updateRevision")
	if s.str("spec", "updateStrategy", "type") == "OnDelete" || update == "" || current == update {
		return 0
	}
	return max(0, wanted-s.num(0, "spec", "updateStrategy", "rollingUpdate", "partition"))
}
