package text

import "strings"

// flagTone reads a state that is told as yes or no, by the key's word: one that
// is good and denied is on its way, unless its denial is an illness.
func flagTone(key string, value bool) said {
	word := strings.TrimPrefix(normal(key), "is")
	if words := keyWords(key); flagEnding(key) {
		word = words[len(words)-1]
	}
	t := toneOf(word)
	switch word {
	case "rolledout":
		t = good
	case "sealed": // of a vault, which serves once it is not
		return map[bool]said{true: {busy, key}, false: {good, "not " + word}}[value]
	}
	switch {
	case t == good && value:
		return said{good, key}
	case t == good && (illIfNot[word] || word == "up" || word == "running"):
		return said{bad, "not " + word}
	case t == good:
		return said{busy, "not " + word}
	case value:
		return said{t, key}
	}
	return said{}
}

// yesOrNo reads a boolean as tools write it.
func yesOrNo(value string) (is, ok bool) {
	switch strings.ToLower(strings.Trim(value, "\"'")) {
	case "true", "yes":
		return true, true
	case "false", "no":
		return false, true
	}
	return false, false
}

// condition reads a condition's type and status by Kubernetes' conventions: a
// type names what is good, unless its word says otherwise.
func condition(kind, status, reason string) said {
	is, ok := yesOrNo(status)
	switch {
	case mute[kind]:
		return said{}
	case ok && spent[reason] && is == negative(kind):
		return said{bad, reason}
	case positive(kind):
		return positiveCondition(kind, status, is, ok)
	case ok && is && negative(kind):
		return said{bad, kind}
	}
	return said{}
}

// mute are the conditions that say nothing of health.
var mute = set("SchedulingDisabled PodReadyToStartContainers DisruptionTarget")

// spent are the reasons of controllers that have given up.
var spent = set("ProgressDeadlineExceeded BackoffLimitExceeded")

// positiveCondition reads a condition that is good where it is true.
func positiveCondition(kind, status string, is, ok bool) said {
	switch {
	case ok && is:
		return said{good, kind}
	case ok && illIfNot[strings.ToLower(kind)]:
		return said{bad, "not " + kind}
	case ok:
		return said{busy, "not " + kind}
	case strings.EqualFold(status, "unknown"):
		return said{unsure, kind + " unknown"}
	}
	return said{}
}

func positive(kind string) bool {
	return toneOf(kind) == good && !negative(kind) || strings.HasSuffix(kind, "Ready") && kind != "NotReady"
}

func negative(kind string) bool {
	for _, suffix := range []string{"Pressure", "Unavailable", "Failure", "Failed", "Degraded", "Stalled", "Problem", "Deadlock"} {
		if strings.HasSuffix(kind, suffix) {
			return true
		}
	}
	return false
}
