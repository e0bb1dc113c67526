package text

import (
	"strings"
	"time"
)

// eventsLast is for how long an event tells of what is: longer than the
// longest back-off of a kubelet, five minutes, with which it repeats.
const eventsLast = 6 * time.Minute

// event reads a row of kubectl get events. Of several about one object the
// newest counts, and only if nothing else tells.
func (w row) event(s *sighting) {
	age, ok := kubeAge(w.get("last-seen", "age"))
	if !ok || age > eventsLast {
		return
	}
	kind, name := reference(w.get("object"))
	s.kind, s.name, s.strength = kind, name, logged
	s.event, s.age = true, age
	s.message = w.get("message")
	s.said = eventState(w.get("type"), w.get("reason"))
}

// eventObject reads a Kubernetes event as an object, as the API or a tool that
// shortens its answers prints it.
func (r *reader) eventObject(fields map[string]any) bool {
	about, ok := firstOf(fields, "involvedObject", "regarding", "InvolvedObject").(map[string]any)
	if !ok || first(fields, "reason", "Reason") == "" {
		return false
	}
	s := sighting{
		kind: section{kind: kindOf(text(about["kind"]))}.kindOr(), namespace: text(about["namespace"]), name: text(about["name"]),
		strength: logged, event: true, message: first(fields, "message", "note"), said: eventState(first(fields, "type", "Type"), first(fields, "reason", "Reason")),
	}
	last, err := time.Parse(time.RFC3339, first(fields, "lastTimestamp", "eventTime", "deprecatedLastTimestamp"))
	if err == nil && !r.at.IsZero() {
		s.age = r.at.Sub(last)
	}
	if s.age <= eventsLast {
		r.add(s)
	}
	return true
}

// events reads those of a list of what was that are events, which tell for how
// long they hold.
func (r *reader) events(value any) {
	items, _ := value.([]any)
	for _, item := range items {
		if fields, ok := item.(map[string]any); ok {
			r.eventObject(fields)
		}
	}
}

// eventState is what an event tells of its object.
func eventState(kind, reason string) said {
	switch {
	case reason == "Unhealthy" || reason == "FailedScheduling" || reason == "Killing" || reason == "NodeNotReady":
		return said{busy, reason}
	case strings.EqualFold(kind, "warning") && toneOf(reason) == bad:
		return said{bad, reason}
	case reason == "Started" || reason == "Created" || reason == "Pulled" || reason == "Pulling" || reason == "Scheduled":
		return said{busy, reason}
	}
	return said{}
}
