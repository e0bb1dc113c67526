package kube

import (
	"maps"
	"slices"
	"strings"
)

// conditionsHealth judges by status.conditions. A phase that is one of work
// tells what a condition without a reason waits for.
func conditionsHealth(s subject, phase opinion) opinion {
	conditions := present(s)
	stage, staged := phase()
	generation, starting := s.num(0, "metadata", "generation"), stage.busy() || len(s.list("status", "deployments", "starting")) > 0
	running, _ := s.condition("Running")
	if running.True() && fails(running.Message) {
		return told(unhealthy(first(running.Reason, "Failed"), "%s", running.Message))
	}
	if !running.True() || !isTask(s.str("kind")) && !reconciles(running) {
		h, known := judgeConditions(conditions, generation, starting)()
		if !known || staged && weakTypes[h.Reason] && h.busy() {
			return silent // a mere step; the phase knows more
		}
		return told(h)
	}
	conditions = slices.DeleteFunc(conditions, func(c condition) bool { return c.Type == "Running" })
	if h, known := judgeConditions(conditions, generation, true)(); known && !h.busy() {
		return told(h)
	}
	return told(progressing(first(running.Reason, "Running"), "%s", first(running.Message, "runs, and is to end by itself")))
}

// present returns the conditions without those that are history. Conditions
// whose types are written in lower case are the states that an object went
// through; where the status names one of them, that is where it is now.
func present(s subject) []condition {
	conditions := s.conditions()
	now := s.str("status", "state")
	if !slices.ContainsFunc(conditions, func(c condition) bool { return c.Type == now && now == strings.ToLower(now) }) {
		return conditions
	}
	return slices.DeleteFunc(conditions, func(c condition) bool { return c.Type != now && c.Type == strings.ToLower(c.Type) })
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
	waits := starting || working && !containsWord(busy.Reason, "retry") || slices.ContainsFunc(conditions, partUnderWay)
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
	ready := slices.ContainsFunc(conditions, func(c condition) bool { return c.Type == "Ready" && c.True() })
	for _, c := range conditions {
		switch {
		case c.True() && c.Type == "Warning" && ready, startsOnly(c):
		case c.True() && polarity(c.Type) == negative && c.Severity != "Info":
			return unhealthy(first(c.Reason, c.Type), "%s", first(c.Message, c.Type+" holds")), true
		case c.False() && (c.Type == "Progressing" || c.Type == "Running") && fails(c.Reason):
			return unhealthy(c.Reason, "%s", first(c.Message, c.Type+" does not hold")), true
		}
	}
	return Health{}, false
}

// partUnderWay reports whether a condition does not hold yet because its part
// is at work, by its reason: DeploymentUpdating.
func partUnderWay(c condition) bool {
	return c.False() && polarity(c.Type) == positive && c.Type != "Ready" && toneOf(c.Reason) == toneBusy
}

// startsOnly reports whether a condition that denies a good one, such as
// NotReady, holds because work is under way: its reason is Creating.
func startsOnly(c condition) bool {
	words := wordsOf(c.Type)
	return c.True() && len(words) > 1 && negations[words[0]] && toneOf(c.Reason) == toneBusy
}

// underWay returns the first condition that says that work is under way. A
// Progressing that holds because the work is done is none.
func underWay(conditions []condition) (condition, bool) {
	for _, c := range conditions {
		done := toneOf(c.Reason) == toneGood && c.Reason != "ReplicaSetUpdated" || c.Reason == "AsExpected"
		if polarity(c.Type) == activity && c.True() && !done || startsOnly(c) {
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
		case c.True() && c.Type == "Active":
			rests = told(healthy(c.Reason, "%s", first(c.Message, "is active")))
		case c.False() && c.Type == "Active" && toneOf(c.Reason) == toneBad:
			return told(unhealthy(c.Reason, "%s", first(c.Message, "is not active")))
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
var summaries = set(`Available Healthy Succeeded Operational Programmed Accepted Enforced ResolvedRefs Complete Completed Synced`)

// beside are the summaries that say another thing than Ready does.
var beside = set(`Ready Synced Healthy Available`)

// decisive returns the positive conditions that decide: Ready, where it is
// there, with those beside it; else the summaries and all that is called ready,
// available or healthy; with either, what failed; else every one.
func decisive(conditions []condition) []condition {
	positives := slices.DeleteFunc(slices.Clone(conditions), func(c condition) bool { return polarity(c.Type) != positive && !failedPart(c) })
	has := func(in func(condition) bool) bool { return slices.ContainsFunc(positives, in) }
	var counts func(condition) bool
	switch {
	case has(func(c condition) bool { return c.Type == "Ready" }):
		counts = func(c condition) bool { return beside[c.Type] || failedPart(c) || c.True() && ends[c.Type] }
	case has(func(c condition) bool { return summaries[c.Type] }):
		counts = func(c condition) bool {
			return summaries[c.Type] || namesReadiness(c.Type) || failedPart(c)
		}
	default:
		return positives
	}
	return slices.DeleteFunc(positives, func(c condition) bool { return !counts(c) })
}

// failedPart reports whether a condition does not hold because something
// failed, by its reason: LastAsyncOperation with AsyncCreateFailure. What is
// only for information does not count, nor a type whose words mislead.
func failedPart(c condition) bool {
	sense := polarity(c.Type)
	return c.False() && fails(c.Reason) && c.Severity != "Info" &&
		(sense == positive || sense == neutral && !neutralTypes[c.Type])
}

// namesReadiness reports whether a condition is about the readiness of a part:
// PodsReady, ClusterAvailable.
func namesReadiness(kind string) bool {
	words := wordsOf(kind)
	return len(words) > 0 && slices.Contains([]string{"ready", "available", "healthy"}, words[len(words)-1])
}
