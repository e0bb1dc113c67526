package docker

import (
	"time"
)

// lives is what the events tell of the past of the containers of one name, also
// of those that are replaced by now.
type lives struct {
	crashes   int           // ends with an exit code other than 0 that nobody asked for
	longest   time.Duration // the longest life that ended in a crash, of those that make a loop
	lastCrash time.Time
	kills     int // by the out-of-memory killer
	lastKill  time.Time
	sick      int // times that the healthcheck gave the container up
	lastSick  time.Time
	stopped   bool   // the last end was asked for
	crashed   string // the ID of the container that crashed last
}

// livesOf reads events, in their order, of the containers of one name from a time
// on. What happened to a container before it was replaced counts as well: the
// name is what lasts.
func livesOf(events []event, name string, from time.Time) lives {
	var past lives
	started, killed := map[string]time.Time{}, map[string]bool{}
	for _, e := range events {
		id := e.Actor.ID
		if e.Actor.Attributes.Name != name {
			continue
		}
		counts := !e.at().Before(from)
		switch e.Action {
		case "start":
			started[id], killed[id] = e.at(), false
			past.stopped = false
		case "kill":
			killed[id] = killed[id] || ends(e.Actor.Attributes.Signal)
		case "stop":
			past.stopped = true
		case "oom":
			if counts {
				past.kills, past.lastKill = past.kills+1, e.at()
			}
		case "die":
			past.stopped = killed[id]
			if counts && !killed[id] && e.Actor.Attributes.ExitCode != "0" {
				past.crash(e, started[id])
			}
		case "health_status: unhealthy":
			if counts {
				past.sick, past.lastSick = past.sick+1, e.at()
			}
		}
	}
	return past
}

// ends reports whether a signal is one that a container is stopped with. Others,
// such as SIGHUP, tell it something.
func ends(signal string) bool {
	switch signal {
	case "1", "HUP", "SIGHUP", "10", "USR1", "SIGUSR1", "12", "USR2", "SIGUSR2", "28", "WINCH", "SIGWINCH":
		return false
	}
	return true
}

func (l *lives) crash(e event, started time.Time) {
	l.crashes, l.lastCrash, l.crashed = l.crashes+1, e.at(), e.Actor.ID
	if life := e.at().Sub(started); !started.IsZero() && life <= loopReset { // a longer life is no crash loop
		l.longest = max(l.longest, life)
	}
}

// intact reports whether the crashes that are known of are this container's own,
// and not those of one that it replaced.
func (l lives) intact(c container) bool { return l.crashed == "" || l.crashed == c.ID }

// withLastLife adds the life that a container's own state tells of, for where
// the events are not there any more.
func (l lives) withLastLife(c container) lives {
	s := c.State
	ended := s.Status == "exited" || s.Status == "restarting" || s.Status == "stopped"
	life := s.FinishedAt.Sub(s.StartedAt)
	if ended && !l.stopped && (s.ExitCode != 0 || s.OOMKilled) && !s.StartedAt.IsZero() && life > 0 && life <= loopReset {
		l.longest = max(l.longest, life)
	}
	return l
}
