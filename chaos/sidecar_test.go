//go:build chaos

package chaos

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck/client"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// sidecar is one real sidecar over all its lives.
type sidecar struct {
	name    string
	socket  string
	web     string // URL of its metrics
	api     *client.Client
	command testbed.Command

	mu      sync.Mutex // held while it is killed and started
	process *testbed.Process
	dead    float64 // verdicts that its former lives had counted when they were last looked at
}

// newSidecar starts a sidecar with the store and more settings, in YAML.
func newSidecar(t *testing.T, name, settings, storage string, env ...string) *sidecar {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "aftercheck.yaml")
	if err := os.WriteFile(config, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	address := "127.0.0.1:" + strconv.Itoa(testbed.FreePort(t))
	s := &sidecar{name: name, socket: filepath.Join(dir, "s.sock"), web: "http://" + address}
	if storage == "" {
		storage = filepath.Join(dir, "evidence.db")
	}
	s.command = testbed.Command{
		Name: name, Path: binary, Dir: dir, Env: append(os.Environ(), env...), Within: 20 * time.Second,
		Args: []string{"serve", "--config.file", config, "--socket", s.socket, "--web.listen-address", address, "--storage.path", storage},
		Ready: func(ctx context.Context) error {
			_, err := s.page(ctx)
			return err
		},
	}
	var err error
	if s.api, err = client.New(s.socket); err != nil {
		t.Fatal(err)
	}
	if err := s.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.end(t) })
	return s
}

// start starts it again and again, as a kubelet does, until it runs.
func (s *sidecar) start(ctx context.Context) error {
	for {
		process, err := testbed.Launch(s.command)
		if err == nil {
			s.process = process
			return nil
		}
		if !pause(ctx, 200*time.Millisecond) {
			return err
		}
	}
}

// kill ends it at once. What it counted up to just before is remembered; what
// it counts between that look and its death is not seen.
func (s *sidecar) kill(ctx context.Context) {
	if counted, err := s.counted(ctx); err == nil {
		s.dead += counted
	}
	s.process.Kill()
}

// restart kills it and starts it again.
func (s *sidecar) restart(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kill(ctx)
	return s.start(ctx)
}

func (s *sidecar) end(t *testing.T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.process.Kill()
	if t.Failed() {
		t.Log(s.process.LogTail(15))
	}
}

// page returns the samples of its metrics page by their names with labels.
func (s *sidecar) page(ctx context.Context) (map[string]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.web+"/metrics", http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	samples := map[string]float64{}
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		name, number, found := strings.Cut(lines.Text(), " ")
		if value, err := strconv.ParseFloat(number, 64); found && err == nil {
			samples[name] = value
		}
	}
	if len(samples) == 0 {
		return nil, fmt.Errorf("%s: status %d and no samples", s.web, response.StatusCode)
	}
	return samples, nil
}

// counted is how many verdicts this life of the sidecar has counted.
func (s *sidecar) counted(ctx context.Context) (sum float64, err error) {
	samples, err := s.page(ctx)
	for name, value := range samples {
		if strings.HasPrefix(name, "aftercheck_verifications_total{") {
			sum += value
		}
	}
	return sum, err
}
