package evidence_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// TestJournalTakesErrands puts, claims and finishes errands while Redis is away.
// They are done meanwhile, and go on in Redis as they are by then, also over a
// restart.
func TestJournalTakesErrands(t *testing.T) {
	o := newOutage(t, 0)
	ctx := t.Context()
	far, near, done := evidencetest.SampleErrand(0), evidencetest.SampleErrand(1), evidencetest.SampleErrand(2)
	if _, _, err := o.journal.PutErrand(ctx, far); err != nil {
		t.Fatal(err)
	}
	o.server.Kill()
	for _, e := range []aftercheck.Errand{near, done} {
		if _, created, err := o.journal.PutErrand(ctx, e); err != nil || !created {
			t.Fatalf("%s while Redis is away: created %v, %v", e.ID, created, err)
		}
	}
	if next, err := o.journal.NextErrand(ctx, "sample"); !errors.Is(err, aftercheck.ErrUnavailable) || !next.Equal(near.DueAt) {
		t.Errorf("the next is due at %s, %v", next, err)
	}
	claimed, err := o.journal.ClaimErrands(ctx, "sample", time.Hour, 9)
	if !errors.Is(err, aftercheck.ErrUnavailable) || len(claimed) != 2 {
		t.Fatalf("claimed %v, %v; want the two that the journal holds, and that Redis is away", claimed, err)
	}
	claimed[1].DueAt, claimed[1].Tags = time.Time{}, []string{"done"}
	if _, err := o.journal.UpdateErrand(ctx, claimed[1]); err != nil {
		t.Fatal(err)
	}
	if _, err := o.journal.Errand(ctx, "sample", far.ID); !errors.Is(err, aftercheck.ErrUnavailable) {
		t.Errorf("what is in Redis: %v, want ErrUnavailable", err)
	}
	if _, err := o.journal.ListErrands(ctx, aftercheck.ErrandFilter{Kind: "sample"}); !errors.Is(err, aftercheck.ErrUnavailable) {
		t.Errorf("a list that cannot be whole: %v, want ErrUnavailable", err)
	}
	if err := o.journal.Close(); err != nil {
		t.Fatal(err)
	}
	o.journal = newJournal(t, o.far, o.path, evidence.JournalOptions{Report: func(away bool, entries int) {
		o.away.Store(away)
		o.entries.Store(int64(entries))
	}})
	if got := o.entries.Load(); got != 2 {
		t.Fatalf("after a restart the journal holds %d entries, want 2", got)
	}
	o.server.Restart(t)
	if _, err := o.journal.ListErrands(ctx, aftercheck.ErrandFilter{Kind: "sample"}); !errors.Is(err, aftercheck.ErrUnavailable) {
		t.Errorf("a list before the journal is delivered: %v, want ErrUnavailable", err)
	}
	o.delivered(t)
	redis := openRedis(t, o.far)
	for id, want := range map[string]string{far.ID: "open", near.ID: "open", done.ID: "done"} {
		e, err := redis.Errand(ctx, "sample", id)
		if err != nil || e.Tags[0] != want {
			t.Errorf("%s in Redis: %v, %v; want %s", id, e.Tags, err, want)
		}
	}
	again, err := redis.ClaimErrands(ctx, "sample", time.Hour, 9)
	if err != nil || len(again) != 1 || again[0].ID != far.ID {
		t.Errorf("claimed %v, %v; want what nobody has claimed yet", again, err)
	}
	if counts, err := o.journal.CountErrands(ctx, "sample", "open", "done"); err != nil || counts[0] != 2 || counts[1] != 1 {
		t.Errorf("counted %v, %v", counts, err)
	}
}

// TestJournalErrandsThatRedisHas delivers errands whose ID is taken in Redis: the
// one that was changed last stands.
func TestJournalErrandsThatRedisHas(t *testing.T) {
	for name, newer := range map[string]bool{"the journal's is newer": true, "the journal's is older": false} {
		t.Run(name, func(t *testing.T) {
			o := newOutage(t, 0)
			ctx := t.Context()
			before, during := evidencetest.SampleErrand(1), evidencetest.SampleErrand(1)
			before.Payload = json.RawMessage(`"before"`)
			during.Payload, during.UpdatedAt = json.RawMessage(`"during"`), before.UpdatedAt.Add(map[bool]time.Duration{true: time.Second, false: -time.Second}[newer])
			if _, _, err := openRedis(t, o.far).PutErrand(ctx, before); err != nil {
				t.Fatal(err)
			}
			o.server.Kill()
			if _, created, err := o.journal.PutErrand(ctx, during); err != nil || !created {
				t.Fatalf("created %v, %v", created, err)
			}
			o.server.Restart(t)
			o.delivered(t)
			e, err := o.journal.Errand(ctx, "sample", before.ID)
			want := map[bool]string{true: `"during"`, false: `"before"`}[newer]
			if err != nil || string(e.Payload) != want {
				t.Errorf("Redis has %s, %v; want %s", e.Payload, err, want)
			}
		})
	}
}

// TestJournalBoundsErrands counts them with what else the journal holds.
func TestJournalBoundsErrands(t *testing.T) {
	o := newOutage(t, 2)
	o.server.Kill()
	for n := range 3 {
		_, _, err := o.journal.PutErrand(t.Context(), evidencetest.SampleErrand(n))
		if full := n == 2; errors.Is(err, aftercheck.ErrUnavailable) != full {
			t.Errorf("the %dth: %v, full %v", n, err, full)
		}
	}
	if err := o.journal.RemoveErrand(t.Context(), "sample", evidencetest.SampleErrand(0).ID); !errors.Is(err, aftercheck.ErrUnavailable) {
		t.Errorf("removing what Redis may have too: %v, want ErrUnavailable", err)
	}
	if _, _, err := o.journal.PutErrand(t.Context(), evidencetest.SampleErrand(2)); err != nil {
		t.Errorf("once there is room: %v", err)
	}
	testbed.Eventually(t, 10*time.Second, func() error {
		if o.entries.Load() != 2 {
			return errors.New("want two entries to be reported")
		}
		return nil
	})
}
