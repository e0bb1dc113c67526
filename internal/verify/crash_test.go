package verify_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/testbed"
	"github.com/aftercheck/aftercheck/internal/verify"
)

// killed runs a sidecar on the file, kills it once it has accepted so many, and
// returns their IDs.
func killed(t *testing.T, path string, many int) (ids []string) {
	t.Helper()
	sidecar := exec.Command(os.Args[0])
	sidecar.Env, sidecar.Stderr = append(os.Environ(), storeToWork+"="+path), os.Stderr
	out, err := sidecar.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := sidecar.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); len(ids) < many && lines.Scan(); {
		ids = append(ids, lines.Text())
	}
	if err := sidecar.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = sidecar.Wait() // it was killed
	if len(ids) < many {
		t.Fatalf("the sidecar accepted %d and ended", len(ids))
	}
	return ids
}

func TestKilledBetweenAcceptAndVerdict(t *testing.T) {
	path := filepath.Join(t.TempDir(), "evidence.db")
	ids := killed(t, path, 50)
	ids = append(ids, killed(t, path, 50)...)
	store, err := evidence.OpenFile(path, evidence.FileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	h := newHouse(func(o *verify.Options) { o.Store, o.Policies = store, brief })
	h.run(t)
	for _, id := range ids {
		v, err := h.engine.Wait(t.Context(), id, 30*time.Second)
		if err != nil || !v.Sealed() || v.Evidence == nil || len(v.Evidence.Rounds) == 0 && v.Verdict != aftercheck.Timeout {
			t.Fatalf("%s: %s with evidence %v, %v", id, v.State, v.Evidence, err)
		}
	}
	testbed.Eventually(t, 10*time.Second, func() error {
		left := 0
		err := store.Pending(t.Context(), func(string, time.Time) error { left++; return nil })
		if err == nil && left > 0 {
			err = errors.New("verifications are left pending")
		}
		return err
	})
	h.stop()
	for id, times := range h.told.about {
		if times != 1 {
			t.Errorf("%s was told %d times", id, times)
		}
	}
	if float64(len(h.told.about)) < h.sealedCount(t) { // more where one was killed between its seal and its telling
		t.Errorf("%d told, %v counted", len(h.told.about), h.sealedCount(t))
	}
}
