package aftercheck

import "time"

// Incident is what is broken: usually one Alertmanager alert.
type Incident struct {
	ID        string            `json:"id" minLength:"1" maxLength:"256" doc:"The caller's own identifier of the incident; verifications are listed by it."`
	Alertname string            `json:"alertname,omitempty" maxLength:"256" doc:"Name of the alert that opened the incident. Empty: the label alertname is used."`
	Labels    map[string]string `json:"labels,omitempty" doc:"Labels as Alertmanager sends them. They name the target: namespace, pod, deployment, node, instance, container and so on."`
	StartsAt  time.Time         `json:"starts_at,omitzero" format:"date-time" doc:"When the incident began. Absent: unknown."`
}

// Name returns the alert's name: Alertname, or else the label alertname, or
// else the empty string.
func (i Incident) Name() string {
	if i.Alertname != "" {
		return i.Alertname
	}
	return i.Labels["alertname"]
}

// Target is what the incident is about: an object that outlives pods, found
// from the incident's labels. The zero Target means that none was found.
type Target struct {
	Group     string `json:"group,omitempty" doc:"API group of the object; empty for the core group and for what is no Kubernetes object."`
	Kind      string `json:"kind,omitempty" doc:"Kind of the object: Deployment, StatefulSet, Node, Pod without an owner, Container."`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
	UID       string `json:"uid,omitempty" doc:"The object's UID when it was read; another UID under the same name is another object."`
}

// IsZero reports whether no target was found.
func (t Target) IsZero() bool { return t == Target{} }

// String returns Kind/namespace/name, without what is empty.
func (t Target) String() string {
	return joinNonEmpty(t.Kind, t.Namespace, t.Name)
}

func joinNonEmpty(parts ...string) string {
	joined := ""
	for _, part := range parts {
		if part == "" {
			continue
		}
		if joined != "" {
			joined += "/"
		}
		joined += part
	}
	return joined
}
