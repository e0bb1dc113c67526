package assess_test

import (
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
)

// TestAnOlderPictureRenewsNothing: two files are each judged as of the newest
// time in them, and the second may be the older one. The pod in both started
// at the same time, and was not restarted.
func TestAnOlderPictureRenewsNothing(t *testing.T) {
	seen := func(since, when time.Time) []aftercheck.Finding {
		life := restarts("a", 0, since)
		life.At = when
		return []aftercheck.Finding{health(healthy, ""), life}
	}
	started, later := began.Add(-time.Hour), began.Add(-time.Minute)
	for _, c := range []struct {
		name   string
		before time.Time // when the pod of the first picture started
		after  time.Time // and that of the second
		want   aftercheck.Reason
	}{
		{"the same start", started, started, aftercheck.ReasonNoEffect},
		{"a later start", started, later, aftercheck.ReasonRestarted},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := world{
				text: "kubectl delete pod api-x", held: true,
				before: one(sees(seen(c.before, began)...)),
				rounds: times(1, sees(seen(c.after, began.Add(-30*time.Second))...)),
			}
			k := w.build()
			k.Action.StartedAt, k.Action.FinishedAt = time.Time{}, time.Time{}
			if got := assess.Judge(k, k.DeadlineAt); got.Reason != c.want {
				t.Errorf("got %s/%s (%s), want %s", got.Verdict, got.Reason, got.Explanation, c.want)
			}
		})
	}
}
