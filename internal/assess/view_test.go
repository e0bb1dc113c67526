package assess_test

import (
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
)

func TestViewsSayWhatEachRoundShows(t *testing.T) {
	c := world{text: undo, before: one(down), rounds: append(times(2, down), times(2, up)...)}.build()
	c.Evidence.Rounds = append(c.Evidence.Rounds, aftercheck.Round{At: c.Evidence.Rounds[3].At.Add(time.Second)})
	early := c.Evidence.Rounds[0]
	early.Readings = append([]aftercheck.Reading(nil), early.Readings...)
	for i := range early.Readings {
		early.Readings[i].At = c.Action.FinishedAt.Add(-time.Second)
	}
	c.Evidence.Rounds = append([]aftercheck.Round{early}, c.Evidence.Rounds...)
	views := assess.Views(c)
	want := []aftercheck.State{
		aftercheck.StateUnknown, aftercheck.StateUnhealthy, aftercheck.StateUnhealthy, aftercheck.StateHealthy, aftercheck.StateHealthy, aftercheck.StateUnknown,
	}
	if len(views) != len(want) {
		t.Fatalf("%d views of %d rounds", len(views), len(want))
	}
	for i, v := range views {
		if v.State != want[i] || v.Stale != (i == 0) || v.Brief == "" || !v.At.Equal(c.Evidence.Rounds[i].At) {
			t.Errorf("round %d is %+v, want %s", i+1, v, want[i])
		}
	}
	if got := assess.Views(assess.Case{}); len(got) != 0 {
		t.Errorf("no rounds give %+v", got)
	}
}
