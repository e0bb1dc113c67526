package collect_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
	"github.com/aftercheck/aftercheck/internal/collect/kube"
	"github.com/aftercheck/aftercheck/internal/collect/prom"
)

// sensorTimeout is what each bad server may cost one round.
const sensorTimeout = 1200 * time.Millisecond

// asking returns a Set with the sensor that asks a Prometheus at the address
// which alerts fire.
func asking(t *testing.T, address string, watch collect.Observer) *collect.Set {
	t.Helper()
	client := promconfig.DefaultHTTPClientConfig
	sensors, err := prom.New(prom.Config{URL: address, HTTP: client, Timeout: sensorTimeout, NoBuiltIn: true})
	if err != nil {
		t.Fatal(err)
	}
	return collect.NewSet(sensors, collect.Options{Observer: watch})
}

func alertsOf(t *testing.T, set *collect.Set) (aftercheck.Reading, time.Duration) {
	t.Helper()
	began := time.Now()
	q := collect.Question{Incident: aftercheck.Incident{ID: "i", Labels: map[string]string{"alertname": "A", "namespace": "shop"}}}
	for _, reading := range set.Ask(t.Context(), q) {
		if reading.Sensor == prom.AlertsSensor {
			return reading, time.Since(began)
		}
	}
	t.Fatal("the alerts sensor was not asked")
	return aftercheck.Reading{}, 0
}

// bad are servers that do not serve.
var bad = map[string]http.HandlerFunc{
	"slow": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	"half answering": func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"status":"success","data":{"alerts":[`)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	},
	"broken off": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, `{"status":`)
	},
	"garbage":    func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "\x00\xff<html>") },
	"failing":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
	"throttling": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) },
	"gigabytes":  gigabytes,
}

// gigabytes sends JSON until nobody reads it any more, 4 GiB at the most.
func gigabytes(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, `{"status":"success","data":{"alerts":["`)
	chunk := []byte(strings.Repeat("x", 1<<20))
	for range 4 << 10 {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

func TestBadServersHoldTheDeadlineAndOpenTheBreaker(t *testing.T) {
	for name, handler := range bad {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(handler)
			t.Cleanup(server.Close)
			breaks(t, server.URL)
		})
	}
	t.Run("dead", func(t *testing.T) {
		t.Parallel()
		closed, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		closed.Close()
		breaks(t, "http://"+closed.Addr().String())
	})
	t.Run("silent", func(t *testing.T) {
		t.Parallel()
		mute, err := net.Listen("tcp", "127.0.0.1:0") // the kernel accepts, and nobody reads
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { mute.Close() })
		breaks(t, "http://"+mute.Addr().String())
	})
}

// breaks asks a server that does not serve until the breaker is open.
func breaks(t *testing.T, address string) {
	t.Helper()
	watch := &seen{}
	set := asking(t, address, watch)
	for range 3 {
		got, took := alertsOf(t, set)
		if got.Outcome == aftercheck.ReadingOK || got.Error == "" || strings.Contains(got.Error, "breaker") {
			t.Fatalf("%s %q", got.Outcome, got.Error)
		}
		if took > sensorTimeout+time.Second {
			t.Errorf("took %s, want no more than the sensor's %s", took, sensorTimeout)
		}
	}
	got, took := alertsOf(t, set)
	if !strings.Contains(got.Error, "breaker open since") || !watch.isOpen(prom.AlertsSensor) {
		t.Errorf("%s %q, open %v", got.Outcome, got.Error, watch.isOpen(prom.AlertsSensor))
	}
	if took > sensorTimeout/2 {
		t.Errorf("an open breaker took %s", took)
	}
}

func TestGigabytesAreNotKept(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(gigabytes))
	t.Cleanup(server.Close)
	set := asking(t, server.URL, nil)
	most := peak(t, func() {
		for range 3 {
			alertsOf(t, set)
		}
	})
	// Three answers of 8 MiB, the limit, each with the room that a growing buffer takes.
	if most > 128<<20 {
		t.Errorf("the heap grew by %d MiB over answers that may have 8", most>>20)
	}
}

// peak returns by how much the heap grew at the most while do ran.
func peak(t *testing.T, do func()) uint64 {
	t.Helper()
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	most := before.HeapAlloc
	for {
		select {
		case <-done:
			return most - before.HeapAlloc
		case <-tick.C:
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
		}
	}
}

func TestARefusedQuestionOpensNoBreaker(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	t.Cleanup(server.Close)
	watch := &seen{}
	set := asking(t, server.URL, watch)
	for range 6 {
		if got, _ := alertsOf(t, set); !strings.Contains(got.Error, "403") || watch.isOpen(prom.AlertsSensor) {
			t.Fatalf("%q, open %v", got.Error, watch.isOpen(prom.AlertsSensor))
		}
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	t.Cleanup(server.Close)
	set := asking(t, server.URL, nil)
	if got, took := alertsOf(t, set); !strings.Contains(got.Error, "429") || took > sensorTimeout {
		t.Errorf("%q after %s", got.Error, took)
	}
	sent := requests.Load()
	for range 5 {
		if got, _ := alertsOf(t, set); got.Outcome != aftercheck.ReadingError || !strings.Contains(got.Error, "wants no request before") {
			t.Errorf("%s %q", got.Outcome, got.Error)
		}
	}
	if requests.Load() != sent {
		t.Errorf("%d requests were sent in the time that the server asked to be left alone", requests.Load()-sent)
	}
}

func TestRetryAfterOfAnAPIServerIsNotWaitedFor(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	t.Cleanup(server.Close)
	kubeconfig := filepath.Join(t.TempDir(), "config")
	text := fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":{"cluster":"c"}}],"clusters":[{"name":"c","cluster":{"server":%q}}]}`, server.URL)
	if err := os.WriteFile(kubeconfig, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	sensor, err := kube.New(kube.Config{Kubeconfig: kubeconfig, Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	set := collect.NewSet([]collect.Sensor{sensor}, collect.Options{})
	q := collect.Question{Incident: aftercheck.Incident{ID: "i", Labels: map[string]string{"namespace": "shop", "deployment": "api"}}}
	began := time.Now()
	first, second := set.Ask(t.Context(), q)[0], set.Ask(t.Context(), q)[0]
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("two readings took %s, though nobody would be let in before their time-outs", took)
	}
	if !strings.Contains(first.Error, "429") || !strings.Contains(second.Error, "not asked: the server wants no request before") {
		t.Errorf("%q, then %q", first.Error, second.Error)
	}
}
