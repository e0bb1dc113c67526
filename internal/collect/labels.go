package collect

import (
	"net"
	"strings"
)

// ContainerName returns the first of the labels that name a container and whose
// value is not blank and no template that was never filled in, or the empty
// string.
func ContainerName(labels map[string]string) string {
	return firstFilled(labels, "filter_name", "container_name", "container", "resource", "name")
}

// NamesContainer reports whether the labels name a container by one that means
// nothing else. A label resource or name may be that of anything.
func NamesContainer(labels map[string]string) bool {
	return firstFilled(labels, "filter_name", "container_name", "container") != ""
}

func firstFilled(labels map[string]string, names ...string) string {
	for _, name := range names {
		value := strings.TrimSpace(labels[name])
		if value != "" && !strings.ContainsAny(value, "{}") {
			return value
		}
	}
	return ""
}

// HostOf returns an instance without its port. An IPv6 address may stand in
// brackets or, without a port, bare.
func HostOf(instance string) string {
	instance = strings.TrimSpace(instance)
	if strings.Count(instance, ":") > 1 && !strings.HasPrefix(instance, "[") {
		return instance
	}
	if host, _, err := net.SplitHostPort(instance); err == nil {
		return host
	}
	return strings.TrimSuffix(strings.TrimPrefix(instance, "["), "]")
}
