package kube

import (
	"encoding/json"
	"slices"

	"github.com/aftercheck/aftercheck"
)

// autoscalerHealth judges a HorizontalPodAutoscaler: can it read what it
// scales by, and can it scale. One that has reached its limit works.
func autoscalerHealth(s subject) Health {
	conditions := autoscalerConditions(s)
	if len(s.sub("status")) == 0 && len(conditions) == 0 {
		return s.withoutStatus()
	}
	h, limited := autoscalerTrouble(conditions)
	asked := slices.ContainsFunc(conditions, func(c condition) bool { return c.Type == "AbleToScale" })
	current, desired := s.num(0, "status", "currentReplicas"), s.num(0, "status", "desiredReplicas")
	switch {
	case h.State != "":
		return h
	case s.stale():
		return progressing(reasonStale, "the controller has not seen the latest generation yet")
	case current != desired && desired > 0:
		return progressing("Rescaling", "%d of %d replicas", current, desired)
	case limited != "":
		return healthy("ScalingLimited", "%s", limited)
	case !asked:
		return progressing("NotAskedYet", "the controller has not said yet whether it can scale")
	}
	return healthy("", "%d replicas, as desired", current)
}

// autoscalerTrouble returns what the conditions say against the autoscaler, or
// the zero Health, and at which limit it is.
func autoscalerTrouble(conditions []condition) (h Health, limited string) {
	for _, c := range conditions {
		switch {
		case c.Type == "ScalingActive" && c.Reason == "ScalingDisabled" && c.False():
			return unknown(aftercheck.ReasonScaledDown, "%s", first(c.Message, "the replicas of the target are 0")), ""
		case (c.Type == "AbleToScale" || c.Type == "ScalingActive") && c.False() && !backsOff(c.Reason):
			return unhealthy(first(c.Reason, c.Type), "%s", first(c.Message, c.Type+" does not hold")), ""
		case c.Type == "ScalingLimited" && c.True():
			limited = first(c.Message, c.Reason)
		}
	}
	return Health{}, limited
}

// backsOff tells the pauses between two rescalings from trouble.
func backsOff(reason string) bool {
	return reason == "BackoffBoth" || reason == "BackoffDownscale" || reason == "BackoffUpscale"
}

// autoscalerConditions returns the conditions; autoscaling/v1 keeps them as
// JSON in an annotation.
func autoscalerConditions(s subject) []condition {
	if conditions := s.conditions(); len(conditions) > 0 {
		return conditions
	}
	var list []map[string]any
	annotation := s.str("metadata", "annotations", "autoscaling.alpha.kubernetes.io/conditions")
	if annotation == "" || json.Unmarshal([]byte(annotation), &list) != nil {
		return nil
	}
	out := make([]fields, 0, len(list))
	for _, item := range list {
		out = append(out, item)
	}
	return conditionsIn(out)
}

// disruptionBudgetHealth judges a PodDisruptionBudget by whether enough of its
// pods are healthy. One that allows no disruption just now does its work.
func disruptionBudgetHealth(s subject) Health {
	allowed, _ := s.condition("DisruptionAllowed")
	current, desired := s.num(0, "status", "currentHealthy"), s.num(0, "status", "desiredHealthy")
	switch {
	case len(s.sub("status")) == 0:
		return s.withoutStatus()
	case s.stale():
		return progressing(reasonStale, "the controller has not seen the latest generation yet")
	case allowed.Reason == "SyncFailed":
		return unhealthy(allowed.Reason, "%s", first(allowed.Message, "the budget cannot be computed"))
	case current < desired:
		return unhealthy("InsufficientPods", "%d of %d wanted pods are healthy", current, desired)
	}
	return healthy("", "%d pods are healthy, %d wanted, %d disruptions allowed", current, desired, s.num(0, "status", "disruptionsAllowed"))
}
