package testbed

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Tool builds a tool from its module below tools, unless it is built already,
// and returns the path of its binary.
func Tool(t testing.TB, name, pkg string) string {
	t.Helper()
	var said bytes.Buffer
	build := exec.CommandContext(t.Context(), "scripts/build-tool.sh", name, pkg)
	build.Dir, build.Stderr = root(), &said
	path, err := build.Output()
	if err != nil {
		t.Fatalf("building %s: %v\n%s", name, err, said.Bytes())
	}
	return strings.TrimSpace(string(path))
}

// root is the directory of the module.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// Helm runs helm with the arguments and returns what it prints. It has
// directories of its own, so that neither repositories nor plugins of the user
// matter; the error holds what helm says.
func Helm(t testing.TB, args ...string) (string, error) {
	t.Helper()
	home := t.TempDir()
	run := exec.CommandContext(t.Context(), Tool(t, "helm", "helm.sh/helm/v4/cmd/helm"), args...)
	run.Env = append(os.Environ(), "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home)
	out, err := run.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return "", fmt.Errorf("helm %s: %w\n%s%s", strings.Join(args, " "), err, out, failed.Stderr)
	}
	return string(out), err
}

// ChartThatDepends copies the chart in dir/testdata/executor and the chart in
// dir/aftercheck that it depends on, where dir is the repository's charts, and
// returns the path of the copy with its dependency in place.
func ChartThatDepends(t testing.TB, charts string) string {
	t.Helper()
	copied := t.TempDir()
	chart := filepath.Join(copied, "testdata", "executor")
	CopyChart(t, filepath.Join(charts, "aftercheck"), filepath.Join(copied, "aftercheck"))
	CopyChart(t, filepath.Join(charts, "testdata", "executor"), chart)
	if _, err := Helm(t, "dependency", "update", chart); err != nil {
		t.Fatal(err)
	}
	return chart
}

// CopyChart copies a chart; what links in it lead to becomes part of the copy.
func CopyChart(t testing.TB, from, to string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "cp", "-RL", from, to).CombinedOutput(); err != nil {
		t.Fatalf("copying the chart: %v\n%s", err, out)
	}
}
