package text

import (
	"strconv"
	"strings"

	"github.com/aftercheck/aftercheck"
)

// prometheus reads an answer of Prometheus' API: the samples of a query, or the
// alerts. What the API says of itself is no state of the target.
func (r *reader) prometheus(fields map[string]any) bool {
	status, data := text(fields["status"]), fields["data"]
	inner, ok := data.(map[string]any)
	if status != "success" || !ok {
		return false
	}
	if alerts, ok := inner["alerts"].([]any); ok {
		for _, alert := range alerts {
			if fields, ok := alert.(map[string]any); ok {
				r.alertObject(fields)
			}
		}
		return true
	}
	if inner["resultType"] == nil {
		return false
	}
	return r.queried(inner)
}

// queried reads the result of a query: the samples that are states by their
// metric's own convention.
func (r *reader) queried(fields map[string]any) bool {
	if fields["resultType"] == nil {
		return false
	}
	results, _ := fields["result"].([]any)
	for _, result := range results {
		series, ok := result.(map[string]any)
		if !ok {
			continue
		}
		labels := map[string]string{}
		metric, _ := series["metric"].(map[string]any)
		for key, value := range metric {
			labels[key] = text(value)
		}
		sample, ok := series["value"].([]any)
		if !ok {
			r.samples++ // or rather several of one series
		}
		if ok && len(sample) == 2 {
			r.sample(labels, text(sample[1]))
		}
	}
	return true
}

// alertObject reads one alert as Prometheus and Alertmanager return it.
func (r *reader) alertObject(fields map[string]any) bool {
	labels, ok := fields["labels"].(map[string]any)
	name := text(labels["alertname"])
	if !ok || name == "" {
		return false
	}
	state := text(fields["state"])
	if status, ok := fields["status"].(map[string]any); ok && state == "" {
		state = text(status["state"])
	} else if state == "" {
		state = text(fields["status"])
	}
	s := sighting{kind: kindAlert, name: name, namespace: text(labels["namespace"]), strength: shown, alert: true}
	switch state {
	case "firing", "active":
		s.said = said{bad, "Firing"}
	case "pending":
		s.said = said{busy, "Pending"}
	case "inactive", "resolved":
		s.said = said{good, "Inactive"}
	case "suppressed":
		s.said = said{unsure, "Suppressed"}
	}
	r.add(s)
	return true
}

// sample reads one sample. Only a gauge that is 1 for yes and 0 for no by its
// name is a state; how much of something is too much is not known here.
func (r *reader) sample(labels map[string]string, value string) {
	r.samples++
	name := labels["__name__"]
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || n != 0 && n != 1 {
		return
	}
	s := sighting{kind: kindEndpoint, namespace: labels["namespace"], name: firstLabel(labels, "pod", "container", "name", "instance", "deployment", "node", "service"), strength: shown}
	switch {
	case name == "up" || name == "probe_success" || strings.HasSuffix(name, "_up") || strings.HasSuffix(name, "_healthy"):
		s.said = said{good, name}
		if n == 0 {
			s.tone = bad
		}
	case name == "kube_pod_container_status_waiting_reason" && n == 1:
		s.kind, s.said = "Pod", said{max(toneOf(labels["reason"]), busy), labels["reason"]}
	case name == "kube_pod_status_ready" && labels["condition"] == "true":
		s.kind, s.said = "Pod", said{busy, "not ready"}
		if n == 1 {
			s.said = said{good, "Ready"}
		}
	}
	if s.tone != silent {
		r.flags++
	}
	r.add(s)
}

// OnlyFlags reports whether an answer holds samples of metrics and all of them
// are 1 for well and 0 for ill by their names, so that they are states and no
// numbers to compare.
func OnlyFlags(answer string) bool {
	r := readOne(aftercheck.Reading{Raw: answer})
	return r.samples > 0 && r.samples == r.flags
}

func firstLabel(labels map[string]string, names ...string) string {
	for _, name := range names {
		if labels[name] != "" {
			return labels[name]
		}
	}
	return ""
}

// metricLine reads a sample in Prometheus' text format: up{job="api"} 1.
func (r *reader) metricLine(content string, _ int) bool {
	if strings.HasPrefix(content, "# HELP") || strings.HasPrefix(content, "# TYPE") {
		return true
	}
	at := strings.LastIndexByte(content, ' ')
	if at < 0 {
		return false
	}
	name, value := content[:at], content[at+1:]
	if _, err := strconv.ParseFloat(value, 64); err != nil {
		return false
	}
	labels := map[string]string{}
	if open := strings.IndexByte(name, '{'); open > 0 && strings.HasSuffix(name, "}") {
		for pair := range strings.SplitSeq(name[open+1:len(name)-1], ",") {
			key, quoted, _ := strings.Cut(pair, "=")
			labels[strings.TrimSpace(key)] = strings.Trim(quoted, "\"")
		}
		name = name[:open]
	}
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:") != "" || !strings.Contains(name, "_") && len(labels) == 0 {
		return false
	}
	labels["__name__"] = name
	r.sample(labels, value)
	return true
}
