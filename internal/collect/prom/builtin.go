package prom

import (
	"regexp"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/aftercheck/aftercheck/internal/collect"
)

// builtIn is one of the replaced verifier's own queries, for one incident, and
// how its value is read.
type builtIn struct {
	name        string
	expr        string
	unit        string
	better      collect.Better
	aggregation Aggregation
	// healthy is the criterion; empty where no threshold is safe without
	// knowing the target.
	healthy string
	// wide: the query covers more than the target. Then a good value proves the
	// target good, and a bad one proves it bad only if every series meets
	// hopeless; an empty hopeless is never met.
	wide     bool
	hopeless string
}

// builtInFor chooses the query by the alert's name, in three families, as the
// replaced verifier did: testdata/promql.json. Other than there, a label's value
// of any form is quoted, not dropped.
func builtInFor(alertname string, values map[string]string, defaultNamespace string) builtIn {
	name := strings.ToLower(alertname)
	switch {
	case strings.HasPrefix(name, "docker"):
		return dockerQuery(name, values)
	case strings.HasPrefix(name, "host"), strings.HasPrefix(name, "node"):
		return hostQuery(name, values)
	}
	return workloadQuery(name, values, defaultNamespace)
}

func dockerQuery(name string, values map[string]string) builtIn {
	container := collect.ContainerName(values)
	on := present(
		equal("host", firstOf(values["host"], collect.HostOf(values["instance"]))),
		equal("container_name", container))
	switch {
	case hasAny(name, "memory", "oom"):
		return builtIn{name: "container_memory_used", unit: "ratio", better: collect.BetterLower, aggregation: AggregateMax,
			expr: selector("docker_container_memory_usage_bytes", on...) + " / " + selector("docker_container_memory_limit_bytes", on...)}
	case hasAny(name, "restart", "crash"):
		return builtIn{name: "container_restarts", unit: "restarts", better: collect.BetterLower, aggregation: AggregateMax,
			healthy: "== 0", wide: container == "",
			expr: "increase(" + selector("docker_container_inspect_restart_count", on...) + "[15m]) or increase(" +
				selector("docker_container_restart_count", on...) + "[15m])"}
	case hasAny(name, "cpu"):
		return builtIn{name: "container_cpu", unit: "cores", better: collect.BetterLower, aggregation: AggregateMax,
			expr: selector("docker_container_cpu_cores", on...)}
	}
	return builtIn{name: "container_info", better: collect.BetterHigher, aggregation: AggregateMin,
		expr: selector("docker_container_info", on...)}
}

func hostQuery(name string, values map[string]string) builtIn {
	on := present(equal("instance", values["instance"]))
	switch {
	case hasAny(name, "memory", "mem", "oom"):
		return builtIn{name: "node_memory_available", unit: "bytes", better: collect.BetterHigher, aggregation: AggregateMin,
			expr: selector("node_memory_MemAvailable_bytes", on...)}
	case hasAny(name, "cpu", "load"):
		return builtIn{name: "node_load5", better: collect.BetterLower, aggregation: AggregateMax,
			expr: selector("node_load5", on...)}
	case hasAny(name, "disk", "storage", "filesystem"):
		return builtIn{name: "node_filesystem_available", unit: "bytes", better: collect.BetterHigher, aggregation: AggregateMin,
			expr: selector("node_filesystem_avail_bytes", on...)}
	}
	return upQuery(on)
}

func workloadQuery(name string, values map[string]string, defaultNamespace string) builtIn {
	namespace := equal("namespace", firstOf(values["namespace"], defaultNamespace))
	on := []*labels.Matcher{namespace}
	if pod := strings.TrimSpace(firstOf(values["pod"], values["name"])); pod != "" {
		on = append(on, labels.MustNewMatcher(labels.MatchRegexp, "pod", regexp.QuoteMeta(strings.ToValidUTF8(pod, "\uFFFD"))+".*"))
	}
	switch {
	case hasAny(name, "crash", "restart", "backoff"):
		return builtIn{name: "restarts", unit: "restarts", better: collect.BetterLower, healthy: "== 0", wide: true,
			expr: "sum(increase(" + selector("kube_pod_container_status_restarts_total", namespace) + "[15m]))"}
	case hasAny(name, "mem", "oom"):
		return builtIn{name: "memory", unit: "mebibytes", better: collect.BetterLower,
			expr: "avg(" + selector("container_memory_working_set_bytes", on...) + ") / 1048576"}
	case hasAny(name, "cpu"):
		return builtIn{name: "cpu", unit: "cores", better: collect.BetterLower,
			expr: "avg(rate(" + selector("container_cpu_usage_seconds_total", on...) + "[5m]))"}
	case hasAny(name, "http", "5xx", "probe", "down", "unhealthy"):
		return builtIn{name: "probe_failures", unit: "ratio", better: collect.BetterLower, healthy: "== 0", wide: true, hopeless: "== 1",
			expr: "1 - avg(probe_success)"}
	}
	return upQuery([]*labels.Matcher{namespace})
}

// upQuery is wide even for one instance: several jobs may scrape it.
func upQuery(on []*labels.Matcher) builtIn {
	return builtIn{name: "up", better: collect.BetterHigher, aggregation: AggregateMin,
		healthy: "== 1", wide: true, hopeless: "== 0", expr: selector("up", on...)}
}

// selector prints a selector with the matchers in their order. Each is printed,
// and so quoted, by its own String.
func selector(metric string, matchers ...*labels.Matcher) string {
	if len(matchers) == 0 {
		return metric
	}
	printed := make([]string, len(matchers))
	for i, m := range matchers {
		printed[i] = m.String()
	}
	return metric + "{" + strings.Join(printed, ",") + "}"
}

func equal(name, value string) *labels.Matcher {
	return labels.MustNewMatcher(labels.MatchEqual, name, strings.TrimSpace(value))
}

// present leaves out the matchers without a value.
func present(matchers ...*labels.Matcher) []*labels.Matcher {
	var kept []*labels.Matcher
	for _, m := range matchers {
		if m.Value != "" {
			kept = append(kept, m)
		}
	}
	return kept
}

func hasAny(text string, words ...string) bool {
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}
