package verify_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
	"github.com/aftercheck/aftercheck/internal/verify"
)

func TestRestartGoesOnAtTheAbsoluteTimes(t *testing.T) {
	bubble(t, patient, func(t *testing.T, h *house) {
		began := time.Now()
		accepted := h.accept(t, request("v1"))
		time.Sleep(16 * time.Second) // two rounds are over
		h.restart(t, 6*time.Second)  // back at 22 s
		v := h.verdict(t, "v1")
		if got, want := h.eyes.rounds(began), seconds(10, 15, 22, 25, 30, 35, 39); !slices.Equal(got, want) {
			t.Errorf("rounds at %v, want %v", got, want)
		}
		if !v.DeadlineAt.Equal(accepted.DeadlineAt) || !v.SealedAt.Equal(v.DeadlineAt) {
			t.Errorf("sealed at %s, want the first deadline", v.SealedAt)
		}
		if h.told.times("v1") != 1 || h.sealedCount(t) != 1 {
			t.Errorf("told %d times, counted %v", h.told.times("v1"), h.sealedCount(t))
		}
	})
}

func TestAwayPastTheDeadline(t *testing.T) {
	for name, test := range map[string]struct {
		before time.Duration // time with the sidecar
		want   aftercheck.Reason
	}{
		"nothing was seen":   {5 * time.Second, aftercheck.ReasonSidecarAway},
		"something was seen": {12 * time.Second, aftercheck.ReasonStillConverging},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, patient, func(t *testing.T, h *house) {
				h.accept(t, request("v1"))
				time.Sleep(test.before)
				h.restart(t, time.Hour)
				v := h.verdict(t, "v1")
				if v.Reason != test.want {
					t.Errorf("reason %s, want %s", v.Reason, test.want)
				}
				if late := time.Since(v.DeadlineAt); late < time.Minute {
					t.Errorf("the test was to be late, not %s", late)
				}
				if got := h.metric(t, "verification_overhead_seconds"); got > 0.001 {
					t.Errorf("overhead %v s counts the time away", got)
				}
			})
		})
	}
}

func TestStoreOutageDelaysAndLosesNothing(t *testing.T) {
	for _, stored := range []bool{false, true} {
		for _, operation := range []string{"accept", "lead", "add_round", "seal", "settle", ""} {
			name := operation + map[bool]string{true: " fails but is stored", false: " fails"}[stored]
			t.Run(name, func(t *testing.T) {
				bubble(t, patient, func(t *testing.T, h *house) {
					r := request("v1")
					if operation == "accept" {
						h.store.setFault(down("accept", stored))
						if _, _, err := h.engine.Accept(context.Background(), r); !errors.Is(err, aftercheck.ErrUnavailable) {
							t.Fatalf("Accept: %v, want unavailable", err)
						}
						h.store.setFault(nil)
						if _, created, err := h.engine.Accept(context.Background(), r); err != nil || created == stored {
							t.Fatalf("sent again: created %v, %v", created, err)
						}
					} else {
						h.accept(t, r)
						time.Sleep(17 * time.Second)
						h.store.setFault(down(operation, stored))
						time.Sleep(30 * time.Second) // beyond the deadline
						h.store.setFault(nil)
					}
					v := h.verdict(t, "v1")
					time.Sleep(6 * time.Second) // more than the longest pause between two tries
					synctest.Wait()
					if len(v.Evidence.Rounds) == 0 {
						t.Error("no round was kept")
					}
					h.check(t, "v1")
				})
			})
		}
	}
}

// check looks at the whole world after a verdict: stored once, told once,
// counted once, nothing in flight, each round once.
func (h *house) check(t testing.TB, id string) {
	t.Helper()
	v, found := h.store.stored(id)
	if !found || !v.Sealed() || h.store.seals[id] != 1 {
		t.Errorf("%s: state %s after %d seals", id, v.State, h.store.seals[id])
	}
	if got := h.told.times(id); got != 1 {
		t.Errorf("%s: told %d times", id, got)
	}
	if got := h.sealedCount(t); got != 1 {
		t.Errorf("%v verdicts counted", got)
	}
	if got := h.metric(t, "verifications_in_flight"); got != 0 {
		t.Errorf("%v in flight", got)
	}
	for i := 1; i < len(v.Evidence.Rounds); i++ {
		if !v.Evidence.Rounds[i].At.After(v.Evidence.Rounds[i-1].At) {
			t.Errorf("%s: round %d is not after the one before", id, i)
		}
	}
}

func TestLostAnswerOfAcceptIsFollowedUp(t *testing.T) {
	bubble(t, patient, func(t *testing.T, h *house) {
		h.store.setFault(down("accept", true))
		if _, _, err := h.engine.Accept(context.Background(), request("v1")); err == nil {
			t.Fatal("want an error")
		}
		h.store.setFault(down("accept", false))
		if _, _, err := h.engine.Accept(context.Background(), request("v2")); err == nil {
			t.Fatal("want an error")
		}
		h.store.setFault(nil)
		time.Sleep(time.Minute)
		h.check(t, "v1") // the caller never came back, and yet it is judged
		if _, found := h.store.stored("v2"); found || h.told.times("v2") != 0 {
			t.Error("what was never stored was judged")
		}
	})
}

func TestOutageIsLoggedOnceAtEachEnd(t *testing.T) {
	var log bytes.Buffer
	logged := func(o *verify.Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) }
	bubble(t, func() *house { return newHouse(withJudge(undecided), logged) }, func(t *testing.T, h *house) {
		for range 20 {
			h.accept(t, request(""))
		}
		h.store.setFault(down("", false))
		time.Sleep(time.Minute)
		failed := h.store.count("lead")
		h.store.setFault(nil)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if failed < 100 || failed > 20*60 {
			t.Errorf("%d tries in a minute by 20 verifications; want bounded retries", failed)
		}
		if got := strings.Count(log.String(), "does not answer"); got != 1 {
			t.Errorf("the outage was logged %d times", got)
		}
		if got := strings.Count(log.String(), "answers again"); got != 1 {
			t.Errorf("its end was logged %d times", got)
		}
		if got := strings.Count(log.String(), "verification sealed"); got != 20 {
			t.Errorf("%d of 20 sealed after the outage", got)
		}
	})
}

func TestStartWaitsForTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(withJudge(undecided))
		h.accept(t, request("v1"))
		h.store.setFault(down("pending", false))
		h.run(t)
		defer h.stop()
		time.Sleep(20 * time.Second)
		if err := h.engine.Ready(context.Background()); !errors.Is(err, aftercheck.ErrUnavailable) {
			t.Errorf("ready before what is pending was read: %v", err)
		}
		h.store.setFault(nil)
		h.verdict(t, "v1")
		if err := h.engine.Ready(context.Background()); err != nil {
			t.Errorf("not ready: %v", err)
		}
		h.store.setFault(down("check", false))
		if err := h.engine.Ready(context.Background()); !errors.Is(err, aftercheck.ErrUnavailable) {
			t.Errorf("ready without a store: %v", err)
		}
	})
}

func TestTenThousandWait(t *testing.T) {
	bubble(t, func() *house { return newHouse(withJudge(sure)) }, func(t *testing.T, h *house) {
		const many = 10_000
		h.told.about = make(map[string]int, many)
		var last string
		for range many {
			last = h.accept(t, request("")).ID
		}
		if got := h.metric(t, "verifications_in_flight"); got != many {
			t.Errorf("%v in flight, want %d", got, many)
		}
		h.verdict(t, last)
		synctest.Wait()
		if got := h.sealedCount(t); got != many {
			t.Errorf("%v verdicts, want %d", got, many)
		}
		if got := h.metric(t, "verifications_in_flight"); got != 0 {
			t.Errorf("%v in flight", got)
		}
	})
}

func TestReloadAsksTheNewSensors(t *testing.T) {
	bubble(t, patient, func(t *testing.T, h *house) {
		h.accept(t, request("v1"))
		time.Sleep(12 * time.Second)
		fresh := &eyes{}
		h.engine.Reconfigure(fresh, func(string, aftercheck.Incident) (aftercheck.Policy, error) {
			p := aftercheck.DefaultPolicy()
			p.Name, p.Deadline = "strict", aftercheck.Duration(time.Minute)
			return p, nil
		})
		v := h.verdict(t, "v1")
		if len(h.eyes.asked) != 1 || len(fresh.asked) != len(v.Evidence.Rounds)-1 {
			t.Errorf("old sensors asked %d times, new ones %d", len(h.eyes.asked), len(fresh.asked))
		}
		if v.Policy.Name != "default" {
			t.Errorf("the policy changed to %s under way", v.Policy.Name)
		}
		if v := h.accept(t, request("v2")); v.Policy.Name != "strict" {
			t.Errorf("a new verification has the policy %s", v.Policy.Name)
		}
	})
}

func TestJudgeSeesTheSameCaseAfterAFailedSeal(t *testing.T) {
	var at []time.Time
	judge := func(c assess.Case, now time.Time) assess.Judgement {
		j := undecided(c, now)
		if j.Sure {
			at = append(at, now)
		}
		return j
	}
	bubble(t, func() *house { return newHouse(withJudge(judge)) }, func(t *testing.T, h *house) {
		h.store.setFault(down("seal", false))
		h.accept(t, request("v1"))
		time.Sleep(time.Minute)
		h.store.setFault(nil)
		h.verdict(t, "v1")
		if len(at) < 3 {
			t.Fatalf("judged %d times, want retries", len(at))
		}
		for _, now := range at[1:] {
			if !now.Equal(at[0]) {
				t.Errorf("judged at %s, first at %s", now, at[0])
			}
		}
	})
}

func TestRoundWhoseAnswerWasLostDecidesAllTheSame(t *testing.T) {
	bubble(t, func() *house { return newHouse(withJudge(sure)) }, func(t *testing.T, h *house) {
		h.accept(t, request("v1"))
		h.store.setFault(down("add_round", true))
		time.Sleep(10050 * time.Millisecond) // the first round is stored
		h.store.setFault(nil)
		if v := h.verdict(t, "v1"); len(v.Evidence.Rounds) != 1 || time.Since(v.ObserveFrom) > time.Second {
			t.Errorf("sealed %s after the first round with %d", time.Since(v.ObserveFrom), len(v.Evidence.Rounds))
		}
	})
}
