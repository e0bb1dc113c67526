package assess

import (
	"time"

	"github.com/aftercheck/aftercheck"
)

// life is one pod or container: its restarts so far, and since when its youngest
// container runs.
type life struct {
	id       string // UID, or the name where the UID is not known
	name     string
	restarts float64 // NaN where they are not known
	since    time.Time
	age      time.Duration // how long it had run when it was seen; 0 if not known
}

func lifeOf(f *aftercheck.Finding, restarts float64) life {
	l := life{id: identity(f.Subject), name: f.Subject.Name, restarts: restarts, since: f.Since}
	if !f.Since.IsZero() && f.At.After(f.Since) {
		l.age = f.At.Sub(f.Since)
	}
	return l
}

type lives []life

func identity(s aftercheck.Subject) string {
	if s.UID != "" {
		return s.UID
	}
	return s.String()
}

// pairs calls each with every pod of now and the same pod in before, nil if it
// was not there, until each returns false. Two readings mostly list the same
// pods in the same order; the index is built only where they do not.
func pairs(before, now lives, each func(was *life, is life) bool) {
	var byID map[string]*life
	for i, is := range now {
		var was *life
		switch {
		case i < len(before) && before[i].id == is.id:
			was = &before[i]
		default:
			if byID == nil {
				byID = index(before)
			}
			was = byID[is.id]
		}
		if !each(was, is) {
			return
		}
	}
}

func index(all lives) map[string]*life {
	out := make(map[string]*life, len(all))
	for i := range all {
		out[all[i].id] = &all[i]
	}
	return out
}

// has reports whether a pod of this name is among the lives.
func (all lives) has(name string) bool {
	for _, l := range all {
		if l.name == name {
			return true
		}
	}
	return false
}

// youngest returns since when the youngest runs of those whose start is known;
// zero if no start is.
func (all lives) youngest() time.Time {
	var youngest time.Time
	for _, l := range all {
		if l.since.After(youngest) {
			youngest = l.since
		}
	}
	return youngest
}
