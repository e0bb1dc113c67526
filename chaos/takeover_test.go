//go:build chaos

package chaos

import (
	"context"
	"time"
)

const (
	// settleIn is how long the load goes well before one sidecar is taken away.
	settleIn = 4 * time.Second
	// takeover is how long after it was taken away everything that it had
	// accepted is to be sealed by the others: the 3.2 seconds of a verification,
	// and some for them to find out that it is gone.
	takeover = 15 * time.Second
)

// paused stops one sidecar's clockwork for longer than any lease. The others
// finish what it had accepted; that it seals nothing of that when it goes on
// follows from the verdicts, which stand before it does and do not change, and
// from the counters, whose sum is exact.
func paused(ctx context.Context, w *world, _ *place) {
	victim, left := w.takeAway(ctx)
	s := w.sidecars[victim]
	w.must(s.process.Pause())
	pause(ctx, takeover)
	orphans := w.orphans(left)
	w.must(s.process.Resume())
	if orphans > 0 {
		w.ledger.fault("%d of the paused sidecar's %d verifications were not finished by the others within %s", orphans, len(left), takeover)
	}
	pause(ctx, 3*time.Second)
	w.avoid.Store(-1)
}

// neverReturns kills one sidecar for good.
func neverReturns(ctx context.Context, w *world, _ *place) {
	victim, left := w.takeAway(ctx)
	w.sidecars[victim].kill(ctx)
	pause(ctx, takeover)
	if orphans := w.orphans(left); orphans > 0 {
		w.ledger.fault("%d of the dead sidecar's %d verifications were not finished by the others within %s", orphans, len(left), takeover)
	}
	w.must(w.sidecars[victim].start(context.WithoutCancel(ctx))) // for the last look at everything
	w.avoid.Store(-1)
}

// takeAway chooses a sidecar, has executors leave it alone, and returns what it
// has accepted and not sealed.
func (w *world) takeAway(ctx context.Context) (victim int, left []string) {
	pause(ctx, settleIn)
	victim = w.random.IntN(len(w.sidecars))
	w.avoid.Store(int32(victim))
	pause(ctx, 300*time.Millisecond) // calls under way
	w.readAll(ctx, w.ledger.unsealed(), 0)
	left = w.ledger.chosen(func(e *entry) bool { return e.home == victim && e.accepted && !e.sealed })
	if len(left) == 0 {
		w.ledger.fault("the harness: sidecar %d had nothing to do", victim)
	}
	return victim, left
}

// orphans is how many of these are not sealed.
func (w *world) orphans(ids []string) (count int) {
	unsealed := map[string]bool{}
	for _, id := range w.ledger.unsealed() {
		unsealed[id] = true
	}
	for _, id := range ids {
		if unsealed[id] {
			count++
		}
	}
	return count
}
