package apitest

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck/internal/api"
)

// Serve serves the options' API on a real unix socket until the test ends, and
// returns the socket's path.
func Serve(t testing.TB, o api.Options) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "aftercheck.sock")
	l, err := api.ListenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	run(t, l, o)
	return path
}

// run serves until the test ends.
func run(t testing.TB, l net.Listener, o api.Options) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	log := slog.New(slog.DiscardHandler)
	go func() { ended <- api.Serve(ctx, l, api.New(o), time.Second, log) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
}
