package verify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aftercheck/aftercheck"
)

// Engine leads every verification through its life. All methods may be called
// concurrently, also before Run, though nothing is observed until Run.
type Engine struct {
	opts Options

	world    atomic.Pointer[world]
	waiters  waiters
	outage   outage
	captures atomic.Int64
	wake     chan struct{}    // holds one token: look at the queue again
	made     time.Time        // with its monotonic reading; see steady
	wall     func() time.Time // clock

	mu      sync.Mutex
	queue   queue
	workers int       // running now
	phase   phase     // of Run
	started time.Time // when Run took over what the store held, by the steady clock; zero before Run
	held    int       // unsaved rounds kept in memory
}

// phase is how far Run has come.
type phase string

const (
	// phaseLoading: Run has not begun, or has not read what is pending yet.
	phaseLoading phase = "loading"
	// phaseRunning: all that is pending is in the queue.
	phaseRunning phase = "running"
	// phaseStopping: Run's context has ended; nothing new is begun.
	phaseStopping phase = "stopping"
)

// world is what a reload replaces.
type world struct {
	sensors  Sensors
	policies Policies
}

// Overloaded is the refusal of a request because a bound is reached. It is an
// aftercheck.ErrUnavailable.
type Overloaded struct {
	// RetryAfter is when the same request may well be let in.
	RetryAfter time.Duration
}

// Error implements error.
func (o *Overloaded) Error() string {
	return fmt.Sprintf("too much under way; send the same again in %s", o.RetryAfter.Round(time.Second))
}

// Unwrap returns aftercheck.ErrUnavailable.
func (o *Overloaded) Unwrap() error { return aftercheck.ErrUnavailable }

// New returns an engine; it starts nothing.
func New(o Options) *Engine {
	e := &Engine{
		opts:  o.withDefaults(),
		queue: newQueue(),
		wake:  make(chan struct{}, 1),
		made:  time.Now(),
		wall:  clock,
		phase: phaseLoading,
	}
	e.waiters.most = e.opts.MaxWaiters
	e.outage.log = e.opts.Logger
	e.Reconfigure(o.Sensors, o.Policies)
	e.opts.Metrics.Overdue(e.overdue)
	return e
}

// Reconfigure swaps the sensors and the policies for whatever is asked from now
// on. A verification keeps the policy that it was accepted with; nil policies
// are the default's alone. Sensors that are gone disappear from the metrics.
func (e *Engine) Reconfigure(sensors Sensors, policies Policies) {
	if policies == nil {
		policies = onlyDefault
	}
	e.world.Store(&world{sensors: sensors, policies: policies})
	e.opts.Metrics.SetSensors(sensors.Names())
}

// Ready reports whether a request can be served: what was pending at the start
// is taken over, the store answers, and the engine is not being stopped. The
// error is an aftercheck.ErrUnavailable.
func (e *Engine) Ready(ctx context.Context) error {
	e.mu.Lock()
	now := e.phase
	e.mu.Unlock()
	if now != phaseRunning {
		return fmt.Errorf("the engine is %s: %w", now, aftercheck.ErrUnavailable)
	}
	ctx, cancel := context.WithTimeout(ctx, e.opts.StoreTimeout)
	defer cancel()
	return unavailable("checking the store", e.opts.Store.Check(ctx))
}

// Run takes over what the store holds pending, and works on what is due until
// the context ends. Then it begins nothing new, lets the steps under way finish
// within the grace time, and leaves the rest stored for the next start. It
// returns nil then; trouble with the store is retried, not returned. Run may be
// called once.
func (e *Engine) Run(ctx context.Context) error {
	steps, stopSteps := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSteps()
	e.mu.Lock()
	e.started = e.steady()
	e.mu.Unlock()
	if e.resume(ctx) {
		e.dispatch(ctx, steps)
	}
	e.drain(stopSteps)
	return nil
}

// resume puts everything pending into the queue, however long the store takes
// to answer; false if the context ended before.
func (e *Engine) resume(ctx context.Context) bool {
	for failures := 1; ; failures++ {
		err := e.opts.Store.Pending(ctx, func(id string, due time.Time) error {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.addSoon(id, due)
			return nil
		})
		e.outage.note(err)
		if err == nil {
			e.enter(phaseRunning)
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(backoff(failures, rand.Float64())):
		}
	}
}

func (e *Engine) enter(next phase) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.phase = next
	e.opts.Metrics.InFlight(e.queue.len())
}

// unavailable words a failure of the store for the caller. What the callers
// tell apart stays as it is.
func unavailable(doing string, err error) error {
	var field *aftercheck.FieldError
	switch {
	case err == nil, errors.As(err, &field):
		return err
	case errors.Is(err, aftercheck.ErrNotFound), errors.Is(err, aftercheck.ErrConflict), errors.Is(err, aftercheck.ErrUnavailable):
		return fmt.Errorf("%s: %w", doing, err)
	}
	return fmt.Errorf("%s: %w: %w", doing, aftercheck.ErrUnavailable, err)
}
