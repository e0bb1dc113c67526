package text

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// take reads a line as a row of the table, and reports whether it is one.
func (t *table) take(r *reader, line string) bool {
	if t.conditions {
		return t.condition(r, line)
	}
	cells := t.cells(line)
	if cells == nil {
		return t.silent && len(strings.Fields(line)) > 1
	}
	if t.silent {
		return true
	}
	row := row{table: t, cells: cells, at: r.at}
	s := row.read()
	switch {
	case t.kind == "Release" && s.name == "":
		s.latest = true // the revisions of one release
	case s.name == "" || !isName(s.name):
		return false
	}
	if r.log {
		s.strength = logged
	}
	r.add(s)
	return s.tone != silent || s.scaled || t.quiet(cells)
}

// quiet reports whether a row of the table can say nothing.
func (t *table) quiet(cells []string) bool { return len(cells) == len(t.titles) }

// condition reads a row of a list of conditions: Ready  False.
func (t *table) condition(r *reader, line string) bool {
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	words := strings.Fields(line)
	if indent <= t.indent || len(words) < 2 {
		r.table = nil
		return false
	}
	reason := ""
	for _, word := range words[2:] {
		if isReason(word) {
			reason = word
		}
	}
	r.say(t.about, condition(words[0], words[1], reason), "")
	return true
}

// row is one row of a table.
type row struct {
	*table
	cells []string
	at    time.Time
}

func (w row) get(titles ...string) string {
	for _, want := range titles {
		if i := slices.Index(w.titles, want); i >= 0 && i < len(w.cells) && w.cells[i] != "" {
			return w.cells[i]
		}
	}
	return ""
}

// read makes a row a sighting by its columns.
func (w row) read() sighting {
	s := sighting{kind: w.kind, strength: shown, namespace: w.get("namespace")}
	name := w.get("names", "name", "unit", "object", "process", "pod", "container", "id", "service", "task-group")
	if w.kind == "Task" {
		name = strings.TrimLeft(w.get("name", "id"), "\\_ ")
	}
	refKind, refName := reference(name)
	s.name = refName
	if s.kind == "" || refKind != "" && s.kind != kindUnit && s.kind != "Event" {
		s.kind = refKind
	}
	switch w.kind {
	case "Pod":
		w.pod(&s)
	case "Deployment", "DaemonSet", "ReplicaSet", "StatefulSet":
		w.workload(&s)
	case kindUnit:
		w.unit(&s)
	case "Event":
		w.event(&s)
	case "Service":
		if w.get("external-ip") == "<pending>" {
			s.said = said{busy, "LoadBalancerPending"}
		}
	case "Endpoints":
		s.said = said{good, "Endpoints"}
		if w.get("endpoints") == "<none>" {
			s.said = said{bad, "NoEndpoints"}
		}
	case "Job":
		s.said = countOnly(w.get("completions")).worse(jobStatus(w.get("status")))
	case "Task":
		w.task(&s)
	default:
		w.any(&s)
	}
	if s.kind == "" {
		s.kind = kindObject
	}
	return s
}

// jobStatus reads the status of a job; one that is complete has its count.
func jobStatus(status string) said {
	s := stateOf(status)
	if s.tone == good {
		return said{}
	}
	return s
}

// task reads an allocation of Nomad or a task of Docker's swarm. One that is
// not to run any more is history.
func (w row) task(s *sighting) {
	switch strings.ToLower(w.get("desired", "desired-state")) {
	case "run", "running", "ready":
		s.said = stateOf(w.get("status", "current-state"))
	}
}

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

// workload reads how many replicas are wanted, ready, new and available.
func (w row) workload(s *sighting) {
	ready := w.get("ready")
	_, want, ok := fraction(ready)
	if n, err := strconv.Atoi(w.get("desired")); err == nil {
		want, ok = n, true
		ready += "/" + w.get("desired")
	}
	if !ok {
		w.any(s)
		return
	}
	if want == 0 {
		if w.kind != "ReplicaSet" && w.kind != "DaemonSet" {
			s.said, s.scaled = said{unsure, "ScaledDown"}, true
		}
		return
	}
	if w.kind == "Deployment" || w.kind == "StatefulSet" {
		s.replicas, s.scaled = float64(want), true
	}
	s.said = countOnly(ready)
	s.none = strings.HasPrefix(ready, "0/")
	for _, title := range []string{"up-to-date", "available"} {
		if n, err := strconv.Atoi(w.get(title)); err == nil && n < want {
			s.said = s.worse(said{busy, w.get(title) + "/" + strconv.Itoa(want) + " " + title})
		}
	}
}

// unit reads systemd's LOAD, ACTIVE and SUB.
func (w row) unit(s *sighting) {
	state, _ := unitWords(w.get("active"), w.get("sub"))
	s.said = state
	s.dormant = w.get("active") == "inactive"
	switch w.get("load") {
	case "not-found", "masked":
		s.said = said{}
	case "bad-setting", "error":
		s.said = said{bad, w.get("load")}
	}
}

// any reads a table of no known shape by the columns that hold states.
func (w row) any(s *sighting) {
	for i, title := range w.titles {
		if i >= len(w.cells) || !stateTitles[title] {
			continue
		}
		cell := w.cells[i]
		state := stateOf(cell)
		if flag, ok := yesOrNo(cell); ok {
			state = flagTone(title, flag)
		}
		s.said = s.worse(state)
		docker(s, cell, w.at)
	}
	if w.titles[0] == "name" && len(w.titles) <= 3 && s.tone == good && strings.EqualFold(s.reason, "active") {
		s.said = said{} // a namespace, which says nothing of what is in it
	}
	if s.kind == "" && (s.reason == "Ready" || strings.HasPrefix(s.reason, "NotReady")) {
		s.kind = "Node"
	}
	if n, err := strconv.Atoi(w.get("restarts", "attempt", "↺")); err == nil && n >= 0 {
		s.restarts, s.counted = float64(n), true
	}
}

// docker takes from a container's status since when it runs, and whether it
// stopped without a fault.
func docker(s *sighting, status string, at time.Time) {
	if s.tone == silent {
		return
	}
	if rest, ok := strings.CutPrefix(status, "Up "); ok {
		if age, ok := dockerAge(rest); ok && !at.IsZero() {
			s.since = at.Add(-age)
		}
		return
	}
	s.dormant = s.tone == busy && (strings.HasPrefix(status, "Exited") || status == "Created")
}
