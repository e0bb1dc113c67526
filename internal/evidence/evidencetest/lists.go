package evidencetest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
)

func idsOf(list []aftercheck.Verification) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = v.ID
	}
	return out
}

func testList(t *testing.T, b Backend) {
	s := b.Open(t, 0)
	page, err := s.List(t.Context(), aftercheck.Filter{})
	if err != nil || page.Verifications == nil || len(page.Verifications) != 0 || page.NextCursor != "" {
		t.Fatalf("empty store: page %+v, error %v", page, err)
	}
	var want []string
	for n := range 60 {
		v := Sample(n)
		if n%2 == 1 {
			v.AcceptedAt = Sample(n - 1).AcceptedAt // the same moment: then by ID
		}
		accepted(t, s, v)
		want = append(want, v.ID)
	}
	slices.Reverse(want)
	for limit, pages := range map[int][]int{0: {50, 10}, 60: {60}, 59: {59, 1}, 30: {30, 30}, 7: {7, 7, 7, 7, 7, 7, 7, 7, 4}, 100_000: {60}, -3: {50, 10}} {
		got, sizes := []string{}, []int{}
		filter := aftercheck.Filter{Limit: limit}
		for {
			page := must[aftercheck.Page](t, "listing")(s.List(t.Context(), filter))
			got, sizes = append(got, idsOf(page.Verifications)...), append(sizes, len(page.Verifications))
			if filter.Cursor = page.NextCursor; filter.Cursor == "" {
				break
			}
		}
		same(t, fmt.Sprintf("order with limit %d", limit), got, want)
		same(t, fmt.Sprintf("pages with limit %d", limit), sizes, pages)
	}
}

func testListFilters(t *testing.T, b Backend) {
	s, model := b.Open(t, 0), NewModel()
	for n := range 40 {
		v := Sample(n)
		for _, store := range []evidence.Store{s, model} {
			accepted(t, store, v)
			if n%4 != 0 {
				a := SampleAssessment([]aftercheck.Verdict{aftercheck.Success, aftercheck.Degraded, aftercheck.Failed}[n%3])
				must[aftercheck.Verification](t, "sealing")(store.Seal(t.Context(), v.ID, 1, a, v.DeadlineAt))
			}
		}
	}
	since := Sample(20).AcceptedAt
	for _, f := range []aftercheck.Filter{
		{IncidentID: "incident-1"}, {IncidentID: "incident"}, {IncidentID: "incident-1", Verdict: aftercheck.Degraded},
		{Verdict: aftercheck.Failed}, {Verdict: aftercheck.Timeout}, {Playbook: "pb-1"}, {Playbook: "pb-9"},
		{Since: since}, {Since: since.Add(1)}, {Since: since.Add(time.Hour)}, {Since: since, IncidentID: "incident-2"},
		{Since: since, IncidentID: "incident-0", Verdict: aftercheck.Success, Playbook: "pb-0"},
	} {
		for _, limit := range []int{1, 3, 500} {
			f.Limit = limit
			want := must[[]aftercheck.Verification](t, "listing")(ListAll(t.Context(), model, f))
			same(t, fmt.Sprintf("%+v", f), must[[]aftercheck.Verification](t, "listing")(ListAll(t.Context(), s, f)), want)
		}
	}
}

func testListBadCursor(t *testing.T, b Backend) {
	s := b.Open(t, 0)
	for n := range 3 {
		accepted(t, s, Sample(n))
	}
	good := must[aftercheck.Page](t, "listing")(s.List(t.Context(), aftercheck.Filter{Limit: 1})).NextCursor
	var field *aftercheck.FieldError
	for _, cursor := range []string{"x", "====", good + "A", good[1:], strings.ToUpper(good), base64.RawURLEncoding.EncodeToString([]byte("[ -")), strings.Repeat("A", 100_000)} {
		_, err := s.List(t.Context(), aftercheck.Filter{Cursor: cursor})
		if !errors.As(err, &field) || field.Field != "cursor" || strings.Contains(err.Error(), cursor) && len(cursor) > 1 {
			t.Errorf("cursor %.40q: error %v, want a field error for cursor that does not repeat it", cursor, err)
		}
	}
}

// testListWhileAccepting pages through a list while others are accepted: what
// was there before is seen exactly once, in order.
func testListWhileAccepting(t *testing.T, b Backend) {
	s := b.Open(t, 0)
	const before = 60
	for n := range before {
		accepted(t, s, Sample(n))
	}
	stop := make(chan struct{})
	var writers sync.WaitGroup
	defer writers.Wait()
	defer close(stop)
	for w := range 3 {
		writers.Go(func() {
			for n := before + w; ; n += 3 {
				select {
				case <-stop:
					return
				default:
				}
				if _, _, err := s.Accept(t.Context(), Sample(n)); err != nil {
					t.Errorf("accepting: %v", err)
					return
				}
			}
		})
	}
	for range 5 {
		var seen []string
		for _, v := range must[[]aftercheck.Verification](t, "listing")(ListAll(t.Context(), s, aftercheck.Filter{Limit: 9})) {
			seen = append(seen, v.ID)
		}
		if !slices.IsSortedFunc(seen, func(a, b string) int { return strings.Compare(b, a) }) || len(slices.Compact(slices.Clone(seen))) != len(seen) {
			t.Fatalf("out of order, or twice: %v", seen)
		}
		if old := slices.Index(seen, Sample(before-1).ID); old < 0 || len(seen)-old != before {
			t.Fatalf("%d seen, of which the older begin at %d; want the last %d to be the older", len(seen), old, before)
		}
	}
}

// testListBoundsItsWork looks for one among many: pages may be empty, and lead
// to it all the same.
func testListBoundsItsWork(t *testing.T, b Backend) {
	s := b.Open(t, 0)
	const many = 5600
	var writers sync.WaitGroup
	for w := range 32 {
		writers.Go(func() {
			for n := w; n < many; n += 32 {
				v := Sample(n)
				v.Evidence = nil
				if n == 0 {
					v.Playbook = "needle"
				}
				if _, _, err := s.Accept(t.Context(), v); err != nil {
					t.Errorf("accepting: %v", err)
					return
				}
			}
		})
	}
	writers.Wait()
	first := must[aftercheck.Page](t, "listing")(s.List(t.Context(), aftercheck.Filter{Playbook: "needle"}))
	if len(first.Verifications) != 0 || first.NextCursor == "" {
		t.Errorf("the first page looked through everything: %d found, cursor %q", len(first.Verifications), first.NextCursor)
	}
	all := must[[]aftercheck.Verification](t, "listing")(ListAll(t.Context(), s, aftercheck.Filter{Playbook: "needle"}))
	same(t, "found", idsOf(all), []string{Sample(0).ID})
}

func testPending(t *testing.T, b Backend) {
	s := b.Open(t, 0)
	want := map[string]time.Time{}
	for n := range 450 { // more than are read at once
		v := Sample(n)
		v.Evidence = nil
		accepted(t, s, v)
		want[v.ID] = v.NextRoundAt
		switch n % 5 {
		case 1: // a round moves it
			next := v.NextRoundAt.Add(7 * time.Second)
			must[int64](t, "adding a round")(s.AddRound(t.Context(), v.ID, 1, SampleRound(v, 0), next))
			want[v.ID] = next
		case 2: // the deadline is earlier than the next round
			must[int64](t, "adding a round")(s.AddRound(t.Context(), v.ID, 1, SampleRound(v, 0), v.DeadlineAt.Add(time.Hour)))
			want[v.ID] = v.DeadlineAt
		case 3: // settled
			settled(t, s, must[aftercheck.Verification](t, "sealing")(s.Seal(t.Context(), v.ID, 1, SampleAssessment(aftercheck.Failed), v.DeadlineAt)))
			delete(want, v.ID)
		case 4: // sealed, and not settled
			at := v.DeadlineAt.Add(-time.Second)
			must[aftercheck.Verification](t, "sealing")(s.Seal(t.Context(), v.ID, 1, SampleAssessment(aftercheck.Failed), at))
			want[v.ID] = at
		}
	}
	same(t, "pending", must[map[string]time.Time](t, "pending")(PendingAll(t.Context(), s)), want)

	enough := errors.New("enough")
	calls := 0
	err := s.Pending(t.Context(), func(string, time.Time) error {
		calls++
		return enough
	})
	if !errors.Is(err, enough) || calls != 1 {
		t.Errorf("the callback's error: %v after %d calls, want it after one", err, calls)
	}
}

// testPendingMayUseTheStore seals and settles from within the callback, as an engine that
// starts after a long time does.
func testPendingMayUseTheStore(t *testing.T, b Backend) {
	s := b.Open(t, 0)
	for n := range 250 {
		v := Sample(n)
		v.Evidence = nil
		accepted(t, s, v)
	}
	seen := 0
	err := s.Pending(t.Context(), func(id string, due time.Time) error {
		seen++
		v, err := s.Seal(t.Context(), id, 1, SampleAssessment(aftercheck.Timeout), due)
		if err != nil {
			return err
		}
		return s.Settle(t.Context(), v)
	})
	if err != nil || seen != 250 {
		t.Fatalf("%d seen, error %v; want 250", seen, err)
	}
	if left := must[map[string]time.Time](t, "pending")(PendingAll(t.Context(), s)); len(left) != 0 {
		t.Errorf("%d are left", len(left))
	}
}
