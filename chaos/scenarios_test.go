//go:build chaos

package chaos

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"
)

// scenario is one kind of trouble, and how much happens during it.
type scenario struct {
	name     string
	store    func(*testing.T) *place
	sidecars int
	many     int     // verifications
	rate     float64 // verifications a second
	fault    fault
	crashes  bool // sidecars die, so that not all that they counted is seen
	private  bool // each sidecar has a store of its own
	counted  bool // the fault ends by itself, and the load goes on until it does
	// accepts, if not zero, is how long an executor may have to try until its
	// repair is accepted, since the fault is nothing that it should notice.
	accepts time.Duration
}

// scenarios are all kinds of trouble. Their lengths follow from many and rate.
func scenarios() []scenario {
	const second = time.Second
	return []scenario{
		{name: "kills", store: single, sidecars: 4, many: either(2000, 250), rate: 14,
			fault: kills(either(50, 6), either(10, 2), either(110*second, 13*second)), crashes: true, counted: true},
		{name: "file-kills", store: file, sidecars: 2, many: either(300, 80), rate: 10,
			fault: kills(either(10, 4), 0, either(20*second, 4*second)), crashes: true, private: true, counted: true},
		{name: "partition", store: proxied, sidecars: 2, many: either(160, 80), rate: 8,
			fault: waves(7*second, 3*second, partition, cured)},
		{name: "latency-500ms", store: proxied, sidecars: 2, many: either(160, 60), rate: 8,
			fault: waves(4*second, 2*second, slow(500*time.Millisecond), cured)},
		{name: "answers-too-late", store: proxied, sidecars: 2, many: either(160, 60), rate: 8,
			fault: waves(8*second, 3*second, slow(6*second), cured)},
		{name: "cut-connections", store: proxied, sidecars: 2, many: either(160, 60), rate: 8,
			fault: waves(second, second, cutOff, cured)},
		{name: "cut-midway", store: proxied, sidecars: 2, many: either(160, 60), rate: 8,
			fault: waves(second, second/2, cutMidway, cured)},
		{name: "read-only", store: single, sidecars: 2, many: either(160, 60), rate: 8,
			fault: waves(3*second, 2*second, readOnly, writable)},
		{name: "out-of-memory", store: single, sidecars: 2, many: either(160, 60), rate: 8,
			fault: waves(3*second, 2*second, full, emptied)},
		{name: "failover", store: guarded, sidecars: 2, many: either(320, 60), rate: 8,
			fault: waves(4*second, 3*second, masterDown, followed)},
		{name: "cluster-node-dies", store: clustered, sidecars: 2, many: either(160, 60), rate: 8,
			fault: waves(3*second, 3*second, redisDown, redisUp)},
		{name: "disk-full", store: smallDisk, sidecars: 1, many: either(160, 60), rate: 8,
			fault: waves(3*second, 2*second, diskFull, diskFree), private: true},
		{name: "redis-gone", store: single, sidecars: 2, many: either(160, 100), rate: 8,
			fault: waves(10*second, second, redisDown, redisUp), accepts: 8 * second},
		{name: "paused", store: single, sidecars: 3, many: either(520, 480), rate: 20, fault: paused},
		{name: "never-returns", store: single, sidecars: 3, many: either(520, 480), rate: 20, fault: neverReturns, crashes: true},
	}
}

// file is the embedded store in each sidecar's own directory.
func file(*testing.T) *place { return &place{} }

// TestChaos runs each scenario: go test -run 'TestChaos/^kills$' chooses.
func TestChaos(t *testing.T) {
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			if s.name != "kills" { // which needs the machine for itself; the others mostly wait
				t.Parallel()
			}
			s.run(t)
		})
	}
}

// run sends the load while the fault is at work, lets everything be well again,
// and checks the whole world.
func (s scenario) run(t *testing.T) {
	p := s.store(t)
	w := newWorld(t, s, p)
	watching, stopWatching := context.WithCancel(t.Context())
	var background sync.WaitGroup
	background.Go(func() { w.watch(watching) })

	loading, loaded := context.WithCancel(t.Context())
	over := make(chan struct{})
	background.Go(func() {
		defer loaded()
		w.load(t.Context(), s.many, s.rate)
		if s.counted { // a busy machine takes longer to kill and start
			w.loadUntil(t.Context(), over, s.many, s.rate)
		}
	})
	s.fault(loading, w, p)
	close(over)
	<-loading.Done()
	w.settle(t.Context())
	stopWatching()
	background.Wait()
	if longest := time.Duration(w.longest.Load()); s.accepts > 0 && longest > s.accepts {
		w.ledger.fault("an executor had to try for %s until its repair was accepted, want %s at the most", longest.Round(time.Millisecond), s.accepts)
	}
	w.check(s.crashes)
}

func newWorld(t *testing.T, s scenario, p *place) *world {
	w := &world{t: t, name: s.name, random: random(s.name), around: newSurroundings(t), ledger: newLedger(), shared: !s.private}
	w.avoid.Store(-1)
	for n := range s.sidecars {
		w.sidecars = append(w.sidecars, newSidecar(t, fmt.Sprintf("sidecar-%d", n), w.settings(p.settings), p.storage))
	}
	return w
}
