package verify_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/verify"
)

// member is the store as one of several sidecars sees it, who is fenced off
// from what another leads.
type member struct {
	*memory
	who string
}

func (m member) Accept(ctx context.Context, v aftercheck.Verification) (aftercheck.Verification, bool, error) {
	stored, created, err := m.memory.Accept(ctx, v)
	if created {
		m.hand(v.ID, m.who)
	}
	return stored, created, err
}

func (m member) Lead(ctx context.Context, id string) (aftercheck.Verification, error) {
	return m.leadAs(ctx, m.who, id)
}

func (m member) AddRound(ctx context.Context, id string, revision int64, r aftercheck.Round, next time.Time) (int64, error) {
	if m.fenced(id) {
		return 0, aftercheck.ErrFenced
	}
	return m.memory.AddRound(ctx, id, revision, r, next)
}

func (m member) Seal(ctx context.Context, id string, revision int64, a aftercheck.Assessment, at time.Time) (aftercheck.Verification, error) {
	if m.fenced(id) {
		return aftercheck.Verification{}, aftercheck.ErrFenced
	}
	return m.memory.Seal(ctx, id, revision, a, at)
}

func (m member) Pending(ctx context.Context, each func(string, time.Time) error) error {
	return m.memory.Pending(ctx, func(id string, due time.Time) error {
		if m.fenced(id) {
			return nil
		}
		return each(id, due)
	})
}

func (m member) fenced(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.leader[id] != m.who
}

// hand lets another sidecar lead a verification.
func (m *memory) hand(id, who string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.leader[id] = who
}

// fleet runs a test with two sidecars on one store, of which neither is ever
// sure before the deadline.
func fleet(t *testing.T, test func(t *testing.T, a, b *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a, b := patient(), patient()
		b.store = a.store
		a.wire.set(member{a.store, "a"})
		b.wire.set(member{a.store, "b"})
		a.run(t)
		b.run(t)
		synctest.Wait()
		defer func() { a.stop(); b.stop() }()
		test(t, a, b)
	})
}

func TestAdoptedVerificationGoesOnAtItsTimes(t *testing.T) {
	fleet(t, func(t *testing.T, a, b *house) {
		began := time.Now()
		accepted := a.accept(t, request("v1"))
		time.Sleep(16 * time.Second) // two rounds are over
		a.stop()
		time.Sleep(6 * time.Second)
		a.store.hand("v1", "b")
		v, _ := a.store.stored("v1")
		b.engine.Adopt("v1", v.Due())
		b.engine.Adopt("v1", v.Due())
		b.verdict(t, "v1")
		if got, want := b.eyes.rounds(began), seconds(22, 25, 30, 35, 39); !slices.Equal(got, want) {
			t.Errorf("rounds after the takeover at %v, want %v", got, want)
		}
		v, _ = a.store.stored("v1")
		if !v.DeadlineAt.Equal(accepted.DeadlineAt) || !v.SealedAt.Equal(v.DeadlineAt) {
			t.Errorf("sealed at %s, want the first deadline", v.SealedAt)
		}
		b.check(t, "v1")
	})
}

// TestAdoptedAfterItsDeadline says that nobody was there, though the one that
// seals has been running all the time.
func TestAdoptedAfterItsDeadline(t *testing.T) {
	fleet(t, func(t *testing.T, a, b *house) {
		a.accept(t, request("v1"))
		a.stop()
		time.Sleep(time.Hour)
		a.store.hand("v1", "b")
		v, _ := a.store.stored("v1")
		b.engine.Adopt("v1", v.Due())
		if v := b.verdict(t, "v1"); v.Verdict != aftercheck.Timeout || v.Reason != aftercheck.ReasonSidecarAway {
			t.Errorf("%s (%s), want that the sidecar was away", v.Verdict, v.Reason)
		}
	})
}

// TestFencedSidecarLetsGo takes the lead from a sidecar before each kind of its
// writes. It neither seals nor tells, and who waits there gets the other's
// verdict.
func TestFencedSidecarLetsGo(t *testing.T) {
	for name, after := range map[string]time.Duration{
		"before the first round": 5 * time.Second,
		"within a round":         10*time.Second + 300*time.Millisecond,
		"between two rounds":     17 * time.Second,
		"before the seal":        39*time.Second + 900*time.Millisecond,
	} {
		t.Run(name, func(t *testing.T) {
			fleet(t, func(t *testing.T, a, b *house) {
				a.eyes.takes = 700 * time.Millisecond
				a.accept(t, request("v1"))
				waited := make(chan aftercheck.Verification, 1)
				go func() {
					v, _ := a.engine.Wait(context.Background(), "v1", time.Hour)
					waited <- v
				}()
				time.Sleep(after)
				a.store.hand("v1", "b")
				v, _ := a.store.stored("v1")
				b.engine.Adopt("v1", v.Due())
				time.Sleep(time.Minute)
				synctest.Wait()
				if v := <-waited; !v.Sealed() {
					t.Errorf("who waits at the fenced sidecar got state %s", v.State)
				}
				if a.told.times("v1") != 0 || a.sealedCount(t) != 0 || a.metric(t, "verifications_in_flight") != 0 {
					t.Errorf("the fenced sidecar told %d times, counted %v, holds %v", a.told.times("v1"),
						a.sealedCount(t), a.metric(t, "verifications_in_flight"))
				}
				b.check(t, "v1")
			})
		})
	}
}

// TestRepeatedRequestElsewhere sends a request again to a sidecar that does not
// lead it: it is answered, and observed by nobody twice.
func TestRepeatedRequestElsewhere(t *testing.T) {
	fleet(t, func(t *testing.T, a, b *house) {
		a.accept(t, request("v1"))
		v, created, err := b.engine.Accept(context.Background(), request("v1"))
		if err != nil || created || v.ID != "v1" {
			t.Fatalf("accepted again: %s, created %v, %v", v.ID, created, err)
		}
		if v := b.verdict(t, "v1"); !v.Sealed() {
			t.Errorf("state %s", v.State)
		}
		if asked := b.eyes.rounds(time.Now()); len(asked) != 0 || b.told.times("v1") != 0 {
			t.Errorf("the other sidecar observed %d rounds and told %d times", len(asked), b.told.times("v1"))
		}
		a.check(t, "v1")
	})
}

// TestCrashBetweenSealAndTelling finds a verdict that nobody was told of: it is
// told after the restart, and not counted by who did not seal it.
func TestCrashBetweenSealAndTelling(t *testing.T) {
	bubble(t, patient, func(t *testing.T, h *house) {
		v := h.accept(t, request("v1"))
		h.stop()
		assessment := aftercheck.Assessment{Verdict: aftercheck.Failed, Reason: aftercheck.ReasonStillBroken}
		if _, err := h.store.Seal(context.Background(), "v1", v.Revision, assessment, time.Now()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			h.restart(t, time.Second)
			synctest.Wait()
			if h.told.times("v1") != 1 || h.sealedCount(t) != 0 || h.metric(t, "verifications_in_flight") != 0 {
				t.Errorf("told %d times, counted %v, in flight %v", h.told.times("v1"), h.sealedCount(t), h.metric(t, "verifications_in_flight"))
			}
		}
	})
}

var _ verify.Store = member{}

// unheard is a member whose seals are stored and not answered, and who loses the
// lead with that: a sidecar that is stopped for long at that moment.
type unheard struct {
	member
	then func(id string)
}

func (u unheard) Seal(ctx context.Context, id string, revision int64, a aftercheck.Assessment, at time.Time) (aftercheck.Verification, error) {
	if _, err := u.member.Seal(ctx, id, revision, a, at); err == nil {
		u.then(id)
	}
	return aftercheck.Verification{}, aftercheck.ErrUnavailable
}

// TestVerdictOfAStoppedSidecarIsCountedOnce counts a verdict where it was stored,
// though another sidecar tells it, and has told it before the first goes on.
func TestVerdictOfAStoppedSidecarIsCountedOnce(t *testing.T) {
	for name, after := range map[string]time.Duration{"told before": 0, "told later": 30 * time.Second} {
		t.Run(name, func(t *testing.T) {
			fleet(t, func(t *testing.T, a, b *house) {
				a.wire.set(unheard{member{a.store, "a"}, func(id string) {
					a.store.hand(id, "b")
					time.AfterFunc(after, func() { b.engine.Adopt(id, time.Now()) })
				}})
				a.accept(t, request("v1"))
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				if a.sealedCount(t) != 1 || b.sealedCount(t) != 0 {
					t.Errorf("counted %v times where it was stored, %v times where it was told", a.sealedCount(t), b.sealedCount(t))
				}
				if a.told.times("v1") != 0 || b.told.times("v1") != 1 || a.metric(t, "verifications_in_flight") != 0 {
					t.Errorf("told %d and %d times", a.told.times("v1"), b.told.times("v1"))
				}
			})
		})
	}
}
