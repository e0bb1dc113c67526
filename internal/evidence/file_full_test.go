package evidence_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
)

// fileToOverfill, in the environment, makes the test binary fill a store until
// there is no more room, and go on once there is.
const fileToOverfill = "EVIDENCE_TEST_OVERFILL"

// roomAtFirst is a little more than a step in which the file grows, 16 MiB.
const roomAtFirst = 20 << 20

// fillBeyondTheRoom prints each ID that is acknowledged. What it does not find
// as it should be ends the process with an error.
func fillBeyondTheRoom(path string) error {
	signal.Ignore(syscall.SIGXFSZ) // so that a write beyond the limit is an error, as on a full disk
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	unlimited := limit.Cur
	limit.Cur = roomAtFirst
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	s, err := evidence.OpenFile(path, evidence.FileOptions{})
	if err != nil {
		return err
	}
	refused, err := fillUntilRefused(s)
	if err != nil {
		return err
	}
	if err := s.Check(context.Background()); refused > 0 && err != nil && !errors.Is(err, aftercheck.ErrUnavailable) {
		return fmt.Errorf("checking a full store: %w", err)
	}
	if _, err := s.Verification(context.Background(), evidencetest.Sample(0).ID); err != nil {
		return fmt.Errorf("reading from a full store: %w", err)
	}
	limit.Cur = unlimited
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	for n := refused; n < refused+20; n++ { // the refused one is sent again
		if err := acceptAndTell(s, n); err != nil {
			return fmt.Errorf("with room again: %w", err)
		}
	}
	return s.Close()
}

// fillUntilRefused returns the first that was refused.
func fillUntilRefused(s evidence.Store) (refused int, err error) {
	for n := range 100_000 {
		switch err := acceptAndTell(s, n); {
		case errors.Is(err, aftercheck.ErrUnavailable):
			return n, nil
		case err != nil:
			return n, err
		}
	}
	return 0, errors.New("there was no end to the room")
}

func acceptAndTell(s evidence.Store, n int) error {
	v := evidencetest.Sample(n)
	v.Evidence.PreState.Readings[0].Raw = strings.Repeat("x", 100_000)
	if _, _, err := s.Accept(context.Background(), v); err != nil {
		return err
	}
	fmt.Println(v.ID)
	return nil
}

// TestFileWithoutRoom fills a store beyond what the file may have: what does not
// fit is refused, nothing that was acknowledged is lost, and it goes on by itself
// where there is room again.
func TestFileWithoutRoom(t *testing.T) {
	path := filepath.Join(t.TempDir(), "evidence.db")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fileToOverfill+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	s := openFile(t, path, evidence.FileOptions{})
	acknowledged := 0
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); acknowledged++ {
		if _, err := s.Verification(t.Context(), lines.Text()); err != nil {
			t.Errorf("%s was acknowledged: %v", lines.Text(), err)
		}
	}
	if size := fileSize(t, path); acknowledged < 50 || size <= roomAtFirst {
		t.Errorf("%d were acknowledged in %d bytes, so the test filled nothing", acknowledged, size)
	}
	if _, err := evidencetest.World(t.Context(), s); err != nil {
		t.Errorf("the store contradicts itself: %v", err)
	}
}
