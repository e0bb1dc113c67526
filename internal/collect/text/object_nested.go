package text

import (
	"strconv"
	"strings"
	"time"
)

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
		if flag, ok := firstOf(fields, "status", "Status").(bool); ok {
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
	case normal(key) == "components":
		for _, name := range sorted(fields) {
			if part, ok := fields[name].(map[string]any); ok {
				o.child(roleOther, name, part)
			}
		}
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
