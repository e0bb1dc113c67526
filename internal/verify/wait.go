package verify

import (
	"context"
	"sync"
	"time"

	"github.com/aftercheck/aftercheck"
)

// Wait returns the verification with its evidence as soon as it is sealed, or
// as it is after atMost; zero or less means at once. It is answered early with
// the present state when too many wait already, or when the engine is stopped.
// Errors are aftercheck.ErrNotFound, ErrUnavailable, or the context's own.
func (e *Engine) Wait(ctx context.Context, id string, atMost time.Duration) (aftercheck.Verification, error) {
	if atMost <= 0 {
		return e.load(ctx, id)
	}
	room, leave := e.waiters.join(id)
	defer leave()
	v, err := e.load(ctx, id)
	if err != nil || v.Sealed() {
		return v, err
	}
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-room.done:
		if room.sealed != nil {
			return *room.sealed, nil
		}
	case <-timer.C:
	case <-ctx.Done():
		return v, context.Cause(ctx)
	}
	return e.load(ctx, id)
}

// load reads a verification for a caller.
func (e *Engine) load(ctx context.Context, id string) (aftercheck.Verification, error) {
	ctx, cancel := context.WithTimeout(ctx, e.opts.StoreTimeout)
	defer cancel()
	v, err := e.opts.Store.Verification(ctx, id)
	return v, unavailable("reading the verification", err)
}

// List returns a page of verifications without evidence, newest first. Errors
// are a *aftercheck.FieldError or aftercheck.ErrUnavailable.
func (e *Engine) List(ctx context.Context, f aftercheck.Filter) (aftercheck.Page, error) {
	if err := checkFilter(f); err != nil {
		return aftercheck.Page{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, e.opts.StoreTimeout)
	defer cancel()
	page, err := e.opts.Store.List(ctx, f)
	return page, unavailable("listing verifications", err)
}

// waiters are those who wait for a verdict: one channel a verification, closed
// when there is nothing more to wait for.
type waiters struct {
	most int

	mu     sync.Mutex
	count  int
	rooms  map[string]*room
	closed bool
}

// room is where all who wait for the same verification sit.
type room struct {
	done   chan struct{}
	sealed *aftercheck.Verification // set before done is closed; nil: look it up
	seats  int
}

// join returns a room that is done when the verification is sealed or waiting
// has become useless, and a function to call when the caller is gone.
func (w *waiters) join(id string) (_ *room, leave func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.count >= w.most {
		full := &room{done: make(chan struct{})}
		close(full.done)
		return full, func() {}
	}
	if w.rooms == nil {
		w.rooms = map[string]*room{}
	}
	r := w.rooms[id]
	if r == nil {
		r = &room{done: make(chan struct{})}
		w.rooms[id] = r
	}
	r.seats++
	w.count++
	return r, func() { w.leave(id, r) }
}

func (w *waiters) leave(id string, r *room) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count--
	r.seats--
	if r.seats == 0 && w.rooms[id] == r {
		delete(w.rooms, id)
	}
}

// wake answers all who wait for the verification, with its sealed form, or
// with nil if they have to look it up.
func (w *waiters) wake(id string, sealed *aftercheck.Verification) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r := w.rooms[id]; r != nil {
		r.sealed = sealed
		close(r.done)
		delete(w.rooms, id)
	}
}

// wakeAll answers all who wait for a verification that is chosen.
func (w *waiters) wakeAll(chosen func(id string) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.empty(chosen)
}

// close answers everybody, also those who come later.
func (w *waiters) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.empty(func(string) bool { return true })
}

func (w *waiters) empty(chosen func(id string) bool) {
	for id, r := range w.rooms {
		if chosen(id) {
			close(r.done)
			delete(w.rooms, id)
		}
	}
}
