package evidencetest

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
)

// same fails the test where two values differ in their JSON form.
func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(text(want), text(got)); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func wantErr(t testing.TB, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("%s: error %v, want %v", what, got, want)
	}
}

func must[T any](t testing.TB, what string) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return value
	}
}

// accepted stores a verification that is not there yet.
func accepted(t testing.TB, s evidence.Store, v aftercheck.Verification) aftercheck.Verification {
	t.Helper()
	stored, created, err := s.Accept(t.Context(), v)
	if err != nil || !created {
		t.Fatalf("accepting %s: created %v, error %v", v.ID, created, err)
	}
	return stored
}

// settled settles a verdict.
func settled(t testing.TB, s evidence.Store, v aftercheck.Verification) {
	t.Helper()
	if err := s.Settle(t.Context(), v); err != nil {
		t.Fatalf("settling %s: %v", v.ID, err)
	}
}

func testSnapshot(t *testing.T, b Backend) {
	s := b.Open(t, 0)
	first := *Sample(1).Evidence.PreState
	first.ID = "s-1"
	put := must[aftercheck.Snapshot](t, "putting a snapshot")
	same(t, "first put", put(s.PutSnapshot(t.Context(), first)), first)
	same(t, "read", must[aftercheck.Snapshot](t, "reading")(s.Snapshot(t.Context(), "s-1")), first)
	same(t, "repeated put", put(s.PutSnapshot(t.Context(), first)), first)

	second := first
	second.CapturedAt = first.CapturedAt.Add(time.Minute)
	same(t, "second put", put(s.PutSnapshot(t.Context(), second)), first)
	same(t, "read after the second", must[aftercheck.Snapshot](t, "reading")(s.Snapshot(t.Context(), "s-1")), first)
}

func testAccept(t *testing.T, b Backend) {
	s, v := b.Open(t, 0), Sample(1)
	stored := accepted(t, s, v)
	if stored.Revision != 1 || stored.State != aftercheck.StateWaiting || stored.Evidence == nil || stored.Evidence.SchemaVersion != aftercheck.SchemaVersion {
		t.Fatalf("stored at revision %d, %s, with evidence %v", stored.Revision, stored.State, stored.Evidence)
	}
	same(t, "pre-state", stored.Evidence.PreState, v.Evidence.PreState)
	same(t, "read", must[aftercheck.Verification](t, "reading")(s.Verification(t.Context(), v.ID)), stored)

	later := v // a client that repeats its request comes at another time
	later.AcceptedAt, later.DeadlineAt = v.AcceptedAt.Add(time.Hour), v.DeadlineAt.Add(time.Hour)
	again, created, err := s.Accept(t.Context(), later)
	if err != nil || created {
		t.Fatalf("repeated: created %v, error %v", created, err)
	}
	same(t, "repeated", again, stored)

	other := later
	other.RequestDigest, other.Incident.ID = "another", "another"
	_, created, err = s.Accept(t.Context(), other)
	wantErr(t, "another request", err, aftercheck.ErrConflict)
	if created {
		t.Error("another request is said to be created")
	}
	listed := must[[]aftercheck.Verification](t, "listing")(ListAll(t.Context(), s, aftercheck.Filter{}))
	if len(listed) != 1 {
		t.Errorf("%d are listed after three calls with one ID, want 1", len(listed))
	}
	if of := must[[]aftercheck.Verification](t, "listing")(ListAll(t.Context(), s, aftercheck.Filter{IncidentID: "another"})); len(of) != 0 {
		t.Errorf("the refused request is listed under its incident")
	}
	same(t, "pending", must[map[string]time.Time](t, "pending")(PendingAll(t.Context(), s)), map[string]time.Time{v.ID: v.NextRoundAt})
}

func testAddRound(t *testing.T, b Backend) {
	s, v := b.Open(t, 0), Sample(1)
	accepted(t, s, v)
	revision := int64(1)
	for n := range 4 {
		r := SampleRound(v, n)
		next := r.At.Add(5 * time.Second)
		got := must[int64](t, "adding a round")(s.AddRound(t.Context(), v.ID, revision, r, next))
		again := must[int64](t, "adding it again")(s.AddRound(t.Context(), v.ID, revision, r, next))
		if got != revision+1 || again != got {
			t.Fatalf("revision %d, and %d when repeated, want %d", got, again, revision+1)
		}
		revision = got
	}
	now := must[aftercheck.Verification](t, "reading")(s.Verification(t.Context(), v.ID))
	last := SampleRound(v, 3)
	if now.State != aftercheck.StateObserving || now.Revision != 5 || !now.NextRoundAt.Equal(last.At.Add(5*time.Second)) || len(now.Evidence.Rounds) != 4 {
		t.Fatalf("%s, revision %d, next %s, %d rounds", now.State, now.Revision, now.NextRoundAt, len(now.Evidence.Rounds))
	}
	same(t, "last round", now.Evidence.Rounds[3], last)
	for n, round := range now.Evidence.Rounds[:3] {
		want := SampleRound(v, n)
		for i := range want.Readings {
			want.Readings[i].Raw = ""
		}
		same(t, "earlier round", round, want)
	}
	same(t, "due", must[map[string]time.Time](t, "pending")(PendingAll(t.Context(), s)), map[string]time.Time{v.ID: now.Due()})

	// An earlier round that comes late, another round, and one from the future.
	if got := must[int64](t, "late repeat")(s.AddRound(t.Context(), v.ID, 2, SampleRound(v, 1), last.At)); got != 3 {
		t.Errorf("late repeat: revision %d, want 3", got)
	}
	for _, at := range []int64{-1, 0, 1, 4, 6} {
		_, err := s.AddRound(t.Context(), v.ID, at, SampleRound(v, 9), last.At)
		wantErr(t, "another round", err, aftercheck.ErrConflict)
	}
	same(t, "unchanged", must[aftercheck.Verification](t, "reading")(s.Verification(t.Context(), v.ID)), now)
}

func testSeal(t *testing.T, b Backend) {
	s, v := b.Open(t, 0), Sample(1)
	accepted(t, s, v)
	must[int64](t, "adding a round")(s.AddRound(t.Context(), v.ID, 1, SampleRound(v, 0), v.DeadlineAt))
	a, at := SampleAssessment(aftercheck.Success), v.DeadlineAt.Add(-time.Second)
	_, err := s.Seal(t.Context(), v.ID, 1, a, at)
	wantErr(t, "stale revision", err, aftercheck.ErrConflict)

	sealed := must[aftercheck.Verification](t, "sealing")(s.Seal(t.Context(), v.ID, 2, a, at))
	if !sealed.Sealed() || sealed.Revision != 3 || !sealed.NextRoundAt.IsZero() || !sealed.SealedAt.Equal(at) {
		t.Fatalf("%s, revision %d, next %s, sealed %s", sealed.State, sealed.Revision, sealed.NextRoundAt, sealed.SealedAt)
	}
	same(t, "assessment", sealed.Assessment, a)
	same(t, "rounds", sealed.Evidence.Rounds, []aftercheck.Round{SampleRound(v, 0)})
	same(t, "repeated", must[aftercheck.Verification](t, "repeating")(s.Seal(t.Context(), v.ID, 2, a, at)), sealed)

	worse, failed := a, SampleAssessment(aftercheck.Failed)
	worse.Explanation = "Another sentence."
	for name, call := range map[string]func() (aftercheck.Verification, error){
		"another verdict":  func() (aftercheck.Verification, error) { return s.Seal(t.Context(), v.ID, 2, failed, at) },
		"another sentence": func() (aftercheck.Verification, error) { return s.Seal(t.Context(), v.ID, 2, worse, at) },
		"another time":     func() (aftercheck.Verification, error) { return s.Seal(t.Context(), v.ID, 2, a, at.Add(1)) },
		"another revision": func() (aftercheck.Verification, error) { return s.Seal(t.Context(), v.ID, 3, a, at) },
	} {
		got, err := call()
		wantErr(t, name, err, aftercheck.ErrSealed)
		same(t, name, got, sealed)
	}
	for _, n := range []int{0, 1} {
		_, err = s.AddRound(t.Context(), v.ID, int64(n+1), SampleRound(v, n), at)
		wantErr(t, "round after the verdict", err, aftercheck.ErrSealed)
	}
	same(t, "read", must[aftercheck.Verification](t, "reading")(s.Verification(t.Context(), v.ID)), sealed)
	settled(t, s, sealed)
	if pending := must[map[string]time.Time](t, "pending")(PendingAll(t.Context(), s)); len(pending) != 0 {
		t.Errorf("pending after the verdict: %v", pending)
	}
	stored, created, err := s.Accept(t.Context(), v)
	if err != nil || created {
		t.Fatalf("accepting what is sealed: created %v, error %v", created, err)
	}
	same(t, "accepted again", stored, sealed)
	if pending := must[map[string]time.Time](t, "pending")(PendingAll(t.Context(), s)); len(pending) != 0 {
		t.Errorf("pending after it was accepted again: %v", pending)
	}
}

// testSettle follows a verification by its leader's eyes: it is to be led until
// its verdict is made known, and is pending so long.
func testSettle(t *testing.T, b Backend) {
	s, v := b.Open(t, 0), Sample(1)
	lead := func(want error) aftercheck.Verification {
		t.Helper()
		got, err := s.Lead(t.Context(), v.ID)
		wantErr(t, "leading", err, want)
		pending := must[map[string]time.Time](t, "pending")(PendingAll(t.Context(), s))
		if _, found := pending[v.ID]; found != (want == nil) {
			t.Fatalf("pending %v where leading gives %v", found, want)
		}
		return got
	}
	lead(aftercheck.ErrNotFound)
	first := accepted(t, s, v)
	same(t, "led", lead(nil), first)
	wantErr(t, "settling what is not sealed", s.Settle(t.Context(), first), aftercheck.ErrConflict)
	same(t, "still led", lead(nil), first)
	sealed := must[aftercheck.Verification](t, "sealing")(s.Seal(t.Context(), v.ID, 1, SampleAssessment(aftercheck.Failed), v.DeadlineAt))
	same(t, "sealed and led", lead(nil), sealed)
	if _, _, err := s.Accept(t.Context(), v); err != nil { // the same to the letter, come again
		t.Fatalf("accepting again: %v", err)
	}
	same(t, "accepted again and led", lead(nil), sealed)
	for range 2 {
		settled(t, s, sealed)
		same(t, "settled", lead(aftercheck.ErrSealed), sealed)
	}
	if _, err := s.Seal(t.Context(), v.ID, 1, SampleAssessment(aftercheck.Failed), v.DeadlineAt); err != nil {
		t.Fatalf("sealing again: %v", err)
	}
	if _, _, err := s.Accept(t.Context(), v); err != nil {
		t.Fatalf("accepting what is settled: %v", err)
	}
	same(t, "settled for good", lead(aftercheck.ErrSealed), sealed)
	gone := v
	gone.ID, gone.State = "unknown", aftercheck.StateSealed
	settled(t, s, gone)
}

// testNothingIsLost sends values with every field set through the store.
func testNothingIsLost(t *testing.T, b Backend) {
	s := b.Open(t, 0)
	var (
		want     aftercheck.Verification
		round    aftercheck.Round
		a        aftercheck.Assessment
		snapshot aftercheck.Snapshot
	)
	Fill(&want)
	Fill(&round)
	Fill(&a)
	Fill(&snapshot)
	want.ID, snapshot.ID = "filled", "filled"
	must[aftercheck.Snapshot](t, "putting")(s.PutSnapshot(t.Context(), snapshot))
	same(t, "snapshot", must[aftercheck.Snapshot](t, "reading")(s.Snapshot(t.Context(), "filled")), snapshot)

	accepted(t, s, want)
	must[int64](t, "adding a round")(s.AddRound(t.Context(), want.ID, 1, round, round.At))
	at := want.SealedAt
	must[aftercheck.Verification](t, "sealing")(s.Seal(t.Context(), want.ID, 2, a, at))
	want.State, want.Revision, want.NextRoundAt = aftercheck.StateSealed, 3, time.Time{}
	want.Assessment = &a
	want.DeadlineAt, want.Wait = round.Wait.DeadlineAt, round.Wait
	want.Evidence.SchemaVersion, want.Evidence.Rounds = aftercheck.SchemaVersion, []aftercheck.Round{round}
	same(t, "verification", must[aftercheck.Verification](t, "reading")(s.Verification(t.Context(), want.ID)), want)
	want.Evidence = nil
	same(t, "in a list", must[[]aftercheck.Verification](t, "listing")(ListAll(t.Context(), s, aftercheck.Filter{})), []aftercheck.Verification{want})
}

func testNotFound(t *testing.T, b Backend) {
	s := b.Open(t, 0)
	for _, id := range []string{"unknown", "", "{}", "a\x00b", "ü", strings.Repeat("x", 100_000)} {
		_, err := s.Snapshot(t.Context(), id)
		wantErr(t, "snapshot", err, aftercheck.ErrNotFound)
		_, err = s.Verification(t.Context(), id)
		wantErr(t, "verification", err, aftercheck.ErrNotFound)
		_, err = s.Lead(t.Context(), id)
		wantErr(t, "lead", err, aftercheck.ErrNotFound)
		_, err = s.AddRound(t.Context(), id, 1, aftercheck.Round{}, time.Now())
		wantErr(t, "round", err, aftercheck.ErrNotFound)
		_, err = s.Seal(t.Context(), id, 1, aftercheck.Assessment{}, time.Now())
		wantErr(t, "seal", err, aftercheck.ErrNotFound)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("check: %v", err)
	}
}

func testBadInput(t *testing.T, b Backend) {
	s := b.Open(t, 0)
	var field *aftercheck.FieldError
	for _, id := range []string{"", "-x", ".", "a b", "a{b", "a}b", "a\x00b", "ü", strings.Repeat("x", 129)} {
		v := Sample(1)
		v.ID = id
		if _, _, err := s.Accept(t.Context(), v); !errors.As(err, &field) || field.Field != "id" {
			t.Errorf("accepting %q: error %v, want a field error for id", id, err)
		}
		if _, err := s.PutSnapshot(t.Context(), aftercheck.Snapshot{ID: id}); !errors.As(err, &field) || field.Field != "id" {
			t.Errorf("snapshot %q: error %v, want a field error for id", id, err)
		}
	}
	v := accepted(t, s, Sample(1))
	nan := math.NaN()
	_, err := s.Seal(t.Context(), v.ID, 1, aftercheck.Assessment{Score: &nan}, time.Now())
	wantErr(t, "a score that is no number", err, evidence.ErrUnstorable)
	_, err = s.Seal(t.Context(), v.ID, 1, aftercheck.Assessment{}, time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC))
	wantErr(t, "a time that JSON cannot write", err, evidence.ErrUnstorable)
	_, err = s.AddRound(t.Context(), v.ID, 1, aftercheck.Round{}, time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC))
	wantErr(t, "a time that JSON cannot write", err, evidence.ErrUnstorable)
	same(t, "unchanged", must[aftercheck.Verification](t, "reading")(s.Verification(t.Context(), v.ID)), v)

	// The zero time and an empty assessment are odd, but a verdict all the same.
	sealed := must[aftercheck.Verification](t, "sealing")(s.Seal(t.Context(), v.ID, 1, aftercheck.Assessment{}, time.Time{}))
	if !sealed.Sealed() || sealed.Assessment == nil {
		t.Errorf("sealed with nothing: state %s, assessment %v", sealed.State, sealed.Assessment)
	}
}
