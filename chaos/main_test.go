//go:build chaos

package chaos

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	long  = flag.Bool("long", false, "run each scenario at its full length")
	given = flag.String("aftercheck", "", "a built sidecar to test, as an absolute path; empty builds this one")
	seed  = flag.Uint64("seed", 0, "seed of all that is random; 0 takes one from the clock")

	// binary is the sidecar under test.
	binary string
	// proxyBinary is toxiproxy's server.
	proxyBinary string
	// results are the rows of the table.
	results table
)

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// runAll builds what is tested, runs the scenarios and prints the table.
func runAll(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "aftercheck-chaos-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	if binary = *given; binary == "" {
		binary = filepath.Join(dir, "aftercheck")
		if out, err := command("..", "go", "build", "-o", binary, "./cmd/sidecar"); err != nil {
			return 0, fmt.Errorf("building the sidecar: %w\n%s", err, out)
		}
	}
	path, err := command("..", "scripts/build-tool.sh", "toxiproxy", "github.com/Shopify/toxiproxy/v2/cmd/server")
	if err != nil {
		return 0, fmt.Errorf("building toxiproxy: %w\n%s", err, path)
	}
	lines := strings.Split(strings.TrimSpace(path), "\n")
	proxyBinary = lines[len(lines)-1]
	fmt.Printf("seed %d; repeat with: make chaos SEED=%d\n", *seed, *seed)
	began := time.Now()
	code := m.Run()
	results.print(os.Stdout)
	fmt.Printf("seed %d, %s\n", *seed, time.Since(began).Round(time.Second))
	return code, nil
}

func command(dir, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// random returns a source that is the same in each run with the same seed,
// whichever scenarios are chosen.
func random(scenario string) *rand.Rand {
	stream := uint64(14695981039346656037) // FNV-1a
	for _, b := range []byte(scenario) {
		stream = (stream ^ uint64(b)) * 1099511628211
	}
	return rand.New(rand.NewPCG(*seed, stream))
}

// either returns the first in the long form and the second in the short one.
func either[T any](inLong, inShort T) T {
	if *long {
		return inLong
	}
	return inShort
}

// pause waits; false if the context ended before.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
