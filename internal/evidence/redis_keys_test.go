package evidence_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// keysOf returns all keys of a server with one store on it.
func keysOf(t *testing.T, s *evidence.Redis) []string {
	t.Helper()
	keys, err := s.Client().Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(keys)
	return keys
}

func TestRedisKeys(t *testing.T) {
	s := openRedis(t, evidence.RedisOptions{URL: "redis://" + testbed.Redis(t)})
	for n := range 2 {
		if err := evidencetest.Live(t.Context(), s, n); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := s.Accept(t.Context(), evidencetest.Sample(2)); err != nil {
		t.Fatal(err)
	}
	keys := keysOf(t, s)
	for _, want := range []string{
		"aftercheck:{v-000000}:verification", "aftercheck:{s-v-000000}:snapshot",
		"aftercheck:index:accepted", "aftercheck:index:pending:" + s.Session(), "aftercheck:group:default",
	} {
		if !slices.Contains(keys, want) {
			t.Errorf("no key %s in %v", want, keys)
		}
	}
	if len(keys) != 3+2+2+1+3 {
		t.Errorf("%d keys for three verifications of three incidents, two snapshots: %v", len(keys), keys)
	}
	for _, key := range keys {
		ttl := s.Client().PTTL(t.Context(), key).Val()
		if !strings.HasPrefix(key, "aftercheck:") || ttl < 29*24*time.Hour || ttl > 31*24*time.Hour {
			t.Errorf("%s lives %s, want about 30 days", key, ttl)
		}
	}
}

// TestRedisForeignEntries repeats and contradicts an accepted request at other
// times: no index grows. Then it puts back what a crash in the midst would have
// left there: nobody shows it.
func TestRedisForeignEntries(t *testing.T) {
	s := openRedis(t, evidence.RedisOptions{URL: "redis://" + testbed.Redis(t)})
	ctx, first := t.Context(), evidencetest.Sample(1)
	if _, _, err := s.Accept(ctx, first); err != nil {
		t.Fatal(err)
	}
	want, err := evidencetest.World(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	keys := keysOf(t, s)
	own := s.Client().ZRange(ctx, "aftercheck:index:accepted", 0, -1).Val()[0]

	again, other := first, first
	again.AcceptedAt = first.AcceptedAt.Add(time.Minute)
	other.Incident.ID, other.RequestDigest = "another", "another"
	if _, created, err := s.Accept(ctx, again); err != nil || created {
		t.Fatalf("repeated: created %v, error %v", created, err)
	}
	if _, _, err := s.Accept(ctx, other); !errors.Is(err, aftercheck.ErrConflict) {
		t.Fatalf("contradicted: error %v, want ErrConflict", err)
	}
	if diff := cmp.Diff(keys, keysOf(t, s)); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	for _, index := range []string{"accepted", "pending:" + s.Session()} {
		key := "aftercheck:index:" + index
		if diff := cmp.Diff([]string{own}, s.Client().ZRange(ctx, key, 0, -1).Val()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
		foreign := "f" + own[1:] // the same verification, at another time
		s.Client().ZAdd(ctx, key, redis.Z{Member: foreign}, redis.Z{Member: "no entry at all"})
	}
	got, err := evidencetest.World(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("world (-want +got):\n%s", diff)
	}
}

// TestRedisSweep leaves entries behind as crashes do, and old ones: the sweep
// removes what is needless, and no younger entry, whose record may be on its
// way.
func TestRedisSweep(t *testing.T) {
	s := openRedis(t, evidence.RedisOptions{URL: "redis://" + testbed.Redis(t), Retention: time.Hour})
	ctx := t.Context()
	accept := func(n int, at time.Time) {
		v := evidencetest.Sample(n)
		v.AcceptedAt, v.DeadlineAt = at, at
		if _, _, err := s.Accept(ctx, v); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	accept(1, now.Add(-2*time.Hour)) // old, and its record is there
	accept(2, now.Add(-2*time.Hour)) // old, and its record will be gone
	accept(3, now)                   // young, and its record will be gone
	accept(4, now)                   // young, and led by another
	accept(5, now.Add(-2*time.Hour)) // old, and led by another
	for _, id := range []string{"v-000004", "v-000005"} {
		if err := s.Overwrite(id, "owner", "another"); err != nil {
			t.Fatal(err)
		}
	}
	s.Client().Del(ctx, "aftercheck:{v-000002}:verification", "aftercheck:{v-000003}:verification")

	runUntil(t, s, func() error {
		for key, want := range map[string]string{
			"aftercheck:index:accepted":               "v-000001 v-000005 v-000003 v-000004",
			"aftercheck:index:pending:" + s.Session(): "v-000001 v-000003 v-000004",
		} {
			var got []string
			for _, e := range s.Client().ZRange(ctx, key, 0, -1).Val() {
				got = append(got, strings.Fields(e)[1])
			}
			if strings.Join(got, " ") != want {
				return fmt.Errorf("%s holds %v, want %s", key, got, want)
			}
		}
		return nil
	})
	incidents := 0
	for _, key := range keysOf(t, s) {
		if strings.HasPrefix(key, "aftercheck:index:incident:") {
			incidents += int(s.Client().ZCard(ctx, key).Val())
		}
	}
	if incidents != 4 {
		t.Errorf("%d entries under incidents, want 4", incidents)
	}
}

// runUntil runs the store until the condition holds, and sees it end.
func runUntil(t *testing.T, s *evidence.Redis, condition func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error)
	go func() { ran <- s.Run(ctx, func(string, time.Time) {}) }()
	testbed.Eventually(t, 10*time.Second, condition)
	cancel()
	if err := <-ran; err != nil {
		t.Errorf("run: %v", err)
	}
}

// TestNewerSchemaIsSaid reads, on both stores, what a newer version wrote.
func TestNewerSchemaIsSaid(t *testing.T) {
	type overwriter interface {
		evidence.Store
		Overwrite(id, name, value string) error
	}
	for name, s := range map[string]overwriter{
		"file":  newFile(t, evidence.FileOptions{}),
		"redis": openRedis(t, evidence.RedisOptions{URL: "redis://" + testbed.Redis(t)}),
	} {
		v := evidencetest.Sample(1)
		if _, _, err := s.Accept(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		if err := s.Overwrite(v.ID, "accepted", `{"schema_version":99,"content":{"id":7}}`); err != nil {
			t.Fatal(err)
		}
		_, errRead := s.Verification(t.Context(), v.ID)
		_, errList := s.List(t.Context(), aftercheck.Filter{})
		_, _, errAccept := s.Accept(t.Context(), v)
		for call, err := range map[string]error{"read": errRead, "list": errList, "accept": errAccept} {
			if !errors.Is(err, evidence.ErrUnreadable) || !strings.Contains(err.Error(), "newer version") || !strings.Contains(err.Error(), v.ID) {
				t.Errorf("%s: %s: error %v, want ErrUnreadable that names %s and a newer version", name, call, err, v.ID)
			}
		}
	}
}
