package kube

// daemonSetHealth judges a DaemonSet. One that no node is wanted for runs
// nowhere, which a selector that matches nothing does as well as a scale to 0.
func daemonSetHealth(s subject) Health {
	wanted := s.num(-1, "status", "desiredNumberScheduled")
	switch {
	case len(s.sub("status")) == 0:
		return withPods(s, 1, s.withoutStatus())
	case s.stale():
		return progressing(reasonStale, "the controller has not seen generation %d yet", s.num(0, "metadata", "generation"))
	case wanted < 0:
		return progressing(reasonNoStatus, "the controller has not counted the nodes yet")
	case wanted == 0:
		return scaledDown("no node is selected")
	}
	return withPods(s, wanted, daemonSetStatus(s, wanted))
}

func daemonSetStatus(s subject, wanted int64) Health {
	scheduled := s.num(0, "status", "currentNumberScheduled")
	updated := s.num(0, "status", "updatedNumberScheduled")
	ready := s.num(0, "status", "numberReady")
	available := s.num(ready, "status", "numberAvailable")
	if !s.has("status", "numberAvailable") && s.has("status", "numberUnavailable") {
		available = wanted - s.num(0, "status", "numberUnavailable")
	}
	switch {
	case scheduled < wanted && s.has("status", "currentNumberScheduled"):
		return progressing("PodsNotScheduled", "%d of %d pods are scheduled", scheduled, wanted)
	case updated < wanted && s.str("spec", "updateStrategy", "type") != "OnDelete" && s.has("status", "observedGeneration"):
		return progressing("RolloutInProgress", "%d of %d pods are updated", updated, wanted)
	case min(available, ready) < wanted:
		return progressing("PodsUnavailable", "%d of %d pods are available", min(available, ready), wanted)
	}
	return healthy("", "%d of %d pods are available", available, wanted)
}
