package verify_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/verify"
)

// slow is a store that takes its time, so that two engines in one bubble do not
// act in the same nanosecond.
type slow struct {
	verify.Store
	read, round, seal time.Duration
}

func (s slow) Lead(ctx context.Context, id string) (aftercheck.Verification, error) {
	time.Sleep(s.read)
	return s.Store.Lead(ctx, id)
}

func (s slow) AddRound(ctx context.Context, id string, revision int64, r aftercheck.Round, next time.Time) (int64, error) {
	time.Sleep(s.round)
	return s.Store.AddRound(ctx, id, revision, r, next)
}

func (s slow) Seal(ctx context.Context, id string, revision int64, a aftercheck.Assessment, at time.Time) (aftercheck.Verification, error) {
	time.Sleep(s.seal)
	return s.Store.Seal(ctx, id, revision, a, at)
}

// neighbour is another engine on the same store, which takes over what is
// pending.
func (h *house) neighbour(t testing.TB) *house {
	t.Helper()
	b := newHouse(withJudge(undecided))
	b.store, b.options.Store = h.store, slow{Store: h.store, read: time.Millisecond}
	b.eyes.takes = 700 * time.Millisecond
	b.engine = verify.New(b.options)
	return b.run(t)
}

func TestTwoEnginesGiveOneVerdict(t *testing.T) {
	bubble(t, patient, func(t *testing.T, a *house) {
		a.wire.set(slow{Store: a.store, seal: 2 * time.Millisecond}) // the other seals in between
		a.accept(t, request("v1"))
		a.accept(t, request("v2"))
		b := a.neighbour(t)
		defer b.stop()
		time.Sleep(time.Minute)
		synctest.Wait()
		for _, id := range []string{"v1", "v2"} {
			v, _ := a.store.stored(id)
			if !v.Sealed() || a.store.seals[id] != 1 {
				t.Errorf("%s: %s, sealed %d times", id, v.State, a.store.seals[id])
			}
			if got := a.told.times(id) + b.told.times(id); got != 1 {
				t.Errorf("%s: told %d times", id, got)
			}
		}
		if got := a.sealedCount(t) + b.sealedCount(t); got != 2 {
			t.Errorf("%v verdicts counted, want 2", got)
		}
		if got := a.metric(t, "verifications_in_flight") + b.metric(t, "verifications_in_flight"); got != 0 {
			t.Errorf("%v still in flight", got)
		}
	})
}

// noSeal is a store that cannot seal just now.
type noSeal struct{ *memory }

func (noSeal) Seal(context.Context, string, int64, aftercheck.Assessment, time.Time) (aftercheck.Verification, error) {
	return aftercheck.Verification{}, aftercheck.ErrUnavailable
}

func TestFailedSealIsNotTakenForAnothersSeal(t *testing.T) {
	bubble(t, patient, func(t *testing.T, a *house) {
		a.accept(t, request("v1"))
		a.wire.set(noSeal{a.store})
		time.Sleep(41 * time.Second) // it has failed to seal at the deadline
		b := a.neighbour(t)
		defer b.stop()
		time.Sleep(time.Second) // the other one has sealed
		a.wire.set(a.store)
		time.Sleep(time.Minute)
		synctest.Wait()
		if a.told.times("v1") != 0 || b.told.times("v1") != 1 {
			t.Errorf("told %d times by who failed, %d times by who sealed", a.told.times("v1"), b.told.times("v1"))
		}
		if got := a.metric(t, "verifications_in_flight"); got != 0 {
			t.Errorf("%v in flight", got)
		}
	})
}
