package testbed

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// pollInterval is the time between two looks at a condition.
const pollInterval = 20 * time.Millisecond

// Eventually returns once the condition returns nil, and fails the test with
// the condition's last error if that does not happen within the given time.
func Eventually(t testing.TB, within time.Duration, condition func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if err := poll(ctx, condition); err != nil {
		t.Fatalf("not within %s: %v", within, err)
	}
}

// poll asks until the condition holds, the context ends, or the server that
// the condition waits for is gone. It asks at least once.
func poll(ctx context.Context, condition func() error) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		err := condition()
		if err == nil || errors.Is(err, errExited) {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("%w (%w)", err, ctx.Err())
		}
	}
}
