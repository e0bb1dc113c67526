package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
)

func TestPrintWaitHasALineForEachDelay(t *testing.T) {
	part := func(name string, d time.Duration) aftercheck.DelayPart {
		return aftercheck.DelayPart{Name: name, Duration: aftercheck.Duration(d)}
	}
	readings := []aftercheck.Reading{{Delays: []aftercheck.Delay{
		{Of: "query errors", Parts: []aftercheck.DelayPart{part("scrape_interval", 15*time.Second)}},
		{Of: "alert ApiDown", Parts: []aftercheck.DelayPart{part("scrape_interval", 15*time.Second), part("range", time.Minute)}},
	}}}
	wait := &aftercheck.Wait{
		Delays:  aftercheck.LongestDelays(readings),
		Parts:   []aftercheck.WaitPart{{Name: "warmup", Duration: aftercheck.Duration(10 * time.Second)}, {Name: "delay", Duration: aftercheck.Duration(75 * time.Second)}},
		Total:   aftercheck.Duration(85 * time.Second),
		Bounded: true,
	}
	lines := "  alert ApiDown  1m15s  scrape_interval 15s + range 1m0s\n  query errors   15s    scrape_interval 15s\n"
	for name, c := range map[string]struct {
		v    aftercheck.Verification
		want string
	}{
		"a wait": {
			aftercheck.Verification{Wait: wait, Policy: aftercheck.DefaultPolicy()},
			"follows from: warmup 10s + delay 1m15s = 1m25s, at most 15m0s after the warm-up\n" + lines,
		},
		"delays, and a deadline that is set": {
			aftercheck.Verification{Evidence: &aftercheck.Evidence{Rounds: []aftercheck.Round{{}, {Readings: readings}}}},
			"\nwhat the signals need to show a change:\n" + lines,
		},
		"nothing": {aftercheck.Verification{Evidence: &aftercheck.Evidence{PreState: &aftercheck.Snapshot{}}}, ""},
	} {
		var text bytes.Buffer
		if err := printWait(&text, c.v); err != nil || !strings.HasSuffix(text.String(), c.want) || c.want == "" && text.Len() > 0 {
			t.Errorf("%s: %v, got\n%s\nwant\n%s", name, err, text.String(), c.want)
		}
	}
}
