package kube

import (
	"slices"
	"strings"
	"time"
)

// podGrace is how long after its grace period a pod may stay before its
// termination counts as stuck.
const podGrace = 2 * time.Minute

// podHealth judges a pod: how it ended, whether it is scheduled, its
// containers, and at last its readiness.
func podHealth(s subject) Health {
	phase, reason := s.str("status", "phase"), s.str("status", "reason")
	switch {
	case s.deleting() && reason == "NodeLost":
		return unhealthy(reason, "%s", first(s.str("status", "message"), "the node of the pod is lost"))
	case s.deleting():
		return terminating(s, podGrace)
	case phase == "Succeeded":
		return healthy("Completed", "all containers ended as they should")
	case phase == "Failed":
		return podFailed(s)
	case reason == "NodeLost":
		return unhealthy(reason, "%s", first(s.str("status", "message"), "the node of the pod is lost"))
	case phase == "Unknown":
		return unknown(first(reason, "PodUnknown"), "the state of the pod could not be obtained from its node")
	case phase == "" && !s.has("status", "containerStatuses") && !s.has("status", "conditions"):
		return unknown(reasonNoStatus, "the pod carries no status")
	}
	if h, waits := podScheduling(s); waits {
		return h
	}
	return podRunning(s)
}

// podFailed says how a pod failed: its own reason, or its first failed
// container's.
func podFailed(s subject) Health {
	reason, message := s.str("status", "reason"), s.str("status", "message")
	if reason != "" {
		return unhealthy(reason, "%s", first(message, "the pod failed"))
	}
	for _, c := range containers(s) {
		if c.has("state", "terminated") {
			c.restartPolicy = "Never"
			if h := c.terminated(); !h.good() {
				return h
			}
		}
	}
	if target, ok := s.condition("DisruptionTarget"); ok && target.True() {
		return unhealthy(first(target.Reason, "DisruptionTarget"), "%s", target.Message)
	}
	return unhealthy("Failed", "%s", first(message, "the pod failed"))
}

// podScheduling judges a pod that no node was found for.
func podScheduling(s subject) (Health, bool) {
	scheduled, ok := s.condition("PodScheduled")
	switch {
	case !ok || scheduled.True():
		return Health{}, false
	case scheduled.Reason == "SchedulingGated":
		return progressing(scheduled.Reason, "%s", first(scheduled.Message, "scheduling is held back by a gate")), true
	case scheduled.Reason == "Unschedulable" || scheduled.Reason == "SchedulerError":
		return unhealthy(scheduled.Reason, "%s", first(scheduled.Message, "no node fits the pod")), true
	}
	return podWaits(s, progressing(first(scheduled.Reason, "Pending"), "%s", first(scheduled.Message, "is not scheduled yet")), s.time("metadata", "creationTimestamp")), true
}

// podRunning judges a scheduled pod by its containers and its conditions.
func podRunning(s subject) Health {
	sum := healthy("", "")
	var slow, starts time.Time
	for _, c := range containers(s) {
		if len(c.fields) == 0 {
			continue // the kubelet has not reported it
		}
		sum = worst(sum, c.health())
		if started := c.startedAt(); !c.flag("ready") && started.After(slow) {
			slow = started
		}
		starts = later(starts, c.startedAt())
	}
	ready, reported := s.condition("Ready")
	switch {
	case sum.bad():
		return sum
	case reported && ready.True() && sum.good():
		return podReady(s)
	case sum.good():
		return podNotReady(s, ready, reported, starts)
	case sum.Reason == "ContainersNotReady" && reported && lostReadiness(ready, slow):
		return unhealthy(reasonReadinessLost, "%s; the pod was ready before", sum.Message)
	case sum.Reason == reasonRestarted:
		return sum
	}
	since := later(s.time("status", "startTime"), later(ready.At, slow))
	return podWaits(s, sum, since)
}

// podReady is the health of a pod whose every container is ready. A pod that
// is to end, and is no server by a readiness probe, is at work still.
func podReady(s subject) Health {
	task := slices.Contains([]string{"Never", "OnFailure"}, s.str("spec", "restartPolicy"))
	if !task || s.str("status", "phase") != "Running" {
		return healthy("", "")
	}
	for _, c := range s.subs("spec", "containers") {
		if c.has("readinessProbe") {
			return healthy("", "")
		}
	}
	return progressing("Running", "runs, and is to end by itself")
}

// podNotReady judges a pod whose containers are all right and that is not
// ready all the same: a readiness gate, a lost node, or nothing reported yet.
func podNotReady(s subject, ready condition, reported bool, starts time.Time) Health {
	if !reported {
		if len(s.subs("status", "containerStatuses")) > 0 && s.str("status", "phase") == "Running" {
			return healthy("", "")
		}
		return podWaits(s, progressing(first(s.str("status", "phase"), "Pending"), "no container is reported yet"), s.time("metadata", "creationTimestamp"))
	}
	if ready.Reason == "PodCompleted" {
		return progressing(ready.Reason, "the containers ended; the pod is about to")
	}
	message := first(ready.Message, "the pod is not ready")
	if h := progressing(first(ready.Reason, reasonNotReady), "%s", message); ready.Reason == "ReadinessGatesNotReady" || len(s.subs("status", "containerStatuses")) == 0 {
		return podWaits(s, h, later(ready.At, s.time("status", "startTime")))
	}
	if lostReadiness(ready, starts) {
		return unhealthy(first(ready.Reason, reasonReadinessLost), "%s, though its containers are; the pod was ready before", strings.TrimSuffix(message, "."))
	}
	return podWaits(s, progressing(first(ready.Reason, reasonNotReady), "%s", message), later(ready.At, starts))
}

// lostReadiness reports whether a pod that is not ready was ready earlier in
// the life of its containers: its condition turned well after they started.
func lostReadiness(ready condition, started time.Time) bool {
	const settle = 30 * time.Second
	return !started.IsZero() && ready.At.After(started.Add(settle))
}

// podWaits turns a wait into trouble once it takes longer than a start
// normally does, or than the startup probes allow.
func podWaits(s subject, h Health, since time.Time) Health {
	normal := normalTime
	for _, c := range s.subs("spec", "containers") {
		probe := c.sub("startupProbe")
		budget := probe.num(0, "initialDelaySeconds") + probe.num(10, "periodSeconds")*probe.num(3, "failureThreshold")
		if probe != nil && budget > 0 && budget < 24*3600 {
			normal = max(normal, time.Duration(budget)*time.Second)
		}
	}
	if waited := age(s.now, since); waited > normal {
		return unhealthy(h.Reason, "%s, for %s", h.Message, waited.Round(time.Second))
	}
	return h
}

// containers returns the pod's containers with their roles, the init
// containers first. One without a status has empty fields.
func containers(s subject) []container {
	policy := first(s.str("spec", "restartPolicy"), "Always")
	var out []container
	add := func(specs, statuses []fields, init bool) {
		for _, status := range statuses {
			c := container{fields: status, name: status.str("name"), restartPolicy: policy, now: s.now}
			c.spec = named(specs, c.name)
			switch {
			case init && c.spec.str("restartPolicy") == "Always":
				c.role = roleSidecar
			case init:
				c.role = roleInit
			}
			out = append(out, c)
		}
	}
	add(s.subs("spec", "initContainers"), s.subs("status", "initContainerStatuses"), true)
	add(s.subs("spec", "containers"), s.subs("status", "containerStatuses"), false)
	return out
}

// named returns the first of the list with this name, or nil.
func named(list []fields, name string) fields {
	for _, f := range list {
		if f.str("name") == name {
			return f
		}
	}
	return nil
}
