package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"github.com/aftercheck/aftercheck/client"
)

// The timing of the demo's policy: short enough to watch.
const (
	warmup   = time.Second
	deadline = 9 * time.Second
	interval = time.Second
)

// settings is the configuration of the demo's sidecar: each story has a pair of
// services of its own, found by the incident's alert name.
var settings = template.Must(template.New("aftercheck.yaml").Parse(`# Written by aftercheck demo.
default_policy:
  warmup: {{.Warmup}}
  deadline: {{.Deadline}}
  interval: {{.Interval}}
  rounds: 3
sensors:
  kubernetes:
    enabled: "false"
  http:
{{- range .Wards}}
    - name: health_{{.Number}}
      url: http://{{.Patient}}/healthz
      match: {alertname: ShopOrdersFailing{{.Number}}}
      timeout: 1s
      signal: true
    - name: neighbour_{{.Number}}
      url: http://{{.Neighbour}}/healthz
      match: {alertname: ShopOrdersFailing{{.Number}}}
      timeout: 1s
      scope: neighbour
{{- end}}
  scrape:
{{- range .Wards}}
    - name: errors_{{.Number}}
      url: http://{{.Patient}}/metrics
      match: {alertname: ShopOrdersFailing{{.Number}}}
      timeout: 1s
      metric: shop_order_error_ratio
      unit: ratio
      better: lower
      healthy: "< 0.05"
{{- end}}
`))

// ward is what the configuration needs of one story's pair.
type ward struct {
	Number             int
	Patient, Neighbour string
}

// sidecar is a real sidecar process with its files in one folder.
type sidecar struct {
	folder, socket, metrics string
	process                 *exec.Cmd
	log                     bytes.Buffer
	exited                  chan struct{} // closed once it has ended
	exit                    error         // how it ended
	client                  *client.Client
}

// start writes the configuration, starts the binary, and waits until it is
// ready.
func start(ctx context.Context, binary, folder string, wards []ward) (*sidecar, error) {
	metrics, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	s := &sidecar{folder: folder, socket: filepath.Join(folder, "aftercheck.sock"), metrics: metrics, exited: make(chan struct{})}
	var text bytes.Buffer
	if err := settings.Execute(&text, map[string]any{"Warmup": warmup, "Deadline": deadline, "Interval": interval, "Wards": wards}); err != nil {
		return nil, fmt.Errorf("writing the demo's configuration: %w", err)
	}
	file := filepath.Join(folder, "aftercheck.yaml")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		return nil, fmt.Errorf("writing the demo's configuration: %w", err)
	}
	// Not bound to the context: it is stopped gently, and last.
	s.process = exec.CommandContext(context.WithoutCancel(ctx), binary, "serve", "--config.file="+file, "--socket="+s.socket,
		"--storage.path="+filepath.Join(folder, "aftercheck.db"), "--web.listen-address="+metrics)
	s.process.Stdout, s.process.Stderr = &s.log, &s.log
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("starting the sidecar: %w", err)
	}
	go func() {
		s.exit = s.process.Wait()
		close(s.exited)
	}()
	if s.client, err = client.New(s.socket); err != nil {
		return nil, fmt.Errorf("opening the sidecar's socket: %w", err)
	}
	return s, s.ready(ctx)
}

func freeAddress(ctx context.Context) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("finding a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// ready asks until the sidecar says so, or is dead, or ten seconds are over.
func (s *sidecar) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := s.client.Ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("the sidecar ended at once: %w; it said:\n%s", s.exit, s.log.String())
		case <-ctx.Done():
			return fmt.Errorf("the sidecar is not ready: %w; it said:\n%s", err, s.log.String())
		case <-tick.C:
		}
	}
}

// stop ends the sidecar and waits for it.
func (s *sidecar) stop() {
	if err := s.process.Process.Signal(os.Interrupt); err != nil {
		return // it has ended already
	}
	select {
	case <-s.exited:
	case <-time.After(10 * time.Second):
		_ = s.process.Process.Kill()
		<-s.exited
	}
}

// scrape returns the sidecar's own counters that are not zero.
func (s *sidecar) scrape(ctx context.Context) ([]string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.metrics+"/metrics", http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := customer.Do(request)
	if err != nil {
		return nil, fmt.Errorf("scraping the sidecar: %w", err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	if err != nil {
		return nil, fmt.Errorf("scraping the sidecar: %w", err)
	}
	return telling(string(page)), nil
}

// telling picks the samples that the stories moved.
func telling(page string) []string {
	var out []string
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		shown := strings.HasPrefix(line, "aftercheck_verifications_total") || strings.HasPrefix(line, "aftercheck_captures_total") ||
			strings.HasPrefix(line, "aftercheck_self_healing_score_sum") || strings.HasPrefix(line, "aftercheck_self_healing_score_count")
		if shown && !strings.HasSuffix(line, " 0") {
			out = append(out, line)
		}
	}
	return out
}
