package kube

import (
	"regexp"
	"slices"
	"strings"
)

var (
	// namedService is an action of the form restart_service:api, as runbooks
	// write them.
	namedService = regexp.MustCompile(`^[a-z]+_(?:service|deployment|statefulset|daemonset|workload|app):([a-z0-9][a-z0-9.-]*)$`)
	// flagWithValue is a flag of kubectl whose value is the next word.
	flagWithValue = regexp.MustCompile(`^-{1,2}(?:[a-z]|namespace|context|kubeconfig|selector|container|filename|output|type|patch|timeout|grace-period|replicas|to-revision)$`)
	// nodeVerbs take the name of a node without its kind.
	nodeVerbs = []string{"cordon", "uncordon", "drain"}
	// verbs are the words before a kind and a name that stand apart.
	verbs = set(`restart undo pause resume status delete scale autoscale image resources env patch edit replace annotate label rollback evict`)
	// healable are the kinds that an action names as what it is about; others,
	// such as a ConfigMap, are its means.
	healable = set(`Deployment StatefulSet DaemonSet ReplicaSet ReplicationController Job CronJob Pod Node Service PersistentVolumeClaim Ingress`)
)

// actionCandidates returns the objects that an action's text names, for an
// incident whose labels name none: kubectl -n shop rollout undo deployment/api,
// kubectl delete pod api-0, restart_service:api.
func actionCandidates(text, defaultNamespace string) []candidate {
	const longest = 4096
	words := strings.Fields(text[:min(len(text), longest)])
	namespace := namespaceFlag(words)
	if namespace == "" {
		namespace = defaultNamespace
	}
	l := labels{namespace: namespace}
	words = slices.DeleteFunc(withoutFlags(words), func(word string) bool { return strings.HasPrefix(word, "-") })
	for i, word := range words {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		kind, name, joined := strings.Cut(word, "/")
		switch {
		case joined:
			l.acted(kind, name)
		case slices.Contains(nodeVerbs, word) && !strings.Contains(next, "/"):
			l.acted("node", next)
		case i > 0 && verbs[words[i-1]]:
			l.acted(word, next)
		}
		if match := namedService.FindStringSubmatch(word); match != nil {
			l.anyWorkload(match[1])
		}
	}
	return l.found
}

// acted adds an object of a kind that can be healed.
func (l *labels) acted(kind, name string) {
	if !objectName.MatchString(name) {
		return
	}
	kind, _, _ = strings.Cut(kind, ".") // deployments.apps
	if r := builtIn(kind, l.namespace, name); healable[r.kind] && !strings.EqualFold(name, r.kind) {
		l.add(candidate{r, climbs(r.kind), true})
	}
}

// objectName is what the API server takes for a name.
var objectName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)

// namespaceFlag returns the value of -n or --namespace.
func namespaceFlag(words []string) string {
	for i, word := range words {
		flag, value, joined := strings.Cut(word, "=")
		switch {
		case flag != "-n" && flag != "--namespace":
		case joined:
			return value
		case i+1 < len(words):
			return words[i+1]
		}
	}
	return ""
}

// withoutFlags leaves out the values of flags that stand apart from them.
func withoutFlags(words []string) []string {
	var out []string
	for i, word := range words {
		if i == 0 || !flagWithValue.MatchString(words[i-1]) {
			out = append(out, word)
		}
	}
	return out
}
