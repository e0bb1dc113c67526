package verify

import "time"

// SetClock sets the wall clock of an engine ahead by so much, or back.
func (e *Engine) SetClock(ahead func() time.Duration) {
	e.wall = func() time.Time { return clock().Add(ahead()) }
}
