package prom

import (
	"context"
	"sync"
	"time"
)

const (
	// cacheFor is how long what changes with the server's configuration alone is
	// not asked for again.
	cacheFor = time.Minute
	// cacheTimeout bounds asking for it, as others wait for the answer.
	cacheTimeout = 2 * time.Second
)

// cached is something that the server tells and that seldom changes. The zero
// value is ready.
type cached[T any] struct {
	once  sync.Once
	turn  chan struct{} // holds a token while somebody reads or asks
	asked time.Time     // zero: never
	value T
}

// get returns the value, which nobody changes, and asks for it if it is older
// than cacheFor. If the server does not tell, the value from before stands, at
// first the zero value, and the server is asked again as late as after an answer:
// nothing rests on it that could not be without. Where the context ends, nothing
// is told.
func (c *cached[T]) get(ctx context.Context, ask func(context.Context) (T, error)) T {
	c.once.Do(func() { c.turn = make(chan struct{}, 1) })
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return *new(T)
	}
	if ctx.Err() != nil || !c.asked.IsZero() && time.Since(c.asked) < cacheFor {
		return c.value
	}
	inner, cancel := context.WithTimeout(ctx, cacheTimeout)
	defer cancel()
	value, err := ask(inner)
	switch {
	case err == nil:
		c.value, c.asked = value, time.Now()
	case ctx.Err() == nil:
		c.asked = time.Now()
	}
	return c.value
}
