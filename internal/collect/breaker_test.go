package collect_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
	"github.com/aftercheck/aftercheck/internal/collect"
)

// patient is a sensor whose endpoint is dead until it is told otherwise: each
// call takes its whole time-out.
func patient(calls *atomic.Int32, alive *atomic.Bool) collect.Sensor {
	return reader("patient", "", func(ctx context.Context) (collect.Answer, error) {
		calls.Add(1)
		if alive.Load() {
			return collect.Answer{Raw: "well"}, nil
		}
		return silent(ctx)
	})
}

func TestADeadEndpointCostsNoTimeoutEachRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		var alive atomic.Bool
		watch := &seen{}
		set := collect.NewSet([]collect.Sensor{patient(&calls, &alive)}, collect.Options{Timeout: 8 * time.Second, Observer: watch})
		for range 3 {
			if got := set.Ask(t.Context(), collect.Question{})[0]; got.Outcome != aftercheck.ReadingTimeout {
				t.Fatalf("%+v", got)
			}
		}
		opened := time.Now()
		if !watch.isOpen("patient") {
			t.Error("three time-outs in a row did not open the breaker")
		}
		got := set.Ask(t.Context(), collect.Question{})[0]
		if got.Outcome != aftercheck.ReadingError || time.Since(opened) != 0 || calls.Load() != 3 {
			t.Errorf("%+v after %s and %d calls, want an error at once", got, time.Since(opened), calls.Load())
		}
		for _, want := range []string{"breaker open since " + opened.UTC().Format(time.RFC3339), "last error: no answer within 8s"} {
			if !strings.Contains(got.Error, want) {
				t.Errorf("%q does not say %q", got.Error, want)
			}
		}
	})
}

func TestABreakerClosesOnceItsEndpointServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		var alive atomic.Bool
		watch := &seen{}
		set := collect.NewSet([]collect.Sensor{patient(&calls, &alive)}, collect.Options{Timeout: 2 * time.Second, Observer: watch})
		ask := func() aftercheck.Reading { return set.Ask(t.Context(), collect.Question{})[0] }
		for range 3 {
			ask()
		}
		time.Sleep(6 * time.Second)
		var asks sync.WaitGroup
		for range 10 { // one of them finds out; the others need not wait for it
			asks.Go(func() { ask() })
		}
		asks.Wait()
		if calls.Load() != 4 || !watch.isOpen("patient") {
			t.Errorf("%d calls, open %v; want the one that found the endpoint dead still", calls.Load(), watch.isOpen("patient"))
		}
		alive.Store(true)
		time.Sleep(6 * time.Second)
		if got := ask(); got.Outcome != aftercheck.ReadingOK {
			t.Errorf("%+v", got)
		}
		if got := ask(); got.Outcome != aftercheck.ReadingOK || watch.isOpen("patient") {
			t.Errorf("%+v, open %v", got, watch.isOpen("patient"))
		}
	})
}

func TestWhatSaysNothingOfTheEndpointOpensNoBreaker(t *testing.T) {
	bad := aftercheck.Finding{Reason: aftercheck.ReasonNotFound, State: aftercheck.StateUnhealthy}
	for name, example := range map[string]struct {
		read    func(context.Context) (collect.Answer, error)
		timeout time.Duration
	}{
		"bad findings": {func(context.Context) (collect.Answer, error) {
			return collect.Answer{Findings: []aftercheck.Finding{bad}}, nil
		}, time.Second},
		"a panic":          {func(context.Context) (collect.Answer, error) { panic("ours") }, time.Second},
		"too little time":  {silent, time.Second / 10},
		"failures between": {alternating(), time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			watch := &seen{}
			set := collect.NewSet([]collect.Sensor{reader("s", "", example.read)}, collect.Options{Observer: watch})
			for range 10 {
				ctx, cancel := context.WithTimeout(t.Context(), example.timeout)
				got := set.Ask(ctx, collect.Question{})[0]
				cancel()
				if strings.Contains(got.Error, "breaker") || watch.isOpen("s") {
					t.Fatalf("%s: %+v", name, got)
				}
			}
		})
	}
}

// alternating fails every second time.
func alternating() func(context.Context) (collect.Answer, error) {
	var calls atomic.Int32
	return func(context.Context) (collect.Answer, error) {
		if calls.Add(1)%2 == 0 {
			return collect.Answer{}, errors.New("reset")
		}
		return collect.Answer{}, nil
	}
}

func TestABrokenSensorIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := reader("broken", "", func(context.Context) (collect.Answer, error) { return collect.Answer{}, errors.New("refused") })
		set := collect.NewSet([]collect.Sensor{broken}, collect.Options{})
		ask := func() []aftercheck.Reading { return set.Ask(t.Context(), collect.Question{}) }
		for range 3 {
			ask()
		}
		c := assess.Case{
			Action: aftercheck.Action{Text: "restart_service:api", FinishedAt: time.Now()}, Policy: aftercheck.DefaultPolicy(),
			DeadlineAt: time.Now().Add(3 * time.Second),
			Evidence:   aftercheck.Evidence{PreState: &aftercheck.Snapshot{Readings: ask()}},
		}
		for range 4 {
			time.Sleep(time.Second)
			c.Evidence.Rounds = append(c.Evidence.Rounds, aftercheck.Round{At: time.Now(), EndedAt: time.Now(), Readings: ask()})
		}
		if text := c.Evidence.Rounds[0].Readings[0].Error; !strings.Contains(text, "breaker open") {
			t.Fatalf("the reading says %q", text)
		}
		got := assess.Judge(c, time.Now())
		if got.Verdict != aftercheck.Degraded || got.Reason != aftercheck.ReasonInsufficientEvidence || got.Score != nil {
			t.Errorf("%s (%s), score %v", got.Verdict, got.Reason, got.Score)
		}
	})
}
