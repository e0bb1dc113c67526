package collect_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

// reader is a sensor that fits everything and reads by a function.
func reader(name, key string, read func(context.Context) (collect.Answer, error)) collect.Sensor {
	return collect.Sensor{Name: name, Plan: func(collect.Question) (collect.Plan, bool) {
		return collect.Plan{Key: key, Read: read}, true
	}}
}

func saying(raw string) func(context.Context) (collect.Answer, error) {
	return func(context.Context) (collect.Answer, error) { return collect.Answer{Raw: raw}, nil }
}

// silent answers when its context ends, as a sensor should.
func silent(ctx context.Context) (collect.Answer, error) {
	<-ctx.Done()
	return collect.Answer{}, fmt.Errorf("reading: %w", ctx.Err())
}

// seen is an Observer that remembers.
type seen struct {
	mu       sync.Mutex
	asked    map[string]int // by sensor and outcome
	redacted map[string]int
	open     map[string]bool // the sensors' breakers
}

func (s *seen) SensorBreaker(sensor string, open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[string]bool{}
	}
	s.open[sensor] = open
}

func (s *seen) isOpen(sensor string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open[sensor]
}

func (s *seen) SensorAsked(sensor string, outcome aftercheck.ReadingOutcome, _ time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked == nil {
		s.asked = map[string]int{}
	}
	s.asked[sensor+" "+string(outcome)]++
}

func (s *seen) Redacted(rule string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.redacted == nil {
		s.redacted = map[string]int{}
	}
	s.redacted[rule] += n
}

func (s *seen) calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.asked)
}

func TestAskReturnsOneReadingForEachSensorThatFitsInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := reader("slow", "", func(context.Context) (collect.Answer, error) {
			time.Sleep(3 * time.Second)
			return collect.Answer{Raw: "slow", Target: aftercheck.Target{Kind: "Node", Name: "n"}}, nil
		})
		not := collect.Sensor{Name: "not", Plan: func(collect.Question) (collect.Plan, bool) { return collect.Plan{}, false }}
		broken := reader("broken", "", func(context.Context) (collect.Answer, error) {
			return collect.Answer{Raw: "<html>", Findings: []aftercheck.Finding{{Reason: "Half"}}}, errors.New("no such host")
		})
		set := collect.NewSet([]collect.Sensor{slow, not, broken, reader("quick", "", saying("quick"))}, collect.Options{})
		begun := time.Now()
		got := set.Ask(t.Context(), collect.Question{})
		if took := time.Since(begun); took != 3*time.Second {
			t.Errorf("took %s, want the slowest sensor's 3s", took)
		}
		at := begun.UTC().Round(0)
		want := []aftercheck.Reading{
			{Sensor: "slow", At: at, DurationSeconds: 3, Outcome: aftercheck.ReadingOK, Raw: "slow", Target: aftercheck.Target{Kind: "Node", Name: "n"}},
			{Sensor: "broken", At: at, Outcome: aftercheck.ReadingError, Error: "no such host", Raw: "<html>"},
			{Sensor: "quick", At: at, Outcome: aftercheck.ReadingOK, Raw: "quick"},
		}
		for i := range got {
			if got[i].Findings != nil && len(got[i].Findings) == 0 {
				got[i].Findings = nil
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"slow", "not", "broken", "quick"}, set.Names()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestEachSensorHasItsOwnTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		short := reader("short", "", silent)
		short.Timeout = time.Second
		watch := &seen{}
		set := collect.NewSet([]collect.Sensor{short, reader("long", "", silent)}, collect.Options{Timeout: 5 * time.Second, Observer: watch})
		got := set.Ask(t.Context(), collect.Question{})
		for i, want := range []float64{1, 5} {
			if got[i].Outcome != aftercheck.ReadingTimeout || got[i].DurationSeconds != want || got[i].Error == "" {
				t.Errorf("%+v, want a timeout after %v s", got[i], want)
			}
		}
		if diff := cmp.Diff(map[string]int{"short timeout": 1, "long timeout": 1}, watch.calls()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAskReturnsByItsDeadlineWhateverASensorDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wake := make(chan struct{})
		deaf := reader("deaf", "", func(context.Context) (collect.Answer, error) {
			<-wake
			return collect.Answer{Raw: "too late"}, nil
		})
		watch := &seen{}
		set := collect.NewSet([]collect.Sensor{deaf, reader("quick", "", saying("quick"))}, collect.Options{Timeout: time.Minute, Observer: watch})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		begun := time.Now()
		got := set.Ask(ctx, collect.Question{})
		if took := time.Since(begun); took != 2*time.Second {
			t.Errorf("took %s, want 2s", took)
		}
		close(wake)
		synctest.Wait() // the late answer has come, and must have gone nowhere
		if got[0].Outcome != aftercheck.ReadingTimeout || got[0].Raw != "" || got[0].Error != "no answer within 2s" {
			t.Errorf("late: %+v", got[0])
		}
		if got[1].Outcome != aftercheck.ReadingOK {
			t.Errorf("in time: %+v", got[1])
		}
		if diff := cmp.Diff(map[string]int{"deaf timeout": 1, "quick ok": 1}, watch.calls()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAskInAnEndedContextAsksNobody(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	set := collect.NewSet([]collect.Sensor{reader("a", "", func(context.Context) (collect.Answer, error) {
		t.Error("asked")
		return collect.Answer{}, nil
	})}, collect.Options{})
	got := set.Ask(ctx, collect.Question{})
	if len(got) != 1 || got[0].Outcome != aftercheck.ReadingTimeout {
		t.Errorf("%+v, want one timeout", got)
	}
}

func TestHungCallsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wake := make(chan struct{})
		var under, most atomic.Int32
		deaf := reader("deaf", "", func(context.Context) (collect.Answer, error) {
			most.Store(max(most.Load(), under.Add(1)))
			defer under.Add(-1)
			<-wake
			return collect.Answer{}, nil
		})
		set := collect.NewSet([]collect.Sensor{deaf}, collect.Options{Timeout: time.Second, MaxConcurrent: 2})
		var asks sync.WaitGroup
		for range 5 { // two hang, three wait for their turn in vain
			asks.Go(func() {
				if got := set.Ask(t.Context(), collect.Question{}); got[0].Outcome != aftercheck.ReadingTimeout {
					t.Errorf("%+v, want timeout", got[0])
				}
			})
		}
		asks.Wait()
		synctest.Wait()
		begun := time.Now()
		got := set.Ask(t.Context(), collect.Question{})
		if got[0].Outcome != aftercheck.ReadingError || !strings.Contains(got[0].Error, "2 earlier calls") || time.Since(begun) != 0 {
			t.Errorf("%+v after %s, want an error at once", got[0], time.Since(begun))
		}
		close(wake)
		synctest.Wait()
		if got := set.Ask(t.Context(), collect.Question{}); got[0].Outcome != aftercheck.ReadingOK {
			t.Errorf("after the calls came back: %+v", got[0])
		}
		if most.Load() != 2 {
			t.Errorf("%d calls were under way at once, want 2", most.Load())
		}
	})
}

func TestQuestionsBeyondTheBoundWaitForTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		steady := reader("steady", "", func(context.Context) (collect.Answer, error) {
			time.Sleep(time.Second)
			return collect.Answer{}, nil
		})
		set := collect.NewSet([]collect.Sensor{steady}, collect.Options{MaxConcurrent: 2})
		begun := time.Now()
		var asks sync.WaitGroup
		for range 6 {
			asks.Go(func() {
				if got := set.Ask(t.Context(), collect.Question{}); got[0].Outcome != aftercheck.ReadingOK {
					t.Errorf("%+v", got[0])
				}
			})
		}
		asks.Wait()
		if took := time.Since(begun); took != 3*time.Second {
			t.Errorf("six questions, two at a time, took %s, want 3s", took)
		}
	})
}

func TestAPanicIsAReading(t *testing.T) {
	throwing := func(thrown any) collect.Sensor {
		return reader("reads", "", func(context.Context) (collect.Answer, error) { panic(thrown) })
	}
	for name, c := range map[string]struct {
		sensor collect.Sensor
		want   string
	}{
		"text":    {throwing("no such pod\nsecond line"), "the sensor panicked: no such pod"},
		"secret":  {throwing("dial redis://app:hunter2@cache"), "the sensor panicked: dial redis://app:[REDACTED:url_password]@cache"},
		"long":    {throwing(strings.Repeat("long ", 1000)), "the sensor panicked: long"},
		"plan":    {collect.Sensor{Name: "reads", Plan: func(collect.Question) (collect.Plan, bool) { panic("in Plan") }}, "the sensor panicked: in Plan"},
		"no plan": {collect.Sensor{Name: "reads"}, "the sensor panicked: runtime error: invalid memory address or nil pointer dereference"},
		"no read": {reader("reads", "", nil), "the sensor panicked: runtime error: invalid memory address or nil pointer dereference"},
	} {
		t.Run(name, func(t *testing.T) {
			watch := &seen{}
			set := collect.NewSet([]collect.Sensor{c.sensor, reader("other", "", saying("fine"))}, collect.Options{Observer: watch})
			got := set.Ask(t.Context(), collect.Question{})
			if got[0].Outcome != aftercheck.ReadingPanic || !strings.HasPrefix(got[0].Error, c.want) || len(got[0].Error) > 300 {
				t.Errorf("%+v, want panic, %q", got[0], c.want)
			}
			if strings.Contains(got[0].Error, "goroutine") || strings.Contains(got[0].Error, ".go:") {
				t.Errorf("the reading holds a stack: %s", got[0].Error)
			}
			if got[1].Outcome != aftercheck.ReadingOK {
				t.Errorf("the other sensor: %+v", got[1])
			}
			if diff := cmp.Diff(map[string]int{"reads panic": 1, "other ok": 1}, watch.calls()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestThePanicsStackIsLoggedOnly(t *testing.T) {
	var log strings.Builder
	sensor := reader("reads", "", func(context.Context) (collect.Answer, error) { panic("no such pod") })
	set := collect.NewSet([]collect.Sensor{sensor}, collect.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	set.Ask(t.Context(), collect.Question{})
	if !strings.Contains(log.String(), "sensor=reads") || !strings.Contains(log.String(), "set_test.go") {
		t.Errorf("logged: %s", log.String())
	}
}

func TestASensorThatEndsItsGoroutineIsAReading(t *testing.T) {
	sensor := reader("leaves", "", func(context.Context) (collect.Answer, error) {
		runtime.Goexit()
		return collect.Answer{}, nil
	})
	set := collect.NewSet([]collect.Sensor{sensor}, collect.Options{MaxConcurrent: 1})
	for range 3 { // it gives its slot back
		if got := set.Ask(t.Context(), collect.Question{})[0]; got.Outcome != aftercheck.ReadingPanic || got.Error == "" {
			t.Errorf("%+v", got)
		}
	}
}

func TestNumbersThatAreNoneAreUnknown(t *testing.T) {
	sample := func(number float64) aftercheck.Finding {
		return aftercheck.Finding{Check: aftercheck.CheckMetric, State: aftercheck.StateHealthy, Value: &aftercheck.Value{Number: number, Unit: "ratio"}}
	}
	sensor := reader("metrics", "", func(context.Context) (collect.Answer, error) {
		return collect.Answer{Findings: []aftercheck.Finding{sample(math.NaN()), sample(math.Inf(-1)), sample(0.5)}}, nil
	})
	got := collect.NewSet([]collect.Sensor{sensor}, collect.Options{}).Ask(t.Context(), collect.Question{})[0].Findings
	unknown := func(reason string) aftercheck.Finding {
		return aftercheck.Finding{Check: aftercheck.CheckMetric, State: aftercheck.StateUnknown, Reason: reason}
	}
	if diff := cmp.Diff([]aftercheck.Finding{unknown("NaN"), unknown("Infinite"), sample(0.5)}, got); diff != "" {
		t.Error(diff)
	}
}

func TestEverythingThatIsKeptIsRedactedAndBounded(t *testing.T) {
	const secret = "own-secret-of-ours"
	long := strings.Repeat("é", 5000) + secret
	finding := aftercheck.Finding{
		Subject: aftercheck.Subject{Kind: "Pod" + secret, Namespace: long, Name: secret, UID: secret, Owner: secret},
		Reason:  secret, Message: secret + long, Wanted: secret, Query: long,
		Value: &aftercheck.Value{Number: 1, Unit: secret},
	}
	sensor := reader("s", "", func(context.Context) (collect.Answer, error) {
		return collect.Answer{
			Target:   aftercheck.Target{Group: secret, Kind: secret, Namespace: secret, Name: secret, UID: secret},
			Findings: []aftercheck.Finding{finding}, Raw: secret + "\xff",
		}, nil
	})
	watch := &seen{}
	set := collect.NewSet([]collect.Sensor{sensor, reader("e", "", func(context.Context) (collect.Answer, error) {
		return collect.Answer{}, errors.New(long + secret)
	})}, collect.Options{Redactor: collect.NewRedactor([]string{secret}), Observer: watch})
	got := set.Ask(t.Context(), collect.Question{})
	all := fmt.Sprintf("%+v %+v", got, *got[0].Findings[0].Value)
	if strings.Contains(all, secret) || !utf8.ValidString(all) {
		t.Errorf("kept: %s", all)
	}
	if len(all) > 12000 {
		t.Errorf("%d bytes are kept", len(all))
	}
	if got[0].Redactions["own_secret"] != 14 || watch.redacted["own_secret"] < 14 {
		t.Errorf("%v in the reading, %v seen, want 14 own secrets", got[0].Redactions, watch.redacted)
	}
	if finding.Subject.Name != secret {
		t.Error("the sensor's own finding was changed")
	}
}

func TestRawIsCutAndNoSecretStandsAtTheCut(t *testing.T) {
	const limit = 1000
	secret := "gh" + "p_" + strings.Repeat("aB3d", 10)
	set := func(raw string) aftercheck.Reading {
		s := collect.NewSet([]collect.Sensor{reader("s", "", saying(raw))}, collect.Options{MaxBytes: limit})
		return s.Ask(t.Context(), collect.Question{})[0]
	}
	for _, before := range []int{limit - 60, limit - 45, limit - 20, limit - 4, limit, limit + 4096 - 20, limit + 4096 - 44} {
		filler := strings.Repeat("word ", before/5)
		got := set(filler + secret + strings.Repeat(" end", 5000))
		if strings.Contains(got.Raw, "p_a") || len(got.Raw) > limit || !got.RawTruncated {
			t.Errorf("secret at %d: %d bytes, truncated %v: ...%s", before, len(got.Raw), got.RawTruncated, got.Raw[max(0, len(got.Raw)-80):])
		}
		if strings.Contains(got.Raw, "[REDACTED:") && !strings.Contains(got.Raw, "[REDACTED:github_token]") {
			t.Errorf("secret at %d: the mark is cut: %s", before, got.Raw[len(got.Raw)-40:])
		}
	}
	if got := set(strings.Repeat("é", limit)); !utf8.ValidString(got.Raw) || len(got.Raw) != limit {
		t.Errorf("%d bytes, valid %v", len(got.Raw), utf8.ValidString(got.Raw))
	}
	if got := set("short"); got.Raw != "short" || got.RawTruncated {
		t.Errorf("%+v", got)
	}
	if got := set(strings.Repeat("\x80", 1<<20)); len(got.Raw) > limit {
		t.Errorf("%d bytes of garbage are kept", len(got.Raw))
	}
}

func TestShrinkingSecretsDoNotBringTheCutIntoSight(t *testing.T) {
	key := "-----BEGIN PRIVATE KEY-----\n" + strings.Repeat("QUFB\n", 760) + "-----END PRIVATE KEY-----\n"
	password := "correct-horse"
	raw := key + strings.Repeat("x ", 630) + "password=" + password // ends a few bytes into the password
	for cutAt := 1000; cutAt < 1000+40; cutAt++ {
		s := collect.NewSet([]collect.Sensor{reader("s", "", saying(raw+strings.Repeat(" y", 5000)))}, collect.Options{MaxBytes: cutAt})
		got := s.Ask(t.Context(), collect.Question{})[0]
		for n := 4; n <= len(password); n++ {
			if strings.Contains(got.Raw, "password="+password[:n]) {
				t.Fatalf("cut at %d: kept %q of the password", cutAt, password[:n])
			}
		}
	}
}

func TestTooManyFindingsKeepWhatMattersAndSaySo(t *testing.T) {
	var findings []aftercheck.Finding
	for i := range 2500 {
		f := aftercheck.Finding{Subject: aftercheck.Subject{Name: fmt.Sprint(i)}, Scope: aftercheck.ScopeNeighbour, State: aftercheck.StateHealthy}
		switch {
		case i == 2499:
			f.Scope, f.State = aftercheck.ScopeTarget, aftercheck.StateUnhealthy
		case i >= 2400:
			f.State = aftercheck.StateUnhealthy
		}
		findings = append(findings, f)
	}
	sensor := reader("big", "", func(context.Context) (collect.Answer, error) { return collect.Answer{Findings: findings}, nil })
	got := collect.NewSet([]collect.Sensor{sensor}, collect.Options{}).Ask(t.Context(), collect.Question{})[0].Findings
	if len(got) != 2001 || got[0].Subject.Name != "2499" || got[1].Subject.Name != "2400" || got[100].Subject.Name != "0" {
		t.Fatalf("%d findings, beginning with %v, %v", len(got), got[0].Subject, got[1].Subject)
	}
	want := aftercheck.Finding{
		Subject: aftercheck.Subject{Kind: "Sensor", Name: "big"}, Check: aftercheck.CheckHealth, Scope: aftercheck.ScopeNeighbour,
		State: aftercheck.StateUnknown, Reason: "Truncated", Message: "2000 of 2500 findings are kept",
	}
	if diff := cmp.Diff(want, got[2000]); diff != "" {
		t.Error(diff)
	}
}

// TestFindingsAreBoundedInBytes: few that are large are too many as well, and
// the one that matters is kept.
func TestFindingsAreBoundedInBytes(t *testing.T) {
	var findings []aftercheck.Finding
	for i := range 1999 {
		findings = append(findings, aftercheck.Finding{
			Subject: aftercheck.Subject{Name: fmt.Sprint(i)}, Scope: aftercheck.ScopeNeighbour, State: aftercheck.StateHealthy,
			Message: strings.Repeat("long ", 1000), Samples: make([]float64, 1000),
		})
	}
	findings = append(findings, aftercheck.Finding{Subject: aftercheck.Subject{Name: "the one"}, Scope: aftercheck.ScopeTarget, State: aftercheck.StateUnhealthy})
	sensor := reader("big", "", func(context.Context) (collect.Answer, error) { return collect.Answer{Findings: findings}, nil })
	reading := collect.NewSet([]collect.Sensor{sensor}, collect.Options{}).Ask(t.Context(), collect.Question{})[0]
	kept := reading.Findings
	encoded, err := json.Marshal(kept)
	if err != nil || len(encoded) > 2<<20 || len(kept) < 100 {
		t.Errorf("%d findings in %d bytes, %v", len(kept), len(encoded), err)
	}
	if kept[0].Subject.Name != "the one" || kept[len(kept)-1].Reason != "Truncated" || kept[len(kept)-1].State != aftercheck.StateUnknown {
		t.Errorf("from %+v to %+v", kept[0].Subject, kept[len(kept)-1])
	}
}
