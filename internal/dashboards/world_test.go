package dashboards_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/aftercheck/aftercheck/client"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// world is a real sidecar under load, on a real Redis, with a real Alertmanager to
// propose to, and the real Prometheus that it reads from and that scrapes it.
type world struct {
	prometheus string // base URL
	metrics    string // URL of the sidecar's page
	sidecar    *client.Client
	ward       *ward
}

// settings is the sidecar's configuration. Each incident's service has an address
// of its own. The last sensor's endpoint is gone: its readings are errors, and its
// breaker opens.
const settings = `
store: {redis: {url: "redis://%[1]s"}}
default_policy: {warmup: 100ms, deadline: 4s, interval: 200ms, rounds: 2}
self_healing: {enabled: true, alertmanagers: ["%[2]s"]}
sensors:
  kubernetes: {enabled: false}
  prometheus: {url: "%[3]s", alerts: {enabled: false}} # no rule stands behind the incidents
  http:
    - {name: health, url: "%[4]s/$service", timeout: 2s, signal: true}
    - {name: neighbour, url: "%[4]s/$service-neighbour", timeout: 2s, scope: neighbour}
  scrape:
    - {name: gone, url: "http://127.0.0.1:1/metrics", metric: errors, healthy: "< 1", timeout: 1s, match: {labels: [blind="yes"]}}
`

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{ward: newWard(t)}
	w.prometheus = testbed.Prometheus(t, fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
scrape_configs:
- job_name: aftercheck
  file_sd_configs: [{files: ["%s/targets.json"]}]
`, dir), "", "--enable-feature=exemplar-storage")
	config := filepath.Join(dir, "aftercheck.yaml")
	text := fmt.Sprintf(settings, testbed.Redis(t), testbed.Alertmanager(t, ""), w.prometheus, w.ward.URL)
	write(t, config, text)
	process, err := testbed.Launch(testbed.Command{
		Name: "sidecar", Path: buildSidecar(t), Dir: dir,
		Args: []string{"serve", "--config.file", config, "--socket", filepath.Join(dir, "s"), "--storage.path", filepath.Join(dir, "a.db"), "--web.listen-address", "127.0.0.1:0"},
		Ready: func(ctx context.Context) (err error) {
			if w.sidecar, err = client.New(filepath.Join(dir, "s")); err != nil {
				return err
			}
			return w.sidecar.Ready(ctx)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		process.Kill()
		if t.Failed() {
			t.Log(process.LogTail(20))
		}
	})
	address := regexp.MustCompile(`metrics=(127\.0\.0\.1:\d+)`).FindStringSubmatch(process.LogTail(1000))
	if address == nil {
		t.Fatalf("the sidecar does not say where its metrics are:\n%s", process.LogTail(20))
	}
	w.metrics = "http://" + address[1] + "/metrics"
	// Renamed into place, so that Prometheus never reads half a file.
	write(t, filepath.Join(dir, "targets.new"), fmt.Sprintf(`[{"targets": [%q]}]`, address[1]))
	if err := os.Rename(filepath.Join(dir, "targets.new"), filepath.Join(dir, "targets.json")); err != nil {
		t.Fatal(err)
	}
	return w
}

func buildSidecar(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "aftercheck")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../cmd/sidecar").CombinedOutput(); err != nil {
		t.Fatalf("building the sidecar: %v\n%s", err, out)
	}
	return binary
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ward is a server of many services, each of which is well unless it is ill.
type ward struct {
	*httptest.Server
	ill sync.Map // by the path
}

func newWard(t *testing.T) *ward {
	w := &ward{}
	w.Server = httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		if _, ill := w.ill.Load(strings.TrimPrefix(r.URL.Path, "/")); ill {
			http.Error(answer, "unwell", http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(w.Close)
	return w
}

func (w *ward) fallIll(service string) { w.ill.Store(service, true) }
func (w *ward) recover(service string) { w.ill.Delete(service) }

// answer asks Prometheus' API and decodes the data of its answer.
func (w *world) answer(ctx context.Context, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.prometheus+path, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var said struct {
		Status, Error string
		Data          json.RawMessage
	}
	if err := json.NewDecoder(response.Body).Decode(&said); err != nil {
		return err
	}
	if said.Status != "success" {
		return fmt.Errorf("prometheus says %s: %s", said.Status, said.Error)
	}
	return json.Unmarshal(said.Data, into)
}
