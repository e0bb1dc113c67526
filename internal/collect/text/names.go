package text

import (
	"regexp"
	"slices"
	"strings"

	"github.com/aftercheck/aftercheck"
)

// The endings that workloads give to the names of their pods: a ReplicaSet's
// hash and five random characters, five random characters alone, or a number.
// Kubernetes draws the random ones from letters and digits without vowels; a
// word that a person chose has vowels and no digit.
var (
	replicaSetEnding = regexp.MustCompile(`^(.+)-[a-z0-9]{4,10}-[a-z0-9]{5}$`)
	randomEnding     = regexp.MustCompile(`^(.+)-([a-z0-9]{5})$`)
	hashEnding       = regexp.MustCompile(`^(.+)-([a-f0-9]{8,10}|[bcdfghjklmnpqrstvwxz2456789]{8,10})$`)
	ordinalEnding    = regexp.MustCompile(`^(.+)[-_.]([0-9]{1,4})$`)
	swarmEnding      = regexp.MustCompile(`^(.+)\.[0-9]{1,4}(?:\.[a-z0-9]{20,30})?$`)
	cronEnding       = regexp.MustCompile(`-[0-9]{8}-[a-z0-9]{5}$`)
)

// workloadName is the name of the workload that an object belongs to by its own
// name, or the empty string if that tells none.
func workloadName(name string) string {
	if found := replicaSetEnding.FindStringSubmatch(name); found != nil && drawn(strings.TrimPrefix(name, found[1])) {
		return found[1]
	}
	if found := randomEnding.FindStringSubmatch(name); found != nil && drawn(found[2]) {
		return found[1]
	}
	for _, ending := range []*regexp.Regexp{hashEnding, ordinalEnding, swarmEnding} {
		if found := ending.FindStringSubmatch(name); found != nil {
			return found[1]
		}
	}
	return ""
}

// drawn reports whether a name's ending was drawn by chance: it holds a digit,
// or no vowel.
func drawn(ending string) bool {
	return strings.ContainsAny(ending, "0123456789") || !strings.ContainsAny(ending, "aeiou")
}

// ofLastingWorkload reports whether a pod's name is that of a Deployment's or a
// StatefulSet's pod, which run for ever, and not of a Job's.
func ofLastingWorkload(name string) bool {
	if cronEnding.MatchString(name) {
		return false
	}
	found := replicaSetEnding.FindStringSubmatch(name)
	return found != nil && drawn(strings.TrimPrefix(name, found[1])) || ordinalEnding.MatchString(name)
}

// belongs reports whether an object is the one of that name, or one of its
// pods, replicas or containers by the name that it has.
func belongs(s *sighting, name string) bool {
	switch {
	case s.name == name:
		return true
	case name == "" || s.kind == "Node" || s.kind == "Host":
		return false
	case workloadName(s.name) == name:
		return true
	case s.kind == "Pod" || s.kind == kindContainer || s.kind == kindObject:
		// Another pod of the workload whose pod is named; or, under the project
		// of docker compose, the container of that service.
		own, other := workloadName(s.name), workloadName(name)
		return own != "" && own == other || own != "" && (strings.HasSuffix(own, "-"+name) || strings.HasSuffix(own, "_"+name)) && s.kind == kindContainer
	}
	return false
}

// The labels that name what an incident is about: first those that name
// nothing else, then those that sometimes do.
var nameLabels = [][]string{
	{"container", "container_name", "filter_name", "pod", "pod_name", "deployment", "statefulset", "daemonset", "replicaset", "job_name", "cronjob", "unit", "systemd_unit", "node", "persistentvolumeclaim"},
	{"service", "service_name", "workload", "app", "application", "name", "resource", "host", "hostname", "instance", "job"},
}

// labelled returns the names that the incident's labels give and that one of
// the objects has.
func labelled(labels map[string]string, objects []*sighting) []string {
	for _, tier := range nameLabels {
		var names []string
		for _, label := range tier {
			_, name := reference(strings.TrimSpace(labels[label]))
			if label == "instance" {
				name, _, _ = strings.Cut(name, ":")
			}
			if name != "" && anyBelongs(objects, name) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		if len(names) > 0 {
			return names
		}
	}
	return nil
}

func anyBelongs(objects []*sighting, name string) bool {
	return slices.ContainsFunc(objects, func(s *sighting) bool { return belongs(s, name) })
}

// maxAction bounds the words of an action's text that are looked at.
const maxAction = 64

// acted returns the names in the action's text that one of the objects has:
// docker restart api, kubectl rollout undo deployment/api, restart_service:api.
func acted(action aftercheck.Action, objects []*sighting) []string {
	var names []string
	words := strings.FieldsFunc(action.Text, func(c rune) bool { return strings.ContainsRune(" \t\n:=,;'\"()/", c) })
	for i, word := range words[:min(len(words), maxAction)] {
		if i > 0 && (words[i-1] == "-n" || words[i-1] == "--namespace" || words[i-1] == "-c") || toneOf(word) != silent || len(word) < 2 {
			continue
		}
		_, name := reference(word)
		if anyBelongs(objects, name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
