package kube

import "slices"

// positiveHealth judges one condition whose True is good. It tells nothing of a
// mere step that is done.
func positiveHealth(c condition, generation int64, working bool) (Health, bool) {
	message := first(c.Message, c.Type+" is "+c.Status)
	switch {
	case c.Generation > 0 && c.Generation < generation:
		return progressing(reasonStale, "%s was judged for generation %d of %d", c.Type, c.Generation, generation), true
	case c.True() && (ends[c.Type] && toneOf(c.Reason) == toneBad || namesFailure(c.Reason)):
		return unhealthy(c.Reason, "%s", message), true
	case c.True():
		return healthy(c.Reason, "%s", message), !weakTypes[c.Type]
	case !c.False() && toneOf(c.Status) == toneBad && !awaitsPart(c.Reason):
		return unhealthy(first(c.Reason, c.Status), "%s", message), true
	case !c.False() && containsWord(c.Reason, "stopped"):
		return unhealthy(c.Reason, "%s", message), true // nobody reports any more
	case !c.False():
		return progressing(first(c.Reason, c.Type), "%s", message), true
	}
	if busyFalse(c, working) {
		return progressing(first(c.Reason, c.Type), "%s", message), true
	}
	return unhealthy(first(c.Reason, "Not"+c.Type), "%s", message), true
}

// namesFailure reports whether a reason is the name of a failure, as in
// PartialTriggerError: the condition holds, and yet not for all.
func namesFailure(reason string) bool {
	words := wordsOf(reason)
	return len(words) > 0 && fails(reason) && slices.Contains([]string{"error", "errors", "failed", "failure"}, words[len(words)-1])
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
	case containsWord(c.Reason, "yet"):
		return true
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
// not hold: NotReady, Unready, ContainersNotReady, MinimumReplicasUnavailable.
func deniesItself(c condition) bool {
	words := wordsOf(c.Reason)
	for i, word := range words {
		if word == "unavailable" && i > 0 {
			return true
		}
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
	return last >= 2 && ((words[last] == "ready" || words[last] == "up") && negations[words[last-1]] ||
		negations[words[0]] && (words[last] == "ready" || words[last] == "available"))
}
