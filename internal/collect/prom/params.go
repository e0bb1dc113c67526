package prom

import (
	"strings"

	"github.com/aftercheck/aftercheck/internal/collect"
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
	container := collect.ContainerName(labels)
	return Params{
		Namespace:     firstOf(labels["namespace"], defaultNamespace),
		PodName:       firstOf(labels["pod"], labels["name"]),
		Deployment:    labels["deployment"],
		Host:          firstOf(collect.HostOf(labels["instance"]), labels["host"]),
		ContainerName: container,
		FilterName:    container,
		Query:         builtInFor(alertname, labels, defaultNamespace).expr,
	}
}

func firstOf(values ...string) string {
	for _, value := range values {
		if strings.TrimSpace(value) != "" {
			return value
		}
	}
	return ""
}
