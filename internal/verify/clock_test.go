package verify_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aftercheck/aftercheck"
)

// jumps runs a test with a sidecar whose wall clock can be set, for several ways
// to set it.
func jumps(t *testing.T, test func(t *testing.T, h *house, set func(), by time.Duration)) {
	t.Helper()
	for _, by := range []time.Duration{3 * time.Hour, -3 * time.Hour, 30 * time.Second, -30 * time.Second} {
		t.Run(fmt.Sprint(by), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse()
				var ahead atomic.Int64
				h.eyes.ahead = func() time.Duration { return time.Duration(ahead.Load()) }
				h.engine.SetClock(h.eyes.ahead)
				h.run(t)
				synctest.Wait()
				defer func() { h.stop() }()
				test(t, h, func() { ahead.Store(int64(by)) }, by)
			})
		})
	}
}

// TestClockIsSetWhileVerificationsWait sets the clock in each phase. The rounds and
// the verdict come when they would have come, once; what is seen after a jump that
// is more than clocks may be apart decides nothing.
func TestClockIsSetWhileVerificationsWait(t *testing.T) {
	for phase, at := range map[string]time.Duration{
		"in the warm-up": 5 * time.Second, "within a round": 10*time.Second + 300*time.Millisecond,
		"between rounds": 12 * time.Second, "before the deadline": 37 * time.Second,
	} {
		t.Run(phase, func(t *testing.T) {
			jumps(t, func(t *testing.T, h *house, set func(), by time.Duration) {
				h.eyes.takes = 700 * time.Millisecond
				h.eyes.sees = func() []aftercheck.Finding { return finding(aftercheck.StateUnhealthy) }
				began := time.Now()
				accepted := h.accept(t, request("v1"))
				time.Sleep(at)
				set()
				v := h.verdict(t, "v1")
				if got, want := h.eyes.rounds(began), seconds(10, 15, 20, 25, 30, 35, 38.6); !slices.Equal(got, want) {
					t.Errorf("rounds at %v, want %v", got, want)
				}
				if took := time.Since(began); took != 40*time.Second || !v.SealedAt.Equal(accepted.DeadlineAt) {
					t.Errorf("sealed after %s at %s, want at the deadline %s", took, v.SealedAt, accepted.DeadlineAt)
				}
				h.check(t, "v1")
				untold := 0
				for _, round := range v.Evidence.Rounds {
					if strings.Contains(round.Readings[0].Error, "clock was set by "+by.String()) {
						untold++
					}
				}
				wantUntold := 0
				if by.Abs() > time.Minute {
					wantUntold = len(slices.DeleteFunc(h.eyes.rounds(began), func(d time.Duration) bool { return d+h.eyes.takes <= at }))
				}
				if untold != wantUntold {
					t.Errorf("%d rounds are not used, want %d", untold, wantUntold)
				}
				if early := untold > 3; early != (v.Verdict != aftercheck.Failed) {
					t.Errorf("%s (%s) after %d rounds that are not used", v.Verdict, v.Reason, untold)
				}
			})
		})
	}
}

// TestClockIsSetBeforeTheVerdictIsTold has the verdict told once, and what is
// accepted after the jump goes by the new time.
func TestClockIsSetBeforeTheVerdictIsTold(t *testing.T) {
	jumps(t, func(t *testing.T, h *house, set func(), by time.Duration) {
		h.accept(t, request("v1"))
		h.store.setFault(down("settle", false))
		h.verdict(t, "v1")
		set()
		time.Sleep(20 * time.Second)
		h.store.setFault(nil)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		h.check(t, "v1")
		began := time.Now()
		v := h.accept(t, request("v2"))
		if !v.AcceptedAt.Equal(began.Add(by)) {
			t.Errorf("accepted at %s, %s from the new time", v.AcceptedAt, v.AcceptedAt.Sub(began.Add(by)))
		}
		if v = h.verdict(t, "v2"); time.Since(began) > time.Minute || len(v.Evidence.Rounds) == 0 || v.Evidence.Rounds[0].Readings[0].Error != "" {
			t.Errorf("sealed after %s with %d rounds", time.Since(began), len(v.Evidence.Rounds))
		}
	})
}

// TestClockIsSetBackWhileTheSidecarIsAway starts a sidecar again whose clock is
// hours behind that of its predecessor: it waits for no longer than was left.
func TestClockIsSetBackWhileTheSidecarIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		ahead := func() time.Duration { return 3 * time.Hour }
		h.engine.SetClock(ahead)
		h.run(t)
		synctest.Wait()
		began := time.Now()
		accepted := h.accept(t, request("v1"))
		time.Sleep(17 * time.Second)
		h.restart(t, 2*time.Second)
		defer func() { h.stop() }()
		v, err := h.engine.Wait(context.Background(), "v1", 10*time.Minute)
		synctest.Wait()
		if err != nil || !v.Sealed() || time.Since(began) > 2*time.Minute || v.SealedAt.Before(accepted.DeadlineAt) {
			t.Errorf("state %s after %s, sealed at %s, deadline %s: %v", v.State, time.Since(began), v.SealedAt, accepted.DeadlineAt, err)
		}
		h.check(t, "v1")
	})
}
