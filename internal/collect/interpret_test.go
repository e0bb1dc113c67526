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

	"github.com/google/go-cmp/cmp"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

// interpreting is the sensor with what each question makes of its answer.
func interpreting(s collect.Sensor, interpret func(collect.Question, collect.Answer) collect.Answer) collect.Sensor {
	inner := s.Plan
	s.Plan = func(q collect.Question) (collect.Plan, bool) {
		plan, fits := inner(q)
		plan.Interpret = func(answer collect.Answer) collect.Answer { return interpret(q, answer) }
		return plan, fits
	}
	return s
}

// seeing is a sensor whose calls take a second, are counted, and see a number.
func seeing(calls *atomic.Int32) collect.Sensor {
	return reader("seeing", "same", func(context.Context) (collect.Answer, error) {
		time.Sleep(time.Second)
		return collect.Answer{
			Findings: []aftercheck.Finding{{Reason: "Read", Value: &aftercheck.Value{Number: 1}}},
			Raw:      "Authorization: Bearer " + "abcdef0123456789",
			Seen:     int(calls.Add(1)),
		}, nil
	})
}

// askAll asks all questions at once.
func askAll(t *testing.T, set *collect.Set, questions []collect.Question) []aftercheck.Reading {
	t.Helper()
	readings := make([]aftercheck.Reading, len(questions))
	var asks sync.WaitGroup
	for i, q := range questions {
		asks.Go(func() { readings[i] = set.Ask(t.Context(), q)[0] })
	}
	asks.Wait()
	return readings
}

// endings are questions after actions that ended a second apart.
func endings(n int) []collect.Question {
	questions := make([]collect.Question, n)
	for i := range questions {
		questions[i].After = time.Now().Add(-time.Duration(i) * time.Second)
	}
	return questions
}

func TestQuestionsOfDifferentTimesShareACallAndReadItEachForItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		watch := &seen{}
		begun := time.Now()
		sensor := interpreting(seeing(&calls), func(q collect.Question, a collect.Answer) collect.Answer {
			if a.Seen != 1 || a.Findings[0].Reason != "Read" || a.Findings[0].Value.Number != 1 {
				t.Errorf("what is interpreted is not the call's answer: %+v", a)
			}
			a.Findings[0].Reason = "Changed"
			a.Findings[0].Value.Number = begun.Sub(q.After).Seconds()
			a.Findings = append(a.Findings, aftercheck.Finding{Message: "password=" + "hunter2hunter2"})
			a.Target.Name = q.After.UTC().Format(time.TimeOnly)
			return a
		})
		set := collect.NewSet([]collect.Sensor{sensor}, collect.Options{Observer: watch})
		questions := endings(10)
		for i, r := range askAll(t, set, questions) {
			want := aftercheck.Reading{
				Sensor: "seeing", At: begun.UTC().Round(0), DurationSeconds: 1, Outcome: aftercheck.ReadingOK,
				Target: aftercheck.Target{Name: questions[i].After.UTC().Format(time.TimeOnly)},
				Raw:    "Authorization: Bearer [REDACTED:authorization]",
				Findings: []aftercheck.Finding{
					{Reason: "Changed", Value: &aftercheck.Value{Number: float64(i)}},
					{Message: "password=[REDACTED:secret_field]"},
				},
				Redactions: map[string]int{"authorization": 1, "secret_field": 1},
			}
			if diff := cmp.Diff(want, r); diff != "" {
				t.Errorf("question %d: %s", i, diff)
			}
		}
		if calls.Load() != 1 {
			t.Errorf("%d calls, want 1", calls.Load())
		}
		if diff := cmp.Diff(map[string]int{"seeing ok": 1}, watch.calls()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]int{"authorization": 1, "secret_field": 10}, watch.redacted); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAChangedRawTextIsRedactedAndBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		watch := &seen{}
		sensor := interpreting(seeing(&calls), func(_ collect.Question, a collect.Answer) collect.Answer {
			a.Raw = "password=" + "hunter2hunter2 " + a.Raw + strings.Repeat(" long", 1000)
			return a
		})
		set := collect.NewSet([]collect.Sensor{sensor}, collect.Options{Observer: watch, MaxBytes: 100})
		for _, r := range askAll(t, set, endings(2)) {
			if !strings.HasPrefix(r.Raw, "password=[REDACTED:secret_field] Authorization: Bearer [REDACTED:authorization] long") || len(r.Raw) != 100 || !r.RawTruncated {
				t.Errorf("%+v", r)
			}
			if diff := cmp.Diff(map[string]int{"authorization": 1, "secret_field": 1}, r.Redactions); diff != "" {
				t.Error(diff)
			}
		}
	})
}

func TestAPanicInInterpretIsOfThatQuestionAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		watch := &seen{}
		questions := endings(3)
		sensor := interpreting(seeing(&calls), func(q collect.Question, a collect.Answer) collect.Answer {
			if q.After.Equal(questions[1].After) {
				panic("no such thing as password=" + "hunter2hunter2")
			}
			return a
		})
		readings := askAll(t, collect.NewSet([]collect.Sensor{sensor}, collect.Options{Observer: watch}), questions)
		for i, want := range []aftercheck.ReadingOutcome{aftercheck.ReadingOK, aftercheck.ReadingPanic, aftercheck.ReadingOK} {
			if readings[i].Outcome != want {
				t.Errorf("question %d: %+v, want %s", i, readings[i], want)
			}
		}
		got := readings[1]
		if got.Raw != "" || got.Findings != nil || got.DurationSeconds != 1 || !got.At.Equal(readings[0].At) ||
			!strings.HasSuffix(got.Error, "no such thing as password=[REDACTED:secret_field]") {
			t.Errorf("%+v", got)
		}
		if diff := cmp.Diff(map[string]int{"seeing ok": 1, "seeing panic": 1}, watch.calls()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAFailedCallIsNotInterpreted(t *testing.T) {
	for name, read := range map[string]func(context.Context) (collect.Answer, error){
		"error":   func(context.Context) (collect.Answer, error) { return collect.Answer{Raw: "<html>"}, errors.New("no") },
		"timeout": silent,
		"panic":   func(context.Context) (collect.Answer, error) { panic("no") },
	} {
		synctest.Test(t, func(t *testing.T) {
			sensor := interpreting(reader(name, "same", read), func(_ collect.Question, a collect.Answer) collect.Answer {
				t.Errorf("%s was interpreted: %+v", name, a)
				return a
			})
			for _, r := range askAll(t, collect.NewSet([]collect.Sensor{sensor}, collect.Options{}), endings(2)) {
				if string(r.Outcome) != name || r.Error == "" {
					t.Errorf("%+v, want %s", r, name)
				}
			}
		})
	}
}

func TestACallMayBeSharedWithOneWhoTakesItAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		sensor := seeing(&calls)
		plain := sensor.Plan
		changing := interpreting(sensor, func(_ collect.Question, a collect.Answer) collect.Answer {
			a.Findings[0].Reason, a.Findings[0].Value.Number, a.Raw = "Changed", 7, ""
			return a
		}).Plan
		sensor.Plan = func(q collect.Question) (collect.Plan, bool) {
			if q.Incident.ID == "plain" {
				return plain(q)
			}
			return changing(q)
		}
		questions := endings(4)
		questions[1].Incident.ID, questions[3].Incident.ID = "plain", "plain"
		readings := askAll(t, collect.NewSet([]collect.Sensor{sensor}, collect.Options{}), questions)
		for i, want := range []struct {
			reason string
			raw    bool
		}{{"Changed", false}, {"Read", true}, {"Changed", false}, {"Read", true}} {
			if r := readings[i]; r.Findings[0].Reason != want.reason || (r.Raw != "") != want.raw || (len(r.Redactions) == 1) != want.raw {
				t.Errorf("question %d: %+v", i, r)
			}
		}
		if calls.Load() != 1 {
			t.Errorf("%d calls, want 1", calls.Load())
		}
	})
}
