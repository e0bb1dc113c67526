package kube

// conditionsHealth judges by status.conditions.
func conditionsHealth(s subject) opinion {
	return judgeConditions(s.conditions(), s.num(0, "metadata", "generation"))
}

// routesHealth judges by the conditions that each parent of a Gateway API route
// or policy writes; the worst of them.
func routesHealth(s subject) opinion {
	var opinions []opinion
	for _, field := range []string{"parents", "ancestors"} {
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
	return stoppedHealth(conditions)
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

// stoppedHealth judges a Progressing that does not hold for a bad reason.
func stoppedHealth(conditions []condition) opinion {
	for _, c := range conditions {
		if polarity(c.Type) == activity && c.False() && toneOf(c.Reason) == toneBad {
			return told(unhealthy(c.Reason, "%s", first(c.Message, c.Type+" does not hold")))
		}
	}
	return silent
}

// summaries are the conditions that sum up the others, by their names in the
// conventions; where one of them is there, the steps on the way do not count.
var summaries = set(`Ready Available Healthy Synced Succeeded Operational Reconciled ReconcileSuccess ReconcileComplete
	Programmed Accepted ResolvedRefs Complete Completed`)

// decisive returns the positive conditions that decide: the summaries if there
// are any, and among them Ready alone beside Synced and Healthy; else all.
func decisive(conditions []condition) []condition {
	var all, sums, ready []condition
	hasReady := false
	for _, c := range conditions {
		if polarity(c.Type) != positive {
			continue
		}
		all = append(all, c)
		if summaries[c.Type] {
			sums = append(sums, c)
		}
		switch c.Type {
		case "Ready":
			hasReady = true
			ready = append(ready, c)
		case "Synced", "Healthy", "Available":
			ready = append(ready, c)
		}
	}
	switch {
	case hasReady:
		return ready
	case len(sums) > 0:
		return sums
	}
	return all
}

// positiveHealth judges one condition whose True is good. It tells nothing of a
// mere step that is done.
func positiveHealth(c condition, generation int64, working bool) (Health, bool) {
	message := first(c.Message, c.Type+" is "+c.Status)
	switch {
	case c.Generation > 0 && c.Generation < generation:
		return progressing(reasonStale, "%s was judged for generation %d of %d", c.Type, c.Generation, generation), true
	case c.True():
		if weakTypes[c.Type] && c.Type != "Accepted" && c.Type != "Bound" && c.Type != "Provisioned" && c.Type != "Installed" && c.Type != "Applied" {
			return Health{}, false
		}
		return healthy(c.Reason, "%s", message), true
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
