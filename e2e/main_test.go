//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"
)

// shared is the cluster of all the tests.
var shared *Cluster

// Shared returns the cluster that all the tests use.
func Shared(t testing.TB) *Cluster {
	t.Helper()
	if shared == nil {
		t.Fatal("the cluster is not running")
	}
	return shared
}

func TestMain(m *testing.M) {
	code, err := runOnCluster(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runOnCluster(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "aftercheck-e2e-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	began := time.Now()
	shared, err = Start(context.Background(), dir)
	if err != nil {
		return 0, fmt.Errorf("starting the control plane: %w", err)
	}
	defer shared.Stop()
	fmt.Printf("control plane ready in %s\n", time.Since(began).Round(100*time.Millisecond))
	code := m.Run()
	if code != 0 {
		fmt.Println(shared.Logs(10))
	}
	return code, nil
}
