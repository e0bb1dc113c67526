package kube

import "slices"

// conditionsHealth judges by status.conditions.
func conditionsHealth(s subject) opinion {
	conditions := s.conditions()
	if running, ok := s.condition("Running"); ok && running.True() && tasks.MatchString(s.str("kind")) {
		conditions = slices.DeleteFunc(conditions, func(c condition) bool { return c.Type == "Running" })
		if _, known := judgeConditions(conditions, s.num(0, "metadata", "generation"))(); !known {
			return told(progressing(first(running.Reason, "Running"), "%s", first(running.Message, "runs, and is to end by itself")))
		}
	}
	return judgeConditions(conditions, s.num(0, "metadata", "generation"))
}

// routesHealth judges by the conditions that each parent of a Gateway API route
// or policy writes; the worst of them.
func routesHealth(s subject) opinion {
	var opinions []opinion
	for _, field := range []string{"parents", "ancestors", "ingress"} {
		for _, parent := range s.subs("status", field) {
			opinions = append(opinions, judgeConditions(conditionsIn(parent.subs("conditions")), s.num(0, "metadata", "generation")))
		}
	}
	h, ok := combine(opinions...)
	if !ok {
		return silent
	}
	return told(h)
}

// judgeConditions reads a set of conditions. A negative one that holds is an
// illness. Then the decisive positive ones count, all of them; then whether
// work is under way.
func judgeConditions(conditions []condition, generation int64) opinion {
	for _, c := range conditions {
		if polarity(c.Type) == negative && c.True() && c.Severity != "Info" {
			return told(unhealthy(first(c.Reason, c.Type), "%s", first(c.Message, c.Type+" holds")))
		}
	}
	busy, working := underWay(conditions)
	var sum Health
	known := false
	for _, c := range decisive(conditions) {
		h, ok := positiveHealth(c, generation, working)
		switch {
		case !ok:
		case !known:
			sum, known = h, true
		default:
			sum = worst(sum, h)
		}
	}
	switch {
	case working && (!known || sum.good() && busy.Type != "Issuing"):
		return told(progressing(first(busy.Reason, busy.Type), "%s", first(busy.Message, busy.Type+" holds")))
	case known:
		return told(sum)
	}
	return restingHealth(conditions)
}

// underWay returns the first condition that says that work is under way. A
// Progressing that holds because the work is done is none.
func underWay(conditions []condition) (condition, bool) {
	for _, c := range conditions {
		if polarity(c.Type) == activity && c.True() && toneOf(c.Reason) != toneGood && c.Reason != "AsExpected" {
			return c, true
		}
	}
	return condition{}, false
}

// restingHealth judges by the conditions that are neither a summary nor hold: a
// Progressing that stopped for a bad reason is an illness, a Degraded that does
// not hold is health where nothing else is said.
func restingHealth(conditions []condition) opinion {
	rests := silent
	for _, c := range conditions {
		switch {
		case !c.False():
		case polarity(c.Type) == activity && toneOf(c.Reason) == toneBad:
			return told(unhealthy(c.Reason, "%s", first(c.Message, c.Type+" does not hold")))
		case c.Type == "Degraded":
			rests = told(healthy(c.Reason, "%s", first(c.Message, "is not degraded")))
		}
	}
	return rests
}

// summaries are the conditions that sum up the others, by their names in the
// conventions; where one of them is there, the steps on the way do not count.
var summaries = set(`Available Healthy Succeeded Operational Programmed Accepted ResolvedRefs Complete Completed Synced`)

// beside are the summaries that say another thing than Ready does.
var beside = set(`Ready Synced Healthy Available`)

// decisive returns the positive conditions that decide: Ready, where it is
// there, with those beside it; else the summaries and all that is called ready,
// available or healthy; else every one.
func decisive(conditions []condition) []condition {
	positives := slices.DeleteFunc(slices.Clone(conditions), func(c condition) bool { return polarity(c.Type) != positive })
	has := func(in func(condition) bool) bool { return slices.ContainsFunc(positives, in) }
	var counts func(condition) bool
	switch {
	case has(func(c condition) bool { return c.Type == "Ready" }):
		counts = func(c condition) bool { return beside[c.Type] }
	case has(func(c condition) bool { return summaries[c.Type] }):
		counts = func(c condition) bool { return summaries[c.Type] || namesReadiness(c.Type) }
	default:
		return positives
	}
	return slices.DeleteFunc(positives, func(c condition) bool { return !counts(c) })
}

// namesReadiness reports whether a condition is about the readiness of a part:
// PodsReady, ClusterAvailable.
func namesReadiness(kind string) bool {
	words := wordsOf(kind)
	return len(words) > 0 && slices.Contains([]string{"ready", "available", "healthy"}, words[len(words)-1])
}

// positiveHealth judges one condition whose True is good. It tells nothing of a
// mere step that is done.
func positiveHealth(c condition, generation int64, working bool) (Health, bool) {
	message := first(c.Message, c.Type+" is "+c.Status)
	switch {
	case c.Generation > 0 && c.Generation < generation:
		return progressing(reasonStale, "%s was judged for generation %d of %d", c.Type, c.Generation, generation), true
	case c.True():
		return healthy(c.Reason, "%s", message), !weakTypes[c.Type]
	case !c.False() && toneOf(c.Status) == toneBad:
		return unhealthy(first(c.Reason, c.Status), "%s", message), true
	case !c.False():
		return progressing(first(c.Reason, c.Type), "%s", message), true
	}
	if busyFalse(c, working) {
		return progressing(first(c.Reason, c.Type), "%s", message), true
	}
	return unhealthy(first(c.Reason, "Not"+c.Type), "%s", message), true
}

// busyFalse reports whether a positive condition is False because work is
// under way: by its severity, its reason, its message, another condition, or
// what its type means, in this order.
func busyFalse(c condition, working bool) bool {
	switch c.Severity {
	case "Error":
		return false
	case "Info":
		return true
	}
	if said := toneOf(c.Reason); said == toneBusy || said == tonePaused {
		return true
	} else if said == toneBad && !deniesItself(c) {
		return false
	}
	switch toneOf(c.Message) {
	case toneBusy:
		return true
	case toneBad:
		return working && deniesItself(c) || falseIsBusy[c.Type] && deniesItself(c)
	}
	return working || falseIsBusy[c.Type]
}

// deniesItself reports whether the reason only repeats that the condition does
// not hold: NotReady, Unready, ContainersNotReady.
func deniesItself(c condition) bool {
	words := wordsOf(c.Reason)
	for i, word := range words {
		if badWords[word] || word == "found" {
			return false
		}
		if i > 0 && goodWords[word] && negations[words[i-1]] {
			return true
		}
	}
	return c.Reason == ""
}

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
	for _, field := range []string{"ready", "readyToUse", "isReady", "healthy", "available", "succeeded"} {
		if value, ok := s.get("status", field).(bool); ok {
			if value {
				return told(healthy("", "status.%s is true", field))
			}
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
	for _, field := range []string{"readyReplicas", "availableReplicas", "readyInstances"} {
		if n := s.num(-1, "status", field); n >= 0 {
			return n, true
		}
	}
	return 0, false
}

// countHealth compares ready replicas with the wanted ones.
func countHealth(s subject) opinion {
	wanted, counts := wantedReplicas(s)
	ready, counted := gotReplicas(s)
	switch {
	case !counts:
		return silent
	case counted && ready >= wanted:
		return told(healthy("", "%d of %d replicas are ready", ready, wanted))
	}
	return told(progressing("ReplicasUnavailable", "%d of %d replicas are ready", ready, wanted))
}
