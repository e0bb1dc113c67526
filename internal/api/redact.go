package api

import "github.com/aftercheck/aftercheck"

// What a caller says of an incident and an action is stored, logged and sent to
// people, as what sensors see is; secrets in it are removed as early. The ID of
// an incident stays, since it is asked for by it.

// redactIncident returns the incident without secrets in its name and in its
// labels' values. The caller's own map stays as it is.
func (s *server) redactIncident(i aftercheck.Incident) aftercheck.Incident {
	i.Alertname = s.Redact(i.Alertname)
	labels := make(map[string]string, len(i.Labels))
	for name, value := range i.Labels {
		labels[name] = s.Redact(value)
	}
	if i.Labels != nil {
		i.Labels = labels
	}
	return i
}

// redactAction returns the action without secrets in its text.
func (s *server) redactAction(a aftercheck.Action) aftercheck.Action {
	a.Text = s.Redact(a.Text)
	return a
}
