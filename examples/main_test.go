package examples_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/aftercheck/aftercheck/internal/testbed"
)

// binaries is where the built sidecar is.
var binaries string

func TestMain(m *testing.M) {
	flag.Parse()
	code := 1
	dir, err := os.MkdirTemp("", "aftercheck-examples-")
	if err == nil {
		_, err = testbed.BuildSidecar(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		binaries = dir
		code = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}
