package verify_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/verify"
)

// event is one thing that happens to the sidecar.
type event struct {
	After time.Duration // the event before
	What  string        // accept, crash, restart, outage, lost answers, recovery
	Away  time.Duration // of a crash or restart
	Op    string        // that fails in an outage
}

func events() *rapid.Generator[[]event] {
	one := rapid.Custom(func(t *rapid.T) event {
		return event{
			After: time.Duration(rapid.Int64Range(0, int64(12*time.Second)).Draw(t, "after")),
			What:  rapid.SampledFrom([]string{"accept", "accept", "crash", "restart", "outage", "lost answers", "recovery"}).Draw(t, "what"),
			Away:  time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "away")),
			Op:    rapid.SampledFrom([]string{"", "accept", "lead", "add_round", "seal", "settle"}).Draw(t, "op"),
		}
	})
	return rapid.SliceOfN(one, 1, 20)
}

// TestOneVerdictWhateverHappens runs random lives: whatever was accepted gets
// exactly one verdict that never changes, and no engine tells of it twice.
func TestOneVerdictWhateverHappens(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		life, takes := events().Draw(rt, "life"), time.Duration(rapid.Int64Range(0, int64(7*time.Second)).Draw(rt, "takes"))
		delay := time.Duration(rapid.SampledFrom([]int64{0, int64(time.Second), int64(40 * time.Second), int64(time.Hour)}).Draw(rt, "delay"))
		var wrong []string
		synctest.Test(t, func(t *testing.T) { wrong = live(t, life, takes, delay) })
		for _, w := range wrong {
			rt.Error(w)
		}
	})
}

// longest is the longest wait of a life.
const longest = time.Minute

// live lets a sidecar live through the events, and returns what is wrong at
// the end.
func live(t *testing.T, life []event, takes, delay time.Duration) []string {
	few := func(o *verify.Options) { o.Workers, o.Grace = 3, 5*time.Second }
	brisk := withPolicy(func(p *aftercheck.Policy) { p.MaxWait = aftercheck.Duration(longest) })
	h := newHouse(withJudge(undecided), few, brisk)
	h.eyes.takes = takes
	if delay > 0 {
		h.eyes.delays = oneDelay(delay)
	}
	h.run(t)
	var accepted []string
	for i, e := range life {
		time.Sleep(e.After)
		switch e.What {
		case "accept":
			r := request(fmt.Sprintf("v%d", i))
			if _, _, err := h.engine.Accept(context.Background(), r); err == nil {
				accepted = append(accepted, r.ID)
			}
		case "outage":
			h.store.setFault(down(e.Op, false))
		case "lost answers":
			h.store.setFault(down(e.Op, true))
		case "recovery":
			h.store.setFault(nil)
		case "restart":
			h.restart(t, e.Away)
		case "crash":
			h.crash(t, e.Away)
		}
	}
	h.store.setFault(nil)
	time.Sleep(5 * time.Minute)
	synctest.Wait()
	h.stop()
	return h.wrongs(accepted)
}

// crash replaces the engine by a new one without any goodbye: whatever the old
// one still does, the store does not hear it.
func (h *house) crash(t testing.TB, away time.Duration) {
	t.Helper()
	grave := newMemory()
	grave.setFault(down("", false))
	h.wire.set(grave)
	h.stop()
	h.reborn++
	time.Sleep(away)
	h.wire = &wire{to: h.store}
	h.options.Store = h.wire
	h.engine = verify.New(h.options)
	h.run(t)
}

// wrongs compares the whole world with what must hold.
func (h *house) wrongs(accepted []string) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for _, id := range accepted {
		if _, found := h.store.stored(id); !found {
			say("%s was accepted and is not stored", id)
		}
	}
	for id, v := range h.store.verifications {
		if !v.Sealed() || h.store.seals[id] != 1 {
			say("%s is %s after %d seals", id, v.State, h.store.seals[id])
		}
		if n := h.told.times(id); n > 1+h.reborn { // the next engine tells again what was not settled
			say("%s was told %d times by %d engines", id, n, 1+h.reborn)
		}
		if v.SealedAt.Before(v.AcceptedAt) || (len(v.Evidence.Rounds) == 0) != (v.Verdict == aftercheck.Timeout) {
			say("%s: %s with %d rounds", id, v.Verdict, len(v.Evidence.Rounds))
		}
		if waits := waitsOf(v); len(waits) > 1 || len(waits) == 1 && (v.Wait == nil || !v.Wait.DeadlineAt.Equal(v.DeadlineAt)) {
			say("%s: %d rounds put the deadline off", id, len(waits))
		}
		if most := v.ObserveFrom.Add(longest); v.DeadlineAt.After(most) {
			say("%s: the deadline is %s after the longest wait", id, v.DeadlineAt.Sub(most))
		}
		for i, round := range v.Evidence.Rounds {
			if round.At.Before(v.ObserveFrom) || round.At.After(v.DeadlineAt) || i > 0 && !round.At.After(v.Evidence.Rounds[i-1].At) {
				say("%s: round %d at %s", id, i, round.At)
			}
		}
	}
	return wrong
}
