package verify

import (
	"time"

	"github.com/aftercheck/aftercheck"
)

// watch measures the overhead of one verification: what the sidecar itself
// added. That is the time of Accept, and for each step the time from when it
// was due to when it was stored, so that a late worker counts, without the
// slowest sensor's own time in it. Not counted are waiting for what is due,
// the pauses between two tries of a failed write, notifying, and whatever was
// before this start of the sidecar.
type watch struct {
	entry   *entry
	now     func() time.Time // the steady clock
	began   time.Time
	sensors time.Duration
	stopped bool
}

// startWatch begins to measure a step when it was due, but not before the
// engine was there.
func (e *Engine) startWatch(due *entry) *watch {
	e.mu.Lock()
	defer e.mu.Unlock()
	began := time.Unix(0, due.due).UTC()
	if began.Before(e.started) {
		began = e.started
	}
	return &watch{entry: due, now: e.steady, began: began}
}

// exclude leaves out the slowest sensor of the round, but never more than the
// round itself took: a shared reading may have begun before it.
func (w *watch) exclude(round aftercheck.Round) {
	slowest := 0.0
	for _, reading := range round.Readings {
		slowest = max(slowest, reading.DurationSeconds)
	}
	w.sensors += min(time.Duration(slowest*float64(time.Second)), round.EndedAt.Sub(round.At))
}

// stop adds the step to the verification's overhead, once.
func (w *watch) stop() {
	if w.stopped {
		return
	}
	w.stopped = true
	w.entry.overhead += max(0, w.now().Sub(w.began)-w.sensors)
}
