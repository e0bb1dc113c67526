package verify_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/verify"
)

func oneDelay(total time.Duration) []aftercheck.Delay {
	scrape := min(total, 15*time.Second)
	return []aftercheck.Delay{
		{Of: "query quick", Parts: []aftercheck.DelayPart{{Name: "scrape_interval", Duration: aftercheck.Duration(scrape / 2)}}},
		{Of: "alert ApiDown", Parts: []aftercheck.DelayPart{
			{Name: "scrape_interval", Duration: aftercheck.Duration(scrape)},
			{Name: "range", Duration: aftercheck.Duration(total - scrape)},
		}},
	}
}

// waitsOf returns the waits that rounds brought.
func waitsOf(v aftercheck.Verification) (waits []*aftercheck.Wait) {
	for _, round := range v.Evidence.Rounds {
		if round.Wait != nil {
			waits = append(waits, round.Wait)
		}
	}
	return waits
}

// policy returns a house's option: the default policy with changes.
func withPolicy(change func(*aftercheck.Policy)) func(*verify.Options) {
	return func(o *verify.Options) {
		o.Policies = func(string, aftercheck.Incident) (aftercheck.Policy, error) {
			p := aftercheck.DefaultPolicy()
			change(&p)
			return p, nil
		}
	}
}

// What is waited for after the default warm-up of 10 s, with a delay of 75 s:
// the delay, and 5 s to the first of three rounds that are 5 s apart, and 1 s
// for the last of them.
const warmup, observed = 10 * time.Second, 75*time.Second + 16*time.Second

func TestDeadlineFollowsFromThePreStatesDelays(t *testing.T) {
	for name, test := range map[string]struct {
		policy  func(*aftercheck.Policy)
		ask     func(*aftercheck.VerificationRequest)
		delay   time.Duration
		want    time.Duration // from the warm-up's end to the deadline
		waits   bool
		bounded bool
	}{
		"a delay":                       {delay: 75 * time.Second, want: observed, waits: true},
		"a short one: the least":        {delay: time.Second, want: 30 * time.Second, waits: true},
		"none":                          {want: 30 * time.Second},
		"longer than the longest":       {delay: time.Hour, want: 15 * time.Minute, waits: true, bounded: true},
		"the longest is shorter than":   {delay: time.Hour, policy: func(p *aftercheck.Policy) { p.MaxWait = 1 }, want: 30 * time.Second, waits: true},
		"a policy with a deadline":      {delay: time.Hour, policy: func(p *aftercheck.Policy) { p.FollowDelays = false }, want: 30 * time.Second},
		"a request with a deadline":     {delay: time.Hour, ask: func(r *aftercheck.VerificationRequest) { r.Deadline = ptr(aftercheck.Duration(time.Minute)) }, want: time.Minute},
		"a settle time":                 {delay: 75 * time.Second, policy: func(p *aftercheck.Policy) { p.SettleTime = aftercheck.Duration(time.Minute) }, want: observed + 50*time.Second, waits: true},
		"an action of a while ago":      {delay: 75 * time.Second, ask: func(r *aftercheck.VerificationRequest) { r.Action.FinishedAt = time.Now().Add(-40 * time.Second) }, want: observed - 30*time.Second, waits: true},
		"a policy without longest wait": {delay: time.Hour, policy: func(p *aftercheck.Policy) { p.MaxWait = 0 }, want: 15 * time.Minute, waits: true, bounded: true},
	} {
		t.Run(name, func(t *testing.T) {
			change := func(p *aftercheck.Policy) {
				if test.policy != nil {
					test.policy(p)
				}
			}
			bubble(t, func() *house { return newHouse(withJudge(undecided), withPolicy(change)) }, func(t *testing.T, h *house) {
				if test.delay > 0 {
					h.eyes.delays = oneDelay(test.delay)
				}
				r := request("v1")
				r.SnapshotID = h.capture(t, aftercheck.SnapshotRequest{Incident: r.Incident}).ID
				if test.ask != nil {
					test.ask(&r)
				}
				v := h.accept(t, r)
				if got := v.DeadlineAt.Sub(v.ObserveFrom); got != test.want {
					t.Errorf("observes for %s, want %s", got, test.want)
				}
				if (v.Wait != nil) != test.waits || test.waits && (v.Wait.Bounded != test.bounded || !v.Wait.DeadlineAt.Equal(v.DeadlineAt)) {
					t.Errorf("wait %+v", v.Wait)
				}
				sealed := h.verdict(t, "v1")
				if !sealed.SealedAt.Equal(v.DeadlineAt) || len(waitsOf(sealed)) != 0 {
					t.Errorf("sealed at %s, want %s; rounds with a wait: %d", sealed.SealedAt, v.DeadlineAt, len(waitsOf(sealed)))
				}
			})
		})
	}
}

func TestWaitShowsItsSum(t *testing.T) {
	bubble(t, patient, func(t *testing.T, h *house) {
		h.eyes.delays = oneDelay(75 * time.Second)
		r := request("v1")
		r.SnapshotID = h.capture(t, aftercheck.SnapshotRequest{Incident: r.Incident}).ID
		w := h.accept(t, r).Wait
		want := []aftercheck.WaitPart{
			{Name: "warmup", Duration: aftercheck.Duration(warmup)},
			{Name: "delay", Duration: aftercheck.Duration(75 * time.Second)},
			{Name: "rounds", Duration: aftercheck.Duration(16 * time.Second)},
		}
		if !slices.Equal(w.Parts, want) || w.Total != aftercheck.Duration(warmup+observed) {
			t.Errorf("parts %v of %s, want %v", w.Parts, w.Total, want)
		}
		if len(w.Delays) != 2 || w.Delays[0].Of != "alert ApiDown" || w.Delays[0].Total() != 75*time.Second {
			t.Errorf("delays %+v, want the longest first", w.Delays)
		}
		h.verdict(t, "v1")
	})
}

// TestFirstDelaysPutTheDeadlineOffOnce: without a pre-state the deadline is the
// policy's until a round tells of delays; later ones change nothing any more.
func TestFirstDelaysPutTheDeadlineOffOnce(t *testing.T) {
	bubble(t, patient, func(t *testing.T, h *house) {
		began := time.Now()
		h.accept(t, request("v1"))
		pass(12 * time.Second)
		h.eyes.tell(oneDelay(75 * time.Second))
		pass(10 * time.Second)
		h.eyes.tell(oneDelay(10 * time.Minute))
		v := h.verdict(t, "v1")
		if got := v.SealedAt.Sub(began); got != warmup+observed {
			t.Errorf("sealed after %s, want %s", got, warmup+observed)
		}
		if v.Wait == nil || !v.Wait.DeadlineAt.Equal(v.DeadlineAt) || len(waitsOf(v)) != 1 || v.Evidence.Rounds[1].Wait == nil {
			t.Errorf("wait %+v, in %d rounds", v.Wait, len(waitsOf(v)))
		}
		h.check(t, "v1")
	})
}

func TestSureJudgeEndsALongWaitEarly(t *testing.T) {
	bubble(t, func() *house { return newHouse(withJudge(sure)) }, func(t *testing.T, h *house) {
		h.eyes.delays = oneDelay(10 * time.Minute)
		began := time.Now()
		h.accept(t, request("v1"))
		if got := h.verdict(t, "v1").SealedAt.Sub(began); got != warmup {
			t.Errorf("sealed after %s, want after the first round", got)
		}
	})
}

// TestPutOffDeadlineSurvivesTroubleWithTheStore: the round that puts the
// deadline off is written again, after a failure or a restart, with the same.
func TestPutOffDeadlineSurvivesTroubleWithTheStore(t *testing.T) {
	for _, stored := range []bool{false, true} {
		bubble(t, patient, func(t *testing.T, h *house) {
			h.eyes.delays = oneDelay(75 * time.Second)
			v := h.accept(t, request("v1"))
			h.store.setFault(down("add_round", stored))
			pass(45 * time.Second) // beyond the deadline as it was accepted
			h.store.setFault(nil)
			pass(5 * time.Second)
			h.restart(t, time.Second)
			sealed := h.verdict(t, "v1")
			if want := v.AcceptedAt.Add(warmup + observed); !sealed.DeadlineAt.Equal(want) || !sealed.SealedAt.Equal(want) {
				t.Errorf("stored %v: deadline %s, sealed %s, want %s", stored, sealed.DeadlineAt, sealed.SealedAt, want)
			}
			if n := len(waitsOf(sealed)); n != 1 || h.told.times("v1") != 1 {
				t.Errorf("stored %v: %d rounds put it off, told %d times", stored, n, h.told.times("v1"))
			}
		})
	}
}

func TestLongWaitKeepsItsRoundsWithinTheBound(t *testing.T) {
	bubble(t, patient, func(t *testing.T, h *house) {
		h.eyes.delays = oneDelay(time.Hour)
		h.accept(t, request("v1"))
		v := h.verdict(t, "v1")
		if n := len(v.Evidence.Rounds); n > aftercheck.MaxRounds || n < aftercheck.MaxRounds/2 {
			t.Errorf("%d rounds in %s", n, v.SealedAt.Sub(v.ObserveFrom))
		}
		if last := v.Evidence.Rounds[len(v.Evidence.Rounds)-1].At; v.DeadlineAt.Sub(last) > 8*time.Second {
			t.Errorf("the last round is %s before the deadline", v.DeadlineAt.Sub(last))
		}
	})
}

func (s *eyes) tell(delays []aftercheck.Delay) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delays = delays
}
