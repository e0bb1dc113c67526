package evidencetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// kind is what the errands of the suite are.
const kind = "sample"

// errandParts are the tests of evidence.Errands.
func errandParts() []part {
	return []part{
		{"ErrandPut", testErrandPut},
		{"ErrandUpdate", testErrandUpdate},
		{"ErrandClaim", testErrandClaim},
		{"ErrandIsDueAgainAfterTheLease", testErrandLease},
		{"ErrandRacingClaim", testErrandRacingClaim},
		{"ErrandList", testErrandList},
		{"ErrandExpires", testErrandExpires},
		{"ErrandBadInput", testErrandBadInput},
		{"ErrandSentTwice", testErrandSentTwice},
		{"ErrandOutlivesACrash", testErrandCrash},
		{"ErrandAsTheModel", testErrandAsTheModel},
	}
}

// SampleErrand returns the nth errand: later ones are created and due a second
// later each, all of them in the past. They are about three subjects.
func SampleErrand(n int) aftercheck.Errand {
	at := epoch.Add(time.Duration(n)*time.Second - time.Hour)
	return aftercheck.Errand{
		ID: fmt.Sprintf("e-%04d", n), Kind: kind, Subject: fmt.Sprintf("incident <%d>", n%3), Tags: []string{"open", "unsent"},
		CreatedAt: at, UpdatedAt: at, DueAt: at, ExpiresAt: epoch.Add(time.Hour),
		Payload: json.RawMessage(fmt.Sprintf(`{"n":%d,"text":"<&>"}`, n)),
	}
}

// put stores a new errand.
func put(t testing.TB, s evidence.Errands, e aftercheck.Errand) aftercheck.Errand {
	t.Helper()
	stored, created, err := s.PutErrand(t.Context(), e)
	if err != nil || !created {
		t.Fatalf("putting %s: created %v, error %v", e.ID, created, err)
	}
	return stored
}

func errandIDs(list []aftercheck.Errand) []string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = e.ID
	}
	return out
}

func testErrandPut(t *testing.T, b Backend) {
	s, e := b.Open(t, 0), SampleErrand(1)
	_, err := s.Errand(t.Context(), kind, e.ID)
	wantErr(t, "before it is put", err, aftercheck.ErrNotFound)
	stored := put(t, s, e)
	want := e
	want.Revision = 1
	same(t, "stored", stored, want)
	same(t, "read", must[aftercheck.Errand](t, "reading")(s.Errand(t.Context(), kind, e.ID)), want)
	same(t, "sent twice", put(t, s, e), want)

	other := e
	other.Subject, other.Tags, other.DueAt = "another", []string{"other"}, e.DueAt.Add(time.Minute)
	got, created, err := s.PutErrand(t.Context(), other)
	if err != nil || created {
		t.Errorf("another of this ID: created %v, error %v", created, err)
	}
	same(t, "another of this ID", got, want)
	_, err = s.Errand(t.Context(), "other", e.ID)
	wantErr(t, "of another kind", err, aftercheck.ErrNotFound)
	elsewhere := e
	elsewhere.Kind = "other"
	put(t, s, elsewhere)
	for range 2 {
		if err := s.RemoveErrand(t.Context(), kind, e.ID); err != nil {
			t.Fatal(err)
		}
	}
	_, err = s.Errand(t.Context(), kind, e.ID)
	wantErr(t, "removed", err, aftercheck.ErrNotFound)
	must[aftercheck.Errand](t, "the other kind's")(s.Errand(t.Context(), "other", e.ID))
	same(t, "counted", must[[]int](t, "counting")(s.CountErrands(t.Context(), kind, "open")), []int{0})
	put(t, s, other)
}

func testErrandUpdate(t *testing.T, b Backend) {
	s, e := b.Open(t, 0), put(t, b.Open(t, 0), SampleErrand(1))
	_, err := s.UpdateErrand(t.Context(), e)
	wantErr(t, "what is not there", err, aftercheck.ErrNotFound)
	e = put(t, s, SampleErrand(1))
	change := e
	change.Tags, change.Subject, change.DueAt = []string{"open"}, "another", e.DueAt.Add(time.Minute)
	change.UpdatedAt, change.Payload = e.UpdatedAt.Add(time.Second), json.RawMessage(`"changed"`)
	want := change
	want.Revision = 2
	for range 2 { // sent twice
		same(t, "changed", must[aftercheck.Errand](t, "changing")(s.UpdateErrand(t.Context(), change)), want)
	}
	same(t, "read", must[aftercheck.Errand](t, "reading")(s.Errand(t.Context(), kind, e.ID)), want)
	stale := change
	stale.Payload = json.RawMessage(`"stale"`)
	for _, revision := range []int64{0, 1, 3} {
		stale.Revision = revision
		_, err := s.UpdateErrand(t.Context(), stale)
		wantErr(t, fmt.Sprintf("at revision %d", revision), err, aftercheck.ErrConflict)
	}
	same(t, "counted", must[[]int](t, "counting")(s.CountErrands(t.Context(), kind, "open", "unsent")), []int{1, 0})
	for subject, n := range map[string]int{"another": 1, SampleErrand(1).Subject: 0} {
		page := must[aftercheck.ErrandPage](t, "listing")(s.ListErrands(t.Context(), aftercheck.ErrandFilter{Kind: kind, Subject: subject}))
		if len(page.Errands) != n {
			t.Errorf("%d errands of %s, want %d", len(page.Errands), subject, n)
		}
	}

	finish := want
	finish.DueAt, finish.Tags = time.Time{}, []string{"done"}
	done := must[aftercheck.Errand](t, "finishing")(s.UpdateErrand(t.Context(), finish))
	if !done.Finished() || done.Revision != 3 {
		t.Errorf("finished: %+v", done)
	}
	if next := must[time.Time](t, "next")(s.NextErrand(t.Context(), kind)); !next.IsZero() {
		t.Errorf("the next is due at %s, want none", next)
	}
	if claimed := must[[]aftercheck.Errand](t, "claiming")(s.ClaimErrands(t.Context(), kind, time.Minute, 9)); len(claimed) != 0 {
		t.Errorf("a finished errand was claimed: %v", claimed)
	}
	done.DueAt = e.DueAt
	again := must[aftercheck.Errand](t, "beginning again")(s.UpdateErrand(t.Context(), done))
	same(t, "due again", must[time.Time](t, "next")(s.NextErrand(t.Context(), kind)), again.DueAt)
}

func testErrandClaim(t *testing.T, b Backend) {
	s := b.Open(t, 0)
	if next := must[time.Time](t, "next")(s.NextErrand(t.Context(), kind)); !next.IsZero() {
		t.Errorf("the next of none is due at %s", next)
	}
	for _, n := range []int{4, 0, 3, 1, 2} {
		put(t, s, SampleErrand(n))
	}
	late := SampleErrand(5)
	late.DueAt = time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
	late.ExpiresAt = late.DueAt.Add(time.Hour)
	put(t, s, late)
	same(t, "next", must[time.Time](t, "next")(s.NextErrand(t.Context(), kind)), SampleErrand(0).DueAt)

	began := time.Now()
	first := must[[]aftercheck.Errand](t, "claiming")(s.ClaimErrands(t.Context(), kind, time.Minute, 3))
	same(t, "due longest", errandIDs(first), []string{"e-0000", "e-0001", "e-0002"})
	for n, e := range first {
		if wait := e.DueAt.Sub(began); wait < time.Minute-time.Second || wait > 2*time.Minute || e.Revision != 2 {
			t.Errorf("%s at revision %d is due again after %s", e.ID, e.Revision, wait)
		}
		want := SampleErrand(n)
		want.Revision, want.DueAt = 2, e.DueAt
		same(t, "claimed", e, want)
		same(t, "as it is read", must[aftercheck.Errand](t, "reading")(s.Errand(t.Context(), kind, e.ID)), e)
	}
	second := must[[]aftercheck.Errand](t, "claiming")(s.ClaimErrands(t.Context(), kind, time.Minute, 9))
	same(t, "the others", errandIDs(second), []string{"e-0003", "e-0004"})
	if third := must[[]aftercheck.Errand](t, "claiming")(s.ClaimErrands(t.Context(), kind, time.Minute, 9)); len(third) != 0 {
		t.Errorf("claimed though none is due: %v", errandIDs(third))
	}
	stale := SampleErrand(0)
	stale.Revision = 1
	_, err := s.UpdateErrand(t.Context(), stale)
	wantErr(t, "by who has not claimed it", err, aftercheck.ErrConflict)
	must[aftercheck.Errand](t, "by who has")(s.UpdateErrand(t.Context(), first[0]))
}

func testErrandLease(t *testing.T, b Backend) {
	s := b.Open(t, 0)
	put(t, s, SampleErrand(1))
	if n := len(must[[]aftercheck.Errand](t, "claiming")(s.ClaimErrands(t.Context(), kind, 200*time.Millisecond, 9))); n != 1 {
		t.Fatalf("claimed %d", n)
	}
	testbed.Eventually(t, 20*time.Second, func() error {
		again, err := s.ClaimErrands(t.Context(), kind, time.Hour, 9)
		if err == nil && (len(again) != 1 || again[0].Revision != 3) {
			err = fmt.Errorf("claimed %v", again)
		}
		return err
	})
}

func testErrandRacingClaim(t *testing.T, b Backend) {
	s := b.Open(t, 0)
	const many = 60
	for n := range many {
		put(t, s, SampleErrand(n))
	}
	var mu sync.Mutex
	times := map[string]int{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range many {
				claimed, err := s.ClaimErrands(t.Context(), kind, time.Hour, 3)
				if err != nil {
					t.Errorf("claiming: %v", err)
				}
				mu.Lock()
				for _, e := range claimed {
					times[e.ID]++
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if len(times) != many {
		t.Errorf("%d of %d were claimed", len(times), many)
	}
	for id, n := range times {
		if n != 1 {
			t.Errorf("%s was claimed %d times", id, n)
		}
	}
}

// listed returns the IDs on all pages, and the sizes of the pages.
func listed(t testing.TB, s evidence.Errands, f aftercheck.ErrandFilter) (ids []string, sizes []int) {
	t.Helper()
	f.Kind = kind
	for range 1000 {
		page := must[aftercheck.ErrandPage](t, "listing")(s.ListErrands(t.Context(), f))
		ids, sizes = append(ids, errandIDs(page.Errands)...), append(sizes, len(page.Errands))
		if f.Cursor = page.NextCursor; f.Cursor == "" {
			return ids, sizes
		}
	}
	t.Fatal("the list does not end")
	return nil, nil
}

func testErrandList(t *testing.T, b Backend) {
	s := b.Open(t, 0)
	page := must[aftercheck.ErrandPage](t, "listing")(s.ListErrands(t.Context(), aftercheck.ErrandFilter{Kind: kind}))
	if page.Errands == nil || len(page.Errands) != 0 || page.NextCursor != "" {
		t.Errorf("of none: %+v", page)
	}
	var all, subject, tagged, both []string
	for n := range 20 {
		e := SampleErrand(n)
		if n%2 == 1 {
			e.CreatedAt, e.Tags, e.DueAt = SampleErrand(n-1).CreatedAt, []string{"open_no_more"}, time.Time{}
		}
		put(t, s, e)
		elsewhere := e
		elsewhere.Kind = kind + "_other"
		put(t, s, elsewhere)
		all = append(all, e.ID)
		if n%3 == 0 {
			subject = append(subject, e.ID)
		}
		if n%2 == 0 {
			tagged = append(tagged, e.ID)
		}
		if n%6 == 0 {
			both = append(both, e.ID)
		}
	}
	for name, c := range map[string]struct {
		filter aftercheck.ErrandFilter
		want   []string
		sizes  []int
	}{
		"all":             {aftercheck.ErrandFilter{}, all, []int{20}},
		"in pages":        {aftercheck.ErrandFilter{Limit: 7}, all, []int{7, 7, 6}},
		"in whole pages":  {aftercheck.ErrandFilter{Limit: 10}, all, []int{10, 10}},
		"of a subject":    {aftercheck.ErrandFilter{Subject: "incident <0>", Limit: 4}, subject, []int{4, 3}},
		"with a tag":      {aftercheck.ErrandFilter{Tag: "open", Limit: 4}, tagged, []int{4, 4, 2}},
		"with both":       {aftercheck.ErrandFilter{Tag: "open", Subject: "incident <0>", Limit: 3}, both, []int{3, 1}},
		"with no such":    {aftercheck.ErrandFilter{Tag: "ope"}, nil, []int{0}},
		"of no such case": {aftercheck.ErrandFilter{Subject: "incident"}, nil, []int{0}},
	} {
		want := slices.Clone(c.want)
		slices.Reverse(want)
		got, sizes := listed(t, s, c.filter)
		same(t, name, got, want)
		same(t, "pages "+name, sizes, c.sizes)
	}
	same(t, "counted", must[[]int](t, "counting")(s.CountErrands(t.Context(), kind, "open", "unsent", "open_no_more", "ope")), []int{10, 10, 10, 0})
	var field *aftercheck.FieldError
	for _, cursor := range []string{"x", "!!", strings.Repeat("A", 300)} {
		if _, err := s.ListErrands(t.Context(), aftercheck.ErrandFilter{Kind: kind, Cursor: cursor}); !errors.As(err, &field) || field.Field != "cursor" {
			t.Errorf("cursor %.5q: error %v, want a field error for cursor", cursor, err)
		}
	}
}

func testErrandExpires(t *testing.T, b Backend) {
	s, e, stays := b.Open(t, 0), SampleErrand(1), SampleErrand(2)
	e.ExpiresAt = time.Now().Add(700 * time.Millisecond)
	put(t, s, e)
	put(t, s, stays)
	testbed.Eventually(t, 20*time.Second, func() error {
		if _, err := s.Errand(t.Context(), kind, e.ID); !errors.Is(err, aftercheck.ErrNotFound) {
			return fmt.Errorf("reading what should have expired: %w", err)
		}
		return nil
	})
	ids, _ := listed(t, s, aftercheck.ErrandFilter{})
	same(t, "listed", ids, []string{stays.ID})
	_, err := s.UpdateErrand(t.Context(), e)
	wantErr(t, "changing what has expired", err, aftercheck.ErrNotFound)
	var claimed []aftercheck.Errand
	testbed.Eventually(t, 20*time.Second, func() (err error) { // where the store's clock is another's
		claimed, err = s.ClaimErrands(t.Context(), kind, time.Millisecond, 9)
		if err == nil && len(claimed) != 1 {
			err = fmt.Errorf("claimed %v", errandIDs(claimed))
		}
		return err
	})
	same(t, "claimed", errandIDs(claimed), []string{stays.ID})
	same(t, "counted", must[[]int](t, "counting")(s.CountErrands(t.Context(), kind, "open")), []int{1})
	put(t, s, SampleErrand(1))
}

func testErrandBadInput(t *testing.T, b Backend) {
	s := b.Open(t, 0)
	var field *aftercheck.FieldError
	for want, change := range map[string]func(e *aftercheck.Errand){
		"id":         func(e *aftercheck.Errand) { e.ID = "a b" },
		"kind":       func(e *aftercheck.Errand) { e.Kind = "A" },
		"tags":       func(e *aftercheck.Errand) { e.Tags = []string{"a", "b,c"} },
		"payload":    func(e *aftercheck.Errand) { e.Payload = make([]byte, aftercheck.MaxErrandPayload+1) },
		"expires_at": func(e *aftercheck.Errand) { e.ExpiresAt = time.Time{} },
	} {
		e := SampleErrand(1)
		change(&e)
		_, _, errPut := s.PutErrand(t.Context(), e)
		_, errUpdate := s.UpdateErrand(t.Context(), e)
		for call, err := range map[string]error{"put": errPut, "update": errUpdate} {
			if !errors.As(err, &field) || field.Field != want {
				t.Errorf("%s: error %v, want a field error for %s", call, err, want)
			}
		}
	}
	broken := SampleErrand(1)
	broken.Payload = json.RawMessage("{")
	_, _, err := s.PutErrand(t.Context(), broken)
	wantErr(t, "no JSON", err, evidence.ErrUnstorable)
	_, err = s.Errand(t.Context(), kind, "a b")
	wantErr(t, "an ID that cannot be one", err, aftercheck.ErrNotFound)
	if _, err := s.ClaimErrands(t.Context(), "a b", time.Second, 1); !errors.As(err, &field) {
		t.Errorf("claiming of a kind that cannot be one: error %v", err)
	}
}

// testErrandSentTwice loses the request or the answer of each write; who sends it
// again finds what one that was not lost would have done.
func testErrandSentTwice(t *testing.T, b Backend) {
	for name, fault := range map[string]Fault{"request": FaultRequestLost, "answer": FaultAnswerLost} {
		t.Run(name, func(t *testing.T) {
			lost := map[string]bool{}
			s := NewFaulty(b.Open(t, 0), func(operation string) Fault {
				if lost[operation] {
					return FaultNone
				}
				lost[operation] = true
				return fault
			})
			_, _, err := s.PutErrand(t.Context(), SampleErrand(1))
			wantErr(t, "lost", err, aftercheck.ErrUnavailable)
			e := put(t, s, SampleErrand(1))
			e.Tags = []string{"open"}
			_, err = s.UpdateErrand(t.Context(), e)
			wantErr(t, "lost", err, aftercheck.ErrUnavailable)
			if e = must[aftercheck.Errand](t, "changing")(s.UpdateErrand(t.Context(), e)); e.Revision != 2 {
				t.Errorf("at revision %d, want 2", e.Revision)
			}
			if s.RemoveErrand(t.Context(), kind, e.ID) == nil || s.RemoveErrand(t.Context(), kind, e.ID) != nil {
				t.Error("want the first to be lost, and the second not")
			}
		})
	}
}

func testErrandCrash(t *testing.T, b Backend) {
	store, crash := b.Crash(t)
	put(t, store, SampleErrand(1))
	put(t, store, SampleErrand(2))
	claimed := must[[]aftercheck.Errand](t, "claiming")(store.ClaimErrands(t.Context(), kind, time.Hour, 1))
	store = crash()
	same(t, "claimed before", must[aftercheck.Errand](t, "reading")(store.Errand(t.Context(), kind, claimed[0].ID)), claimed[0])
	same(t, "claimed after", errandIDs(must[[]aftercheck.Errand](t, "claiming")(store.ClaimErrands(t.Context(), kind, time.Hour, 9))), []string{"e-0002"})
}
