package aftercheck

import (
	"fmt"
	"testing"
	"time"
)

func TestLongestDelays(t *testing.T) {
	delay := func(of string, d time.Duration) Delay {
		return Delay{Of: of, Parts: []DelayPart{{Name: "range", Duration: Duration(d)}}}
	}
	readings := []Reading{
		{Delays: []Delay{delay("query a", time.Second), delay("query b", 3*time.Second)}},
		{},
		{Delays: []Delay{delay("query a", 2*time.Second), {Of: "at once"}}},
	}
	got := ""
	for _, d := range LongestDelays(readings) {
		got += fmt.Sprintf("%s %s, ", d.Of, d.Total())
	}
	if want := "query b 3s, query a 2s, at once 0s, "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if readings[0].Delays[0].Of != "query a" {
		t.Error("the readings were changed")
	}
	var many Reading
	for i := range 2 * MaxWaitDelays {
		many.Delays = append(many.Delays, delay(fmt.Sprint(i), time.Duration(i)))
	}
	if kept := LongestDelays([]Reading{many}); len(kept) != MaxWaitDelays || kept[0].Total() != time.Duration(2*MaxWaitDelays-1) {
		t.Errorf("%d are kept, the first is %s", len(kept), kept[0].Total())
	}
}
