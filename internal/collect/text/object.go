package text

import (
	"strconv"
	"strings"
	"time"
)

// objectState gathers what the keys of one JSON object say of its state.
type objectState struct {
	*reader
	about  object
	fields map[string]any
	said
	restarts int
	counted  bool
	want     int
	scaled   bool
	since    time.Time
	life     string // since when, as it is written
	ended    bool   // it ended without a fault
	stopped  bool   // it ended, well or not
	spoken   bool   // a key of a state was there, whatever it said
	texts    []string
}

// told reports whether a key that names a state was there.
func (o *objectState) told() bool { return o.spoken }

func (o *objectState) say(s said) {
	o.spoken = true
	o.said = o.worse(s)
}

// read reads all keys, in their alphabetical order.
func (o *objectState) read() {
	if o.tallies() {
		return
	}
	o.replicas()
	o.job()
	for _, key := range sorted(o.fields) {
		o.key(key, o.fields[key])
	}
	if o.stopped && o.tone <= good {
		o.say(said{busy, "Exited"})
	}
}

func (o *objectState) sighting() sighting {
	s := sighting{
		kind: o.about.kindOr(), namespace: o.about.namespace, name: o.about.name, said: o.said, strength: shown,
		restarts: float64(o.restarts), counted: o.counted, replicas: float64(o.want), scaled: o.scaled, since: o.since,
	}
	if s.kind == "Pod" && (s.reason == "Evicted" || s.reason == "NodeShutdown") {
		s.remains = true
	}
	s.dormant = s.kind == kindContainer && s.tone == busy && (s.reason == "Exited" || strings.EqualFold(s.reason, "created"))
	if s.kind == kindContainer {
		s.life = o.life
	}
	s.message = first(o.fields, "message", "Message", "error", "Error")
	return s
}

// key reads one key with its value.
func (o *objectState) key(key string, value any) {
	is := roleOf(key)
	if is == roleHistory {
		o.events(value)
	}
	if is == roleHistory || is == roleName || is == roleNamespace || is == roleKind {
		return
	}
	switch value := value.(type) {
	case nil:
		o.spoken = o.spoken || is == roleFlag || is == roleState // and it cannot be told
	case string:
		o.words(is, key, value)
	case bool:
		o.flag(is, key, value)
	case float64:
		o.count(is, key, value)
	case []any:
		o.list(is, key, value)
	case map[string]any:
		o.nested(is, key, value)
	}
}

// words reads a text under a key.
func (o *objectState) words(is role, key, value string) {
	whole := value // with the spaces before its first line, which set a table's columns
	value = strings.TrimSpace(value)
	if normal(key) == "startedat" {
		o.started(value)
	}
	switch is {
	case roleState, roleFlag:
		if flag, ok := yesOrNo(value); ok {
			o.flag(is, key, flag)
			return
		}
		o.state(key, value)
	case roleTrouble:
		if value != "" {
			o.texts = append(o.texts, value)
		}
	case roleText:
		if asAnswer[normal(key)] {
			o.text(whole)
			return
		}
		o.texts = append(o.texts, value)
	case roleRestarts, roleExit, roleTally, roleCode:
		if n, err := strconv.Atoi(value); err == nil {
			o.count(is, key, float64(n))
		}
	case roleOther:
		o.named(key, value)
	}
}

// asAnswer are the keys under which a whole answer of a tool stands.
var asAnswer = set("raw output stdout text content answer body response")

// state reads a value under a state's key. A pod or a container that ended is
// judged by how.
func (o *objectState) state(key, value string) {
	if up, ok := strings.CutPrefix(value, "Up "); ok {
		if age, ok := dockerAge(up); ok && !o.at.IsZero() {
			o.since = o.at.Add(-age)
		}
	}
	if normal(key) == "reason" && strings.Contains(value, " ") {
		o.texts = append(o.texts, value)
		return
	}
	s := stateOf(value)
	switch lower := strings.ToLower(value); {
	case normal(key) == "reason" && s.tone != bad:
		return
	case lower == "exited" || lower == "terminated":
		o.spoken, o.stopped = true, true
		return
	case lower == "completed" || lower == "succeeded":
		s = completed(o.about.name, 0)
	}
	o.spoken = true
	o.say(s)
}

// flag reads yes or no under a key.
func (o *objectState) flag(is role, key string, value bool) {
	switch is {
	case roleFlag, roleTally, roleState:
	case roleOther:
		if normal(key) != "restarting" || !value {
			return
		}
		o.say(said{bad, "Restarting"})
		return
	default:
		return
	}
	word := normal(key)
	running := word == "running" || word == "isrunning"
	switch {
	case word == "oomkilled" && o.runs(), running && !value && o.hasStatus():
		return // it was killed in an earlier life; the status tells how it ended
	case is == roleState:
		o.say(flagTone("ready", value))
	default:
		o.say(flagTone(key, value))
	}
}

// runs reports whether the object says itself that it runs.
func (o *objectState) runs() bool {
	is, _ := firstOf(o.fields, "Running", "running").(bool)
	return is || strings.EqualFold(first(o.fields, "Status", "status", "state"), "running")
}

func (o *objectState) hasStatus() bool {
	return first(o.fields, "Status", "status", "state", "State") != ""
}

func firstOf(fields map[string]any, keys ...string) any {
	for _, key := range keys {
		if fields[key] != nil {
			return fields[key]
		}
	}
	return nil
}

// count reads a number under a key.
func (o *objectState) count(is role, key string, value float64) {
	n, ok := number(value)
	if !ok {
		return
	}
	switch is {
	case roleRestarts:
		if n >= 0 {
			o.restarts, o.counted = o.restarts+n, true
		}
	case roleExit:
		o.exit(n)
	case roleCode:
		o.say(codeState(strconv.Itoa(n)))
	case roleTally:
		if n > 0 {
			o.say(said{tallyTone(key), key})
		}
	case roleState, roleFlag:
		o.numbered(is, key, n)
	}
}

// exit takes an exit code. One of something that runs is of an earlier life.
func (o *objectState) exit(code int) {
	if code == 0 {
		o.ended = true
		return
	}
	if !o.runs() && !isCommand(o.fields) {
		o.say(said{bad, "ExitCode:" + strconv.Itoa(code)})
	}
}

// numbered reads a number under a state's key: whether something is up, or an
// HTTP code.
func (o *objectState) numbered(is role, key string, n int) {
	switch {
	case normal(key) == "health" && (n == 0 || n == 1):
		o.say(flagTone("healthy", n == 1))
	case normal(key) == "up" && (n == 0 || n == 1):
		o.say(flagTone(key, n == 1))
	case is == roleState && n >= 100:
		o.say(codeState(strconv.Itoa(n)))
	}
}
