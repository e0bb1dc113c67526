//go:build e2ealerts

package alerts

import (
	"fmt"
	"os"
	"testing"

	"github.com/aftercheck/aftercheck/internal/testbed"
)

// binary is the sidecar under test.
var binary string

func TestMain(m *testing.M) {
	code, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// runAll builds the sidecar and runs the tests.
func runAll(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "aftercheck-alerts-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if binary, err = testbed.BuildSidecar(dir); err != nil {
		return 0, err
	}
	return m.Run(), nil
}
