package kube

import "regexp"

// The names that controllers give their pods. The letters are those of the API
// server's generated names, which leave out vowels and what looks alike.
var (
	deploymentPod = regexp.MustCompile(`^(.+)-[bcdfghjklmnpqrstvwxz2456789]{5,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$`)
	deploymentSet = regexp.MustCompile(`^(.+)-[bcdfghjklmnpqrstvwxz2456789]{5,10}$`)
	cronJobPod    = regexp.MustCompile(`^(.+)-[0-9]{8,11}(?:-[0-9]+)?-[bcdfghjklmnpqrstvwxz2456789]{5}$`)
	indexedJobPod = regexp.MustCompile(`^(.+)-[0-9]+-[bcdfghjklmnpqrstvwxz2456789]{5}$`)
	statefulPod   = regexp.MustCompile(`^(.+)-[0-9]+$`)
	generatedPod  = regexp.MustCompile(`^(.+)-[bcdfghjklmnpqrstvwxz2456789]{5}$`)
	cronJobJob    = regexp.MustCompile(`^(.+)-[0-9]{8,11}$`)
	// anyPod is for pods whose hash was written by hand, as in examples.
	anyPod = regexp.MustCompile(`^(.+)-[a-z0-9]{3,10}-[a-z0-9]{3,10}$`)
)

// makersOf returns the workloads that may have made a pod or a Job of this
// name, the most likely first.
func makersOf(made reference) []reference {
	var out []reference
	add := func(pattern *regexp.Regexp, kinds ...string) {
		match := pattern.FindStringSubmatch(made.name)
		for _, kind := range kinds {
			if match != nil {
				out = append(out, builtIn(kind, made.namespace, match[1]))
			}
		}
	}
	switch made.kind {
	case "Job":
		add(cronJobJob, "CronJob")
		return out
	case "Pod":
	default:
		return nil
	}
	add(cronJobPod, "CronJob")
	add(deploymentPod, "Deployment")
	add(statefulPod, "StatefulSet")
	add(generatedPod, "DaemonSet", "ReplicaSet", "Job", "ReplicationController")
	add(indexedJobPod, "Job")
	add(anyPod, "Deployment")
	return out
}
