package verify

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/aftercheck/aftercheck"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// planned returns a verification of the default policy, accepted at epoch,
// with rounds that began so long after it and took so long.
func planned(took time.Duration, rounds ...time.Duration) aftercheck.Verification {
	v := aftercheck.Verification{Policy: aftercheck.DefaultPolicy(), Evidence: &aftercheck.Evidence{}}
	times(&v, epoch)
	for _, at := range rounds {
		begun := epoch.Add(at)
		v.Evidence.Rounds = append(v.Evidence.Rounds, aftercheck.Round{At: begun, EndedAt: begun.Add(took)})
		v.NextRoundAt = nextRound(v, begun.Add(took))
	}
	return v
}

func TestNeeds(t *testing.T) {
	const s = time.Second
	sealed := planned(0)
	sealed.State = aftercheck.StateSealed
	for name, test := range map[string]struct {
		v    aftercheck.Verification
		now  time.Duration
		want task
	}{
		"sealed":                        {sealed, 20 * s, taskNothing},
		"in the warm-up":                {planned(0), 9 * s, taskWait},
		"at the end of the warm-up":     {planned(0), 10 * s, taskObserve},
		"between rounds":                {planned(0, 10*s), 14 * s, taskWait},
		"the next round":                {planned(0, 10*s), 15 * s, taskObserve},
		"at the deadline":               {planned(0, 10*s), 40 * s, taskSeal},
		"after the deadline":            {planned(0), time.Hour, taskSeal},
		"late, with time for a round":   {planned(0, 10*s), 39 * s, taskObserve},
		"too late for another round":    {planned(0, 10*s), 39*s + 800*time.Millisecond, taskWait},
		"late, but it is the only one":  {planned(0), 39*s + 800*time.Millisecond, taskObserve},
		"too late for so slow a sensor": {planned(4*s, 10*s), 38 * s, taskWait},
	} {
		t.Run(name, func(t *testing.T) {
			now := epoch.Add(test.now)
			got := needs(test.v, now)
			if got != test.want {
				t.Errorf("needs %s, want %s", got, test.want)
			}
			if again := dueAgain(test.v, now); got == taskWait && !again.After(now) {
				t.Errorf("due again at %s, which is not after now", again.Sub(epoch))
			}
		})
	}
}

// TestPlanHolds checks every plan: rounds go up, stay between the warm-up's end
// and the deadline, number at most MaxRounds, and leave no large gap.
func TestPlanHolds(t *testing.T) {
	duration := func(rt *rapid.T, name string, least, most time.Duration) time.Duration {
		return time.Duration(rapid.Int64Range(int64(least), int64(most)).Draw(rt, name))
	}
	rapid.Check(t, func(rt *rapid.T) {
		v := aftercheck.Verification{Evidence: &aftercheck.Evidence{}, Policy: aftercheck.Policy{
			Warmup:        aftercheck.Duration(duration(rt, "warmup", 0, time.Hour)),
			Deadline:      aftercheck.Duration(duration(rt, "deadline", minDeadline, maxDeadline)),
			Interval:      aftercheck.Duration(duration(rt, "interval", time.Millisecond, time.Hour)),
			SensorTimeout: aftercheck.Duration(duration(rt, "timeout", time.Millisecond, time.Minute)),
			Rounds:        rapid.IntRange(1, 10).Draw(rt, "rounds"),
		}}
		times(&v, epoch)
		if !v.NextRoundAt.Equal(v.ObserveFrom) || v.DeadlineAt.Sub(v.ObserveFrom) != time.Duration(v.Policy.Deadline) {
			rt.Fatalf("%+v", v)
		}
		for now := v.ObserveFrom; ; {
			if len(v.Evidence.Rounds) >= aftercheck.MaxRounds {
				rt.Fatalf("more than %d rounds", aftercheck.MaxRounds)
			}
			v.Evidence.Rounds = append(v.Evidence.Rounds, aftercheck.Round{At: now, EndedAt: now})
			next := nextRound(v, now)
			if next.IsZero() {
				break
			}
			if !next.After(now) || !next.Before(v.DeadlineAt) || next.Sub(now) > spacing(v) {
				rt.Fatalf("round %d: from %s to %s, deadline %s", len(v.Evidence.Rounds), now, next, v.DeadlineAt)
			}
			now = next
		}
		if n := len(v.Evidence.Rounds); n < v.Policy.Rounds {
			rt.Errorf("%d rounds fit, the policy wants %d", n, v.Policy.Rounds)
		}
	})
}

func TestBackoff(t *testing.T) {
	for failures, want := range map[int]time.Duration{
		0: 100 * time.Millisecond, 1: 100 * time.Millisecond, 2: 200 * time.Millisecond,
		6: 3200 * time.Millisecond, 7: 5 * time.Second, 1_000_000: 5 * time.Second,
	} {
		if got := backoff(failures, 0); got != want {
			t.Errorf("after %d failures: %s, want %s", failures, got, want)
		}
		if got := backoff(failures, 1); got != want*4/5 {
			t.Errorf("after %d failures, spread: %s, want %s", failures, got, want*4/5)
		}
	}
}

func TestKnownTargetPrefersWhatWasSeenFirst(t *testing.T) {
	reading := func(target aftercheck.Target) aftercheck.Reading { return aftercheck.Reading{Target: target} }
	named := aftercheck.Target{Kind: "Container", Name: "api"}
	old := aftercheck.Target{Kind: "Deployment", Name: "api", UID: "old"}
	fresh := aftercheck.Target{Kind: "Deployment", Name: "api", UID: "new"}
	after := []aftercheck.Round{{Readings: []aftercheck.Reading{reading(fresh)}}}
	for name, test := range map[string]struct {
		evidence aftercheck.Evidence
		want     aftercheck.Target
	}{
		"nothing":           {aftercheck.Evidence{}, aftercheck.Target{}},
		"after only":        {aftercheck.Evidence{Rounds: after}, fresh},
		"before and after":  {aftercheck.Evidence{PreState: &aftercheck.Snapshot{Readings: []aftercheck.Reading{{}, reading(named), reading(old)}}, Rounds: after}, old},
		"a name, then more": {aftercheck.Evidence{PreState: &aftercheck.Snapshot{Readings: []aftercheck.Reading{reading(named)}}, Rounds: after}, fresh},
		"a name only":       {aftercheck.Evidence{PreState: &aftercheck.Snapshot{Readings: []aftercheck.Reading{reading(named)}}}, named},
	} {
		if got := knownTarget(&test.evidence); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
