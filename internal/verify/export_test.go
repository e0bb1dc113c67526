package verify

import (
	"context"
	"time"

	"github.com/aftercheck/aftercheck"
)

// SetClock sets the wall clock of an engine ahead by so much, or back.
func (e *Engine) SetClock(ahead func() time.Duration) {
	e.wall = func() time.Time { return clock().Add(ahead()) }
}

// noSensors are the sensors of an engine that is not asked.
type noSensors struct{}

func (noSensors) Ask(context.Context, aftercheck.Question) []aftercheck.Reading { return nil }
func (noSensors) Names() []string                                               { return nil }
