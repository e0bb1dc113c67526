package examples_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/client"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// ward is a real sidecar that looks at a patient, and a kubectl that cures it.
type ward struct {
	t       *testing.T
	dir     string // where examples run
	sidecar *testbed.Sidecar
	cures   bool
}

// newWard starts one. The patient is cured if cures is set, and kubectl exits with
// the code.
func newWard(t *testing.T, cures bool, code int) *ward {
	w := &ward{t: t, dir: t.TempDir(), cures: cures}
	cured := filepath.Join(w.dir, "cured")
	patient := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		if _, err := os.Stat(cured); err != nil || !w.cures {
			rw.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(patient.Close)
	kubectl := fmt.Sprintf("#!/bin/sh\necho \"kubectl $*\"\ntouch '%s'\nexit %d\n", cured, code)
	if err := os.WriteFile(filepath.Join(w.dir, "kubectl"), []byte(kubectl), 0o700); err != nil {
		t.Fatal(err)
	}
	deadline := "60s"
	if !cures {
		deadline = "2s"
	}
	w.sidecar = testbed.StartSidecar(t, filepath.Join(binaries, "aftercheck"), fmt.Sprintf(`
default_policy: {warmup: 200ms, deadline: %s, interval: 200ms, rounds: 2}
sensors:
  kubernetes: {enabled: false}
  http:
    - {name: shop, url: %q, timeout: 5s, signal: true}
`, deadline, patient.URL))
	return w
}

// run runs a command of an example, and returns what it printed and its code.
func (w *ward) run(environment []string, command ...string) (string, int) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), command[0], command[1:]...)
	cmd.Dir = w.dir
	cmd.Env = append(cmd.Environ(), environment...)
	cmd.Env = append(cmd.Env, "PATH="+w.dir+":"+binaries+":"+os.Getenv("PATH"), "AFTERCHECK_ADDRESS="+w.sidecar.Socket,
		"AFTERCHECK_TOKEN_FILE=", "AFTERCHECK_CA_FILE=", "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	if exited := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exited) {
		w.t.Fatalf("%v: %v", command, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// judged returns the verdicts of the sidecar, and checks what was asked for.
func (w *ward) judged(action string) []aftercheck.Verdict {
	w.t.Helper()
	c, err := client.New(w.sidecar.Socket)
	if err != nil {
		w.t.Fatal(err)
	}
	page, err := c.List(context.Background(), aftercheck.Filter{})
	if err != nil {
		w.t.Fatal(err)
	}
	var verdicts []aftercheck.Verdict
	for _, v := range page.Verifications {
		if v.SnapshotID == "" || v.Incident.Name() != "ApiErrorsHigh" || v.Incident.Labels["deployment"] != "api" || v.Action.Text != action {
			w.t.Errorf("asked for %+v of %+v with snapshot %q", v.Action, v.Incident, v.SnapshotID)
		}
		if v.Assessment != nil {
			verdicts = append(verdicts, v.Verdict)
		}
	}
	return verdicts
}

// content reads a file that the example wrote.
func (w *ward) content(name string) string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		w.t.Error(err)
	}
	return string(text)
}
