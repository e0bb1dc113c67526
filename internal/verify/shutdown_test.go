package verify_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/verify"
)

func TestShutdownDrains(t *testing.T) {
	bubble(t, patient, func(t *testing.T, h *house) {
		h.eyes.takes = 4 * time.Second
		soon := request("soon")
		soon.Warmup = ptr(aftercheck.Duration(0))
		h.accept(t, soon) // its round begins at once
		h.accept(t, request("later"))
		time.Sleep(time.Second)
		began := time.Now()
		states := make(chan string, 2)
		for _, id := range []string{"soon", "later"} {
			go func() {
				v, err := h.engine.Wait(context.Background(), id, time.Hour)
				if err != nil {
					t.Errorf("Wait(%s): %v", id, err)
				}
				states <- id + " " + string(v.State) + " after " + time.Since(began).String()
			}()
		}
		synctest.Wait()
		h.stop()
		if got := time.Since(began); got != 3*time.Second {
			t.Errorf("stopped after %s, want when the round under way had ended", got)
		}
		got := []string{<-states, <-states}
		slices.Sort(got)
		if want := []string{"later waiting after 0s", "soon observing after 3s"}; !slices.Equal(got, want) {
			t.Errorf("waiters got %q, want %q", got, want)
		}
		h.refuses(t)
	})
}

// refuses checks that a stopped engine takes nothing in, and yet can be asked.
func (h *house) refuses(t testing.TB) {
	t.Helper()
	if _, _, err := h.engine.Accept(context.Background(), request("v9")); !errors.Is(err, aftercheck.ErrUnavailable) {
		t.Errorf("Accept after the end: %v", err)
	}
	if _, err := h.engine.Capture(context.Background(), aftercheck.SnapshotRequest{Incident: request("").Incident}); !errors.Is(err, aftercheck.ErrUnavailable) {
		t.Errorf("Capture after the end: %v", err)
	}
	if err := h.engine.Ready(context.Background()); !errors.Is(err, aftercheck.ErrUnavailable) {
		t.Errorf("Ready after the end: %v", err)
	}
	at := time.Now()
	if v, err := h.engine.Wait(context.Background(), "soon", time.Hour); err != nil || time.Since(at) != 0 {
		t.Errorf("Wait after the end: %s, %v after %s", v.State, err, time.Since(at))
	}
}

func TestShutdownCutsOffAfterTheGraceTime(t *testing.T) {
	short := func(o *verify.Options) { o.Grace = 2 * time.Second }
	bubble(t, func() *house { return newHouse(withJudge(undecided), short) }, func(t *testing.T, h *house) {
		h.store.deaf = true // even then
		h.eyes.takes = 7 * time.Second
		r := request("v1")
		r.Warmup = ptr(aftercheck.Duration(0))
		h.accept(t, r)
		time.Sleep(time.Second)
		began := time.Now()
		h.stop()
		if got := time.Since(began); got != 2*time.Second {
			t.Errorf("stopped after %s, want the grace time", got)
		}
		if v, _ := h.store.stored("v1"); v.Sealed() || len(v.Evidence.Rounds) != 0 {
			t.Errorf("half a round was stored: %+v", v.Evidence.Rounds)
		}
	})
}

func TestShutdownBeginsNothingNew(t *testing.T) {
	few := func(o *verify.Options) { o.Workers = 1 }
	bubble(t, func() *house { return newHouse(withJudge(undecided), few) }, func(t *testing.T, h *house) {
		h.eyes.takes = 4 * time.Second
		for _, id := range []string{"v1", "v2"} {
			r := request(id)
			r.Warmup = ptr(aftercheck.Duration(0))
			h.accept(t, r)
		}
		time.Sleep(time.Second)
		h.stop()
		if got := len(h.eyes.asked); got != 1 {
			t.Errorf("%d rounds begun, want the one that was under way", got)
		}
	})
}
