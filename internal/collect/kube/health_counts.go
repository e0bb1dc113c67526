package kube

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

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
	return reportedErrors(s)
}

// reportedErrors judges by the lists of complaints: messages of a validation
// at the level of an error, and the errors that each of the controller's pods
// reports.
func reportedErrors(s subject) opinion {
	for _, message := range s.subs("status", "validationMessages") {
		if strings.EqualFold(message.str("level"), "error") {
			return told(unhealthy("ValidationError", "%s", first(message.str("type", "name"), "the validation found an error")))
		}
	}
	for _, pod := range s.subs("status", "byPod") {
		if errors := pod.subs("errors"); len(errors) > 0 {
			return told(unhealthy("Error", "%s", first(errors[0].str("message"), "a pod of the controller reports an error")))
		}
	}
	return silent
}

// flagHealth judges by a boolean that says it all.
func flagHealth(s subject) opinion {
	message := first(s.str("status", "message"), s.str("status", "reason"))
	for _, field := range []string{"healthy", "ready", "readyToUse", "isReady", "available", "succeeded", "applied", "valid"} {
		value, ok := truth(s.get("status", field))
		switch {
		case !ok:
		case value:
			return told(healthy("", "status.%s is true", field))
		case field == "healthy", fails(message):
			return told(unhealthy(reasonNotReady, "status.%s is false%s", field, colon(message)))
		default:
			return told(progressing(reasonNotReady, "status.%s is false%s", field, colon(message)))
		}
	}
	return silent
}

// truth reads a boolean, which some controllers write as text.
func truth(value any) (is, ok bool) {
	switch v := value.(type) {
	case bool:
		return v, true
	case string:
		is, err := strconv.ParseBool(v)
		return is, err == nil && len(v) > 1
	}
	return false, false
}

// wantedReplicas returns how many replicas the specification of an object wants
// that counts them in its status.
func wantedReplicas(s subject) (wanted int64, counts bool) {
	wanted = s.num(-1, "spec", "replicas")
	for _, field := range []string{"instances", "count"} {
		if wanted < 0 {
			wanted = s.num(-1, "spec", field)
		}
	}
	for _, set := range s.subs("spec", "nodeSets") {
		wanted = max(wanted, 0) + set.num(0, "count")
	}
	_, counted := gotReplicas(s)
	return wanted, wanted >= 0 && (counted || s.has("status", "replicas"))
}

// gotReplicas returns how many replicas the status calls ready.
func gotReplicas(s subject) (int64, bool) {
	for _, field := range []string{"readyReplicas", "availableReplicas", "readyInstances", "updatedReadyReplicas", "updatedAvailableReplicas", "availableNodes"} {
		if n := s.num(-1, "status", field); n >= 0 {
			return n, true
		}
	}
	return 0, false
}

// countHealth compares what the status counts with what is wanted: replicas as
// a Deployment has them, pods on nodes as a DaemonSet has them, healthy ones as
// a disruption budget has them, runs as a CronJob has them, or n/m in words.
func countHealth(s subject) opinion {
	wanted, counts := wantedReplicas(s)
	ready, counted := gotReplicas(s)
	switch {
	case s.has("status", "desiredNumberScheduled"):
		return told(daemonSetHealth(s))
	case !counts && len(s.list("status", "active")) > 0:
		return told(progressing("Running", "%d runs are under way", len(s.list("status", "active"))))
	case !counts:
		return partCounts(s)
	case !counted || ready < wanted:
		return told(progressing("ReplicasUnavailable", "%d of %d replicas are ready", ready, wanted))
	}
	if updated := s.num(wanted, "status", "updatedReplicas"); updated < wanted && !heldBack(s) {
		return told(progressing("RolloutInProgress", "%d of %d replicas are updated", updated, wanted))
	}
	return told(healthy("", "%d of %d replicas are ready", ready, wanted))
}

// heldBack reports whether an update is to leave some replicas as they were.
func heldBack(s subject) bool {
	strategy := s.sub("spec", "updateStrategy")
	return strategy.str("type") == "OnDelete" || strategy.has("partition") || strategy.has("rollingUpdate", "partition")
}

// partCounts compares the pairs of counts in the status itself.
func partCounts(s subject) opinion {
	if isTask(s.str("kind")) && s.has("status", "completionTime") {
		return taskCounts(s)
	}
	if alive, expected := s.num(-1, "status", "currentHealthy"), max(s.num(-1, "status", "expectedMachines"), s.num(-1, "status", "desiredHealthy")); alive >= 0 && expected > 0 {
		if alive < expected {
			return told(unhealthy("InsufficientHealthy", "%d of %d are healthy", alive, expected))
		}
		return told(healthy("", "%d of %d are healthy", alive, expected))
	}
	ready, all := pairOfCounts(s)
	switch {
	case ready < 0 || all <= 0:
		return silent
	case ready < all:
		return told(progressing("ReplicasUnavailable", "%d of %d are ready", ready, all))
	}
	return told(healthy("", "%d of %d are ready", ready, all))
}

// pairOfCounts returns how many parts the status calls ready, and of how many;
// -1 for what it does not say.
func pairOfCounts(s subject) (ready, all int64) {
	ready, all = s.num(-1, "status", "ready"), s.num(-1, "status", "size")
	if pods := max(s.num(-1, "status", "pods"), s.num(-1, "status", "matchedPods")); ready < 0 && pods >= 0 {
		ready, all = s.num(-1, "status", "readyPods"), pods
	}
	if got, counted := gotReplicas(s); ready < 0 && (counted || s.has("status", "expectedNodes")) {
		ready, all = got, max(s.num(-1, "status", "replicas"), s.num(-1, "status", "expectedNodes"))
	}
	for _, path := range [][]string{{"status", "scale", "statusReplicas"}, {"status", "ready"}, {"status", "tasksReady"}, {"status", "readyReplicas"}, {"status", "replicas"}} {
		if n, of, ok := fraction(s.str(path...)); ok {
			return n, of
		}
	}
	return ready, all
}

// taskCounts judges a task that has ended by how many of its pods failed.
func taskCounts(s subject) opinion {
	if failed := s.num(0, "status", "failed"); failed > 0 {
		return told(unhealthy("Failed", "%d of its pods failed", failed))
	}
	return told(healthy("Completed", "ended, and none of its pods failed"))
}

// fraction reads n/m.
func fraction(text string) (n, of int64, ok bool) {
	left, right, found := strings.Cut(text, "/")
	n, errLeft := strconv.ParseInt(left, 10, 64)
	of, errRight := strconv.ParseInt(right, 10, 64)
	return n, of, found && errLeft == nil && errRight == nil && n >= 0
}

// partLists tells the lists and maps in a status whose members are parts of the
// object now, and no history.
var partLists = regexp.MustCompile(`^(aggregatedStatus|clusters|components|environments|instances|members|nodes|pools|replicaSets|resources|services|shards|statuses|targets)$|^(connections|[a-z]+Summaries)$|^[a-z]+Status(es)?$`)

// partsHealth judges by the parts of an object that its status lists, each with
// its health or state in a word; the worst of them. What a task lists are its
// steps, and one that failed may have been tried again.
func partsHealth(s subject) opinion {
	status := s.sub("status")
	if tasks.MatchString(s.str("kind")) {
		return silent
	}
	var opinions []opinion
	for _, name := range slices.Sorted(maps.Keys(status)) {
		if !partLists.MatchString(name) || otherPhase.MatchString(name) {
			continue
		}
		for _, part := range members(status.get(name)) {
			opinions = append(opinions, partReplicas(part), partFlag(part))
			for _, field := range []string{"health", "healthStatus", "phase", "state", "status"} {
				opinions = append(opinions, wordHealth(s, part.str(field)))
			}
		}
	}
	h, ok := combine(opinions...)
	if !ok {
		return silent
	}
	return told(h)
}

// partFlag judges a part of an object by a boolean that says that it is not well.
func partFlag(part fields) opinion {
	name := first(part.str("name"), "a part")
	if is, ok := part.get("healthy").(bool); ok && !is {
		return told(unhealthy("NotHealthy", "%s is not healthy%s", name, colon(part.str("message"))))
	}
	if is, ok := part.get("ready").(bool); ok && !is {
		return told(progressing(reasonNotReady, "%s is not ready%s", name, colon(part.str("message"))))
	}
	return silent
}

// partReplicas compares the replicas that a part of an object counts.
func partReplicas(part fields) opinion {
	if all, ready := part.num(-1, "replicas"), part.num(-1, "readyReplicas"); ready >= 0 && ready < all {
		return told(progressing("ReplicasUnavailable", "%d of %d replicas are ready", ready, all))
	}
	return silent
}

// members returns the objects in a list, or in a map by their names in order.
func members(value any) []fields {
	var out []fields
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			if m, ok := item.(map[string]any); ok {
				out = append(out, m)
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if m, ok := v[name].(map[string]any); ok {
				out = append(out, m)
			}
		}
	}
	return out
}
