package verify_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
	"github.com/aftercheck/aftercheck/internal/verify"
)

func seconds(values ...float64) (out []time.Duration) {
	for _, v := range values {
		out = append(out, time.Duration(v*float64(time.Second)))
	}
	return out
}

func plain() *house     { return newHouse() }
func patient() *house   { return newHouse(withJudge(undecided)) }
func ptr[T any](v T) *T { return &v }

func TestHealthyTargetSucceedsAfterItsRounds(t *testing.T) {
	bubble(t, plain, func(t *testing.T, h *house) {
		h.eyes.sees = func() []aftercheck.Finding { return finding(aftercheck.StateUnhealthy) }
		snapshot, err := h.engine.Capture(context.Background(), aftercheck.SnapshotRequest{Incident: request("").Incident, Action: request("").Action})
		if err != nil {
			t.Fatal(err)
		}
		h.eyes.sees = nil
		began := time.Now()
		r := request("v1")
		r.SnapshotID = snapshot.ID
		accepted := h.accept(t, r)
		if accepted.State != aftercheck.StateWaiting || accepted.Revision != 1 || accepted.Evidence.PreState == nil {
			t.Errorf("accepted: %+v", accepted)
		}
		v := h.verdict(t, "v1")
		if v.Verdict != aftercheck.Success || v.Reason != aftercheck.ReasonRecovered {
			t.Errorf("verdict %s/%s: %s", v.Verdict, v.Reason, v.Explanation)
		}
		if took := time.Since(began); took != 20*time.Second {
			t.Errorf("took %s, want the warm-up of 10 s and three rounds 5 s apart", took)
		}
		if got, want := h.eyes.rounds(began)[1:], seconds(10, 15, 20); !slices.Equal(got, want) {
			t.Errorf("rounds at %v, want %v", got, want)
		}
		if h.told.times("v1") != 1 || h.sealedCount(t) != 1 {
			t.Errorf("told %d times, counted %v times", h.told.times("v1"), h.sealedCount(t))
		}
	})
}

func TestRoundsStandOnAGridAndOneMoreAtTheEnd(t *testing.T) {
	for name, test := range map[string]struct {
		takes            time.Duration
		warmup, deadline time.Duration
		want             []time.Duration
		sealed           time.Duration
	}{
		"quick sensors":                   {0, 10 * time.Second, 30 * time.Second, seconds(10, 15, 20, 25, 30, 35, 39), 40 * time.Second},
		"no warm-up":                      {0, 0, 30 * time.Second, seconds(0, 5, 10, 15, 20, 25, 29), 30 * time.Second},
		"sensors slower than the grid":    {6 * time.Second, 10 * time.Second, 30 * time.Second, seconds(10, 20, 30), 40 * time.Second},
		"deadline shorter than the grid":  {0, 0, 3 * time.Second, seconds(0, 1, 2), 3 * time.Second},
		"deadline that is no full number": {0, 0, 12 * time.Second, seconds(0, 4, 8, 11), 12 * time.Second},
		"sensors that take a while":       {1500 * time.Millisecond, 0, 20 * time.Second, seconds(0, 5, 10, 15), 20 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, patient, func(t *testing.T, h *house) {
				h.eyes.takes = test.takes
				began := time.Now()
				r := request("v1")
				r.Warmup, r.Deadline = ptr(aftercheck.Duration(test.warmup)), ptr(aftercheck.Duration(test.deadline))
				h.accept(t, r)
				v := h.verdict(t, "v1")
				if got := h.eyes.rounds(began); !slices.Equal(got, test.want) {
					t.Errorf("rounds at %v, want %v", got, test.want)
				}
				if got := v.SealedAt.Sub(began); got != test.sealed {
					t.Errorf("sealed after %s, want %s", got, test.sealed)
				}
				if len(v.Evidence.Rounds) != len(test.want) {
					t.Errorf("%d rounds stored, want %d", len(v.Evidence.Rounds), len(test.want))
				}
			})
		})
	}
}

// TestSlowWritesLoseNoRounds: where a round is due before the one before it is
// stored, it is taken late, and the next on the grid again.
func TestSlowWritesLoseNoRounds(t *testing.T) {
	bubble(t, patient, func(t *testing.T, h *house) {
		h.wire.set(slow{Store: h.store, round: 300 * time.Millisecond})
		h.eyes.takes = 4900 * time.Millisecond // 100 ms before the next is due
		began := time.Now()
		h.accept(t, request("v1"))
		h.verdict(t, "v1")
		if got, want := h.eyes.rounds(began), seconds(10, 15.2, 25, 30.2); !slices.Equal(got, want) {
			t.Errorf("rounds at %v, want %v", got, want)
		}
	})
}

func TestWarmupRunsFromTheActionsEnd(t *testing.T) {
	for name, test := range map[string]struct {
		ended time.Duration // before the request
		want  time.Duration // first round, after the request
	}{
		"just now":    {0, 10 * time.Second},
		"a while":     {4 * time.Second, 6 * time.Second},
		"long ago":    {time.Hour, 0},
		"ahead of us": {-20 * time.Second, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, patient, func(t *testing.T, h *house) {
				began := time.Now()
				r := request("v1")
				r.Action.FinishedAt = began.Add(-test.ended)
				v := h.accept(t, r)
				if got := v.DeadlineAt.Sub(v.ObserveFrom); got != 30*time.Second {
					t.Errorf("observes for %s, want the policy's whole deadline", got)
				}
				h.verdict(t, "v1")
				if got := h.eyes.rounds(began)[0]; got != test.want {
					t.Errorf("first round after %s, want %s", got, test.want)
				}
			})
		})
	}
}

func TestMuteSensorsNeverHoldTheVerdict(t *testing.T) {
	bubble(t, plain, func(t *testing.T, h *house) {
		h.eyes.mute = true
		began := time.Now()
		h.accept(t, request("v1"))
		v := h.verdict(t, "v1")
		if got := v.SealedAt.Sub(began); got != 40*time.Second {
			t.Errorf("sealed after %s, want the deadline", got)
		}
		if v.Verdict == aftercheck.Success || v.Verdict == aftercheck.Failed || v.Score != nil {
			t.Errorf("no information gave %s/%s, score %v", v.Verdict, v.Reason, v.Score)
		}
		for _, round := range v.Evidence.Rounds {
			if took := round.EndedAt.Sub(round.At); took > 8*time.Second || round.EndedAt.After(v.DeadlineAt) {
				t.Errorf("a round from %s took %s", round.At.Sub(began), took)
			}
		}
	})
}

func TestLateSensorsAreHeardAgain(t *testing.T) {
	bubble(t, patient, func(t *testing.T, h *house) {
		h.eyes.mute = true
		time.AfterFunc(25*time.Second, func() {
			h.eyes.mu.Lock()
			defer h.eyes.mu.Unlock()
			h.eyes.mute = false
		})
		h.accept(t, request("v1"))
		rounds := h.verdict(t, "v1").Evidence.Rounds
		if first, last := rounds[0].Readings[0].Outcome, rounds[len(rounds)-1].Readings[0].Outcome; first != aftercheck.ReadingTimeout || last != aftercheck.ReadingOK {
			t.Errorf("outcomes %s … %s, want timeout … ok", first, last)
		}
	})
}

func TestQuestionsSayWhatIsKnown(t *testing.T) {
	bubble(t, patient, func(t *testing.T, h *house) {
		r := request("v1")
		r.Action.FinishedAt = time.Now().Add(-time.Second)
		v := h.accept(t, r)
		h.verdict(t, "v1")
		first, second := h.eyes.queries[0], h.eyes.queries[1]
		if !first.After.Equal(v.Action.FinishedAt) || !first.Known.IsZero() {
			t.Errorf("first question: after %s, known %v", first.After, first.Known)
		}
		if second.Known != deployment("uid-1") {
			t.Errorf("second question knows %v, want the target of the first round", second.Known)
		}
	})
}

func TestJudgeSeesWhatTheStoreKeeps(t *testing.T) {
	judged := 0
	judge := func(c assess.Case, now time.Time) assess.Judgement {
		judged = len(c.Evidence.Rounds)
		for i, round := range c.Evidence.Rounds {
			if has, wants := round.Readings[0].Raw != "", i == judged-1; has != wants {
				t.Errorf("round %d of %d is judged with raw text: %v", i+1, judged, has)
			}
		}
		return undecided(c, now)
	}
	bubble(t, func() *house { return newHouse(withJudge(judge)) }, func(t *testing.T, h *house) {
		h.accept(t, request("v1"))
		if v := h.verdict(t, "v1"); judged != len(v.Evidence.Rounds) {
			t.Errorf("judged %d rounds, stored %d", judged, len(v.Evidence.Rounds))
		}
	})
}

func TestJudgeThatPanicsStillGivesAVerdict(t *testing.T) {
	judge := func(assess.Case, time.Time) assess.Judgement { panic("odd evidence") }
	bubble(t, func() *house { return newHouse(withJudge(judge)) }, func(t *testing.T, h *house) {
		h.accept(t, request("v1"))
		v := h.verdict(t, "v1")
		if v.Reason != aftercheck.ReasonInsufficientEvidence || !v.SealedAt.Equal(v.DeadlineAt) {
			t.Errorf("%s/%s at %s", v.Verdict, v.Reason, v.SealedAt)
		}
	})
}

func TestNotifierFailureChangesNothing(t *testing.T) {
	bubble(t, patient, func(t *testing.T, h *house) {
		h.told.fails = true
		h.accept(t, request("v1"))
		h.verdict(t, "v1")
		synctest.Wait()
		if h.told.times("v1") != 1 || h.sealedCount(t) != 1 {
			t.Errorf("told %d times, counted %v", h.told.times("v1"), h.sealedCount(t))
		}
	})
}

// TestNotifierThatIsAwayIsToldAgain: the verdict is there at once, stays pending
// until what follows is kept, also over a restart, and is counted once.
func TestNotifierThatIsAwayIsToldAgain(t *testing.T) {
	bubble(t, patient, func(t *testing.T, h *house) {
		h.told.away = 1_000_000
		h.accept(t, request("v1"))
		h.verdict(t, "v1")
		if _, err := h.store.Lead(t.Context(), "v1"); err != nil {
			t.Errorf("what is not passed on is not pending: %v", err)
		}
		time.Sleep(time.Minute)
		counted := h.sealedCount(t)
		h.restart(t, time.Second)
		time.Sleep(time.Minute)
		before := h.told.times("v1")
		h.told.mu.Lock()
		h.told.away = 1
		h.told.mu.Unlock()
		time.Sleep(time.Minute)
		if again := h.told.times("v1") - before; again != 2 || before < 10 || before > 1000 {
			t.Errorf("told %d times while it was away, and %d times then; want it twice then", before, again)
		}
		if _, err := h.store.Lead(t.Context(), "v1"); !errors.Is(err, aftercheck.ErrSealed) {
			t.Errorf("what is passed on is still pending: %v", err)
		}
		if counted != 1 || h.sealedCount(t) != 0 {
			t.Errorf("counted %v, and %v after the restart", counted, h.sealedCount(t))
		}
	})
}

func TestOverheadLeavesOutWaitingAndTheSlowestSensor(t *testing.T) {
	bubble(t, patient, func(t *testing.T, h *house) {
		h.eyes.takes = 3 * time.Second
		h.accept(t, request("v1"))
		h.verdict(t, "v1")
		if got := h.metric(t, "verification_overhead_seconds"); got > 0.000_1 {
			t.Errorf("overhead %v s in a bubble in which only sensors take time", got)
		}
	})
}

func TestOverheadCountsLateWorkers(t *testing.T) {
	few := func(o *verify.Options) { o.Workers = 1 }
	bubble(t, func() *house { return newHouse(withJudge(undecided), few) }, func(t *testing.T, h *house) {
		h.eyes.takes = 2 * time.Second
		h.accept(t, request("v1"))
		h.accept(t, request("v2"))
		h.verdict(t, "v1")
		h.verdict(t, "v2")
		if got := h.metric(t, "verification_overhead_seconds"); got < 2 {
			t.Errorf("overhead %v s, though one waited for the other's sensors", got)
		}
	})
}

func TestBusyWorkersAreLateAndLoseNothing(t *testing.T) {
	few := func(o *verify.Options) { o.Workers = 2 }
	bubble(t, func() *house { return newHouse(withJudge(undecided), few) }, func(t *testing.T, h *house) {
		h.eyes.takes = 4 * time.Second
		ids := make([]string, 40)
		for i := range ids {
			ids[i] = h.accept(t, request("")).ID
		}
		none := 0
		for _, id := range ids {
			v := h.verdict(t, id)
			if v.Reason == aftercheck.ReasonDeadlineExceeded {
				none++
			}
			if late := v.SealedAt.Sub(v.DeadlineAt); late < 0 || late > 4*time.Second {
				t.Errorf("%s sealed %s after its deadline, want within one reading", id, late)
			}
		}
		if none == 0 || none == len(ids) {
			t.Errorf("%d of %d had no round; the test wants some of each", none, len(ids))
		}
	})
}

func TestWaitReturnsWhatIsThere(t *testing.T) {
	bubble(t, patient, func(t *testing.T, h *house) {
		h.accept(t, request("v1"))
		began := time.Now()
		for _, atMost := range []time.Duration{0, -time.Second, 3 * time.Second} {
			at := time.Now()
			v, err := h.engine.Wait(context.Background(), "v1", atMost)
			if err != nil || v.State != aftercheck.StateWaiting || time.Since(at) != max(atMost, 0) {
				t.Errorf("Wait(%s): %s, %v after %s", atMost, v.State, err, time.Since(at))
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := h.engine.Wait(ctx, "v1", time.Minute); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a caller that gave up got %v", err)
		}
		if _, err := h.engine.Wait(context.Background(), "v2", time.Minute); !errors.Is(err, aftercheck.ErrNotFound) {
			t.Errorf("unknown ID: %v", err)
		}
		h.verdict(t, "v1")
		if got := time.Since(began); got != 40*time.Second {
			t.Errorf("woken after %s, want at the seal", got)
		}
	})
}

func TestManyWaitersAreBounded(t *testing.T) {
	few := func(o *verify.Options) { o.MaxWaiters = 3 }
	bubble(t, func() *house { return newHouse(withJudge(undecided), few) }, func(t *testing.T, h *house) {
		h.accept(t, request("v1"))
		answers := make(chan aftercheck.Verification, 10)
		for range 10 {
			go func() {
				v, _ := h.engine.Wait(context.Background(), "v1", time.Hour)
				answers <- v
			}()
		}
		synctest.Wait()
		if len(answers) != 7 {
			t.Errorf("%d of 10 were answered at once, want all but 3", len(answers))
		}
		for range 7 {
			<-answers
		}
		for range 3 {
			if v := <-answers; !v.Sealed() {
				t.Errorf("a waiter got %s", v.State)
			}
		}
	})
}
