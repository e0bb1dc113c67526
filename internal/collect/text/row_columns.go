package text

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// countedRow reads n/m and what follows it: a status and restarts in a row of a
// pod, and else nothing.
func countedRow(s *sighting, words []string) {
	have, want, _ := fraction(words[0])
	s.said = countOnly(words[0])
	if len(words) > 1 {
		if state := stateOf(strings.TrimRight(words[1], ",;.")); state.tone != silent {
			podRow(s, words)
			return
		}
	}
	switch {
	case s.kind == "Pod":
	case want == 0:
		s.said, s.scaled = said{unsure, "ScaledDown"}, true
	case s.kind == "Deployment" || s.kind == "StatefulSet":
		s.replicas, s.scaled, s.none = float64(want), true, have == 0
		for _, word := range words[1:min(len(words), 3)] {
			if n, err := strconv.Atoi(word); err == nil && n < want && have == want {
				s.said = said{busy, words[0]}
			}
		}
	}
}

// podRow reads READY STATUS RESTARTS AGE of a pod.
func podRow(s *sighting, words []string) {
	cell := ""
	if len(words) > 2 {
		cell = words[2]
		if len(words) > 4 && strings.HasPrefix(words[3], "(") {
			cell += " " + words[3] + " " + words[4]
		}
	}
	restarts, ago, recent := restartCell(cell)
	if restarts >= 0 {
		s.restarts, s.counted = float64(restarts), true
	}
	podState(s, words[0], strings.TrimRight(words[1], ",;."), restarts, ago, recent)
	s.latest = true
	if s.kind == "" {
		s.kind = "Pod"
	}
}

// agedSince is since when the pod of a row is there, by its AGE behind the
// restarts; zero if the row has none.
func agedSince(words []string, at time.Time) time.Time {
	place := 3
	if len(words) > place && strings.HasPrefix(words[place], "(") {
		place = 5 // behind (2m ago)
	}
	if len(words) <= place || at.IsZero() {
		return time.Time{}
	}
	age, ok := kubeAge(words[place])
	if !ok {
		return time.Time{}
	}
	return at.Add(-age)
}

// statusRow reads a status without n/m before it.
func statusRow(s *sighting, words []string) {
	s.said = stateOf(strings.TrimRight(words[0], ",;."))
	if len(words) > 1 && strings.HasPrefix(words[1], "(") && strings.HasSuffix(words[1], ")") {
		s.said = s.worse(stateOf(strings.Trim(words[1], "()")))
	}
	if slices.Contains(words, "false") && s.tone == good {
		s.said = said{busy, "not ready"} // api-1 Running false
	}
	if s.kind != "" {
		return
	}
	switch {
	case words[0] == "Ready" || strings.HasPrefix(words[0], "NotReady") || strings.HasPrefix(words[0], "Ready,"):
		s.kind = "Node"
	case isReason(words[0]) || words[0] == "Running" || words[0] == "Evicted" || words[0] == "Completed":
		s.kind = "Pod"
	case strings.ToUpper(words[0]) == words[0]:
		s.kind = "Process"
	}
}
