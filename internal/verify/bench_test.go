package verify_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/testbed"
	"github.com/aftercheck/aftercheck/internal/verify"
)

// oneRound is a policy without waiting, in which one healthy round decides.
func oneRound(string, aftercheck.Incident) (aftercheck.Policy, error) {
	p := aftercheck.DefaultPolicy()
	p.Warmup, p.Rounds = 0, 1
	return p, nil
}

func stores(b *testing.B) map[string]func(b *testing.B) evidence.Store {
	return map[string]func(b *testing.B) evidence.Store{
		"file": func(b *testing.B) evidence.Store {
			s, err := evidence.OpenFile(filepath.Join(b.TempDir(), "evidence.db"), evidence.FileOptions{})
			if err != nil {
				b.Fatal(err)
			}
			return s
		},
		"redis": func(b *testing.B) evidence.Store {
			s, err := evidence.OpenRedis(evidence.RedisOptions{URL: "redis://" + testbed.Redis(b)})
			if err != nil {
				b.Fatal(err)
			}
			return s
		},
	}
}

// BenchmarkVerification is whole verifications, from the request to the stored
// verdict, with sensors that answer at once. As nothing is waited for, all of
// the time is the sidecar's own: p99 is that of one verification.
func BenchmarkVerification(b *testing.B) {
	for name, open := range stores(b) {
		for _, atOnce := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/at_once=%d", name, atOnce), func(b *testing.B) {
				store := open(b)
				defer store.Close()
				h := newHouse(func(o *verify.Options) { o.Store, o.Sensors, o.Policies = store, blink{}, oneRound })
				h.run(b)
				defer h.stop()
				measure(b, h, atOnce)
			})
		}
	}
}

// blink are sensors that cost nothing.
type blink struct{}

func (blink) Names() []string { return nil }

func (blink) Ask(context.Context, aftercheck.Question) []aftercheck.Reading {
	return []aftercheck.Reading{{Sensor: "eyes", At: time.Now(), Outcome: aftercheck.ReadingOK, Target: deployment("uid-1"), Findings: healthy()}}
}

func measure(b *testing.B, h *house, atOnce int) {
	var mu sync.Mutex
	var all []time.Duration
	work := make(chan struct{})
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for range work {
				began := time.Now()
				v, _, err := h.engine.Accept(context.Background(), request(""))
				if err == nil {
					v, err = h.engine.Wait(context.Background(), v.ID, time.Minute)
				}
				if err != nil || !v.Sealed() || len(v.Evidence.Rounds) != 1 {
					b.Errorf("%s: %v", v.State, err)
				}
				mu.Lock()
				all = append(all, time.Since(began))
				mu.Unlock()
			}
		})
	}
	for b.Loop() {
		work <- struct{}{}
	}
	close(work)
	workers.Wait()
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)*99/100])/float64(time.Millisecond), "p99-ms")
	b.ReportMetric(float64(len(all))/b.Elapsed().Seconds(), "verifications/s")
}

// shelf is a store that keeps nothing, so that what is left is the engine's.
type shelf struct{ *memory }

func (shelf) Accept(_ context.Context, v aftercheck.Verification) (aftercheck.Verification, bool, error) {
	v.Revision = 1
	return v, true, nil
}

// BenchmarkWaiting is what verifications that wait cost in memory and
// goroutines; the time is that of accepting them.
func BenchmarkWaiting(b *testing.B) {
	for _, many := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(many), func(b *testing.B) {
			for b.Loop() {
				before, goroutines := heap(), runtime.NumGoroutine()
				h := newHouse(func(o *verify.Options) { o.Store = shelf{newMemory()} })
				h.run(b)
				for range many {
					h.accept(b, request(""))
				}
				b.ReportMetric(float64(heap()-before)/float64(many), "bytes/waiting")
				b.ReportMetric(float64(runtime.NumGoroutine()-goroutines), "goroutines")
				h.stop()
			}
		})
	}
}

// heap is the bytes in use on the heap and the stacks.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
