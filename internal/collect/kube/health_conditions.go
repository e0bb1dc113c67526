package kube

import "time"

// condition is one entry of status.conditions.
type condition struct {
	Type, Status, Reason, Message string
	Severity                      string // Cluster API: Error, Warning, Info
	At                            time.Time
	Generation                    int64 // that it was made for; 0 if it does not say
}

// True reports whether the condition holds.
func (c condition) True() bool { return c.Status == "True" || c.Status == "true" }

// False reports whether the condition is said not to hold.
func (c condition) False() bool { return c.Status == "False" || c.Status == "false" }

// conditions returns status.conditions, in their order.
func (f fields) conditions() []condition { return conditionsIn(f.subs("status", "conditions")) }

func conditionsIn(list []fields) []condition {
	out := make([]condition, 0, len(list))
	for _, item := range list {
		out = append(out, readCondition(item))
	}
	return out
}

func readCondition(item fields) condition {
	status := item.str("status")
	if b, ok := item.get("status").(bool); ok {
		status = map[bool]string{true: "True", false: "False"}[b]
	}
	return condition{
		Type:       item.str("type"),
		Status:     status,
		Reason:     item.str("reason"),
		Message:    item.str("message"),
		Severity:   item.str("severity"),
		At:         item.time("lastTransitionTime"),
		Generation: item.num(0, "observedGeneration"),
	}
}

// condition returns the condition of this type.
func (f fields) condition(kind string) (condition, bool) {
	for _, item := range f.subs("status", "conditions") {
		if item.str("type") == kind {
			return readCondition(item), true
		}
	}
	return condition{}, false
}
