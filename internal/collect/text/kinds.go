package text

import "strings"

// The kinds of subjects that are no Kubernetes kind.
const (
	kindContainer = "Container"
	kindUnit      = "Unit"
	kindEndpoint  = "Endpoint"
	kindAlert     = "Alert"
	kindSibling   = "Sibling"
	kindObject    = "Object" // something whose kind the answer does not tell
)

// kindWords are the words, in lower case, by which kinds are called: in
// sentences, before a slash as kubectl prints a reference, and as JSON keys.
var kindWords = kinds(map[string]string{
	"Pod": "pod po", kindContainer: "container", "Deployment": "deployment deploy", "StatefulSet": "statefulset sts",
	"DaemonSet": "daemonset ds", "ReplicaSet": "replicaset rs", "Job": "job", "CronJob": "cronjob", "Node": "node",
	"Service": "service svc", kindUnit: "unit systemd", "PersistentVolumeClaim": "persistentvolumeclaim pvc claim",
	"Release": "release", "Process": "process program", "Host": "host server machine vm instance", "Task": "task allocation alloc",
	kindEndpoint: "endpoint url probe healthcheck upstream backend", "Application": "application app", "Database": "database", "Cluster": "cluster", "Replica": "replica",
})

func kinds(words map[string]string) map[string]string {
	out := map[string]string{}
	for kind, list := range words {
		for word := range strings.FieldsSeq(list) {
			out[word] = kind
			out[plural(word)] = kind
		}
	}
	return out
}

func plural(word string) string {
	if strings.HasSuffix(word, "s") {
		return word + "es"
	}
	return word + "s"
}

// kindOf is the kind that a word calls, or the empty string. The group behind a
// dot is left out: deployments.apps.
func kindOf(word string) string {
	if len(word) > maxWord {
		return ""
	}
	word, _, _ = strings.Cut(strings.ToLower(word), ".")
	return kindWords[word]
}

// reference splits kind/name, as kubectl prints it. Anything else is a name
// without a kind.
func reference(text string) (kind, name string) {
	text = strings.Trim(text, "\"'`")
	if before, after, ok := strings.Cut(text, "/"); ok && after != "" {
		if kind := kindOf(before); kind != "" && !strings.Contains(after, "/") {
			return kind, after
		}
	}
	text = strings.TrimPrefix(text, "/") // as docker inspect names containers
	for _, suffix := range []string{".service", ".socket", ".timer", ".mount", ".target", ".path", ".slice", ".scope"} {
		if strings.HasSuffix(text, suffix) {
			return kindUnit, strings.TrimSuffix(text, ".service")
		}
	}
	return "", text
}
