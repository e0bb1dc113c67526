package kube

import (
	"slices"
	"strings"
	"time"
)

// role is what a container is for in its pod.
type role int

const (
	roleMain    role = iota
	roleInit         // runs to its end before the main containers start
	roleSidecar      // an init container that keeps running
)

// container is one container of a pod: its status beside its spec.
type container struct {
	fields        // the container's status
	spec          fields
	name          string
	role          role
	restartPolicy string // of the pod
	now           time.Time
}

// loopRestarts is how many restarts make a loop; one crash is an accident.
const loopRestarts = 2

// backOffReset is how long a container must run for the kubelet to forget its
// crashes.
const backOffReset = 10 * time.Minute

// health judges one container by its present state; what lastState tells of
// the past counts only while the container has not outgrown it.
func (c container) health() Health {
	switch {
	case c.has("state", "waiting"):
		return c.waiting()
	case c.has("state", "terminated"):
		return c.terminated()
	case c.has("state", "running"):
		return c.running()
	}
	if c.has("lastState", "terminated") && c.failedBefore() && c.restarts() >= loopRestarts {
		return c.looping()
	}
	if c.flag("ready") {
		return healthy("", "")
	}
	return progressing("ContainerCreating", "container %s has no state yet", c.name)
}

// waiting judges a container that does not run by the kubelet's reason.
func (c container) waiting() Health {
	reason := first(c.str("state", "waiting", "reason"), "Waiting")
	message := c.str("state", "waiting", "message")
	if brokenWaiting(reason) {
		return unhealthy(reason, "container %s waits: %s%s", c.name, first(message, reason), c.history())
	}
	if c.failedBefore() && c.restarts() >= loopRestarts {
		return c.looping()
	}
	return progressing(reason, "container %s waits: %s", c.name, first(message, reason))
}

// brokenWaiting tells the waiting reasons that need help from those of a start:
// ErrImagePull, InvalidImageName, CreateContainerConfigError, CrashLoopBackOff,
// RegistryUnavailable, SignatureValidationFailed and their like.
func brokenWaiting(reason string) bool {
	for _, prefix := range []string{"Err", "Invalid"} {
		if strings.HasPrefix(reason, prefix) {
			return true
		}
	}
	for _, suffix := range []string{"Error", "BackOff", "Failed", "Unavailable", "Killed", "CannotRun", "Failure"} {
		if strings.HasSuffix(reason, suffix) {
			return true
		}
	}
	return false
}

// terminated judges a container that ended, by its exit code and by whether
// ending is what it is for.
func (c container) terminated() Health {
	end := c.sub("state", "terminated")
	code := end.num(0, "exitCode")
	reason := end.str("reason")
	if code != 0 || badEnd(reason) {
		return unhealthy(first(reason, "Error"), "container %s ended with exit code %d%s", c.name, code, colon(end.str("message")))
	}
	if c.role == roleInit || c.role == roleMain && slices.Contains([]string{"Never", "OnFailure"}, c.restartPolicy) {
		return healthy("Completed", "container %s ended as it should", c.name)
	}
	if c.restarts() >= loopRestarts {
		return unhealthy(reasonCrashLooping, "container %s keeps ending, with exit code 0, after %d restarts", c.name, c.restarts())
	}
	return progressing(first(reason, "Completed"), "container %s ended with exit code 0 and is to be restarted", c.name)
}

// badEnd tells the reasons that mean failure whatever the exit code says.
func badEnd(reason string) bool {
	return slices.Contains([]string{"OOMKilled", "Error", "ContainerCannotRun", "DeadlineExceeded", "Evicted", "StartError", "ContainerStatusUnknown"}, reason)
}

// running judges a container that runs: an init container is at work; another
// must be ready, and have outlived its last crash.
func (c container) running() Health {
	crashed := c.failedBefore() && !c.outgrown()
	switch {
	case c.role != roleInit && c.flag("ready"):
		if crashed && c.between() {
			return progressing(reasonRestarted, "container %s has not yet run for longer than before its last crash%s", c.name, c.history())
		}
		return healthy("", "")
	case crashed && c.restarts() >= loopRestarts, crashed && age(c.now, c.startedAt()) > time.Minute:
		return c.looping()
	case c.role == roleInit:
		return progressing("PodInitializing", "init container %s runs", c.name)
	case crashed:
		return progressing(reasonRestarted, "container %s was restarted and is not ready yet%s", c.name, c.history())
	}
	return progressing("ContainersNotReady", "container %s runs and is not ready", c.name)
}

// between reports whether a ready container is likely between two crashes: it
// crashed often, lived shortly, and has not lived that long again.
func (c container) between() bool {
	const often = 3
	last := c.sub("lastState", "terminated")
	started, ended := last.time("startedAt"), last.time("finishedAt")
	if c.restarts() < often || started.IsZero() || ended.IsZero() {
		return false
	}
	if c.now.IsZero() || c.startedAt().IsZero() {
		return false
	}
	life := ended.Sub(started)
	return life > 0 && life < backOffReset && age(c.now, c.startedAt()) < life
}

// looping is the health of a container that runs or is about to between crashes.
func (c container) looping() Health {
	reason := reasonCrashLooping
	if c.str("lastState", "terminated", "reason") == "OOMKilled" {
		reason = "OOMKilled"
	}
	return unhealthy(reason, "container %s was restarted %d times and is not ready%s", c.name, c.restarts(), c.history())
}

// failedBefore reports whether the container's previous life ended badly.
func (c container) failedBefore() bool {
	last := c.sub("lastState", "terminated")
	return last != nil && (last.num(0, "exitCode") != 0 || badEnd(last.str("reason")))
}

// outgrown reports whether the last crash is history by the kubelet's measure.
func (c container) outgrown() bool { return age(c.now, c.startedAt()) > backOffReset }

func (c container) restarts() int64 { return c.num(0, "restartCount") }

func (c container) startedAt() time.Time { return c.time("state", "running", "startedAt") }

// history says how the previous life ended, as the tail of a sentence.
func (c container) history() string {
	last := c.sub("lastState", "terminated")
	if last == nil {
		return ""
	}
	return "; it last ended with " + first(last.str("reason"), "no reason") + ", exit code " + decimal(last.num(0, "exitCode"))
}

// colon returns ": text", or nothing for no text.
func colon(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}
