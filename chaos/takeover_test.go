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
	// accepted is sealed by the others on a machine with time to spare: the 12
	// seconds until they take over, and some for their work.
	takeover = 15 * time.Second
	// takeoverLimit is how long that may take on a busy machine.
	takeoverLimit = 60 * time.Second
)

// paused stops one sidecar's clockwork for longer than any lease. The others
// finish what it had accepted; that it seals nothing of that when it goes on
// follows from the verdicts, which stand before it does and do not change, and
// from the counters, whose sum is exact.
func paused(ctx context.Context, w *world, _ *place) {
	victim, left := w.takeAway(ctx)
	s := w.sidecars[victim]
	w.must(s.process.Pause())
	orphans := w.inherited(ctx, left)
	w.must(s.process.Resume())
	if orphans > 0 {
		w.ledger.fault("%d of the paused sidecar's %d verifications were not finished by the others within %s", orphans, len(left), takeoverLimit)
	}
	pause(ctx, 3*time.Second)
	w.avoid.Store(-1)
}

// neverReturns kills one sidecar for good.
func neverReturns(ctx context.Context, w *world, _ *place) {
	victim, left := w.takeAway(ctx)
	w.sidecars[victim].kill(ctx)
	if orphans := w.inherited(ctx, left); orphans > 0 {
		w.ledger.fault("%d of the dead sidecar's %d verifications were not finished by the others within %s", orphans, len(left), takeoverLimit)
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

// inherited waits for the others to finish what one had accepted that is away, for
// longer than any lease, and returns how many they did not finish.
func (w *world) inherited(ctx context.Context, left []string) (orphans int) {
	pause(ctx, takeover)
	ctx = context.WithoutCancel(ctx) // the load may have ended
	for until := time.Now().Add(takeoverLimit - takeover); ; pause(ctx, 200*time.Millisecond) {
		if orphans = w.orphans(left); orphans == 0 || time.Now().After(until) {
			return orphans
		}
	}
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
