package testbed

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Sidecar is a real sidecar process. It keeps its socket and its store over
// restarts.
type Sidecar struct {
	Socket string

	*Process
}

// BuildSidecar builds the sidecar into a directory and returns the binary's
// path. It is called once for a test binary, by its TestMain.
func BuildSidecar(dir string) (string, error) {
	binary := filepath.Join(dir, "aftercheck")
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/aftercheck/aftercheck/cmd/sidecar").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the sidecar: %w\n%s", err, out)
	}
	return binary, nil
}

// StartSidecar starts a built sidecar with a configuration and further flags. It
// serves on a socket in a directory of its own until the test ends. Flags are written
// with "="; they win over those of the testbed.
func StartSidecar(t testing.TB, binary, config string, flags ...string) *Sidecar {
	t.Helper()
	dir := t.TempDir()
	s := &Sidecar{Socket: filepath.Join(dir, "s.sock")}
	file := writeFile(t, dir, "aftercheck.yaml", config)
	process, err := Launch(Command{
		Name: "aftercheck", Path: binary, Dir: dir, Env: os.Environ(),
		Args: append([]string{"serve"}, withDefaults(flags, "--config.file="+file, "--socket="+s.Socket,
			"--web.listen-address=127.0.0.1:0", "--storage.path="+filepath.Join(dir, "evidence.db"))...),
		Ready: readyOn(s.Socket),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Process = process
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			t.Log(s.LogTail(30))
		}
	})
	return s
}

// Restart kills the sidecar if it still runs, and starts it again with what it
// has kept. It fails the test from any goroutine, since one may ill-treat the
// sidecar while the test waits for it.
func (s *Sidecar) Restart(t testing.TB) {
	t.Helper()
	s.Kill()
	again, err := Launch(s.command)
	if err != nil {
		t.Error(err)
		return
	}
	s.Process = again
}

// readyOn is ready when the sidecar on a socket says so.
func readyOn(socket string) func(context.Context) error {
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
		DisableKeepAlives: true,
	}}
	return askedOK(client, "http://aftercheck/-/ready")
}
