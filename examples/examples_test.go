// Package examples_test runs the examples against the API on a real socket.
package examples_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/api"
	"github.com/aftercheck/aftercheck/internal/api/apitest"
)

// example is how an example is run, and what it prints and exits with where the
// verdict is a success, where it is not, and where there is no sidecar.
type example struct {
	command                  []string
	success, failed          string
	failedCode, noAnswerCode int
}

func examples(t *testing.T) map[string]example {
	built := filepath.Join(t.TempDir(), "executor")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", built, "./go").CombinedOutput(); err != nil {
		t.Fatalf("building the Go example: %v\n%s", err, out)
	}
	return map[string]example{
		"go":     {[]string{built}, "success (recovered): It recovered.", "failed (still_broken)", 1, 2},
		"python": {[]string{"python3", "python/executor.py"}, "success (recovered), score 0.90", "failed (still_broken), score none", 1, 2},
		"curl":   {[]string{"sh", "curl/executor.sh"}, `"verdict":"success"`, `"verdict":"failed"`, 0, 7},
	}
}

// run runs an example that repairs with echo.
func run(t *testing.T, e example, socket string) (output string, code int) {
	t.Helper()
	arguments := append(append([]string{}, e.command[1:]...), socket, "inc-1", "echo", "restart_service:api")
	command := exec.CommandContext(t.Context(), e.command[0], arguments...)
	command.Env = append(command.Environ(), "AFTERCHECK_LABELS=namespace=shop,deployment=api", "PYTHONPATH=../client/python", "PYTHONDONTWRITEBYTECODE=1")
	out, err := command.CombinedOutput()
	if command.ProcessState == nil {
		t.Fatalf("%v: %v", command.Args, err)
	}
	return string(out), command.ProcessState.ExitCode()
}

func TestExamples(t *testing.T) {
	score := 0.9
	recovered := &aftercheck.Assessment{
		Verdict: aftercheck.Success, Reason: aftercheck.ReasonRecovered, Explanation: "It recovered.", Score: &score,
	}
	broken := &aftercheck.Assessment{Verdict: aftercheck.Failed, Reason: aftercheck.ReasonStillBroken}
	for name, e := range examples(t) {
		t.Run(name, func(t *testing.T) {
			engine := &apitest.Engine{SealWith: recovered}
			socket := apitest.Serve(t, api.Options{Engine: engine})
			if out, code := run(t, e, socket); code != 0 || !strings.Contains(out, e.success) || !strings.Contains(out, "restart_service:api") {
				t.Errorf("a repair that works: exits %d: %s", code, out)
			}
			asked(t, engine)
			engine = &apitest.Engine{SealWith: broken}
			socket = apitest.Serve(t, api.Options{Engine: engine})
			if out, code := run(t, e, socket); code != e.failedCode || !strings.Contains(out, e.failed) {
				t.Errorf("a repair that does nothing: exits %d: %s", code, out)
			}
			if out, code := run(t, e, socket+".none"); code != e.noAnswerCode || !strings.Contains(out, "restart_service:api") {
				t.Errorf("without a sidecar: exits %d: %s", code, out)
			}
		})
	}
}

// asked checks what the example asked for.
func asked(t *testing.T, engine *apitest.Engine) {
	t.Helper()
	page, err := engine.List(t.Context(), aftercheck.Filter{})
	if err != nil || len(page.Verifications) != 1 {
		t.Fatalf("stored %+v, %v", page, err)
	}
	v := page.Verifications[0]
	if v.SnapshotID == "" || v.Action.Text != "echo restart_service:api" || v.Action.StartedAt.IsZero() || v.Action.FinishedAt.Before(v.Action.StartedAt) {
		t.Errorf("stored %+v", v)
	}
}
