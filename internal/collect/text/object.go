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
	if is == roleHistory || is == roleName || is == roleNamespace || is == roleKind {
		return
	}
	switch value := value.(type) {
	case nil:
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
	value = strings.TrimSpace(value)
	if normal(key) == "startedat" {
		o.started(value)
	}
	if is == roleOther && containerStates[normal(key)] {
		is = roleState
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
			o.text(value)
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

// containerStates are keys of a container's state that are no words for it.
var containerStates = set("currentstatus")

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
	is, _ := first2(o.fields, "Running", "running").(bool)
	return is || strings.EqualFold(first(o.fields, "Status", "status", "state"), "running")
}

func (o *objectState) hasStatus() bool {
	return first(o.fields, "Status", "status", "state", "State") != ""
}

func first2(fields map[string]any, keys ...string) any {
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
		switch {
		case n != 0 && !o.runs():
			o.say(said{bad, "ExitCode:" + strconv.Itoa(n)})
		case n == 0:
			o.ended = true
		}
	case roleCode:
		o.say(codeState(strconv.Itoa(n)))
	case roleTally:
		if n > 0 {
			o.say(said{tallyTone(key), key})
		}
	case roleState, roleFlag:
		switch {
		case normal(key) == "up" && (n == 0 || n == 1):
			o.say(flagTone(key, n == 1))
		case is == roleState && n >= 100:
			o.say(codeState(strconv.Itoa(n)))
		}
	}
}

// list reads a list under a key: parts, conditions, names in a state, objects.
func (o *objectState) list(is role, key string, items []any) {
	if is == roleInert {
		return
	}
	if is == roleConditions {
		o.conditions(items)
		return
	}
	whole := is == roleParts && (o.about.name != "" || o.fields["phase"] != nil || o.about.inside)
	for _, item := range items {
		switch item := item.(type) {
		case string:
			o.item(key, item)
		case map[string]any:
			if whole {
				o.part(item, key)
				continue
			}
			o.value(item, object{section: section{namespace: o.about.namespace, kind: kindOf(key)}})
		case []any:
			o.value(item, object{})
		}
	}
}

// item reads a text in a list: an object in the state that the list is named
// after, or prose.
func (o *objectState) item(key, value string) {
	if t := toneOf(normal(key)); t != silent && isName(value) {
		kind, name := reference(value)
		o.add(sighting{kind: section{kind: kind}.kindOr(), name: name, said: said{t, key}, strength: shown})
		return
	}
	if is := roleOf(key); is == roleText || is == roleOther {
		o.text(value)
	}
}

// part reads a part of the object, such as a container of a pod, whose state
// is the object's.
func (o *objectState) part(fields map[string]any, key string) {
	inner := &objectState{reader: o.reader, about: object{section: o.about.section, inside: true}, fields: fields}
	inner.read()
	if strings.HasPrefix(normal(key), "init") && (inner.tone != bad || inner.ended) {
		inner.said = said{} // an init container has ended where the pod runs
	}
	o.adopt(inner)
}

func (o *objectState) adopt(inner *objectState) {
	o.say(inner.said)
	o.restarts += inner.restarts
	o.counted = o.counted || inner.counted
	o.stopped = o.stopped || inner.stopped
	o.ended = o.ended || inner.ended
	if o.since.IsZero() {
		o.since, o.life = inner.since, inner.life
	}
}

// conditions reads Kubernetes' list of conditions.
func (o *objectState) conditions(items []any) {
	for _, item := range items {
		fields, ok := item.(map[string]any)
		if !ok {
			continue
		}
		status := first(fields, "status", "Status")
		if flag, ok := first2(fields, "status", "Status").(bool); ok {
			status = strconv.FormatBool(flag)
		}
		o.say(condition(first(fields, "type", "Type"), status, first(fields, "reason", "Reason")))
	}
}

// nested reads an object under a key.
func (o *objectState) nested(is role, key string, fields map[string]any) {
	switch {
	case is == roleInert:
		return
	case is == roleState || normal(key) == "deploymentstatus":
		o.inner(fields)
	case is == roleConditions:
		for _, kind := range sorted(fields) {
			o.conditions([]any{map[string]any{"type": kind, "status": fields[kind]}})
		}
	case is == roleParts && (o.about.name != "" || o.fields["phase"] != nil):
		for _, name := range sorted(fields) {
			if part, ok := fields[name].(map[string]any); ok {
				o.part(part, key)
			}
		}
	default:
		o.child(is, key, fields)
	}
}

// inner reads what stands under a state's key: the three forms of a container's
// state in Kubernetes, or more keys of the object itself.
func (o *objectState) inner(fields map[string]any) {
	for _, form := range []string{"running", "waiting", "terminated"} {
		under, ok := fields[form].(map[string]any)
		if !ok {
			continue
		}
		o.containerState(form, under)
		return
	}
	inner := &objectState{reader: o.reader, about: object{section: o.about.section, inside: true}, fields: fields}
	inner.read()
	o.adopt(inner)
	if want, ok := wanted(o.fields); ok && o.tone == silent && isWorkload(o.about.kind) && want > 0 {
		o.say(said{busy, "0/" + strconv.Itoa(want)})
	}
}

func isWorkload(kind string) bool {
	return kind == "Deployment" || kind == "StatefulSet" || kind == "ReplicaSet" || kind == "DaemonSet"
}

// containerState reads a container's state as a kubelet writes it.
func (o *objectState) containerState(form string, fields map[string]any) {
	reason := first(fields, "reason")
	switch form {
	case "running":
		o.say(said{good, "Running"})
		o.started(first(fields, "startedAt"))
	case "waiting":
		if t := toneOf(reason); t == bad {
			o.say(said{bad, reason})
			return
		}
		o.say(said{busy, reason})
	case "terminated":
		code, _ := number(fields["exitCode"])
		switch {
		case code != 0 || toneOf(reason) == bad:
			o.say(said{bad, reason})
		default:
			o.spoken, o.ended = true, true
			o.say(completed(o.about.name, 0))
		}
	}
}

// started takes the time at which a container was started. What docker writes
// of one that never was is the year 1.
func (o *objectState) started(value string) {
	if at, err := time.Parse(time.RFC3339, value); err == nil && at.Year() > 1 {
		o.since, o.life = at, value
	}
}

// child reads an object under a key that is no state: another object, named
// after its key if it has no name itself and the key is no word for a part.
func (o *objectState) child(is role, key string, fields map[string]any) {
	around := object{section: section{namespace: o.about.namespace}}
	switch {
	case is == roleParts:
		for _, name := range sorted(fields) {
			o.child(roleOther, name, map[string]any{name: fields[name]})
		}
		return
	case kindOf(key) != "":
		around.kind = kindOf(key)
	case is == roleOther && !envelopes[normal(key)] && isName(key) && toneOf(key) == silent:
		around.kind, around.name = reference(key)
	}
	o.value(fields, around)
}

// envelopes are keys that only hold what was asked for.
var envelopes = set("data result results items payload value values object objects resource resources info details summary list children entries records rows checks components services output response body attributes properties")

// named reads a word under a key that is none of those known: the key is a name
// then, and the word its state.
func (o *objectState) named(key, value string) {
	if envelopes[normal(key)] {
		o.texts = append(o.texts, value)
		return
	}
	if len(strings.Fields(value)) > 6 || !isName(key) {
		return
	}
	s := stateOf(value)
	if s.tone == silent || tones[strings.ToLower(key)] != silent && kindOf(key) == "" {
		return
	}
	kind, name := reference(key)
	if kindOf(key) != "" {
		kind, name = kindOf(key), ""
	}
	o.add(sighting{kind: section{kind: kind}.kindOr(), name: name, said: s, strength: shown})
}

// prose reads what is said beside the keys, where no key named a state.
func (o *objectState) prose() {
	for _, words := range o.texts {
		o.text(words)
	}
}
