package text

import (
	"slices"

	"github.com/aftercheck/aftercheck"
)

// scope tells the target from its neighbours.
type scope struct {
	names     []string // of the target; empty: all that is shown is the target
	byAction  bool     // only the action's text names it
	target    aftercheck.Target
	ill       bool // something of the target is unhealthy
	alertname string
	live      map[string]bool      // workloads that have a pod in use, and "" if any pod is
	crowd     bool                 // several objects tell of themselves
	workloads map[string]*sighting // by their names
}

// scopeOf finds who the target is among the objects.
func scopeOf(q aftercheck.Question, all []*sighting) scope {
	s := scope{alertname: q.Incident.Name(), live: map[string]bool{}, workloads: map[string]*sighting{}}
	named := slices.DeleteFunc(slices.Clone(all), func(o *sighting) bool { return o.name == "" || o.alert })
	switch {
	case s.name(labelled(q.Incident.Labels, named)):
	case s.name(acted(q.Action, named)):
		s.byAction = true
	case q.Known.Name != "":
		s.names, s.byAction = []string{q.Known.Name}, true
	}
	if len(s.names) == 1 {
		s.target = targetOf(s.names[0], named, q.Known)
	}
	s.own(all)
	telling := 0
	for _, o := range all {
		if o.tone == silent {
			continue
		}
		telling++
		s.ill = s.ill || o.tone == bad && s.scopeOf(o) == aftercheck.ScopeTarget
		if o.kind == "Pod" && !o.remains && !o.leaving {
			s.live[workloadName(o.name)] = true
		}
	}
	s.crowd = telling > 1
	return s
}

func (s *scope) name(names []string) bool {
	s.names = names
	return len(names) > 0
}

// targetOf describes the object of that name, as the answer or, before that, an
// earlier reading shows it.
func targetOf(name string, all []*sighting, known aftercheck.Target) aftercheck.Target {
	if known.Name == name {
		return known
	}
	for _, o := range all {
		if o.name == name && o.kind != kindObject {
			return aftercheck.Target{Kind: o.kind, Namespace: o.namespace, Name: name}
		}
	}
	return aftercheck.Target{Name: name}
}

// scopeOf is the scope of one object.
func (s *scope) scopeOf(o *sighting) aftercheck.Scope {
	switch {
	case o.alert && o.name != s.alertname && s.alertname != "":
		return aftercheck.ScopeNeighbour
	case o.alert, o.name == "", len(s.names) == 0:
		return aftercheck.ScopeTarget
	}
	for _, name := range s.names {
		if belongs(o, name) {
			return aftercheck.ScopeTarget
		}
	}
	return aftercheck.ScopeNeighbour
}

// own finds the workloads that the answer shows beside their pods, and lets
// them tell what only their pods show: that the new ones cannot start, while
// the old ones are still counted.
func (s *scope) own(all []*sighting) {
	for _, o := range all {
		if isWorkload(o.kind) && o.kind != "ReplicaSet" && o.tone != silent {
			s.workloads[o.name] = o
		}
	}
	for _, o := range all {
		owner := s.ownerOf(o)
		if owner == nil || o.remains || o.leaving || o.tone <= good || o.reason == "Error" || o.reason == "Completed" {
			continue
		}
		switch {
		case owner.tone == busy && o.tone == bad:
			owner.said = o.said
		case owner.tone == good:
			owner.said = said{busy, o.reason}
		}
	}
}

// ownerOf is the workload of a pod, where the answer shows that too: then it
// speaks for its pods. The name alone does not prove an owner.
func (s *scope) ownerOf(o *sighting) *sighting {
	if o.kind != "Pod" {
		return nil
	}
	return s.workloads[workloadName(o.name)]
}

func (s *scope) owner(o *sighting) string {
	if owner := s.ownerOf(o); owner != nil {
		return owner.kind + "/" + owner.name
	}
	return ""
}

// passed reports whether an object says nothing of the present: the remains of
// a pod, or one on its way out, beside another of its workload; or something
// that stopped without a fault beside others, and nobody asked for it.
func (s *scope) passed(o *sighting) bool {
	if o.remains || o.leaving {
		return s.live[workloadName(o.name)]
	}
	return o.dormant && s.crowd && (len(s.names) == 0 || s.scopeOf(o) == aftercheck.ScopeNeighbour)
}
