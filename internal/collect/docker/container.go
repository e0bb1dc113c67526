package docker

import (
	"strings"
	"time"
)

// What the engine tells, as far as it is judged. A field that is not named here
// is not taken in.

// composeLabels are what Compose marks its containers with.
type composeLabels struct {
	Project string `json:"com.docker.compose.project,omitempty"`
	Service string `json:"com.docker.compose.service,omitempty"`
}

// listed is a container in the list of all.
type listed struct {
	ID     string        `json:"Id"`
	Names  []string      `json:"Names"`
	Labels composeLabels `json:"Labels"`
}

// named reports whether the container has the name. Links give it others, with
// a slash inside.
func (l listed) named(name string) bool {
	for _, n := range l.Names {
		if strings.TrimPrefix(n, "/") == name {
			return true
		}
	}
	return false
}

// container is one container, inspected.
type container struct {
	ID           string    `json:"Id"`
	Name         string    `json:"Name"`
	Created      time.Time `json:"Created"`
	Image        string    `json:"Image"` // the image's digest
	RestartCount int       `json:"RestartCount"`
	State        state     `json:"State"`
	Host         limits    `json:"HostConfig"`
	Config       config    `json:"Config"`
}

func (c container) name() string { return strings.TrimPrefix(c.Name, "/") }

type state struct {
	Status     string    `json:"Status"`
	OOMKilled  bool      `json:"OOMKilled"`
	ExitCode   int       `json:"ExitCode"`
	Error      string    `json:"Error,omitempty"`
	StartedAt  time.Time `json:"StartedAt"`
	FinishedAt time.Time `json:"FinishedAt"`
	Health     *health   `json:"Health,omitempty"` // nil: there is no healthcheck
}

type health struct {
	Status        string  `json:"Status"`
	FailingStreak int     `json:"FailingStreak"`
	Log           []check `json:"Log,omitempty"`
}

// check is one run of the healthcheck.
type check struct {
	End      time.Time `json:"End"`
	ExitCode int       `json:"ExitCode"`
	Output   string    `json:"Output"`
}

type limits struct {
	RestartPolicy struct {
		Name              string `json:"Name"`
		MaximumRetryCount int    `json:"MaximumRetryCount"`
	} `json:"RestartPolicy"`
	Memory   int64 `json:"Memory"`   // bytes; 0: unlimited
	NanoCPUs int64 `json:"NanoCpus"` // billionths of a core; 0: unlimited
}

type config struct {
	Image        string              `json:"Image"` // as it was asked for
	Labels       composeLabels       `json:"Labels"`
	ExposedPorts map[string]struct{} `json:"ExposedPorts,omitempty"`
}

// event is one of the engine's events about a container.
type event struct {
	Action string `json:"Action"`
	Actor  struct {
		ID         string `json:"ID"`
		Attributes struct {
			Name     string `json:"name"`
			ExitCode string `json:"exitCode,omitempty"`
			Signal   string `json:"signal,omitempty"`
		} `json:"Attributes"`
	} `json:"Actor"`
	TimeNano int64 `json:"timeNano"`
}

func (e event) at() time.Time { return time.Unix(0, e.TimeNano).UTC() }

// restarts reports whether the engine itself starts a container again that ended
// so.
func (c container) restarts(exitCode int) bool {
	switch c.Host.RestartPolicy.Name {
	case "always", "unless-stopped":
		return true
	case "on-failure":
		most := c.Host.RestartPolicy.MaximumRetryCount
		return exitCode != 0 && (most == 0 || c.RestartCount < most)
	}
	return false
}

// serves reports whether the container is made to stay: it has a healthcheck, or
// ports.
func (c container) serves() bool { return c.State.Health.checks() || len(c.Config.ExposedPorts) > 0 }

// checks reports whether there is a healthcheck. Podman has an empty Health where
// there is none, and Docker one of "none" where it is turned off.
func (h *health) checks() bool { return h != nil && h.Status != "" && h.Status != "none" }
