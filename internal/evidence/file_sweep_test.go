package evidence_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
)

// emptyFile is what an empty store holds: its layout, and a mark of Check.
var emptyFile = map[string]int{
	"aftercheck": 1, "verifications": 0, "snapshots": 0, "accepted": 0, "incidents": 0, "pending": 0, "expiry": 0, "errands": 0, "errand index": 0,
}

// TestFileSweepsAfterThirtyDays lets a month pass.
func TestFileSweepsAfterThirtyDays(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openFile(t, dir+"/evidence.db", evidence.FileOptions{})
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error)
		go func() { ran <- s.Run(ctx) }()

		began := time.Now()
		for n := range 700 { // more than one transaction sweeps
			v := evidencetest.Sample(n)
			v.AcceptedAt, v.DeadlineAt = began, began
			if _, _, err := s.Accept(t.Context(), v); err != nil {
				t.Fatal(err)
			}
		}
		touched := evidencetest.Sample(7)
		time.Sleep(10 * 24 * time.Hour)
		if _, err := s.AddRound(t.Context(), touched.ID, 1, evidencetest.SampleRound(touched, 0), time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20*24*time.Hour - time.Minute)
		if got := s.Keys()["accepted"]; got != 700 {
			t.Errorf("a minute before 30 days %d are left, want all 700", got)
		}
		time.Sleep(2 * time.Hour)
		if got := s.Keys()["accepted"]; got != 1 {
			t.Errorf("after 30 days %d are left, want the one that had a round since", got)
		}
		time.Sleep(10 * 24 * time.Hour)
		if diff := cmp.Diff(emptyFile, s.Keys()); diff != "" {
			t.Errorf("after 40 days (-want +got):\n%s", diff)
		}
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestFileReusesTheRoom fills and sweeps again and again: the file stays near
// what one filling needs.
func TestFileReusesTheRoom(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		path := dir + "/evidence.db"
		s := openFile(t, path, evidence.FileOptions{Retention: time.Hour})
		sizes := []int64{}
		for turn := range 6 {
			for n := range 60 {
				v := evidencetest.Sample(1000*turn + n)
				v.DeadlineAt = time.Now()
				if _, _, err := s.Accept(t.Context(), v); err != nil {
					t.Fatal(err)
				}
				if _, err := s.PutSnapshot(t.Context(), aftercheck.Snapshot{ID: fmt.Sprintf("s-%d-%d", turn, n)}); err != nil {
					t.Fatal(err)
				}
			}
			sizes = append(sizes, fileSize(t, path))
			time.Sleep(2 * time.Hour)
			if err := s.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(emptyFile, s.Keys()); diff != "" {
				t.Fatalf("after the sweep (-want +got):\n%s", diff)
			}
		}
		if last := sizes[len(sizes)-1]; last > 2*sizes[0] {
			t.Errorf("the file grew: %v bytes", sizes)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
