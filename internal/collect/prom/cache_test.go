package prom

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestCachedIsAskedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c cached[int]
		asked, fails := 0, false
		get := func(ctx context.Context) int {
			return c.get(ctx, func(context.Context) (int, error) {
				asked++
				if fails {
					return 0, errors.New("no answer")
				}
				return asked, nil
			})
		}
		given, cancel := context.WithCancel(t.Context())
		cancel()
		if got := get(given); got != 0 || asked != 0 {
			t.Errorf("somebody who has given up: %d, asked %d times", got, asked)
		}
		for i, step := range []struct {
			pass        time.Duration
			fails       bool
			want, asked int
		}{
			{0, false, 1, 1},
			{59 * time.Second, false, 1, 1},
			{time.Second, false, 2, 2},
			{time.Minute, true, 2, 3}, // what was known stands
			{30 * time.Second, false, 2, 3},
			{30 * time.Second, false, 4, 4},
		} {
			time.Sleep(step.pass)
			fails = step.fails
			if got := get(t.Context()); got != step.want || asked != step.asked {
				t.Errorf("step %d: got %d after %d calls, want %d after %d", i, got, asked, step.want, step.asked)
			}
		}
	})
}

func TestCachedHoldsNobodyForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c cached[int]
		begun := time.Now()
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				c.get(t.Context(), func(ctx context.Context) (int, error) {
					<-ctx.Done()
					return 0, ctx.Err()
				})
			})
		}
		all.Wait()
		if took := time.Since(begun); took != cacheTimeout {
			t.Errorf("three who ask a server that hangs wait for %s, want %s", took, cacheTimeout)
		}
	})
}
