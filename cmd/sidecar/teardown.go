package main

import (
	"log/slog"
	"slices"
	"sync"
	"time"
)

// teardown is what must be given back at the end, last in, first out. Run it as
// often as you like: each step is taken once.
type teardown struct {
	log   *slog.Logger
	once  sync.Once
	steps []step
}

type step struct {
	name string
	do   func() error
}

func (t *teardown) add(name string, do func() error) { t.steps = append(t.steps, step{name, do}) }

// run takes every step, whatever the others do. A step that takes longer than
// atMost is left behind.
func (t *teardown) run(atMost time.Duration) {
	t.once.Do(func() {
		for _, s := range slices.Backward(t.steps) {
			done := make(chan error, 1)
			go func() { done <- s.do() }()
			if err := within(atMost, done); err != nil {
				t.log.Warn("closing", "what", s.name, "err", err)
			}
		}
	})
}
