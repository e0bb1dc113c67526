package prom

import (
	"net"
	"strings"
)

// Params are what the sensors of the replaced verifier were asked with, read
// from an incident's labels. The empty string means that no label gave one.
type Params struct {
	Namespace     string `json:"namespace"`
	PodName       string `json:"pod_name"`
	Deployment    string `json:"deployment"`
	Host          string `json:"host"`
	ContainerName string `json:"container_name"`
	FilterName    string `json:"filter_name"`
	Query         string `json:"query"`
}

// ReadParams reads the parameters of an incident. Values are as the labels have
// them; the query is the built-in one. An incident without a namespace gets
// defaultNamespace.
func ReadParams(alertname string, labels map[string]string, defaultNamespace string) Params {
	container := ContainerName(labels)
	return Params{
		Namespace:     firstOf(labels["namespace"], defaultNamespace),
		PodName:       firstOf(labels["pod"], labels["name"]),
		Deployment:    labels["deployment"],
		Host:          firstOf(hostOf(labels["instance"]), labels["host"]),
		ContainerName: container,
		FilterName:    container,
		Query:         builtInFor(alertname, labels, defaultNamespace).expr,
	}
}

// ContainerName returns the first of the labels that name a container and whose
// value is not blank and no template that was never filled in, or the empty
// string.
func ContainerName(labels map[string]string) string {
	for _, name := range []string{"filter_name", "container_name", "container", "resource", "name"} {
		value := strings.TrimSpace(labels[name])
		if value != "" && !strings.ContainsAny(value, "{}") {
			return value
		}
	}
	return ""
}

// hostOf returns an instance without its port. An IPv6 address may stand in
// brackets or, without a port, bare.
func hostOf(instance string) string {
	instance = strings.TrimSpace(instance)
	if strings.Count(instance, ":") > 1 && !strings.HasPrefix(instance, "[") {
		return instance
	}
	if host, _, err := net.SplitHostPort(instance); err == nil {
		return host
	}
	return strings.TrimSuffix(strings.TrimPrefix(instance, "["), "]")
}

func firstOf(values ...string) string {
	for _, value := range values {
		if strings.TrimSpace(value) != "" {
			return value
		}
	}
	return ""
}
