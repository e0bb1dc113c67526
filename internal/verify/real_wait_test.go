package verify_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
	"github.com/aftercheck/aftercheck/internal/collect/prom"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/testbed"
	"github.com/aftercheck/aftercheck/internal/verify"
)

// scraped starts a Prometheus that scrapes one target and has one alert over a
// recorded rate.
func scraped(t *testing.T) string {
	t.Helper()
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "errors_total{namespace=\"shop\",deployment=\"api\"} 1\n")
	}))
	t.Cleanup(target.Close)
	config := fmt.Sprintf("global: {scrape_interval: 2s, scrape_timeout: 1s}\nscrape_configs:\n- job_name: api\n  honor_labels: true\n  static_configs: [{targets: [%q]}]\n",
		strings.TrimPrefix(target.URL, "http://"))
	rules := `
groups:
- {name: recorded, interval: 15s, rules: [{record: "api:errors:rate2m", expr: "rate(errors_total[2m])"}]}
- {name: alerts, interval: 10s, rules: [{alert: ApiDown, expr: "api:errors:rate2m > 1", for: 10m, keep_firing_for: 10m}]}
`
	return testbed.Prometheus(t, config, rules, "--scrape.discovery-reload-interval=200ms")
}

// TestWaitFollowsFromARealServersRules: the alert's delay, as a real server tells
// its parts, is in the pre-state, and the verification waits for it and says so.
func TestWaitFollowsFromARealServersRules(t *testing.T) {
	t.Parallel()
	server := scraped(t)
	store, err := evidence.OpenFile(filepath.Join(t.TempDir(), "evidence.db"), evidence.FileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var v aftercheck.Verification
	testbed.Eventually(t, 15*time.Second, func() error {
		// New sensors each time: what they know of the targets is a minute old at the most.
		sensors, err := prom.New(prom.Config{URL: server, NoBuiltIn: true})
		if err != nil {
			return err
		}
		h := newHouse(func(o *verify.Options) { o.Store, o.Sensors = store, collect.NewSet(sensors, collect.Options{}) })
		r := request("")
		snapshot := h.capture(t, aftercheck.SnapshotRequest{Incident: r.Incident})
		r.SnapshotID = snapshot.ID
		v = h.accept(t, r)
		if v.Wait == nil || len(v.Wait.Delays) != 1 || len(v.Wait.Delays[0].Parts) < 3 {
			return fmt.Errorf("the targets are not discovered yet: wait %+v of %+v", v.Wait, snapshot.Readings)
		}
		return nil
	})
	var parts []string
	for _, part := range v.Wait.Delays[0].Parts {
		parts = append(parts, part.Name+" "+part.Duration.String())
	}
	if got, want := strings.Join(parts, ", "), "scrape_interval 2s, range 2m0s, evaluation_interval 25s"; got != want || v.Wait.Delays[0].Of != "alert ApiDown" {
		t.Errorf("the delay of %s is %s, want %s", v.Wait.Delays[0].Of, got, want)
	}
	want := 10*time.Second + 147*time.Second + 16*time.Second // warm-up, delay, rounds
	if got := v.DeadlineAt.Sub(v.Action.FinishedAt); got != want || time.Duration(v.Wait.Total) != want {
		t.Errorf("the deadline is %s after the action's end, the sum %s, want %s", got, v.Wait.Total, want)
	}
	stored, err := store.Verification(t.Context(), v.ID)
	if err != nil || stored.Wait == nil {
		t.Errorf("stored: %+v, %v", stored.Wait, err)
	}
}
