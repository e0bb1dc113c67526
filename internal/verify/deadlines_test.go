package verify

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestDeadlinesCountAsOneWouldByLooking holds the count against a look at each
// entry, whatever is set in which order while the time goes on.
func TestDeadlinesCountAsOneWouldByLooking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1_700_000_000, 0)
		var counted deadlines
		want := make([]time.Time, 8)
		entries := make([]*entry, len(want))
		for i := range entries {
			entries[i] = &entry{deadlinePlace: noDeadline}
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			i := rapid.IntRange(0, len(want)-1).Draw(t, "entry")
			want[i] = time.Time{}
			if rapid.Bool().Draw(t, "has a deadline") {
				want[i] = now.Add(time.Duration(rapid.IntRange(-5, 20).Draw(t, "seconds")) * time.Second)
			}
			counted.set(entries[i], want[i])
			now = now.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "passed")) * time.Second)
			passed := 0
			for _, deadline := range want {
				if !deadline.IsZero() && deadline.Before(now) {
					passed++
				}
			}
			if got := counted.overdue(now); got != passed {
				t.Fatalf("%d overdue, want %d of %v at %s", got, passed, want, now)
			}
		}
	})
}
