package evidencetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/aftercheck/aftercheck"
)

// testErrandAsTheModel runs random calls on few errands, and compares every answer
// with the model's. What is claimed is due again at the backend's own time, so the
// leases are long.
func testErrandAsTheModel(t *testing.T, b Backend) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &machine{t: t, store: b.Open(t, 0), model: NewModel()}
		defer m.store.Close()
		rt.Repeat(map[string]func(*rapid.T){
			"put":    m.putErrand,
			"update": m.updateErrand,
			"claim":  m.claimErrands,
			"remove": m.removeErrand,
			"":       func(*rapid.T) {},
		})
		m.lookAtErrands(rt)
	})
}

func drawErrand(rt *rapid.T) aftercheck.Errand {
	e := SampleErrand(rapid.IntRange(0, 3).Draw(rt, "errand"))
	e.Subject = rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "subject")
	e.Tags = rapid.SampledFrom([][]string{nil, {"open"}, {"open", "unsent"}}).Draw(rt, "tags")
	e.Payload = json.RawMessage(fmt.Sprint(rapid.IntRange(0, 1).Draw(rt, "payload")))
	if rapid.Bool().Draw(rt, "finished") {
		e.DueAt = time.Time{}
	}
	return e
}

// withoutLease drops what the two stores cannot have alike.
func withoutLease(e aftercheck.Errand) aftercheck.Errand {
	if e.DueAt.After(epoch) {
		e.DueAt = epoch
	}
	return e
}

func (m *machine) putErrand(rt *rapid.T) {
	e := drawErrand(rt)
	got, gotNew, gotErr := m.store.PutErrand(m.t.Context(), e)
	want, wantNew, wantErr := m.model.PutErrand(m.t.Context(), e)
	compare(rt, []any{withoutLease(got), gotNew}, []any{withoutLease(want), wantNew}, gotErr, wantErr)
}

func (m *machine) updateErrand(rt *rapid.T) {
	e := drawErrand(rt)
	e.Revision = rapid.Int64Range(0, 4).Draw(rt, "revision")
	got, gotErr := m.store.UpdateErrand(m.t.Context(), e)
	want, wantErr := m.model.UpdateErrand(m.t.Context(), e)
	compare(rt, withoutLease(got), withoutLease(want), gotErr, wantErr)
}

func (m *machine) claimErrands(rt *rapid.T) {
	limit := rapid.IntRange(1, 5).Draw(rt, "limit")
	got, gotErr := m.store.ClaimErrands(m.t.Context(), kind, time.Hour, limit)
	want, wantErr := m.model.ClaimErrands(m.t.Context(), kind, time.Hour, limit)
	compare(rt, errandIDs(got), errandIDs(want), gotErr, wantErr)
}

func (m *machine) removeErrand(rt *rapid.T) {
	id := drawErrand(rt).ID
	compare(rt, nil, nil, m.store.RemoveErrand(m.t.Context(), kind, id), m.model.RemoveErrand(m.t.Context(), kind, id))
}

// lookAtErrands compares all that both show.
func (m *machine) lookAtErrands(rt *rapid.T) {
	for n := range 4 {
		got, gotErr := m.store.Errand(m.t.Context(), kind, SampleErrand(n).ID)
		want, wantErr := m.model.Errand(m.t.Context(), kind, SampleErrand(n).ID)
		compare(rt, withoutLease(got), withoutLease(want), gotErr, wantErr)
	}
	for _, f := range []aftercheck.ErrandFilter{{}, {Subject: "a"}, {Tag: "open"}, {Tag: "unsent", Subject: "b"}} {
		got, _ := listed(m.t, m.store, f)
		want, _ := listed(m.t, m.model, f)
		compare(rt, got, want, nil, nil)
	}
	got, gotErr := m.store.CountErrands(m.t.Context(), kind, "open", "unsent")
	want, wantErr := m.model.CountErrands(m.t.Context(), kind, "open", "unsent")
	compare(rt, got, want, gotErr, wantErr)
	due, dueErr := m.store.NextErrand(m.t.Context(), kind)
	wantDue, wantDueErr := m.model.NextErrand(m.t.Context(), kind)
	if due.IsZero() != wantDue.IsZero() {
		rt.Fatalf("the next is due at %s, want %s", due, wantDue)
	}
	compare(rt, nil, nil, dueErr, wantDueErr)
}
