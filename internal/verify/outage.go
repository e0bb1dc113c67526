package verify

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/aftercheck/aftercheck"
)

// outage logs the store's trouble once when it begins and once when it ends,
// however many calls fail meanwhile.
type outage struct {
	log   *slog.Logger
	mu    sync.Mutex
	since time.Time // zero: the store answers
	calls int       // that failed since
}

// note takes note of how a call to the store ended. ErrNotFound and the like
// are answers of a store that is well.
func (o *outage) note(err error) {
	if errors.Is(err, context.Canceled) {
		return // nobody waits for the answer any more
	}
	answered := err == nil || errors.Is(err, aftercheck.ErrNotFound) ||
		errors.Is(err, aftercheck.ErrConflict) || errors.Is(err, aftercheck.ErrSealed) ||
		errors.Is(err, aftercheck.ErrFenced)
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case !answered && o.since.IsZero():
		o.since, o.calls = time.Now(), 1
		o.log.Error("the store does not answer; what is due is tried again until it does", "error", err)
	case !answered:
		o.calls++
	case !o.since.IsZero():
		o.log.Info("the store answers again", "after", time.Since(o.since), "failed_calls", o.calls)
		o.since = time.Time{}
	}
}
