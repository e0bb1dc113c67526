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
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/client"
	"github.com/aftercheck/aftercheck/internal/config"
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
// verdicts long. What was accepted before waits for it; what is not due until it
// is back goes on there. The executor has its answers in time, and all is in Redis in
// the end, once.
func TestRedisGoneUnderTheSidecar(t *testing.T) {
	redis := testbed.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	log := &lines{}
	s, c := withRedis(t, redis.Addr, log)
	incident := aftercheck.Incident{ID: "i"}
	action := aftercheck.Action{Text: "restart_service:shop"}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	worst := time.Duration(0)
	ask := func(id, snapshot string, warmup time.Duration) {
		t.Helper()
		began, after := time.Now(), aftercheck.Duration(warmup)
		_, err := c.Verify(ctx, aftercheck.VerificationRequest{ID: id, Incident: incident, Action: action, SnapshotID: snapshot, Warmup: &after}, 0)
		worst = max(worst, time.Since(began))
		if err != nil {
			t.Fatalf("verifying %s: %v", id, err)
		}
	}
	await := func(id string) aftercheck.Verification {
		t.Helper()
		v, err := c.Wait(ctx, id, 20*time.Second)
		if err != nil || !v.Sealed() {
			t.Fatalf("%s: state %s, %v", id, v.State, err)
		}
		return v
	}
	verify := func(id, snapshot string) aftercheck.Verification {
		t.Helper()
		ask(id, snapshot, 100*time.Millisecond)
		return await(id)
	}
	before, err := c.Capture(ctx, aftercheck.SnapshotRequest{ID: "before", Incident: incident, Action: action})
	if err != nil {
		t.Fatal(err)
	}
	ask("waiting-in-redis", before.ID, time.Second) // due in the midst of the outage
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
	ask("waiting-here", during.ID, 4*time.Second) // due after it
	if worst > 3*time.Second {
		t.Errorf("an answer took %s", worst)
	}
	if away, held := gathered(t, s, "aftercheck_store_away"), gathered(t, s, "aftercheck_store_journal_entries"); away != "1" || held != "4" {
		t.Errorf("away %s with %s entries, want 1 with 4", away, held)
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
	for _, want := range []aftercheck.Verification{first, second, await("waiting-in-redis"), await("waiting-here")} {
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

// TestJournalThatCannotBeOpened has no journal where none was asked for by name,
// and an error where it was, or where the file may hold what was accepted.
func TestJournalThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	notADirectory, damaged := filepath.Join(dir, "file"), filepath.Join(dir, "damaged.db")
	for _, path := range []string{notADirectory, damaged} {
		if err := os.WriteFile(path, bytes.Repeat([]byte("not a store\n"), 5000), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	redis, err := evidence.OpenRedis(evidence.RedisOptions{URL: "redis://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	defer redis.Close()
	for name, c := range map[string]struct {
		chosen, otherwise string
		enabled           bool
		opens, fails      bool
	}{
		"good place":            {"", filepath.Join(dir, "a", "journal.db"), true, true, false},
		"turned off":            {filepath.Join(dir, "b.db"), "", false, false, false},
		"bad place":             {"", filepath.Join(notADirectory, "journal.db"), true, false, false},
		"bad place by name":     {filepath.Join(notADirectory, "journal.db"), "", true, false, true},
		"damaged, not by name":  {"", damaged, true, false, true},
		"good place, by a name": {filepath.Join(dir, "c.db"), damaged, true, true, false},
	} {
		settings := config.Store{Journal: config.Journal{Enabled: c.enabled, Path: c.chosen}}
		journal, err := openJournal(settings, redis, c.otherwise, nil, slog.New(slog.DiscardHandler))
		if (journal != nil) != c.opens || (err != nil) != c.fails {
			t.Errorf("%s: opened %v, error %v; want opened %v, an error %v", name, journal != nil, err, c.opens, c.fails)
		}
		if journal != nil {
			_ = journal.Close()
		}
	}
}

// TestRedisComesAndGoes kills Redis again and again under a load. Each
// verification that was accepted has one verdict, in Redis, that was counted
// once.
func TestRedisComesAndGoes(t *testing.T) {
	const many, clients = 80, 4
	redis := testbed.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	s, c := withRedis(t, redis.Addr, &lines{})
	var load sync.WaitGroup
	for from := range clients {
		load.Go(func() {
			for n := from; n < many; n += clients {
				if err := stubbornly(t.Context(), c, fmt.Sprintf("v-%d", n)); err != nil {
					t.Errorf("verifying v-%d: %v", n, err)
				}
			}
		})
	}
	loaded := make(chan struct{})
	go func() {
		load.Wait()
		close(loaded)
	}()
	for running := true; running; {
		redis.Kill()
		running = !within400ms(loaded)
		redis.Restart(t)
		running = running && !within400ms(loaded)
	}
	far, err := evidence.OpenRedis(evidence.RedisOptions{URL: "redis://" + redis.Addr})
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	testbed.Eventually(t, 30*time.Second, func() error {
		for n := range many {
			v, err := far.Verification(t.Context(), fmt.Sprintf("v-%d", n))
			if err != nil || !v.Sealed() {
				return fmt.Errorf("v-%d: state %s, %w", n, v.State, err)
			}
		}
		return nil
	})
	if got := counted(t, s); got != many {
		t.Errorf("%v verdicts were counted, want %d", got, many)
	}
}

// stubbornly sends a request until it is accepted, and waits a moment for the
// verdict.
func stubbornly(ctx context.Context, c *client.Client, id string) (err error) {
	for range 50 {
		_, err = c.Verify(ctx, aftercheck.VerificationRequest{
			ID: id, Incident: aftercheck.Incident{ID: "i"}, Action: aftercheck.Action{Text: "restart"},
		}, 500*time.Millisecond)
		if err == nil {
			return nil
		}
	}
	return err
}

func within400ms(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-time.After(400 * time.Millisecond):
		return false
	}
}

// counted is how many verdicts the metrics have counted.
func counted(t *testing.T, s *sidecar) (sum float64) {
	t.Helper()
	all, err := s.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range all {
		if family.GetName() == "aftercheck_verifications_total" {
			for _, metric := range family.GetMetric() {
				sum += metric.GetCounter().GetValue()
			}
		}
	}
	return sum
}
