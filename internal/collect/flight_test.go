package collect_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counting is a sensor whose calls take a second and are counted.
func counting(key string, calls *atomic.Int32) collect.Sensor {
	return reader("counting", key, func(ctx context.Context) (collect.Answer, error) {
		calls.Add(1)
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return collect.Answer{}, ctx.Err()
		}
		return collect.Answer{
			Findings: []aftercheck.Finding{{Reason: "Read", Value: &aftercheck.Value{Number: 1}}},
			Raw:      "Authorization: Bearer " + "abcdef0123456789",
		}, nil
	})
}

func TestTenQuestionsAtOnceCostOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		watch := &seen{}
		set := collect.NewSet([]collect.Sensor{counting("same", &calls)}, collect.Options{Observer: watch})
		readings := make([]aftercheck.Reading, 10)
		var asks sync.WaitGroup
		for i := range readings {
			asks.Go(func() { readings[i] = set.Ask(t.Context(), collect.Question{After: time.Now()})[0] })
		}
		asks.Wait()
		if calls.Load() != 1 {
			t.Errorf("%d calls, want 1", calls.Load())
		}
		if diff := cmp.Diff(map[string]int{"counting ok": 1}, watch.calls()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]int{"authorization": 1}, watch.redacted); diff != "" {
			t.Error(diff)
		}
		readings[0].Findings[0].Reason = "changed"
		readings[0].Findings[0].Value.Number = 7
		readings[0].Redactions["changed"] = 7
		for _, r := range readings[1:] {
			if r.Findings[0].Reason != "Read" || r.Findings[0].Value.Number != 1 || len(r.Redactions) != 1 {
				t.Fatalf("those who asked share memory: %+v", r)
			}
		}
	})
}

func TestOtherKeysAndNoKeyAreNotShared(t *testing.T) {
	for _, key := range []string{"", "by incident"} {
		synctest.Test(t, func(t *testing.T) {
			var calls atomic.Int32
			sensor := counting("", &calls)
			plan := sensor.Plan
			sensor.Plan = func(q collect.Question) (collect.Plan, bool) {
				p, fits := plan(q)
				if key != "" {
					p.Key = q.Incident.ID
				}
				return p, fits
			}
			set := collect.NewSet([]collect.Sensor{sensor}, collect.Options{})
			var asks sync.WaitGroup
			for _, id := range []string{"a", "b"} {
				asks.Go(func() { set.Ask(t.Context(), collect.Question{Incident: aftercheck.Incident{ID: id}}) })
			}
			asks.Wait()
			if calls.Load() != 2 {
				t.Errorf("key %q: %d calls, want 2", key, calls.Load())
			}
		})
	}
}

func TestACallBegunBeforeTheActionsEndIsNotJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		set := collect.NewSet([]collect.Sensor{counting("same", &calls)}, collect.Options{})
		var asks sync.WaitGroup
		asks.Go(func() { set.Ask(t.Context(), collect.Question{}) }) // begins before
		time.Sleep(300 * time.Millisecond)
		end := time.Now()
		time.Sleep(300 * time.Millisecond)
		asks.Go(func() {
			got := set.Ask(t.Context(), collect.Question{After: end})[0]
			if got.At.Before(end) {
				t.Errorf("the reading was begun %s before the action's end", end.Sub(got.At))
			}
		})
		time.Sleep(100 * time.Millisecond)
		asks.Go(func() { set.Ask(t.Context(), collect.Question{After: end}) }) // joins the second
		asks.Go(func() { set.Ask(t.Context(), collect.Question{}) })           // and so may one that wants nothing
		asks.Wait()
		if calls.Load() != 2 {
			t.Errorf("%d calls, want 2", calls.Load())
		}
	})
}

func TestASharedCallOutlivesThoseWhoGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		watch := &seen{}
		set := collect.NewSet([]collect.Sensor{counting("same", &calls)}, collect.Options{Observer: watch})
		hasty, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
		defer cancel()
		var asks sync.WaitGroup
		asks.Go(func() {
			if got := set.Ask(hasty, collect.Question{})[0]; got.Outcome != aftercheck.ReadingTimeout || got.DurationSeconds != 0.4 {
				t.Errorf("the hasty one, who began the call: %+v", got)
			}
		})
		time.Sleep(100 * time.Millisecond)
		asks.Go(func() {
			if got := set.Ask(t.Context(), collect.Question{})[0]; got.Outcome != aftercheck.ReadingOK {
				t.Errorf("the patient one: %+v", got)
			}
		})
		asks.Wait()
		if calls.Load() != 1 {
			t.Errorf("%d calls, want 1", calls.Load())
		}
		if diff := cmp.Diff(map[string]int{"counting ok": 1}, watch.calls()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestACallThatNobodyWaitsForIsCancelledAndNotJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		watch := &seen{}
		set := collect.NewSet([]collect.Sensor{counting("same", &calls)}, collect.Options{Observer: watch})
		ctx, cancel := context.WithCancel(t.Context())
		var asks sync.WaitGroup
		asks.Go(func() {
			if got := set.Ask(ctx, collect.Question{})[0]; got.Outcome != aftercheck.ReadingTimeout {
				t.Errorf("%+v", got)
			}
		})
		time.Sleep(100 * time.Millisecond)
		cancel()
		asks.Wait()
		if got := set.Ask(t.Context(), collect.Question{})[0]; got.Outcome != aftercheck.ReadingOK || got.DurationSeconds != 1 {
			t.Errorf("the next: %+v, want a call of its own", got)
		}
		// That those who asked went away says nothing of the sensor.
		if diff := cmp.Diff(map[string]int{"counting ok": 1}, watch.calls()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestACallPastItsTimeoutIsNotJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wake := make(chan struct{})
		var calls atomic.Int32
		sensor := reader("deaf once", "same", func(context.Context) (collect.Answer, error) {
			if calls.Add(1) == 1 {
				<-wake
			}
			return collect.Answer{Raw: "answer"}, nil
		})
		set := collect.NewSet([]collect.Sensor{sensor}, collect.Options{Timeout: time.Second})
		if got := set.Ask(t.Context(), collect.Question{})[0]; got.Outcome != aftercheck.ReadingTimeout {
			t.Errorf("%+v", got)
		}
		if got := set.Ask(t.Context(), collect.Question{})[0]; got.Raw != "answer" {
			t.Errorf("%+v", got)
		}
		close(wake)
	})
}

func TestManyAskTogether(t *testing.T) {
	var calls atomic.Int32
	quick := reader("quick", "same", func(context.Context) (collect.Answer, error) {
		calls.Add(1)
		return collect.Answer{Findings: []aftercheck.Finding{{Reason: "Read"}}}, nil
	})
	set := collect.NewSet([]collect.Sensor{quick, reader("alone", "", saying("x"))}, collect.Options{MaxConcurrent: 3})
	var asks sync.WaitGroup
	for range 50 {
		asks.Go(func() {
			for range 20 {
				for _, r := range set.Ask(t.Context(), collect.Question{After: time.Now()}) {
					if r.Outcome != aftercheck.ReadingOK {
						t.Errorf("%+v", r)
					}
				}
			}
		})
	}
	asks.Wait()
	if calls.Load() == 0 {
		t.Error("the sensor was never called")
	}
}

func BenchmarkAsk(b *testing.B) {
	set := collect.NewSet([]collect.Sensor{
		reader("a", "same", saying("all is well")), reader("b", "", saying("all is well")),
	}, collect.Options{})
	b.ReportAllocs()
	for b.Loop() {
		set.Ask(b.Context(), collect.Question{})
	}
}
