package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/client"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// lines is a log that may be read while it is written.
type lines struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.out.String(), text)
}

// withRedis runs a sidecar on a Redis, whose one sensor looks at a service that
// is always well.
func withRedis(t *testing.T, addr string, log *lines) (*sidecar, *client.Client) {
	t.Helper()
	service := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(service.Close)
	dir := t.TempDir()
	file := filepath.Join(dir, "aftercheck.yml")
	settings := fmt.Sprintf(`
store: {redis: {url: "redis://%s"}}
default_policy: {warmup: 100ms, deadline: 5s, interval: 100ms, rounds: 2}
sensors:
  kubernetes: {enabled: false}
  http: [{name: shop, url: "%s/healthz", timeout: 1s, signal: true}]
`, addr, service.URL)
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := newSidecar(serveOptions{
		configFile: file, socket: filepath.Join(dir, "s"), storagePath: filepath.Join(dir, "state", "aftercheck.db"),
		grace: 5 * time.Second, webAddresses: []string{"127.0.0.1:0"},
	}, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	c, err := client.New(filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	testbed.Eventually(t, 10*time.Second, func() error { return c.Ready(t.Context()) })
	return s, c
}

// gathered is the value of a metric without labels.
func gathered(t *testing.T, s *sidecar, name string) string {
	t.Helper()
	families, err := testutil.GatherAndCount(s.registry, name)
	if err != nil || families != 1 {
		return fmt.Sprintf("%d series, %v", families, err)
	}
	all, err := s.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range all {
		if family.GetName() == name {
			return fmt.Sprint(family.GetMetric()[0].GetGauge().GetValue())
		}
	}
	return "none"
}

// TestRedisGoneUnderTheSidecar kills Redis between capture and verify, for two
// verdicts long. The executor has its answers in time, and all is in Redis in
// the end, once.
func TestRedisGoneUnderTheSidecar(t *testing.T) {
	redis := testbed.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	log := &lines{}
	s, c := withRedis(t, redis.Addr, log)
	incident := aftercheck.Incident{ID: "i"}
	action := aftercheck.Action{Text: "restart_service:shop"}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var worst atomic.Int64
	verify := func(id, snapshot string) aftercheck.Verification {
		t.Helper()
		began := time.Now()
		v, err := c.Verify(ctx, aftercheck.VerificationRequest{ID: id, Incident: incident, Action: action, SnapshotID: snapshot}, 0)
		worst.Store(max(worst.Load(), int64(time.Since(began))))
		if err != nil {
			t.Fatalf("verifying %s: %v", id, err)
		}
		if v, err = c.Wait(ctx, id, 20*time.Second); err != nil || !v.Sealed() {
			t.Fatalf("%s: state %s, %v", id, v.State, err)
		}
		return v
	}
	before, err := c.Capture(ctx, aftercheck.SnapshotRequest{ID: "before", Incident: incident, Action: action})
	if err != nil {
		t.Fatal(err)
	}
	redis.Kill()
	first := verify("first", before.ID)
	if first.Evidence.PreState == nil {
		t.Error("the capture from before the outage was lost")
	}
	during, err := c.Capture(ctx, aftercheck.SnapshotRequest{ID: "during", Incident: incident, Action: action})
	if err != nil {
		t.Fatal(err)
	}
	second := verify("second", during.ID)
	if took := time.Duration(worst.Load()); took > 3*time.Second {
		t.Errorf("an answer took %s", took)
	}
	if away, held := gathered(t, s, "aftercheck_store_away"), gathered(t, s, "aftercheck_store_journal_entries"); away != "1" || held != "3" {
		t.Errorf("away %s with %s entries, want 1 with 3", away, held)
	}
	if err := c.Ready(ctx); err != nil {
		t.Errorf("not ready, though the journal has room: %v", err)
	}

	redis.Restart(t)
	testbed.Eventually(t, 15*time.Second, func() error {
		if held := gathered(t, s, "aftercheck_store_journal_entries"); held != "0" {
			return fmt.Errorf("%s entries are held", held)
		}
		return nil
	})
	far, err := evidence.OpenRedis(evidence.RedisOptions{URL: "redis://" + redis.Addr})
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	for _, want := range []aftercheck.Verification{first, second} {
		got, err := far.Verification(ctx, want.ID)
		if err != nil || !got.SealedAt.Equal(want.SealedAt) || got.Verdict != want.Verdict {
			t.Errorf("%s in Redis: %s at %s, %v; want what was answered", want.ID, got.State, got.SealedAt, err)
		}
	}
	verify("third", during.ID)
	for _, line := range []string{"what comes goes to the journal", "Redis answers again"} {
		if got := log.count(line); got != 1 {
			t.Errorf("%q was logged %d times", line, got)
		}
	}
}
