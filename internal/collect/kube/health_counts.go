package kube

// errorHealth judges by the fields in which controllers keep an error that ends
// their work.
func errorHealth(s subject) opinion {
	if s.flag("status", "readyToUse") {
		return silent
	}
	for _, field := range []string{"failureMessage", "failureReason", "error", "errorMessage"} {
		switch value := s.get("status", field).(type) {
		case string:
			if value != "" {
				return told(unhealthy(first(s.str("status", "failureReason"), "Error"), "%s", value))
			}
		case map[string]any:
			if len(value) > 0 {
				return told(unhealthy("Error", "%s", first(fields(value).str("message"), field)))
			}
		}
	}
	return silent
}

// flagHealth judges by a boolean that says it all.
func flagHealth(s subject) opinion {
	for _, field := range []string{"healthy", "ready", "readyToUse", "isReady", "available", "succeeded"} {
		value, ok := s.get("status", field).(bool)
		switch {
		case !ok:
		case value:
			return told(healthy("", "status.%s is true", field))
		case field == "healthy":
			return told(unhealthy("Unhealthy", "status.healthy is false"))
		default:
			return told(progressing(reasonNotReady, "status.%s is false", field))
		}
	}
	return silent
}

// wantedReplicas returns spec.replicas of an object that counts replicas in its
// status.
func wantedReplicas(s subject) (wanted int64, counts bool) {
	wanted = s.num(-1, "spec", "replicas")
	if wanted < 0 {
		wanted = s.num(-1, "spec", "instances")
	}
	_, counted := gotReplicas(s)
	return wanted, wanted >= 0 && (counted || s.has("status", "replicas"))
}

// gotReplicas returns how many replicas the status calls ready.
func gotReplicas(s subject) (int64, bool) {
	for _, field := range []string{"readyReplicas", "availableReplicas", "readyInstances", "updatedReadyReplicas", "updatedAvailableReplicas"} {
		if n := s.num(-1, "status", field); n >= 0 {
			return n, true
		}
	}
	return 0, false
}

// countHealth compares what the status counts with what is wanted: replicas as
// a Deployment has them, pods on nodes as a DaemonSet has them, healthy ones as
// a disruption budget has them, and runs as a CronJob has them.
func countHealth(s subject) opinion {
	wanted, counts := wantedReplicas(s)
	ready, counted := gotReplicas(s)
	alive, expected := s.num(-1, "status", "currentHealthy"), max(s.num(-1, "status", "expectedMachines"), s.num(-1, "status", "desiredHealthy"))
	switch {
	case s.has("status", "desiredNumberScheduled"):
		return told(daemonSetHealth(s))
	case alive >= 0 && alive < expected:
		return told(unhealthy("InsufficientHealthy", "%d of %d are healthy", alive, expected))
	case alive >= 0 && expected > 0:
		return told(healthy("", "%d of %d are healthy", alive, expected))
	case !counts && len(s.list("status", "active")) > 0:
		return told(progressing("Running", "%d runs are under way", len(s.list("status", "active"))))
	case !counts:
		return silent
	case counted && ready >= wanted:
		return told(healthy("", "%d of %d replicas are ready", ready, wanted))
	}
	return told(progressing("ReplicasUnavailable", "%d of %d replicas are ready", ready, wanted))
}
