package kube

import (
	"maps"
	"slices"
)

// conditionsHealth judges by status.conditions. A phase that is one of work
// tells what a condition without a reason waits for.
func conditionsHealth(s subject, phase opinion) opinion {
	conditions := s.conditions()
	stage, _ := phase()
	generation, starting := s.num(0, "metadata", "generation"), stage.busy() || len(s.list("status", "deployments", "starting")) > 0
	running, _ := s.condition("Running")
	if running.True() && fails(running.Message) {
		return told(unhealthy(first(running.Reason, "Failed"), "%s", running.Message))
	}
	if !running.True() || !isTask(s.str("kind")) && !reconciles(running) {
		return judgeConditions(conditions, generation, starting)
	}
	conditions = slices.DeleteFunc(conditions, func(c condition) bool { return c.Type == "Running" })
	if h, known := judgeConditions(conditions, generation, starting)(); known && !h.busy() {
		return told(h)
	}
	return told(progressing(first(running.Reason, "Running"), "%s", first(running.Message, "runs, and is to end by itself")))
}

// reconciles reports whether a condition Running means the controller's work on
// the object, as an operator made of playbooks has it, and not the object's own.
func reconciles(running condition) bool {
	return running.Reason != "Successful" && (toneOf(running.Message) == toneBusy || containsWord(running.Message, "reconciliation"))
}

// nestedHealth judges by the conditions that the status keeps for the parts of
// an object: the parents of a route, the listeners of a gateway, the ancestors of
// a policy; the worst of them. What was written for an older generation counts
// only if nothing was for the latest: a parent that a route left does not tidy up.
func nestedHealth(s subject) opinion {
	generation := s.num(0, "metadata", "generation")
	status := s.sub("status")
	var current, old []opinion
	for _, name := range slices.Sorted(maps.Keys(status)) {
		if otherPhase.MatchString(name) {
			continue
		}
		for _, part := range status.subs(name) {
			conditions := conditionsIn(part.subs("conditions"))
			said := judgeConditions(conditions, generation, false)
			if slices.ContainsFunc(conditions, func(c condition) bool { return c.Generation > 0 && c.Generation < generation }) {
				old = append(old, said)
				continue
			}
			current = append(current, said)
		}
	}
	if h, ok := combine(current...); ok {
		return told(h)
	}
	if h, ok := combine(old...); ok {
		return told(h)
	}
	return silent
}

// judgeConditions reads a set of conditions. A negative one that holds is an
// illness, and so is a Progressing that failed. Then the decisive positive ones
// count, all of them; then whether work is under way, by a condition or by what
// the caller knows.
func judgeConditions(conditions []condition, generation int64, starting bool) opinion {
	if h, ill := illness(conditions); ill {
		return told(h)
	}
	busy, working := underWay(conditions)
	waits := starting || working && !containsWord(busy.Reason, "retry")
	var opinions []opinion
	for _, c := range decisive(conditions) {
		opinions = append(opinions, func() (Health, bool) { return positiveHealth(c, generation, waits) })
	}
	sum, known := combine(opinions...)
	switch {
	case working && (!known || sum.good() && busy.Type != "Issuing"):
		return told(progressing(first(busy.Reason, busy.Type), "%s", first(busy.Message, busy.Type+" holds")))
	case known:
		return told(sum)
	}
	return restingHealth(conditions)
}

// illness returns the first condition that is one whatever the others say.
func illness(conditions []condition) (Health, bool) {
	for _, c := range conditions {
		switch {
		case c.True() && polarity(c.Type) == negative && c.Severity != "Info":
			return unhealthy(first(c.Reason, c.Type), "%s", first(c.Message, c.Type+" holds")), true
		case c.False() && (c.Type == "Progressing" || c.Type == "Running") && fails(c.Reason):
			return unhealthy(c.Reason, "%s", first(c.Message, c.Type+" does not hold")), true
		}
	}
	return Health{}, false
}

// underWay returns the first condition that says that work is under way. A
// Progressing that holds because the work is done is none.
func underWay(conditions []condition) (condition, bool) {
	for _, c := range conditions {
		done := toneOf(c.Reason) == toneGood && c.Reason != "ReplicaSetUpdated" || c.Reason == "AsExpected"
		if polarity(c.Type) == activity && c.True() && !done {
			return c, true
		}
	}
	return condition{}, false
}

// restingHealth judges by the conditions that decide nothing by themselves: a
// Progressing that stopped for a bad reason is an illness, a Degraded that does
// not hold is health where nothing else is said, and a step that is done is one
// of several.
func restingHealth(conditions []condition) opinion {
	var rests opinion = silent
	for _, c := range conditions {
		switch {
		case c.True() && weakTypes[c.Type]:
			rests = told(progressing(c.Type, "%s", first(c.Message, "got as far as "+c.Type)))
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
// available or healthy, or that failed; else every one.
func decisive(conditions []condition) []condition {
	positives := slices.DeleteFunc(slices.Clone(conditions), func(c condition) bool { return polarity(c.Type) != positive })
	has := func(in func(condition) bool) bool { return slices.ContainsFunc(positives, in) }
	var counts func(condition) bool
	switch {
	case has(func(c condition) bool { return c.Type == "Ready" }):
		counts = func(c condition) bool { return beside[c.Type] }
	case has(func(c condition) bool { return summaries[c.Type] }):
		counts = func(c condition) bool {
			return summaries[c.Type] || namesReadiness(c.Type) || c.False() && fails(c.Reason)
		}
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
	case c.True() && ends[c.Type] && toneOf(c.Reason) == toneBad:
		return unhealthy(c.Reason, "%s", message), true
	case c.True():
		return healthy(c.Reason, "%s", message), !weakTypes[c.Type]
	case !c.False() && toneOf(c.Status) == toneBad && !awaitsPart(c.Reason):
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
	said := toneOf(c.Reason)
	switch {
	case waitsFor(c, said):
		return true
	case said == toneBad && !deniesItself(c):
		return false
	}
	switch toneOf(c.Message) {
	case toneBusy:
		return true
	case toneBad:
		return deniesItself(c) && (working || falseIsBusy[c.Type])
	}
	return working || falseIsBusy[c.Type]
}

// waitsFor reports whether the reason of a condition that is False names what
// it waits for: work, a pause, or a part of the object that did not fail.
func waitsFor(c condition, said tone) bool {
	switch said {
	case toneBusy, tonePaused:
		return true
	case toneGood:
		return containsWord(c.Reason, "running") || awaitsPart(c.Reason) && !fails(c.Message)
	}
	return awaitsPart(c.Reason) && !fails(c.Message)
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

// awaitsPart reports whether a reason says of a part that it is not ready:
// StatefulSetNotReady, NotAllPodsReady, NoEndpointsAvailable. NotReady alone
// says it of the whole.
func awaitsPart(reason string) bool {
	words := wordsOf(reason)
	last := len(words) - 1
	return last >= 2 && (words[last] == "ready" && negations[words[last-1]] ||
		negations[words[0]] && (words[last] == "ready" || words[last] == "available"))
}
