package evidencetest

import (
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
)

// testRoundPutsTheDeadlineOff sees that the wait which a round brings is the
// verification's from then on, wherever it is read, and survives later rounds
// and the verdict.
func testRoundPutsTheDeadlineOff(t *testing.T, b Backend) {
	s, v := b.Open(t, 0), Sample(1)
	accepted(t, s, v)
	late := v.DeadlineAt.Add(10 * time.Minute)
	first := SampleRound(v, 0)
	first.Wait = &aftercheck.Wait{
		Delays:     []aftercheck.Delay{{Of: "alert A", Parts: []aftercheck.DelayPart{{Name: "range", Duration: aftercheck.Duration(10 * time.Minute)}}}},
		Parts:      []aftercheck.WaitPart{{Name: "delay", Duration: aftercheck.Duration(10 * time.Minute)}},
		Total:      aftercheck.Duration(10 * time.Minute),
		DeadlineAt: late,
	}
	check := func(when string, got aftercheck.Verification) {
		t.Helper()
		same(t, when, []any{got.DeadlineAt, got.Wait}, []any{late, first.Wait})
	}
	for range 2 { // sent twice
		must[int64](t, "adding a round")(s.AddRound(t.Context(), v.ID, 1, first, time.Time{}))
	}
	check("read", must[aftercheck.Verification](t, "reading")(s.Verification(t.Context(), v.ID)))
	same(t, "due without a further round", must[map[string]time.Time](t, "pending")(PendingAll(t.Context(), s)), map[string]time.Time{v.ID: late})

	must[int64](t, "adding a round")(s.AddRound(t.Context(), v.ID, 2, SampleRound(v, 1), v.DeadlineAt.Add(time.Second)))
	now := must[aftercheck.Verification](t, "reading")(s.Verification(t.Context(), v.ID))
	check("after another round", now)
	same(t, "its round", now.Evidence.Rounds[0].Wait, first.Wait)
	same(t, "due", must[map[string]time.Time](t, "pending")(PendingAll(t.Context(), s)), map[string]time.Time{v.ID: v.DeadlineAt.Add(time.Second)})
	check("listed", must[[]aftercheck.Verification](t, "listing")(ListAll(t.Context(), s, aftercheck.Filter{}))[0])
	check("sealed", must[aftercheck.Verification](t, "sealing")(s.Seal(t.Context(), v.ID, 3, SampleAssessment(aftercheck.Success), late)))
}
