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
