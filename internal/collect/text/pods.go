package text

import (
	"strconv"
	"strings"
	"time"
)

// pod reads READY, STATUS and RESTARTS.
func (w row) pod(s *sighting) {
	status := w.get("status")
	restarts, ago, recent := restartCell(w.get("restarts"))
	if restarts >= 0 {
		s.restarts, s.counted = float64(restarts), true
	}
	podState(s, w.get("ready"), status, restarts, ago, recent)
	s.latest = true // a name is there once, or else the rows follow each other in time
	if age, ok := kubeAge(w.get("age")); ok && !w.at.IsZero() {
		s.since = w.at.Add(-age)
	}
}

// often is how many restarts make a loop, and young is for how long a container
// that was restarted so often is not taken for cured.
const (
	often = 3
	young = 30 * time.Second
)

// podState judges a pod by what kubectl prints of it: n/m containers ready, a
// status, and its restarts, the last of them ago.
func podState(s *sighting, ready, status string, restarts int, ago time.Duration, recent bool) {
	state := stateOf(status)
	count := countOnly(ready)
	switch status {
	case "Completed", "Succeeded":
		s.said = completed(s.name, restarts)
		return
	case "Evicted", "Preempting", "NodeShutdown", "Shutdown", "Terminated", "ContainerStatusUnknown", "NodeAffinity":
		s.remains = true
		if state.tone == silent {
			state = said{bad, status}
		}
	case "Terminating":
		s.leaving = true
	}
	s.said = state
	if state.tone != unsure {
		s.said = state.worse(count)
	}
	if s.tone == good && restarts >= often && recent && ago < young {
		s.said = said{busy, "Restarted"}
	}
}

// completed judges a pod that ended without a fault: a pod of a workload that
// runs for ever is to be started again; another has done its work.
func completed(name string, restarts int) said {
	if restarts > 0 || ofLastingWorkload(name) {
		return said{busy, "Completed"}
	}
	return said{good, "Completed"}
}

// restartCell reads kubectl's RESTARTS: 7, or 7 (2m ago). The count is -1 if
// there is none.
func restartCell(cell string) (restarts int, ago time.Duration, recent bool) {
	first, rest, _ := strings.Cut(cell, " ")
	n, err := strconv.Atoi(first)
	if err != nil || n < 0 {
		return -1, 0, false
	}
	inner := strings.Trim(strings.TrimSpace(rest), "()")
	age, ok := kubeAge(strings.TrimSpace(strings.TrimSuffix(inner, "ago")))
	return n, age, ok
}

func countOnly(cell string) said {
	s, _ := countState(cell)
	if s.tone == unsure {
		return said{}
	}
	return s
}
