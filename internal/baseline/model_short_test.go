package baseline

import (
	"math"
	"testing"
	"time"
)

// A level that wanders to and fro may be half a season, until two were seen.
func TestALevelThatWanders(t *testing.T) {
	history := func(days float64) []Sample {
		var out []Sample
		begin := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
		for at := time.Duration(0); at.Hours() < 24*days; at += 5 * time.Minute {
			noise := float64(int(at.Minutes())*7919%101)/50 - 1
			out = append(out, Sample{At: begin.Add(at), Value: 100 + 40*math.Sin(2*math.Pi*at.Hours()/17) + noise})
		}
		return out
	}
	if m := Fit(history(1.2), Options{}); m.Method != MethodNone || m.Reason != ReasonShortHistory {
		t.Errorf("a day: got %s (%s)", m.Method, m.Reason)
	}
	m := Fit(history(2.5), Options{})
	band, _, known := m.Band(m.Ends.Add(time.Hour))
	if m.Method != MethodMedian || m.Reason != ReasonShortHistory || !known {
		t.Fatalf("two days: got %s (%s)", m.Method, m.Reason)
	}
	if band.Low > 60 || band.High < 140 || band.High > 350 {
		t.Errorf("two days: got %v, want as far as it wandered", band)
	}
}
