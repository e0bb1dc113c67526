package assess

import (
	"time"

	"github.com/aftercheck/aftercheck"
)

// life is one pod: its restarts so far, and since when its youngest container
// runs.
type life struct {
	id       string // UID, or the name where the UID is not known
	restarts float64
	since    time.Time
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
