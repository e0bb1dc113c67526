package docker

import (
	"slices"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

// kindContainer is the kind of what is found under a container's name, and
// kindService of the containers of one Compose service.
const (
	kindContainer = "Container"
	kindService   = "ComposeService"
)

// wanted is which containers an incident is about.
type wanted struct {
	name             string // of a container, or else of a Compose service
	project, service string // of Compose; service is empty where name is not
	// sure: if it is not here, it does not exist. Else it may be on another host,
	// or be no container at all.
	sure bool
}

// target names what is wanted on a host.
func (w wanted) target(host string) aftercheck.Target {
	if w.name != "" {
		return aftercheck.Target{Kind: kindContainer, Namespace: host, Name: w.name}
	}
	return aftercheck.Target{Kind: kindService, Namespace: host, Name: serviceName(w.project, w.service)}
}

func serviceName(project, service string) string {
	if project == "" {
		return service
	}
	return project + "/" + service
}

// The labels that name a Compose project or service, as exporters write them.
var (
	projectLabels = []string{"compose_project", "com_docker_compose_project", "container_label_com_docker_compose_project", "docker_compose_project"}
	serviceLabels = []string{"compose_service", "com_docker_compose_service", "container_label_com_docker_compose_service", "docker_compose_service"}
)

// wantedBy returns what an incident is about; false if it is about nothing that
// this host may have.
func (h *host) wantedBy(q collect.Question) (wanted, bool) {
	labels := q.Incident.Labels
	here, elsewhere := h.isMeant(labels)
	switch {
	case elsewhere, h.Matched && !h.Match.Fits(q.Incident):
		return wanted{}, false
	case !h.Matched && (labels["pod"] != "" || labels["namespace"] != ""):
		return wanted{}, false // a container of a pod is Kubernetes' own
	}
	w := wanted{
		name:    collect.ContainerName(labels),
		project: firstLabel(labels, projectLabels),
		service: firstLabel(labels, serviceLabels),
	}
	if w.name != "" {
		w.service = ""
	}
	if w.name == "" && w.service == "" {
		return wanted{}, false
	}
	known := q.Known.Namespace == h.Name && slices.Contains([]string{kindContainer, kindService}, q.Known.Kind)
	w.sure = known || (here || h.Only) && (w.service != "" || collect.NamesContainer(labels))
	return w, true
}

// isMeant reads whether the labels name this host, or another one. The label
// instance is often the exporter's own address: it may mean this host, and never
// rules it out.
func (h *host) isMeant(labels map[string]string) (here, elsewhere bool) {
	if name := labels["host"]; name != "" {
		here = slices.Contains(h.Instances, collect.HostOf(name))
		return here, !here
	}
	return slices.Contains(h.Instances, collect.HostOf(labels["instance"])), false
}

func firstLabel(labels map[string]string, names []string) string {
	for _, name := range names {
		if value := labels[name]; value != "" {
			return value
		}
	}
	return ""
}

// chosen splits the list into those wanted, and the other containers of their
// Compose project. A name is that of a container, else of a service in one
// project. Ambiguous: several projects have such a service.
func (w wanted) chosen(all []listed) (own, near []listed, ambiguous bool) {
	is := func(l listed) bool { return l.named(w.name) }
	if w.name == "" || !slices.ContainsFunc(all, is) {
		service := w.service
		if w.name != "" {
			service = w.name
		}
		is = func(l listed) bool {
			return l.Labels.Service == service && (w.project == "" || l.Labels.Project == w.project)
		}
	}
	projects := map[string]bool{}
	for _, l := range all {
		if is(l) {
			own = append(own, l)
			projects[l.Labels.Project] = true
		}
	}
	if len(projects) > 1 {
		return nil, nil, true
	}
	for _, l := range all {
		if !is(l) && l.Labels.Project != "" && projects[l.Labels.Project] {
			near = append(near, l)
		}
	}
	return own, near, false
}
