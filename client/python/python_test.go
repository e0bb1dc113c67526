// Package python_test runs the tests of the executor's side in Python.
package python_test

import (
	"os/exec"
	"testing"

	"github.com/aftercheck/aftercheck/internal/testbed"
)

// TestPython runs the tests in Python, those of the documentation among them,
// against real sidecars.
func TestPython(t *testing.T) {
	binary, err := testbed.BuildSidecar(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	tests := exec.CommandContext(t.Context(), "python3", "-B", "-W", "error", "-X", "dev", "-m", "unittest", "--verbose")
	tests.Env = append(tests.Environ(), "AFTERCHECK_BINARY="+binary, "AFTERCHECK_ADDRESS=", "AFTERCHECK_TOKEN_FILE=", "AFTERCHECK_CA_FILE=")
	if out, err := tests.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestTypes holds it to its types, as Python 3.9 has them.
func TestTypes(t *testing.T) {
	check := exec.CommandContext(t.Context(), "mypy", "--strict", "--python-version", "3.9", "--cache-dir", t.TempDir(),
		"aftercheck.py", "harness.py", "test_aftercheck.py", "test_docs.py")
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
