package evidence_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// benchmarkLives measures the writes of whole verifications: accept, three
// rounds, seal, after a snapshot. One after the other, and 64 at a time for each processor.
func benchmarkLives(b *testing.B, open func(b *testing.B) evidence.Store) {
	b.Run("alone", func(b *testing.B) {
		s := open(b)
		n := 0
		for b.Loop() {
			if err := evidencetest.Live(b.Context(), s, n); err != nil {
				b.Fatal(err)
			}
			n++
		}
	})
	b.Run("together", func(b *testing.B) {
		s := open(b)
		var n atomic.Int64
		b.SetParallelism(64)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := evidencetest.Live(b.Context(), s, int(n.Add(1))); err != nil {
					b.Error(err)
					return
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "verifications/s")
	})
}

func BenchmarkLifeInFile(b *testing.B) {
	benchmarkLives(b, func(b *testing.B) evidence.Store { return newFile(b, evidence.FileOptions{}) })
}

func BenchmarkLifeInRedis(b *testing.B) {
	benchmarkLives(b, func(b *testing.B) evidence.Store {
		return openRedis(b, evidence.RedisOptions{URL: "redis://" + testbed.Redis(b)})
	})
}

func BenchmarkLifeInRedisSynced(b *testing.B) {
	benchmarkLives(b, func(b *testing.B) evidence.Store {
		return openRedis(b, evidence.RedisOptions{URL: "redis://" + testbed.Redis(b, "--appendonly", "yes", "--appendfsync", "always")})
	})
}

// BenchmarkBytes measures what a sealed verification takes, beside its JSON.
func BenchmarkBytes(b *testing.B) {
	const many = 500
	b.Run("file", func(b *testing.B) {
		for b.Loop() {
			s := newFile(b, evidence.FileOptions{})
			fill(b, s, many)
			b.ReportMetric(float64(s.Allocated())/many, "bytes/verification")
		}
	})
	b.Run("redis", func(b *testing.B) {
		for b.Loop() {
			s := openRedis(b, evidence.RedisOptions{URL: "redis://" + testbed.Redis(b)})
			before := usedMemory(b, s)
			fill(b, s, many)
			b.ReportMetric(float64(usedMemory(b, s)-before)/many, "bytes/verification")
		}
	})
}

func fill(b *testing.B, s evidence.Store, many int) {
	b.Helper()
	for n := range many {
		if err := evidencetest.Live(b.Context(), s, n); err != nil {
			b.Fatal(err)
		}
	}
}

func usedMemory(b *testing.B, s *evidence.Redis) int {
	b.Helper()
	_, after, _ := strings.Cut(s.Client().Info(b.Context(), "memory").Val(), "used_memory:")
	text, _, _ := strings.Cut(after, "\r\n")
	used, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return used
}

// BenchmarkAddRound shows that a round costs the same after many.
func BenchmarkAddRound(b *testing.B) {
	for _, before := range []int{0, 2000} {
		b.Run(fmt.Sprintf("after %d", before), func(b *testing.B) {
			s, v, n := newFile(b, evidence.FileOptions{}), evidencetest.Sample(0), 0
			if _, _, err := s.Accept(b.Context(), v); err != nil {
				b.Fatal(err)
			}
			add := func() {
				r := evidencetest.SampleRound(v, n)
				n++
				if _, err := s.AddRound(b.Context(), v.ID, int64(n), r, r.At); err != nil {
					b.Fatal(err)
				}
			}
			for range before {
				add()
			}
			for b.Loop() {
				add()
			}
		})
	}
}
