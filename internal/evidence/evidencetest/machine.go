package evidencetest

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
)

// answers are the errors that a store may give of its own, and no error.
var answers = []error{nil, aftercheck.ErrNotFound, aftercheck.ErrConflict, aftercheck.ErrSealed, aftercheck.ErrFenced}

// machine sends the same random calls to a store and to the model.
type machine struct {
	t     *testing.T
	store evidence.Store
	model *Model
}

// testAsTheModel runs random calls, many of which repeat or contradict earlier
// ones, and compares every answer and in the end the whole world.
func testAsTheModel(t *testing.T, b Backend) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &machine{t: t, store: b.Open(t, 0), model: NewModel()}
		defer m.store.Close()
		rt.Repeat(map[string]func(*rapid.T){
			"put_snapshot": m.putSnapshot,
			"accept":       m.accept,
			"add_round":    m.addRound,
			"seal":         m.seal,
			"lead":         m.lead,
			"settle":       m.settle,
			"list":         m.list,
			"":             func(*rapid.T) {},
		})
		got, err := World(t.Context(), m.store, "s-0", "s-1")
		if err != nil {
			rt.Fatal(err)
		}
		want, _ := World(t.Context(), m.model, "s-0", "s-1")
		if got != want {
			rt.Fatalf("the world is\n%s\nwant\n%s", got, want)
		}
	})
}

// compare fails where two answers differ.
func compare(rt *rapid.T, got, want any, gotErr, wantErr error) {
	for _, answer := range answers {
		if errors.Is(gotErr, answer) != errors.Is(wantErr, answer) {
			rt.Fatalf("error %v, want %v", gotErr, wantErr)
		}
	}
	if gotErr != nil && !errors.Is(gotErr, aftercheck.ErrSealed) {
		return
	}
	if text(got) != text(want) {
		rt.Fatalf("answer\n%s\nwant\n%s", text(got), text(want))
	}
}

// drawVerification draws one of three IDs, one of two requests, one of four
// times.
func drawVerification(rt *rapid.T) aftercheck.Verification {
	v := Sample(rapid.IntRange(0, 2).Draw(rt, "verification"))
	v.RequestDigest = rapid.SampledFrom([]string{"one", "two"}).Draw(rt, "request")
	v.AcceptedAt = v.AcceptedAt.Add(time.Duration(rapid.IntRange(0, 3).Draw(rt, "time")) * time.Second)
	return v
}

func (m *machine) putSnapshot(rt *rapid.T) {
	s := aftercheck.Snapshot{
		ID:         rapid.SampledFrom([]string{"s-0", "s-1"}).Draw(rt, "snapshot"),
		CapturedAt: epoch.Add(time.Duration(rapid.IntRange(0, 3).Draw(rt, "time"))),
	}
	got, gotErr := m.store.PutSnapshot(m.t.Context(), s)
	want, wantErr := m.model.PutSnapshot(m.t.Context(), s)
	compare(rt, got, want, gotErr, wantErr)
}

func (m *machine) accept(rt *rapid.T) {
	v := drawVerification(rt)
	got, gotNew, gotErr := m.store.Accept(m.t.Context(), v)
	want, wantNew, wantErr := m.model.Accept(m.t.Context(), v)
	compare(rt, []any{got, gotNew}, []any{want, wantNew}, gotErr, wantErr)
}

func (m *machine) addRound(rt *rapid.T) {
	v := drawVerification(rt)
	revision := rapid.Int64Range(0, 5).Draw(rt, "revision")
	r := SampleRound(v, rapid.IntRange(0, 1).Draw(rt, "round"))
	next := r.At.Add(time.Duration(rapid.IntRange(0, 60).Draw(rt, "next")) * time.Second)
	if rapid.Bool().Draw(rt, "puts the deadline off") {
		r.Wait = &aftercheck.Wait{Total: aftercheck.Duration(time.Minute), DeadlineAt: v.DeadlineAt.Add(time.Minute)}
	}
	got, gotErr := m.store.AddRound(m.t.Context(), v.ID, revision, r, next)
	want, wantErr := m.model.AddRound(m.t.Context(), v.ID, revision, r, next)
	compare(rt, got, want, gotErr, wantErr)
}

func (m *machine) seal(rt *rapid.T) {
	v := drawVerification(rt)
	revision := rapid.Int64Range(0, 5).Draw(rt, "revision")
	a := SampleAssessment(rapid.SampledFrom([]aftercheck.Verdict{aftercheck.Success, aftercheck.Failed}).Draw(rt, "verdict"))
	got, gotErr := m.store.Seal(m.t.Context(), v.ID, revision, a, v.DeadlineAt)
	want, wantErr := m.model.Seal(m.t.Context(), v.ID, revision, a, v.DeadlineAt)
	compare(rt, got, want, gotErr, wantErr)
}

func (m *machine) lead(rt *rapid.T) {
	v := drawVerification(rt)
	got, gotErr := m.store.Lead(m.t.Context(), v.ID)
	want, wantErr := m.model.Lead(m.t.Context(), v.ID)
	compare(rt, got, want, gotErr, wantErr)
}

// settle settles what is sealed, as a leader does.
func (m *machine) settle(rt *rapid.T) {
	v, err := m.model.Verification(m.t.Context(), drawVerification(rt).ID)
	if err != nil {
		return
	}
	gotErr, wantErr := m.store.Settle(m.t.Context(), v), m.model.Settle(m.t.Context(), v)
	compare(rt, nil, nil, gotErr, wantErr)
}

func (m *machine) list(rt *rapid.T) {
	f := aftercheck.Filter{
		IncidentID: rapid.SampledFrom([]string{"", "incident-0", "incident-1"}).Draw(rt, "incident"),
		Verdict:    rapid.SampledFrom([]aftercheck.Verdict{"", aftercheck.Success, aftercheck.Failed}).Draw(rt, "verdict"),
		Playbook:   rapid.SampledFrom([]string{"", "pb-0", "pb-1"}).Draw(rt, "playbook"),
		Limit:      rapid.IntRange(0, 3).Draw(rt, "limit"),
	}
	got, gotErr := ListAll(m.t.Context(), m.store, f)
	want, wantErr := ListAll(m.t.Context(), m.model, f)
	compare(rt, got, want, gotErr, wantErr)
}
