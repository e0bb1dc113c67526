//go:build chaos

package chaos

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// memoryLimit is the sidecar's GOMEMLIMIT during the soak: what a container
// with 128 MiB would be given.
const memoryLimit = 96 << 20

// warmUp is how many repairs there are before the first look.
const warmUp = 200

// used is what a sidecar holds at one moment.
type used struct {
	memory, descriptors, goroutines float64
}

// TestSoak loads a sidecar evenly and for a while: what it holds does not grow
// with what it has done, and once it is idle it holds what it did at the start.
func TestSoak(t *testing.T) {
	w := newWorld(t, scenario{name: "soak"}, &place{})
	w.shared = true
	w.sidecars = []*sidecar{newSidecar(t, "sidecar", w.settings(single(t).settings), "", fmt.Sprintf("GOMEMLIMIT=%d", memoryLimit))}
	w.load(t.Context(), warmUp, 1000) // all at once, so that pools of connections are as large as they get
	w.settle(t.Context())
	idle := w.idle()

	loading, loaded := context.WithCancel(t.Context())
	var background sync.WaitGroup
	background.Go(func() {
		defer loaded()
		w.loadFrom(t.Context(), warmUp, either(2000, 600), 20)
	})
	samples := w.sample(loading)
	background.Wait()
	w.settle(t.Context())

	quarter := len(samples) / 4
	early, late := median(samples[quarter:2*quarter]), median(samples[3*quarter:])
	after := w.idle()
	fmt.Printf("soak: idle %s; loaded, early %s, late %s; idle again %s\n", idle, early, late, after)
	for _, sample := range samples {
		if sample.memory > 1.25*memoryLimit {
			w.ledger.fault("soak: %s with a memory limit of %d MiB", sample, memoryLimit>>20)
			break
		}
	}
	w.stable("under load", early, late)
	w.stable("idle", idle, after)
	w.check(false)
}

// stable notes what has grown by more than chance.
func (w *world) stable(when string, before, after used) {
	if after.memory > 1.3*before.memory+(8<<20) || after.descriptors > before.descriptors+12 || after.goroutines > before.goroutines+40 {
		w.ledger.fault("soak: %s it grew from %s to %s", when, before, after)
	}
}

// sample looks at the sidecar each half second until the context ends.
func (w *world) sample(ctx context.Context) (samples []used) {
	for pause(ctx, 500*time.Millisecond) {
		if now, err := w.sidecars[0].uses(ctx); err == nil {
			samples = append(samples, now)
		}
	}
	return samples
}

// idle is what the sidecar holds once idle connections had time to go.
func (w *world) idle() used {
	pause(w.t.Context(), 5*time.Second)
	now, err := w.sidecars[0].uses(w.t.Context())
	w.must(err)
	return now
}

// uses is what the sidecar holds by its own metrics.
func (s *sidecar) uses(ctx context.Context) (used, error) {
	samples, err := s.page(ctx)
	return used{samples["process_resident_memory_bytes"], samples["process_open_fds"], samples["go_goroutines"]}, err
}

// String words it for people.
func (u used) String() string {
	return fmt.Sprintf("%.1f MiB, %.0f descriptors, %.0f goroutines", u.memory/(1<<20), u.descriptors, u.goroutines)
}

// median is the median of each of what is used.
func median(samples []used) used {
	middle := func(of func(used) float64) float64 {
		values := []float64{0}
		for _, sample := range samples {
			values = append(values, of(sample))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return used{
		middle(func(u used) float64 { return u.memory }),
		middle(func(u used) float64 { return u.descriptors }),
		middle(func(u used) float64 { return u.goroutines }),
	}
}
