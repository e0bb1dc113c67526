package verify_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/verify"
)

// storeToWork, in the environment, makes the test binary a sidecar on that file
// until it is killed.
const storeToWork = "VERIFY_TEST_STORE"

func TestMain(m *testing.M) {
	if path := os.Getenv(storeToWork); path != "" {
		workUntilKilled(path)
	}
	goleak.VerifyTestMain(m)
}

func brief(string, aftercheck.Incident) (aftercheck.Policy, error) {
	p := aftercheck.DefaultPolicy()
	p.Warmup, p.Deadline, p.Interval = 0, aftercheck.Duration(2*time.Second), aftercheck.Duration(100*time.Millisecond)
	return p, nil
}

// workUntilKilled accepts one verification after the other and prints each ID
// once it is accepted.
func workUntilKilled(path string) {
	store, err := evidence.OpenFile(path, evidence.FileOptions{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	engine := verify.New(verify.Options{Store: store, Sensors: &eyes{takes: time.Millisecond}, Policies: brief})
	go func() { fmt.Fprintln(os.Stderr, engine.Run(context.Background())) }()
	for {
		v, _, err := engine.Accept(context.Background(), request(""))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(v.ID)
	}
}
