package text

import (
	"strconv"
	"strings"
)

// maxState bounds a value that can be a state, in bytes; more is prose.
const maxState = 256

// stateOf reads a value that stands where a state stands: in a status column or
// behind a state's key.
func stateOf(value string) said {
	value = strings.Trim(strings.TrimSpace(value), "\"'`")
	if value == "" || len(value) > maxState {
		return said{}
	}
	for _, read := range []func(string) (said, bool){dockerState, agedState, initState, exitState, unitState, countState, bracketState} {
		if s, ok := read(value); ok {
			return s
		}
	}
	if strings.Contains(value, ",") && !strings.Contains(value, " ") {
		return listState(value)
	}
	if number, word, found := strings.Cut(value, " "); found && isNumber(number) && titled(strings.TrimSpace(word)) {
		return wordState(strings.TrimSpace(word)) // 4  RUNNING, as Windows prints it
	}
	if !strings.ContainsAny(value, " \t") {
		return wordState(value)
	}
	return sentenceState(value)
}

// wordState reads one word; one of several joined by underscores is read as
// they stand together, or else one by one.
func wordState(word string) said {
	if t := toneOf(word); t != silent || !strings.Contains(word, "_") {
		return said{t, word}
	}
	if t := toneOf(strings.ReplaceAll(word, "_", "")); t != silent {
		return said{t, word}
	}
	return said{sentenceState(strings.ReplaceAll(word, "_", " ")).tone, word}
}

// listState reads what kubectl joins by commas: Ready,SchedulingDisabled.
func listState(value string) said {
	out := said{}
	for part := range strings.SplitSeq(value, ",") {
		out = out.worse(said{toneOf(part), part})
	}
	return out
}

// dockerState reads a container's status as docker ps prints it.
func dockerState(value string) (said, bool) {
	word, rest, _ := strings.Cut(value, " ")
	switch strings.ToLower(word) {
	case "up":
		return dockerUp(rest)
	case "exited":
		return dockerExited(rest), true
	case "exit": // as docker-compose wrote it
		return dockerExited("(" + rest + ")"), isNumber(rest)
	case "restarting":
		if strings.HasPrefix(rest, "(") {
			return said{bad, word}, true
		}
	case "removal":
		return said{busy, "Removing"}, strings.HasPrefix(rest, "In Progress")
	}
	return said{}, false
}

// dockerUp reads what follows Up: how long, and the health in brackets.
func dockerUp(rest string) (said, bool) {
	if rest != "" && !isDuration(rest) {
		return said{}, false
	}
	_, inner, found := strings.Cut(rest, "(")
	inner = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(inner), ")"))
	switch {
	case !found:
		return said{good, "Up"}, true
	case strings.Contains(inner, "unhealthy"):
		return said{bad, "unhealthy"}, true
	case strings.Contains(inner, "starting"):
		return said{busy, "starting"}, true
	case strings.Contains(inner, "paused"):
		return said{busy, "Paused"}, true
	}
	return said{good, "Up"}, true
}

// dockerExited reads the exit code: an end without a fault is a stop.
func dockerExited(rest string) said {
	_, inner, found := strings.Cut(rest, "(")
	code, _, _ := strings.Cut(inner, ")")
	if !found {
		code = rest // exited 1
	}
	number, err := strconv.Atoi(strings.TrimSpace(code))
	if err != nil || number == 0 {
		return said{busy, "Exited"}
	}
	return said{bad, "Exited"}
}

// initState reads kubectl's Init:0/2, Init:CrashLoopBackOff, Init:ExitCode:1.
func initState(value string) (said, bool) {
	rest, found := strings.CutPrefix(value, "Init:")
	if !found {
		return said{}, false
	}
	inner := stateOf(rest)
	if inner.tone == bad {
		return said{bad, value}, true
	}
	return said{busy, value}, true
}

// exitState reads kubectl's ExitCode:1 and Signal:9.
func exitState(value string) (said, bool) {
	for _, prefix := range []string{"ExitCode:", "Signal:"} {
		if rest, found := strings.CutPrefix(value, prefix); found {
			if rest == "0" {
				return said{good, "Completed"}, true
			}
			return said{bad, value}, true
		}
	}
	return said{}, false
}

// unitState reads systemd's active (running), failed (Result: exit-code),
// activating (auto-restart), inactive (dead), and all that follows.
func unitState(value string) (said, bool) {
	word, rest, _ := strings.Cut(value, " ")
	sub, ok := strings.CutPrefix(strings.TrimSpace(rest), "(")
	if !ok {
		return said{}, false
	}
	sub, _, _ = strings.Cut(sub, ")")
	return unitWords(strings.ToLower(word), strings.ToLower(sub))
}

// unitWords reads a unit's ActiveState and SubState. A unit that is inactive
// and dead does not run, although it did not fail.
func unitWords(active, sub string) (said, bool) {
	switch active {
	case "active", "reloading", "refreshing", "maintenance":
		if active == "active" && !strings.HasPrefix(sub, "auto-restart") {
			return said{good, "active"}, true
		}
		return said{busy, active}, true
	case "failed":
		return said{bad, "failed"}, true
	case "activating":
		if strings.HasPrefix(sub, "auto-restart") {
			return said{bad, "auto-restart"}, true
		}
		return said{busy, "activating"}, true
	case "inactive":
		if sub == "dead" {
			return said{bad, "inactive"}, true
		}
		return said{busy, "inactive"}, true
	case "deactivating":
		return said{busy, "deactivating"}, true
	}
	return said{}, false
}

// countState reads n/m: all of them, or not.
func countState(value string) (said, bool) {
	have, want, ok := fraction(value)
	switch {
	case !ok:
		return said{}, false
	case want == 0:
		return said{unsure, "ScaledDown"}, true
	case have < want:
		return said{busy, value}, true
	}
	return said{good, value}, true
}

// fraction splits n/m.
func fraction(text string) (have, want int, ok bool) {
	before, after, found := strings.Cut(text, "/")
	if !found || len(text) > 20 {
		return 0, 0, false
	}
	have, errHave := strconv.Atoi(before)
	want, errWant := strconv.Atoi(after)
	return have, want, errHave == nil && errWant == nil && have >= 0 && want >= 0
}

// bracketState reads a state with its reason, or its count, in brackets: Waiting
// (CrashLoopBackOff), Running (0/1).
func bracketState(value string) (said, bool) {
	word, rest, _ := strings.Cut(value, " ")
	inner, found := strings.CutPrefix(strings.TrimSpace(rest), "(")
	if !found || !strings.HasSuffix(inner, ")") {
		return said{}, false
	}
	return said{toneOf(word), word}.worse(stateOf(strings.TrimSuffix(inner, ")"))), true
}

// agedState reads a state with its age, as Docker's swarm prints it: Failed 30
// seconds ago.
func agedState(value string) (said, bool) {
	word, rest, _ := strings.Cut(value, " ")
	if !strings.HasSuffix(rest, " ago") || !isDuration(strings.TrimSuffix(rest, " ago")) {
		return said{}, false
	}
	return said{toneOf(word), word}, true
}
