package verify_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/verify"
)

// evict makes the store lose a verification.
func (m *memory) evict(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.verifications, id)
}

// TestStoreLosesWhatItHeld has the store lose a verification in each phase of its
// life. Who waits is told in time, nobody is told of a verdict, it is counted and
// logged once, and the same request begins anew and gets one verdict.
func TestStoreLosesWhatItHeld(t *testing.T) {
	for phase, at := range map[string]time.Duration{
		"in the warm-up": 5 * time.Second, "within a round": 10*time.Second + 300*time.Millisecond, "between rounds": 17 * time.Second,
	} {
		t.Run(phase, func(t *testing.T) {
			var log bytes.Buffer
			logged := func(o *verify.Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) }
			bubble(t, func() *house { return newHouse(withJudge(undecided), logged) }, func(t *testing.T, h *house) {
				h.eyes.takes = 700 * time.Millisecond
				h.accept(t, request("v1"))
				waited := make(chan error, 1)
				began := time.Now()
				go func() {
					_, err := h.engine.Wait(context.Background(), "v1", time.Hour)
					waited <- err
				}()
				time.Sleep(at)
				h.store.evict("v1")
				if err := <-waited; !errors.Is(err, aftercheck.ErrNotFound) || time.Since(began) > 40*time.Second {
					t.Errorf("who waited was told %v after %s", err, time.Since(began))
				}
				synctest.Wait()
				if h.told.times("v1") != 0 || h.sealedCount(t) != 0 || h.metric(t, "verifications_in_flight") != 0 || h.metric(t, "verifications_lost_total") != 1 {
					t.Errorf("told %d times, counted %v, in flight %v, lost %v", h.told.times("v1"), h.sealedCount(t),
						h.metric(t, "verifications_in_flight"), h.metric(t, "verifications_lost_total"))
				}
				if got := strings.Count(log.String(), "the store lost a verification"); got != 1 {
					t.Errorf("logged %d times", got)
				}
				h.accept(t, request("v1"))
				h.verdict(t, "v1")
				h.check(t, "v1")
			})
		})
	}
}

// TestWhatWasNeverStoredIsNotLost follows up an acceptance that failed.
func TestWhatWasNeverStoredIsNotLost(t *testing.T) {
	bubble(t, patient, func(t *testing.T, h *house) {
		h.store.setFault(down("accept", false))
		if _, _, err := h.engine.Accept(context.Background(), request("v1")); err == nil {
			t.Fatal("want an error")
		}
		h.store.setFault(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := h.metric(t, "verifications_lost_total"); got != 0 || h.metric(t, "verifications_in_flight") != 0 {
			t.Errorf("%v lost, %v in flight", got, h.metric(t, "verifications_in_flight"))
		}
	})
}
