package evidence_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
)

// slow is a store in memory whose Accept takes a second.
type slow struct{ *evidencetest.Model }

func (s slow) Accept(ctx context.Context, v aftercheck.Verification) (aftercheck.Verification, bool, error) {
	time.Sleep(time.Second)
	return s.Model.Accept(ctx, v)
}

func TestObserveReportsEachOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type report struct {
			operation string
			took      time.Duration
			err       error
		}
		var reports []report
		s := evidence.Observe(slow{evidencetest.NewModel()}, func(operation string, took time.Duration, err error) {
			reports = append(reports, report{operation, took, err})
		})
		if err := evidencetest.Live(t.Context(), s, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := evidencetest.World(t.Context(), s, evidencetest.LifeSnapshots(1)...); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(everyErrandCall(t.Context(), s), s.Check(t.Context()), s.Close()); err != nil {
			t.Fatal(err)
		}
		_, err := s.Verification(t.Context(), "unknown")
		last := reports[len(reports)-1]
		if last.operation != "verification" || !errors.Is(last.err, aftercheck.ErrNotFound) || !errors.Is(err, aftercheck.ErrNotFound) {
			t.Errorf("an error was reported as %+v and returned as %v", last, err)
		}

		var seen []string
		for _, r := range reports {
			seen = append(seen, r.operation)
			if want := map[string]time.Duration{"accept": time.Second}[r.operation]; r.took != want {
				t.Errorf("%s took %s, want %s", r.operation, r.took, want)
			}
		}
		slices.Sort(seen)
		want := slices.Sorted(slices.Values(evidence.Operations()))
		if diff := cmp.Diff(want, slices.Compact(seen)); diff != "" {
			t.Errorf("operations (-want +got):\n%s", diff)
		}
	})
}

// TestObservedKeepsThePromises runs the suite through the decorator.
func TestObservedKeepsThePromises(t *testing.T) {
	evidencetest.Run(t, evidencetest.Backend{
		Open: func(t testing.TB, retention time.Duration) evidence.Store {
			return evidence.Observe(newFile(t, evidence.FileOptions{Retention: retention}), func(string, time.Duration, error) {})
		},
		Crash: func(t testing.TB) (evidence.Store, func() evidence.Store) {
			s := newFile(t, evidence.FileOptions{})
			return s, func() evidence.Store { return evidence.Observe(s, func(string, time.Duration, error) {}) }
		},
	})
}
