package docker

import (
	"fmt"
	"strings"
	"time"

	"github.com/aftercheck/aftercheck"
)

// The reasons that a container's health has, beside those that all sensors share.
// Those that Kubernetes knows too are written as it writes them.
const (
	reasonRunning           = "Running"
	reasonHealthy           = "Healthy"
	reasonStarting          = "Starting"
	reasonUnhealthy         = "Unhealthy"
	reasonRecentlyRestarted = "RecentlyRestarted"
	reasonRestarting        = "Restarting"
	reasonCrashLooping      = "CrashLooping"
	reasonOOMKilled         = "OOMKilled"
	reasonError             = "Error"
	reasonStartError        = "StartError"
	reasonCompleted         = "Completed"
	reasonStopped           = "Stopped"
	reasonCreated           = "Created"
	reasonStopping          = "Stopping"
	reasonRemoving          = "Removing"
	reasonDead              = "Dead"
	reasonUnknownState      = "UnknownState"
	reasonEventsUnread      = "EventsUnread"
	reasonTooMany           = "TooManyContainers"
	reasonAmbiguous         = "Ambiguous"
)

const (
	// loopRestarts is how many restarts make a loop; one crash is an accident.
	loopRestarts = 2
	// quickEnd is how long a container must run for the engine to start it again
	// without waiting longer each time.
	quickEnd = 10 * time.Second
	// loopReset is how long a container must run for its crashes to be history, as
	// for Kubernetes.
	loopReset = 10 * time.Minute
	// startTime is how long a container may take from being created to running.
	startTime = 2 * time.Minute
	// maxOutput is how much is told of what a healthcheck said, in bytes.
	maxOutput = 256
)

// verdict is what is said of one container.
type verdict struct {
	state   aftercheck.State
	reason  string
	message string
	since   time.Time
	final   bool // it does not change any more by itself
}

func say(state aftercheck.State, reason string, since time.Time, format string, args ...any) verdict {
	return verdict{state: state, reason: reason, since: since, message: fmt.Sprintf(format, args...)}
}

// judge says how a container is at the time now, by its own state and by what
// happened to it.
func judge(c container, past lives, now time.Time) verdict {
	s := c.State
	switch s.Status {
	case "running":
		return judgeRunning(c, past, now)
	case "restarting":
		return judgeRestarting(c)
	case "exited", "stopped":
		return judgeExited(c, past)
	case "paused":
		return say(aftercheck.StateUnhealthy, aftercheck.ReasonPaused, time.Time{}, "it is paused, and does nothing")
	case "created", "configured", "initialized":
		return judgeCreated(c, now)
	case "stopping":
		return say(aftercheck.StateProgressing, reasonStopping, time.Time{}, "it is being stopped")
	case "removing":
		return say(aftercheck.StateProgressing, reasonRemoving, time.Time{}, "it is being removed")
	case "dead":
		return say(aftercheck.StateUnhealthy, reasonDead, s.FinishedAt, "it is dead: the engine could not remove all of it%s", colon(s.Error))
	}
	return say(aftercheck.StateUnknown, reasonUnknownState, time.Time{}, "the engine calls its state %.64q", s.Status)
}

// judgeRunning asks the healthcheck first, and then whether the container may be
// between two crashes.
func judgeRunning(c container, past lives, now time.Time) verdict {
	since, ran := c.State.StartedAt, now.Sub(c.State.StartedAt)
	if h := c.State.Health; h != nil && h.Status == "unhealthy" {
		return say(aftercheck.StateUnhealthy, reasonUnhealthy, since, "its healthcheck failed %d times in a row%s", h.FailingStreak, colon(h.newest()))
	}
	crashes := max(c.RestartCount, past.crashes)
	switch life := max(past.longest, quickEnd); {
	case crashes >= loopRestarts && ran < life && past.intact(c):
		return say(aftercheck.StateProgressing, reasonRecentlyRestarted, since,
			"it was started again after %d crashes, and has not yet run for longer than %s", crashes, life.Round(time.Second))
	case !c.State.Health.checks():
		return say(aftercheck.StateHealthy, reasonRunning, since, "it runs; it has no healthcheck")
	case c.State.Health.Status == "starting":
		return say(aftercheck.StateProgressing, reasonStarting, since, "it runs, and its healthcheck has not succeeded yet%s", colon(c.State.Health.newest()))
	case c.State.Health.Status == "healthy":
		return say(aftercheck.StateHealthy, reasonHealthy, since, "it runs, and its healthcheck succeeds")
	}
	return say(aftercheck.StateUnknown, reasonUnknownState, since, "the engine calls its health %.64q", c.State.Health.Status)
}

// newest is the first line of what the newest failed check said.
func (h *health) newest() string {
	for i := len(h.Log) - 1; i >= 0; i-- {
		if h.Log[i].ExitCode != 0 {
			line, _, _ := strings.Cut(strings.TrimSpace(h.Log[i].Output), "\n")
			return strings.ToValidUTF8(line[:min(len(line), maxOutput)], "")
		}
	}
	return ""
}

// judgeRestarting judges a container that ended and that the engine is about to
// start again.
func judgeRestarting(c container) verdict {
	s := c.State
	switch {
	case s.OOMKilled:
		return say(aftercheck.StateUnhealthy, reasonOOMKilled, s.FinishedAt, "it ran out of memory and is to be started again, after %d restarts", c.RestartCount)
	case c.RestartCount >= loopRestarts:
		return say(aftercheck.StateUnhealthy, reasonCrashLooping, s.FinishedAt, "it keeps ending, with exit code %d, after %d restarts", s.ExitCode, c.RestartCount)
	}
	return say(aftercheck.StateProgressing, reasonRestarting, s.FinishedAt, "it ended with exit code %d and is to be started again%s", s.ExitCode, colon(s.Error))
}

// judgeExited judges a container that ended and that nobody starts again. One
// that is made to end did its work; one that is made to stay, or that somebody
// stopped, is not there.
func judgeExited(c container, past lives) verdict {
	s := c.State
	var v verdict
	switch {
	case s.OOMKilled:
		v = say(aftercheck.StateUnhealthy, reasonOOMKilled, s.FinishedAt, "it ran out of memory and ended with exit code %d", s.ExitCode)
	case past.stopped:
		v = say(aftercheck.StateUnhealthy, reasonStopped, s.FinishedAt, "it was stopped, with exit code %d", s.ExitCode)
	case s.ExitCode != 0:
		v = say(aftercheck.StateUnhealthy, reasonError, s.FinishedAt, "it ended with exit code %d, after %d restarts%s", s.ExitCode, c.RestartCount, colon(s.Error))
	case c.serves() || c.restarts(0):
		v = say(aftercheck.StateUnhealthy, reasonStopped, s.FinishedAt, "it ended with exit code 0, and is made to stay")
	default:
		v = say(aftercheck.StateHealthy, reasonCompleted, s.FinishedAt, "it ended with exit code 0, as one does that is not to be started again")
	}
	v.final = c.Host.RestartPolicy.Name == "" || c.Host.RestartPolicy.Name == "no"
	return v
}

// judgeCreated judges a container that has never run.
func judgeCreated(c container, now time.Time) verdict {
	switch waited := now.Sub(c.Created); {
	case c.State.Error != "" || c.State.ExitCode != 0:
		return say(aftercheck.StateUnhealthy, reasonStartError, c.Created, "it could not be started%s", colon(c.State.Error))
	case waited > startTime:
		return say(aftercheck.StateUnhealthy, reasonCreated, c.Created, "it was made %s ago and never started", waited.Round(time.Second))
	}
	return say(aftercheck.StateProgressing, reasonCreated, c.Created, "it is made, and not started yet")
}

// colon returns ": text", or nothing for no text.
func colon(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}
