package text

import (
	"encoding/json"
	"slices"
	"strings"
)

// json reads the JSON value that the text's first line begins with, or what
// Python prints in its place, and returns what follows it; false if the line
// begins with neither.
func (r *reader) json(text string) (rest string, ok bool) {
	begin := strings.TrimLeft(text[:min(len(text), maxLine)], " \t\r\ufeff")
	begin = text[min(len(text), maxLine)-len(begin):]
	begin = titledValue(begin)
	if r.attempts >= maxAttempts || !beginsValue(begin) {
		return text, false
	}
	if value, ok := pythonValue(begin); ok {
		r.value(value, object{})
		return "", true
	}
	return r.values(begin)
}

// titledValue is a text from the JSON object on that its first line puts behind
// a few words of title: Result: {"status": "ok"}. A line of a log is no title,
// and what Ansible could not do, which it marks, has no state.
func titledValue(text string) string {
	const most = 48 // bytes of a title
	line, _, _ := strings.Cut(text[:min(len(text), maxLine)], "\n")
	at := strings.IndexByte(line, '{')
	if at <= 2 || at > most || line[at-1] != ' ' || strings.IndexByte(":>", line[at-2]) < 0 || strings.Contains(line[:at], "!") {
		return text
	}
	if _, isLog := logMessage(line); isLog {
		return text
	}
	return text[at:]
}

// values reads the JSON values that a text begins with, one after the other.
func (r *reader) values(text string) (rest string, ok bool) {
	decoder := json.NewDecoder(strings.NewReader(text))
	rest = text
	for next := rest; beginsValue(next); {
		var value any
		if err := decoder.Decode(&value); err != nil {
			r.attempts++
			break
		}
		r.value(value, object{})
		rest, ok = text[decoder.InputOffset():], true
		near := rest[:min(len(rest), maxLine)]
		next = rest[len(near)-len(strings.TrimLeft(near, " \t\r\n")):]
	}
	return rest, ok
}

// beginsValue reports whether a text begins as an object or a list of JSON does.
func beginsValue(text string) bool {
	if text == "" || text[0] != '{' && text[0] != '[' {
		return false
	}
	const near = 256 // white space behind the bracket
	next := strings.TrimLeft(text[1:min(len(text), near)], " \t\r\n")
	return next == "" && len(text) > 1 || next != "" && (strings.IndexByte("\"'{[}]", next[0]) >= 0 || text[0] == '[' && next[0] >= '0' && next[0] <= '9')
}

// object is what the keys around a value tell of it.
type object struct {
	section
	inside bool // the value is a part of the object, whose state it shares
}

// value reads a decoded value.
func (r *reader) value(value any, around object) {
	if r.depth >= maxDepth {
		return
	}
	r.depth++
	defer func() { r.depth-- }()
	switch value := value.(type) {
	case map[string]any:
		r.object(value, around)
	case []any:
		for _, item := range value {
			switch item := item.(type) {
			case string:
				r.text(item)
			default:
				r.value(item, around)
			}
		}
	case string:
		r.text(value)
	}
}

// object reads one JSON object: first the forms that are known, then its keys.
func (r *reader) object(fields map[string]any, around object) {
	for _, read := range []func(*reader, map[string]any) bool{
		(*reader).prometheus, (*reader).alertObject, (*reader).queried, (*reader).eventObject,
	} {
		if read(r, fields) {
			return
		}
	}
	if (around.name == "" || first(fields, "status", "state") == "") && r.toolAnswer(fields) {
		return
	}
	about := identify(fields, around)
	if !around.inside && kindOf(text(fields["kind"])) == "ReplicaSet" {
		return // its owner speaks for it
	}
	before := len(r.all)
	state := &objectState{reader: r, about: about, fields: fields}
	state.read()
	if state.tone != silent || state.counted || state.scaled {
		r.add(state.sighting())
	}
	if !state.told() && len(r.all) == before {
		state.prose()
	}
}

// identify finds an object's name, namespace and kind among its keys.
func identify(fields map[string]any, around object) object {
	about := around
	if around.inside {
		return about
	}
	for _, key := range []string{"metadata", "Target"} {
		if inner, ok := fields[key].(map[string]any); ok {
			about = named(about, inner)
		}
	}
	about = named(about, fields)
	if kind := kindOf(first(fields, "kind", "resourceType", "resource_type")); kind != "" {
		about.kind = kind
	}
	if about.kind == "" && isDocker(fields) {
		about.kind = kindContainer
	}
	return about
}

// named takes the name out of the keys that hold one, the clearest first.
func named(about object, fields map[string]any) object {
	for _, key := range sorted(fields) {
		if roleOf(key) == roleNamespace && text(fields[key]) != "" {
			about.namespace = text(fields[key])
		}
	}
	for _, wanted := range nameKeys {
		for _, key := range sorted(fields) {
			value := text(fields[key])
			if list, ok := fields[key].([]any); ok && len(list) == 1 && wanted.key == "names" {
				value = text(list[0])
			}
			if normal(key) != wanted.key || value == "" || !isName(value) {
				continue
			}
			kind, name := reference(value)
			about.name = name
			if about.kind == "" || wanted.kind != "" {
				about.kind = first(map[string]any{"kind": wanted.kind, "ref": kind, "old": about.kind}, "kind", "ref", "old")
			}
			return about
		}
	}
	return about
}

var nameKeys = []struct{ key, kind string }{
	{"name", ""}, {"names", ""}, {"podname", "Pod"}, {"containername", kindContainer}, {"deploymentname", "Deployment"}, {"deployment", "Deployment"},
	{"pod", "Pod"}, {"container", kindContainer}, {"servicename", "Service"}, {"unit", kindUnit}, {"unitname", kindUnit}, {"processname", "Process"}, {"releasename", "Release"},
	{"nodename", "Node"}, {"node", "Node"}, {"jobname", "Job"}, {"service", "Service"}, {"hostname", "Host"}, {"instanceid", "Host"}, {"dbinstanceidentifier", "Database"}, {"target", ""}, {"resource", ""}, {"id", ""},
}

// isDocker reports whether the keys are those of a container as docker inspect
// or docker ps print it.
func isDocker(fields map[string]any) bool {
	state, ok := fields["State"].(map[string]any)
	if ok && (state["Status"] != nil || state["Running"] != nil) {
		return true
	}
	return fields["Names"] != nil && fields["Status"] != nil
}

func sorted(fields map[string]any) []string {
	keys := make([]string, 0, len(fields))
	for key := range fields {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func text(value any) string {
	s, _ := value.(string)
	return strings.TrimSpace(s)
}

// first is the first of the keys whose value is a text that is not empty.
func first(fields map[string]any, keys ...string) string {
	for _, key := range keys {
		if value := text(fields[key]); value != "" {
			return value
		}
	}
	return ""
}

func number(value any) (int, bool) {
	f, ok := value.(float64)
	if !ok || f != f || f > 1<<31 || f < -1<<31 {
		return 0, false
	}
	return int(f), true
}
