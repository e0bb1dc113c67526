package evidence_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
)

// fileToFill, in the environment, makes the test binary fill a store until it
// is killed.
const fileToFill = "EVIDENCE_TEST_FILL"

func TestMain(m *testing.M) {
	if path := os.Getenv(fileToFill); path != "" {
		fillUntilKilled(path)
	}
	if path := os.Getenv(fileToOverfill); path != "" {
		if err := fillBeyondTheRoom(path); err != nil {
			panic(err)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// fillUntilKilled accepts from several goroutines, and prints each ID once it
// is acknowledged.
func fillUntilKilled(path string) {
	s, err := evidence.OpenFile(path, evidence.FileOptions{})
	if err != nil {
		panic(err)
	}
	var all sync.WaitGroup
	for writer := range 8 {
		all.Go(func() {
			for n := writer; ; n += 8 {
				v := evidencetest.Sample(n)
				if _, created, err := s.Accept(context.Background(), v); err != nil || !created {
					panic(fmt.Sprint(v.ID, created, err))
				}
				fmt.Println(v.ID)
			}
		})
	}
	all.Wait()
}

// TestFileOutlivesKill kills a process that writes, several times, and finds
// everything that it had acknowledged.
func TestFileOutlivesKill(t *testing.T) {
	for turn := range 3 {
		path := filepath.Join(t.TempDir(), "evidence.db")
		acknowledged := fillAndKill(t, path, 100+77*turn)
		s := openFile(t, path, evidence.FileOptions{})
		pending, err := evidencetest.PendingAll(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range acknowledged {
			if _, err := s.Verification(t.Context(), id); err != nil {
				t.Errorf("%s was acknowledged: %v", id, err)
			}
			if _, found := pending[id]; !found {
				t.Errorf("%s was acknowledged and is not pending", id)
			}
		}
		if _, err := evidencetest.World(t.Context(), s); err != nil {
			t.Errorf("the store contradicts itself: %v", err)
		}
	}
}

// fillAndKill kills a process after it has acknowledged n, and returns all that
// it acknowledged.
func fillAndKill(t *testing.T, path string, n int) []string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fileToFill+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var acknowledged []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		acknowledged = append(acknowledged, lines.Text())
		if len(acknowledged) == n {
			_ = cmd.Process.Kill()
		}
	}
	if err := cmd.Wait(); err == nil || len(acknowledged) < n {
		t.Fatalf("the process ended by itself: %v, after %d", err, len(acknowledged))
	}
	return acknowledged
}

func fileSize(t testing.TB, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
