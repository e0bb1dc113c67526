package evidence_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// press has another program fill the server until it has evicted a key.
func press(t *testing.T, s *evidence.Redis, key string) {
	t.Helper()
	load := strings.Repeat("x", 64<<10)
	for n := 0; ; n++ {
		if n == 20_000 {
			t.Fatalf("%s was not evicted", key)
		}
		if err := s.Client().Set(t.Context(), fmt.Sprintf("another:%d", n), load, time.Hour).Err(); err != nil {
			t.Fatal(err)
		}
		there, err := s.Client().Exists(t.Context(), key).Result()
		if err != nil {
			t.Fatal(err)
		}
		if there == 0 {
			return
		}
	}
}

// TestRedisEvicts has real servers that evict, filled by another program until a
// verification's record is gone. Whoever asks is told that it is not there; no write
// brings a part of it back; and the same request begins anew.
func TestRedisEvicts(t *testing.T) {
	for _, policy := range []string{"allkeys-lru", "volatile-lru"} {
		t.Run(policy, func(t *testing.T) {
			s := openRedis(t, evidence.RedisOptions{URL: "redis://" + testbed.Redis(t, "--maxmemory", "8mb", "--maxmemory-policy", policy)})
			v := evidencetest.Sample(1)
			if err := evidencetest.LiveSteps(t.Context(), s, 1, 0, 3); err != nil {
				t.Fatal(err)
			}
			press(t, s, "aftercheck:{"+v.ID+"}:verification")
			vanished(t, s, v)
		})
	}
}

// TestRedisIsFlushed loses everything at once, the lease and the indexes too.
func TestRedisIsFlushed(t *testing.T) {
	s := openRedis(t, evidence.RedisOptions{URL: "redis://" + testbed.Redis(t), Lease: time.Second})
	running(t, s, func(string, time.Time) {})
	v := evidencetest.Sample(1)
	if err := evidencetest.LiveSteps(t.Context(), s, 1, 0, 3); err != nil {
		t.Fatal(err)
	}
	if err := s.Client().FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	vanished(t, s, v)
}

// vanished calls everything about a verification that the store has lost in the
// midst of its life, and lives through the same again.
func vanished(t *testing.T, s *evidence.Redis, v aftercheck.Verification) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	_, lead := s.Lead(ctx, v.ID)
	_, read := s.Verification(ctx, v.ID)
	_, round := s.AddRound(ctx, v.ID, 2, evidencetest.SampleRound(v, 1), v.DeadlineAt)
	_, seal := s.Seal(ctx, v.ID, 2, evidencetest.SampleAssessment(aftercheck.Success), v.DeadlineAt)
	for call, err := range map[string]error{"lead": lead, "read": read, "round": round, "seal": seal} {
		if !errors.Is(err, aftercheck.ErrNotFound) {
			t.Errorf("%s of what is lost: %v, want that it is not there", call, err)
		}
	}
	if there := s.Client().Exists(ctx, "aftercheck:{"+v.ID+"}:verification").Val(); there != 0 {
		t.Error("a write brought a part of the record back")
	}
	if _, err := s.List(ctx, aftercheck.Filter{}); err != nil {
		t.Errorf("listing: %v", err)
	}
	if got := pendingIDs(t, s); slices.Contains(got, v.ID) {
		t.Errorf("what is lost is to be led: %v", got)
	}
	if err := evidencetest.Live(ctx, s, 1); err != nil {
		t.Errorf("the same again: %v", err)
	}
}

// TestRedisCaveatsAreReported has a store tell that its server may evict.
func TestRedisCaveatsAreReported(t *testing.T) {
	var mu sync.Mutex
	var reported []evidence.Caveat
	s := openRedis(t, evidence.RedisOptions{
		URL: "redis://" + testbed.Redis(t, "--appendonly", "yes", "--maxmemory-policy", "allkeys-lru"),
		Caveats: func(found []evidence.Caveat) {
			mu.Lock()
			defer mu.Unlock()
			reported = found
		},
	})
	running(t, s, func(string, time.Time) {})
	testbed.Eventually(t, 20*time.Second, func() error {
		mu.Lock()
		defer mu.Unlock()
		if !slices.Equal(reported, []evidence.Caveat{evidence.CaveatEviction}) {
			return fmt.Errorf("reported are %q", reported)
		}
		return nil
	})
}
