package evidence_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// TestRedisAwayAndBack opens a store without its server, which then comes,
// hangs, goes on, is killed, and comes back.
func TestRedisAwayAndBack(t *testing.T) {
	server := testbed.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	server.Kill()
	s := openRedis(t, evidence.RedisOptions{URL: "redis://" + server.Addr})
	if err := s.Check(t.Context()); !errors.Is(err, aftercheck.ErrUnavailable) {
		t.Fatalf("without a server: error %v, want ErrUnavailable", err)
	}
	server.Restart(t)
	testbed.Eventually(t, 10*time.Second, func() error { return s.Check(t.Context()) })
	if err := evidencetest.Live(t.Context(), s, 0); err != nil {
		t.Fatal(err)
	}

	if err := server.Pause(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, _, err := s.Accept(ctx, evidencetest.Sample(1))
	if took := time.Since(began); !errors.Is(err, aftercheck.ErrUnavailable) || took > 2*time.Second {
		t.Errorf("while the server hangs: error %v after %s, want ErrUnavailable at the context's deadline of 100ms", err, took)
	}
	if err := server.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := evidencetest.Live(t.Context(), s, 1); err != nil { // the same Accept again
		t.Fatal(err)
	}

	server.Kill()
	if err := s.Check(t.Context()); !errors.Is(err, aftercheck.ErrUnavailable) {
		t.Errorf("after the kill: error %v, want ErrUnavailable", err)
	}
	server.Restart(t)
	testbed.Eventually(t, 10*time.Second, func() error { return s.Check(t.Context()) })
	for n := range 2 {
		if v, err := s.Verification(t.Context(), evidencetest.Sample(n).ID); err != nil || !v.Sealed() {
			t.Errorf("after the restart: state %q, error %v, want it sealed", v.State, err)
		}
	}
}

// TestRedisChecksThatItCanWrite has a server that answers and cannot store.
func TestRedisChecksThatItCanWrite(t *testing.T) {
	s := openRedis(t, evidence.RedisOptions{URL: "redis://" + testbed.Redis(t)})
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Client().SlaveOf(t.Context(), "127.0.0.1", "1").Err(); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context()); !errors.Is(err, aftercheck.ErrUnavailable) || !strings.Contains(err.Error(), "READONLY") {
		t.Errorf("on a replica: error %v, want ErrUnavailable with READONLY", err)
	}
	full := openRedis(t, evidence.RedisOptions{URL: "redis://" + testbed.Redis(t, "--maxmemory", "1", "--maxmemory-policy", "noeviction")})
	if err := full.Check(t.Context()); !errors.Is(err, aftercheck.ErrUnavailable) || !strings.Contains(err.Error(), "OOM") {
		t.Errorf("on a full server: error %v, want ErrUnavailable with OOM", err)
	}
	if _, _, err := full.Accept(t.Context(), evidencetest.Sample(1)); !errors.Is(err, aftercheck.ErrUnavailable) {
		t.Errorf("accepting on a full server: error %v, want ErrUnavailable", err)
	}
}

func TestRedisManyCallersFewConnections(t *testing.T) {
	s := openRedis(t, evidence.RedisOptions{URL: "redis://" + testbed.Redis(t), PoolSize: 4})
	var all sync.WaitGroup
	for n := range 200 {
		all.Go(func() {
			if err := evidencetest.Live(t.Context(), s, n); err != nil {
				t.Errorf("life %d: %v", n, err)
			}
		})
	}
	all.Wait()
	if got := s.Client().PoolStats().TotalConns; got > 4 {
		t.Errorf("%d connections, want at most 4", got)
	}
}

func TestRedisCaveats(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"safe":      {[]string{"--appendonly", "yes", "--maxmemory-policy", "noeviction"}, nil},
		"evicting":  {[]string{"--appendonly", "yes", "--maxmemory-policy", "allkeys-lru"}, []string{"noeviction"}},
		"forgetful": {[]string{"--maxmemory-policy", "volatile-ttl"}, []string{"noeviction", "appendonly"}},
	} {
		s := openRedis(t, evidence.RedisOptions{URL: "redis://" + testbed.Redis(t, c.args...)})
		got, err := s.Caveats(t.Context())
		if err != nil || len(got) != len(c.want) {
			t.Errorf("%s: caveats %q, error %v; want %d", name, got, err, len(c.want))
			continue
		}
		for i, want := range c.want {
			if !strings.Contains(got[i].Advice(), want) {
				t.Errorf("%s: caveat %q, want it to name %s", name, got[i], want)
			}
		}
	}
}
