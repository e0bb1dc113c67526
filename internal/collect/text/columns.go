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
	r.say(t.about, condition(words[0], words[1], reason))
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
	s := sighting{kind: w.kind, strength: shown, namespace: w.get("namespace", "pxname")}
	name := w.get("names", "name", "unit", "object", "process", "pod", "container", "svname", "cluster", "index", "id", "service", "task-group")
	if w.kind == "Task" {
		name = strings.TrimLeft(w.get("name", "id"), "\\_ ")
	}
	kind, name := reference(name)
	s.name = name
	if s.kind == "" || kind != "" && s.kind != kindUnit && s.kind != "Event" {
		s.kind = kind
	}
	if read, ok := rowReaders[w.kind]; ok {
		read(w, &s)
	} else {
		w.any(&s)
	}
	if s.kind == "" {
		s.kind = kindObject
	}
	return s
}

// rowReaders read the rows of the tables whose columns have a meaning of their
// own.
var rowReaders = map[string]func(row, *sighting){
	"Pod": row.pod, "Deployment": row.workload, "DaemonSet": row.workload, "ReplicaSet": row.workload, "StatefulSet": row.workload,
	kindUnit: row.unit, "Event": row.event, "Service": row.service, "Endpoints": row.endpoints, "Job": row.job, "Task": row.task,
}

// service reads a Service, which says something of health only while it waits
// for its load balancer.
func (w row) service(s *sighting) {
	if w.get("external-ip") == "<pending>" {
		s.said = said{busy, "LoadBalancerPending"}
	}
}

func (w row) endpoints(s *sighting) {
	s.said = endpointsState(w.get("endpoints"))
}

func (w row) job(s *sighting) {
	s.said = countOnly(w.get("completions")).worse(jobStatus(w.get("status")))
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

// workload reads how many replicas are wanted, ready, new and available.
func (w row) workload(s *sighting) {
	ready := w.get("ready")
	if ready == "" && w.get("desired") != "" {
		ready = w.get("available") // as kubectl printed it before 1.15
	}
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
		s.restarts, s.counted, s.attempt = float64(n), true, w.get("attempt") != ""
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
