package evidence_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// newJournal opens a journal in the file at path, beside a Redis.
func newJournal(t testing.TB, far evidence.RedisOptions, path string, o evidence.JournalOptions) *evidence.Journal {
	t.Helper()
	j, err := evidence.NewJournal(t.Context(), openRedis(t, far), openFile(t, path, evidence.FileOptions{Retention: far.Retention}), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func journalFile(t testing.TB) string { return filepath.Join(t.TempDir(), "journal.db") }

// TestJournalKeepsThePromises runs the suite while Redis is there.
func TestJournalKeepsThePromises(t *testing.T) {
	addr := testbed.Redis(t)
	evidencetest.Run(t, evidencetest.Backend{
		Open: func(t testing.TB, retention time.Duration) evidence.Store {
			return newJournal(t, evidence.RedisOptions{URL: "redis://" + addr, Prefix: freshPrefix(), Retention: retention}, journalFile(t), evidence.JournalOptions{})
		},
		Crash: func(t testing.TB) (evidence.Store, func() evidence.Store) {
			far := evidence.RedisOptions{URL: "redis://" + addr, Prefix: freshPrefix(), Identity: "sidecar-1"}
			return newJournal(t, far, journalFile(t), evidence.JournalOptions{}), func() evidence.Store {
				return newJournal(t, far, journalFile(t), evidence.JournalOptions{})
			}
		},
	})
}

// outage is a server that can go, and a journal beside it.
type outage struct {
	server  *testbed.Server
	far     evidence.RedisOptions
	path    string
	log     bytes.Buffer
	away    atomic.Bool
	entries atomic.Int64
	journal *evidence.Journal
}

func newOutage(t *testing.T, most int) *outage {
	o := &outage{server: testbed.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always"), path: journalFile(t)}
	o.far = evidence.RedisOptions{URL: "redis://" + o.server.Addr, Identity: "sidecar-1"}
	o.journal = newJournal(t, o.far, o.path, evidence.JournalOptions{
		MaxEntries: most, Logger: slog.New(slog.NewTextHandler(&o.log, nil)),
		Report: func(away bool, entries int) {
			o.away.Store(away)
			o.entries.Store(int64(entries))
		},
	})
	return o
}

// delivered looks until everything is in Redis.
func (o *outage) delivered(t *testing.T) {
	t.Helper()
	testbed.Eventually(t, 15*time.Second, func() error {
		if err := o.journal.Look(t.Context(), func(string, time.Time) {}); err != nil {
			return err
		}
		if o.away.Load() || o.entries.Load() != 0 {
			return errors.New("the journal is not empty")
		}
		return nil
	})
}

// same compares the world in Redis alone with that of a model which saw no
// outage.
func (o *outage) same(t *testing.T, lives int) {
	t.Helper()
	model := evidencetest.NewModel()
	for n := range lives {
		if err := evidencetest.Live(t.Context(), model, n); err != nil {
			t.Fatal(err)
		}
	}
	want, err := evidencetest.World(t.Context(), model, evidencetest.LifeSnapshots(lives)...)
	if err != nil {
		t.Fatal(err)
	}
	got, err := evidencetest.World(t.Context(), openRedis(t, o.far), evidencetest.LifeSnapshots(lives)...)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("world in Redis (-want +got):\n%s", diff)
	}
}

// TestJournalTakesWholeLives goes through lives while Redis is gone: from the
// capture to the verdict that is made known. Then they are in Redis, once.
func TestJournalTakesWholeLives(t *testing.T) {
	o := newOutage(t, 0)
	if err := evidencetest.Live(t.Context(), o.journal, 0); err != nil {
		t.Fatal(err)
	}
	o.server.Kill()
	began := time.Now()
	if err := o.journal.Check(t.Context()); err != nil {
		t.Errorf("the check while the journal has room: %v", err)
	}
	for n := 1; n < 4; n++ {
		if err := evidencetest.Live(t.Context(), o.journal, n); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("three lives took %s", took)
	}
	if !o.away.Load() || o.entries.Load() != 6 {
		t.Errorf("reported: away %v, %d entries, want three verifications and three snapshots", o.away.Load(), o.entries.Load())
	}
	if _, err := o.journal.List(t.Context(), aftercheck.Filter{}); !errors.Is(err, aftercheck.ErrUnavailable) {
		t.Errorf("a list that cannot be whole: %v, want ErrUnavailable", err)
	}
	o.server.Restart(t)
	o.delivered(t)
	o.same(t, 4)
	for _, line := range []string{"Redis does not answer", "Redis answers again"} {
		if got := strings.Count(o.log.String(), line); got != 1 {
			t.Errorf("%q was logged %d times", line, got)
		}
	}
}

// TestJournalGoesOnInRedis brings Redis back in the midst of a life, at each of
// its steps.
func TestJournalGoesOnInRedis(t *testing.T) {
	o := newOutage(t, 0)
	const steps = 8
	for n := range steps {
		o.server.Kill()
		if err := evidencetest.LiveSteps(t.Context(), o.journal, n, 0, n); err != nil {
			t.Fatal(err)
		}
		o.server.Restart(t)
		o.delivered(t)
		if err := evidencetest.LiveSteps(t.Context(), o.journal, n, n, steps); err != nil {
			t.Fatalf("after step %d: %v", n, err)
		}
	}
	o.same(t, steps)
}

// TestJournalOutlivesARestart starts again while Redis is away, with what the
// journal holds; what is pending in Redis is adopted when that is back.
func TestJournalOutlivesARestart(t *testing.T) {
	o := newOutage(t, 0)
	before, during := evidencetest.Sample(1), evidencetest.Sample(2)
	if _, _, err := o.journal.Accept(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	o.server.Kill()
	if _, _, err := o.journal.Accept(t.Context(), during); err != nil {
		t.Fatal(err)
	}
	if err := o.journal.Close(); err != nil {
		t.Fatal(err)
	}
	j := newJournal(t, o.far, o.path, evidence.JournalOptions{})
	pending, err := evidencetest.PendingAll(t.Context(), j)
	if _, found := pending[during.ID]; err != nil || !found || len(pending) != 1 {
		t.Fatalf("pending %v, %v; want %s", pending, err, during.ID)
	}
	o.server.Restart(t)
	adopted := map[string]bool{}
	testbed.Eventually(t, 15*time.Second, func() error {
		err := j.Look(t.Context(), func(id string, _ time.Time) { adopted[id] = true })
		if err == nil && !adopted[before.ID] {
			err = errors.New("what was accepted before the outage is not adopted")
		}
		return err
	})
	for _, v := range []aftercheck.Verification{before, during} {
		if _, err := j.Seal(t.Context(), v.ID, 1, evidencetest.SampleAssessment(aftercheck.Success), v.DeadlineAt); err != nil {
			t.Errorf("sealing %s: %v", v.ID, err)
		}
	}
}

// TestJournalInDoubt loses the answer of an acceptance that Redis has stored. It
// goes on here, and its verdict waits until Redis was asked: there it may have
// been taken over.
func TestJournalInDoubt(t *testing.T) {
	for name, takenOver := range map[string]bool{"nobody took it over": false, "another took it over": true} {
		t.Run(name, func(t *testing.T) {
			o := newOutage(t, 0)
			v := evidencetest.Sample(1)
			if err := evidencetest.Live(t.Context(), o.journal, 50); err != nil { // the scripts become known
				t.Fatal(err)
			}
			lost := &wire{nth: 2, after: true} // of listing and accepting
			o.journal.Far().Client().AddHook(lost)
			if _, created, err := o.journal.Accept(t.Context(), v); err != nil || !created {
				t.Fatalf("accepted %v, %v", created, err)
			}
			if held, err := openRedis(t, o.far).Verification(t.Context(), v.ID); err != nil || held.Revision != 1 {
				t.Fatalf("the test wants Redis to have it: revision %d, %v", held.Revision, err)
			}
			if _, err := o.journal.AddRound(t.Context(), v.ID, 1, evidencetest.SampleRound(v, 0), v.DeadlineAt); err != nil {
				t.Fatal(err)
			}
			if _, err := o.journal.Seal(t.Context(), v.ID, 2, evidencetest.SampleAssessment(aftercheck.Success), v.DeadlineAt); !errors.Is(err, aftercheck.ErrUnavailable) {
				t.Errorf("sealing in doubt: %v, want ErrUnavailable", err)
			}
			if takenOver {
				heir := openRedis(t, evidence.RedisOptions{URL: o.far.URL})
				session := o.journal.Far().Session()
				if err := o.journal.Far().Client().ZRem(t.Context(), "aftercheck:group:default", session).Err(); err != nil {
					t.Fatal(err)
				}
				takeOver(t, heir, session)
				if _, err := heir.Lead(t.Context(), v.ID); err != nil {
					t.Fatal(err)
				}
			}
			o.delivered(t)
			_, err := o.journal.Seal(t.Context(), v.ID, 2, evidencetest.SampleAssessment(aftercheck.Success), v.DeadlineAt)
			if want := map[bool]error{true: aftercheck.ErrFenced}[takenOver]; !errors.Is(err, want) {
				t.Errorf("sealing once Redis was asked: %v, want %v", err, want)
			}
		})
	}
}

// TestJournalDeliveryBrokenAtEveryCommand breaks each request of a delivery in
// turn, and ends the process there; the next one delivers, and nothing is there
// twice.
func TestJournalDeliveryBrokenAtEveryCommand(t *testing.T) {
	addr := testbed.Redis(t)
	reached := int64(0)
	for nth := int64(1); nth == 1 || reached >= nth-1; nth++ {
		for _, after := range []bool{false, true} {
			o := &outage{path: journalFile(t), far: evidence.RedisOptions{URL: "redis://" + addr, Prefix: freshPrefix(), Identity: "sidecar-1"}}
			o.journal = newJournal(t, o.far, o.path, evidence.JournalOptions{})
			o.journal.Far().Client().AddHook(&wire{nth: 1}) // it is away at once
			for n := range 2 {
				if err := evidencetest.LiveStubbornly(t.Context(), o.journal, n); err != nil {
					t.Fatal(err)
				}
			}
			w := &wire{nth: nth, after: after}
			o.journal.Far().Client().AddHook(w)
			_ = o.journal.Look(t.Context(), func(string, time.Time) {}) // ends where it breaks
			reached, w.nth = w.count.Load(), 0
			if err := o.journal.Close(); err != nil {
				t.Fatal(err)
			}
			o.journal = newJournal(t, o.far, o.path, evidence.JournalOptions{Report: func(away bool, entries int) {
				o.away.Store(away)
				o.entries.Store(int64(entries))
			}})
			o.delivered(t)
			o.same(t, 2)
		}
	}
	if reached < 8 {
		t.Errorf("a delivery made %d requests, so the test broke too few", reached)
	}
}

// TestJournalIsBounded fills the journal: what does not fit is refused, also by
// the check, and Redis takes it when it is back.
func TestJournalIsBounded(t *testing.T) {
	o := newOutage(t, 3)
	o.server.Kill()
	for n := range 3 {
		if _, _, err := o.journal.Accept(t.Context(), evidencetest.Sample(n)); err != nil {
			t.Fatal(err)
		}
	}
	_, _, errAccept := o.journal.Accept(t.Context(), evidencetest.Sample(3))
	_, errCapture := o.journal.PutSnapshot(t.Context(), aftercheck.Snapshot{ID: "s"})
	for call, err := range map[string]error{"accept": errAccept, "capture": errCapture, "check": o.journal.Check(t.Context())} {
		if !errors.Is(err, aftercheck.ErrUnavailable) || !strings.Contains(err.Error(), "full") {
			t.Errorf("%s: %v, want ErrUnavailable that says full", call, err)
		}
	}
	if _, created, err := o.journal.Accept(t.Context(), evidencetest.Sample(1)); err != nil || created {
		t.Errorf("what is held already: created %v, %v", created, err)
	}
	o.server.Restart(t)
	o.delivered(t)
	if _, created, err := o.journal.Accept(t.Context(), evidencetest.Sample(3)); err != nil || !created {
		t.Errorf("once Redis is back: created %v, %v", created, err)
	}
}

// TestJournalAnswersInTime has a server that hangs, is read-only, or full. The
// caller is answered, at once after the first, and what Redis has shows in time.
func TestJournalAnswersInTime(t *testing.T) {
	for name, breaks := range map[string]func(t *testing.T, o *outage){
		"hangs": func(t *testing.T, o *outage) {
			if err := o.server.Pause(); err != nil {
				t.Fatal(err)
			}
		},
		"is read-only": func(t *testing.T, o *outage) { admin(t, o.server.Addr, "REPLICAOF 127.0.0.1 1") },
		"is full":      func(t *testing.T, o *outage) { admin(t, o.server.Addr, "CONFIG SET maxmemory 1") },
		"is gone":      func(_ *testing.T, o *outage) { o.server.Kill() },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOutage(t, 0)
			known := aftercheck.Snapshot{ID: "known"}
			if _, err := o.journal.PutSnapshot(t.Context(), known); err != nil {
				t.Fatal(err)
			}
			if _, _, err := o.journal.Accept(t.Context(), evidencetest.Sample(0)); err != nil {
				t.Fatal(err)
			}
			breaks(t, o)
			for n := 1; n < 30; n++ {
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				began := time.Now()
				_, _, err := o.journal.Accept(ctx, evidencetest.Sample(n))
				if took := time.Since(began); err != nil || n > 1 && took > time.Second {
					t.Errorf("accepting the %dth: %v after %s", n, err, took)
				}
				cancel()
			}
			if s, err := o.journal.Snapshot(t.Context(), "known"); err != nil || s.ID != "known" {
				t.Errorf("a capture from before: %v", err)
			}
			if _, _, err := o.journal.Accept(t.Context(), evidencetest.Sample(0)); !errors.Is(err, aftercheck.ErrUnavailable) {
				t.Errorf("what is in Redis was accepted twice: %v", err)
			}
		})
	}
}
