package evidencetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
)

const (
	racers    = 16
	raceCount = 10
)

// race runs do at once in many goroutines, several times over.
func race(t *testing.T, prepare func(n int), do func(n, racer int), check func(n int)) {
	t.Helper()
	for n := range raceCount {
		prepare(n)
		start := make(chan struct{})
		var all sync.WaitGroup
		for racer := range racers {
			all.Go(func() {
				<-start
				do(n, racer)
			})
		}
		close(start)
		all.Wait()
		check(n)
	}
}

func wantOneWinner(t *testing.T, winners *atomic.Int32) {
	t.Helper()
	if got := winners.Swap(0); got != 1 {
		t.Fatalf("%d winners, want 1", got)
	}
}

func testRacingPutSnapshot(t *testing.T, b Backend) {
	s := b.Open(t, 0)
	var seen sync.Map
	race(t, func(int) { seen.Clear() }, func(n, racer int) {
		snapshot := aftercheck.Snapshot{ID: fmt.Sprintf("s-%d", n), CapturedAt: epoch.Add(time.Duration(racer) * time.Second)}
		stored, err := s.PutSnapshot(t.Context(), snapshot)
		if err != nil {
			t.Errorf("putting: %v", err)
		}
		seen.Store(stored.CapturedAt.UnixNano(), true)
	}, func(int) {
		different := 0
		seen.Range(func(any, any) bool { different++; return true })
		if different != 1 {
			t.Fatalf("%d different snapshots were answered, want 1", different)
		}
	})
}

func testRacingAccept(t *testing.T, b Backend) {
	s := b.Open(t, 0)
	var winners, conflicts atomic.Int32
	race(t, func(int) {}, func(n, racer int) {
		v := Sample(n)
		v.AcceptedAt = v.AcceptedAt.Add(time.Duration(racer) * time.Millisecond)
		v.RequestDigest = []string{"one", "two"}[racer%2]
		_, created, err := s.Accept(t.Context(), v)
		switch {
		case created:
			winners.Add(1)
		case errors.Is(err, aftercheck.ErrConflict):
			conflicts.Add(1)
		case err != nil:
			t.Errorf("accepting: %v", err)
		}
	}, func(n int) {
		wantOneWinner(t, &winners)
		if got := conflicts.Swap(0); got != racers/2 {
			t.Errorf("%d conflicts, want %d: those with the other request", got, racers/2)
		}
		if listed := must[[]aftercheck.Verification](t, "listing")(ListAll(t.Context(), s, aftercheck.Filter{})); len(listed) != n+1 {
			t.Fatalf("%d are listed, want %d", len(listed), n+1)
		}
		if pending := must[map[string]time.Time](t, "pending")(PendingAll(t.Context(), s)); len(pending) != n+1 {
			t.Fatalf("%d are pending, want %d", len(pending), n+1)
		}
	})
}

func testRacingAddRound(t *testing.T, b Backend) {
	s := b.Open(t, 0)
	var winners atomic.Int32
	race(t, func(n int) { accepted(t, s, Sample(n)) }, func(n, racer int) {
		v := Sample(n)
		_, err := s.AddRound(t.Context(), v.ID, 1, SampleRound(v, racer), v.DeadlineAt)
		switch {
		case err == nil:
			winners.Add(1)
		case !errors.Is(err, aftercheck.ErrConflict):
			t.Errorf("adding a round: %v", err)
		}
	}, func(n int) {
		wantOneWinner(t, &winners)
		v := must[aftercheck.Verification](t, "reading")(s.Verification(t.Context(), Sample(n).ID))
		if v.Revision != 2 || len(v.Evidence.Rounds) != 1 {
			t.Fatalf("revision %d with %d rounds, want 2 with 1", v.Revision, len(v.Evidence.Rounds))
		}
	})
}

func testRacingSeal(t *testing.T, b Backend) {
	s := b.Open(t, 0)
	var (
		winners atomic.Int32
		winning atomic.Value
	)
	race(t, func(n int) { accepted(t, s, Sample(n)) }, func(n, racer int) {
		v, a := Sample(n), SampleAssessment(aftercheck.Success)
		a.Explanation = fmt.Sprintf("Racer %d won.", racer)
		sealed, err := s.Seal(t.Context(), v.ID, 1, a, v.DeadlineAt)
		switch {
		case err == nil:
			winners.Add(1)
			winning.Store(sealed)
		case !errors.Is(err, aftercheck.ErrSealed) || sealed.Assessment == nil:
			t.Errorf("sealing: %v with assessment %v, want the winner's and ErrSealed", err, sealed.Assessment)
		}
	}, func(n int) {
		wantOneWinner(t, &winners)
		same(t, "read", must[aftercheck.Verification](t, "reading")(s.Verification(t.Context(), Sample(n).ID)), winning.Load())
	})
}
