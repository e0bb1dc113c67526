package evidencetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// step is one write in the life of a verification.
type step func(ctx context.Context, s evidence.Store) error

// life returns the steps of the nth verification: its snapshot, itself, three
// rounds, the verdict, that it is made known; at last a look whether there is
// more to do.
func life(n int) []step {
	v := Sample(n)
	steps := []step{
		func(ctx context.Context, s evidence.Store) error {
			_, err := s.PutSnapshot(ctx, *v.Evidence.PreState)
			return err
		},
		func(ctx context.Context, s evidence.Store) error {
			_, _, err := s.Accept(ctx, v)
			return err
		},
	}
	for i := range 3 {
		steps = append(steps, func(ctx context.Context, s evidence.Store) error {
			r := SampleRound(v, i)
			revision, err := s.AddRound(ctx, v.ID, int64(i+1), r, r.At.Add(5*time.Second))
			if err == nil && revision != int64(i+2) {
				err = fmt.Errorf("revision %d after round %d", revision, i)
			}
			return err
		})
	}
	return append(steps,
		func(ctx context.Context, s evidence.Store) error {
			_, err := s.Seal(ctx, v.ID, 4, SampleAssessment(aftercheck.Success), v.DeadlineAt)
			return err
		},
		func(ctx context.Context, s evidence.Store) error {
			known := v
			known.State = aftercheck.StateSealed
			return s.Settle(ctx, known)
		},
		func(ctx context.Context, s evidence.Store) error {
			_, err := s.Lead(ctx, v.ID)
			if errors.Is(err, aftercheck.ErrSealed) {
				return nil
			}
			return errors.Join(err, errors.New("a settled verdict is still to be led"))
		})
}

// Live takes the nth verification through its whole life: its writes, and a look
// at its end.
func Live(ctx context.Context, s evidence.Store, n int) error {
	for i, do := range life(n) {
		if err := do(ctx, s); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
	}
	return nil
}

// LiveSteps takes the nth verification through a part of its life: the steps
// from, and before, to.
func LiveSteps(ctx context.Context, s evidence.Store, n, from, to int) error {
	for i, do := range life(n)[from:to] {
		if err := do(ctx, s); err != nil {
			return fmt.Errorf("step %d: %w", from+i, err)
		}
	}
	return nil
}

// LiveStubbornly is Live for a caller that sends each write again, once, when
// it was not answered.
func LiveStubbornly(ctx context.Context, s evidence.Store, n int) error {
	for i, do := range life(n) {
		err := do(ctx, s)
		if errors.Is(err, aftercheck.ErrUnavailable) {
			err = do(ctx, s)
		}
		if err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
	}
	return nil
}

// LifeSnapshots are the IDs of the snapshots of the first n lives.
func LifeSnapshots(n int) []string {
	var out []string
	for i := range n {
		out = append(out, Sample(i).Evidence.PreState.ID)
	}
	return out
}

// testLostRequestsAndAnswers loses the request or the answer of each write in
// turn. A caller that asks again finds the world as if nothing had happened.
func testLostRequestsAndAnswers(t *testing.T, b Backend) {
	model := NewModel()
	if err := Live(t.Context(), model, 0); err != nil {
		t.Fatal(err)
	}
	want := must[string](t, "model's world")(World(t.Context(), model, LifeSnapshots(1)...))
	for step := range life(0) {
		for name, fault := range map[string]Fault{"request": FaultRequestLost, "answer": FaultAnswerLost} {
			t.Run(fmt.Sprintf("%s of step %d", name, step), func(t *testing.T) {
				calls := 0
				store := b.Open(t, 0)
				faulty := NewFaulty(store, func(string) Fault {
					calls++
					if calls == step+1 {
						return fault
					}
					return FaultNone
				})
				if err := LiveStubbornly(t.Context(), faulty, 0); err != nil {
					t.Fatal(err)
				}
				same(t, "world", must[string](t, "world")(World(t.Context(), store, LifeSnapshots(1)...)), want)
			})
		}
	}
}

// testCrash kills the store in the midst of several lives, each at another
// step, and finds everything that was answered; then the lives go on.
func testCrash(t *testing.T, b Backend) {
	store, crash := b.Crash(t)
	model := NewModel()
	steps := len(life(0))
	stores := []evidence.Store{store, model}
	for n := range steps {
		for _, s := range stores {
			for _, do := range life(n)[:n+1] {
				if err := do(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	want := must[string](t, "model's world")(World(t.Context(), model, LifeSnapshots(steps)...))
	store = crash()
	same(t, "world after the crash", must[string](t, "world")(World(t.Context(), store, LifeSnapshots(steps)...)), want)

	for n := range steps {
		for _, s := range []evidence.Store{store, model} {
			for _, do := range life(n)[n:] { // the last step before the crash is sent again
				if err := do(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	want = must[string](t, "model's world")(World(t.Context(), model, LifeSnapshots(steps)...))
	same(t, "world at the end", must[string](t, "world")(World(t.Context(), store, LifeSnapshots(steps)...)), want)
}

// testRetention waits until records are gone, and uses their IDs again.
func testRetention(t *testing.T, b Backend) {
	s := b.Open(t, 300*time.Millisecond)
	v := Sample(1)
	v.DeadlineAt = time.Now().Add(-time.Hour)
	accepted(t, s, v)
	must[aftercheck.Snapshot](t, "putting")(s.PutSnapshot(t.Context(), aftercheck.Snapshot{ID: "s-1"}))
	testbed.Eventually(t, 10*time.Second, func() error {
		_, verification := s.Verification(t.Context(), v.ID)
		_, snapshot := s.Snapshot(t.Context(), "s-1")
		if !errors.Is(verification, aftercheck.ErrNotFound) || !errors.Is(snapshot, aftercheck.ErrNotFound) {
			return fmt.Errorf("reading what should have expired: %w, %w", verification, snapshot)
		}
		return nil
	})
	_, err := s.Seal(t.Context(), v.ID, 1, SampleAssessment(aftercheck.Success), time.Now())
	wantErr(t, "sealing", err, aftercheck.ErrNotFound)
	_, err = s.AddRound(t.Context(), v.ID, 1, SampleRound(v, 0), time.Now())
	wantErr(t, "adding a round", err, aftercheck.ErrNotFound)
	for _, f := range []aftercheck.Filter{{}, {IncidentID: v.Incident.ID}} {
		if listed := must[[]aftercheck.Verification](t, "listing")(ListAll(t.Context(), s, f)); len(listed) != 0 {
			t.Errorf("listed after the retention: %v", idsOf(listed))
		}
	}
	if pending := must[map[string]time.Time](t, "pending")(PendingAll(t.Context(), s)); len(pending) != 0 {
		t.Errorf("pending after the retention: %v", pending)
	}
	other := Sample(1)
	other.RequestDigest, other.AcceptedAt = "another", v.AcceptedAt.Add(time.Second)
	accepted(t, s, other)
}

// testRetentionFromTheDeadline sees that what waits longer than the retention
// is kept.
func testRetentionFromTheDeadline(t *testing.T, b Backend) {
	s := b.Open(t, 200*time.Millisecond)
	waits, done := Sample(1), Sample(2)
	waits.DeadlineAt, done.DeadlineAt = time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	accepted(t, s, waits)
	accepted(t, s, done)
	must[int64](t, "adding a round")(s.AddRound(t.Context(), waits.ID, 1, SampleRound(waits, 0), waits.DeadlineAt))
	testbed.Eventually(t, 10*time.Second, func() error {
		if _, err := s.Verification(t.Context(), done.ID); !errors.Is(err, aftercheck.ErrNotFound) {
			return fmt.Errorf("reading what should have expired: %w", err)
		}
		return nil
	})
	must[aftercheck.Verification](t, "reading what waits")(s.Verification(t.Context(), waits.ID))
	must[aftercheck.Verification](t, "sealing what waits")(s.Seal(t.Context(), waits.ID, 2, SampleAssessment(aftercheck.Success), time.Now()))
	for _, f := range []aftercheck.Filter{{}, {IncidentID: waits.Incident.ID}} {
		listed := must[[]aftercheck.Verification](t, "listing")(ListAll(t.Context(), s, f))
		same(t, "listed", idsOf(listed), []string{waits.ID})
	}
}

func testEndedContext(t *testing.T, b Backend) {
	s := b.Open(t, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	v := Sample(0)
	_, errVerification := s.Verification(ctx, v.ID)
	_, errSnapshot := s.Snapshot(ctx, v.ID)
	_, errList := s.List(ctx, aftercheck.Filter{})
	errs := map[string]error{
		"verification": errVerification, "snapshot": errSnapshot, "list": errList, "check": s.Check(ctx),
		"pending": s.Pending(ctx, func(string, time.Time) error { return nil }),
	}
	for i, do := range life(0) {
		errs[fmt.Sprintf("step %d", i)] = do(ctx, s)
	}
	for name, err := range errs {
		wantErr(t, name, err, aftercheck.ErrUnavailable)
		wantErr(t, name, err, context.Canceled)
	}
	world := must[string](t, "world")(World(t.Context(), s, LifeSnapshots(1)...))
	same(t, "world", world, must[string](t, "empty world")(World(t.Context(), NewModel())))
}

func testClosed(t *testing.T, b Backend) {
	s := b.Open(t, 0)
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatalf("closing: %v", err)
		}
	}
	_, err := s.Verification(t.Context(), "v")
	wantErr(t, "reading", err, aftercheck.ErrUnavailable)
	_, _, err = s.Accept(t.Context(), Sample(1))
	wantErr(t, "accepting", err, aftercheck.ErrUnavailable)
	wantErr(t, "checking", s.Check(t.Context()), aftercheck.ErrUnavailable)
}
