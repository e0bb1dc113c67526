//go:build chaos

package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
)

const (
	// callLimit is how long an executor waits for one answer.
	callLimit = 30 * time.Second
	// repeatEvery is how long an executor waits after a refusal.
	repeatEvery = 250 * time.Millisecond
	// captureLimit is how long an executor tries to have the state captured;
	// then it repairs without.
	captureLimit = 3 * time.Second
	// acceptLimit is how long an executor tries to have a repair verified.
	acceptLimit = 2 * time.Minute
	// sealLimit is how long after the last fault a verdict may take.
	sealLimit = 30 * time.Second
)

// world is one scenario's sidecars, and what is known of them from outside.
type world struct {
	t        *testing.T
	name     string
	random   *rand.Rand // for the fault alone: one goroutine
	around   *surroundings
	sidecars []*sidecar
	ledger   *ledger
	shared   bool         // all sidecars have one store
	avoid    atomic.Int32 // executors leave the sidecar of this number alone; -1: none
	longest  atomic.Int64 // nanoseconds that the slowest executor tried, until its repair was accepted
}

// settings is the configuration of each sidecar: verifications of 3 seconds.
func (w *world) settings(store string) string {
	return fmt.Sprintf(`
default_policy: {warmup: 200ms, deadline: 3s, interval: 250ms, rounds: 2, sensor_timeout: 3s, capture_timeout: 3s}
sensors:
  kubernetes: {enabled: "false"}
  http:
    - {name: service, url: "%[1]s/service/$service", timeout: 2s, signal: true}
self_healing: {enabled: true, alertmanagers: ["%[1]s"]}
%[2]s
`, w.around.server.URL, store)
}

// repair is one executor: it has the state captured, repairs, and has it
// verified, however often it must ask.
func (w *world) repair(ctx context.Context, n int) {
	home := n % len(w.sidecars)
	if int32(home) == w.avoid.Load() {
		home = (home + 1) % len(w.sidecars)
	}
	s, k, id := w.sidecars[home], kind(n/len(w.sidecars)%3), fmt.Sprintf("%s-%05d", w.name, n)
	w.ledger.begin(id, k, home)
	w.around.set(id, k != well)
	incident := aftercheck.Incident{ID: "incident-" + id, Labels: map[string]string{"alertname": "ServiceDown", "service": id}}
	action := aftercheck.Action{Text: "apply_fix:" + id}

	began := time.Now()
	capturing, cancel := context.WithTimeout(ctx, captureLimit)
	defer cancel()
	before, _ := retried(capturing, w, func(ctx context.Context) (aftercheck.Snapshot, error) { // without one it goes on all the same
		return s.api.Capture(ctx, aftercheck.SnapshotRequest{ID: "before-" + id, Incident: incident, Action: action})
	})
	w.around.set(id, k == stays)
	action.FinishedAt = time.Now()

	asking, stop := context.WithTimeout(ctx, acceptLimit)
	defer stop()
	v, err := retried(asking, w, func(ctx context.Context) (aftercheck.Verification, error) {
		return s.api.Verify(ctx, aftercheck.VerificationRequest{ID: id, Incident: incident, Action: action, SnapshotID: before.ID}, 0)
	})
	if err != nil {
		w.ledger.fault("%s was not accepted: %v", id, err)
		return
	}
	w.longest.Store(max(w.longest.Load(), int64(time.Since(began))))
	w.ledger.accept(id)
	w.ledger.read(v, false)
}

// retried makes a call until it is answered otherwise than by "not now".
func retried[T any](ctx context.Context, w *world, call func(context.Context) (T, error)) (T, error) {
	for {
		calling, cancel := context.WithTimeout(ctx, callLimit)
		began := time.Now()
		answer, err := call(calling)
		cancel()
		w.ledger.answered(time.Since(began), err != nil)
		if err == nil || !errors.Is(err, aftercheck.ErrUnavailable) {
			return answer, err
		}
		if !pause(ctx, repeatEvery) {
			return answer, err
		}
	}
}

// load sends so many repairs, evenly at a rate a second, and returns once each
// was accepted or given up.
func (w *world) load(ctx context.Context, many int, rate float64) {
	w.loadFrom(ctx, 0, many, rate)
}

// loadFrom is load whose first repair has the number from.
func (w *world) loadFrom(ctx context.Context, from, many int, rate float64) {
	var executors sync.WaitGroup
	tick := time.NewTicker(time.Duration(float64(time.Second) / rate))
	defer tick.Stop()
	for n := range many {
		executors.Go(func() { w.repair(ctx, from+n) })
		<-tick.C
	}
	executors.Wait()
}

// loadUntil goes on with the load in small parts until the channel is closed, but
// not beyond four times what there was.
func (w *world) loadUntil(ctx context.Context, over <-chan struct{}, from int, rate float64) {
	const part = 10
	for n := from; n < 4*from; n += part {
		select {
		case <-over:
			return
		default:
			w.loadFrom(ctx, n, part, rate)
		}
	}
}

// watch reads what is not sealed yet, and some of what is, until the context
// ends.
func (w *world) watch(ctx context.Context) {
	chance := random(w.name + " watch")
	for turn := 0; pause(ctx, 400*time.Millisecond); turn++ {
		ids := w.ledger.unsealed()
		if sealed := w.ledger.sealed(); len(sealed) > 0 {
			for range 20 {
				ids = append(ids, sealed[chance.IntN(len(sealed))])
			}
		}
		w.readAll(ctx, ids, turn)
	}
}

// readAll reads verifications, each through the sidecar that comes turn places
// after its own, so that in time each is read through all of them.
func (w *world) readAll(ctx context.Context, ids []string, turn int) (missing []string) {
	var mu sync.Mutex
	var readers sync.WaitGroup
	queue := make(chan string)
	for range 8 {
		readers.Go(func() {
			for id := range queue {
				if !w.readOne(ctx, id, turn) {
					mu.Lock()
					missing = append(missing, id)
					mu.Unlock()
				}
			}
		})
	}
	for _, id := range ids {
		queue <- id
	}
	close(queue)
	readers.Wait()
	return missing
}

func (w *world) readOne(ctx context.Context, id string, turn int) bool {
	through, sealed := w.ledger.known(id)
	if w.shared {
		through = (through + turn) % len(w.sidecars)
	}
	if int32(through) == w.avoid.Load() {
		through = (through + 1) % len(w.sidecars)
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	v, err := w.sidecars[through].api.Get(ctx, id)
	if err != nil {
		return false
	}
	w.ledger.read(v, sealed)
	return true
}
