package verify

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
)

// anyReadings draws readings of many sizes, healthy all of them.
func anyReadings(t *rapid.T, label string) []aftercheck.Reading {
	out := make([]aftercheck.Reading, rapid.IntRange(1, 5).Draw(t, label+" sensors"))
	for i := range out {
		out[i] = aftercheck.Reading{Sensor: "sensor-" + string(rune('a'+i)), At: epoch, Outcome: aftercheck.ReadingOK}
		out[i].Raw = strings.Repeat(rapid.SampledFrom([]string{"x", "ä", "\n", "\x00"}).Draw(t, "text"), rapid.IntRange(0, 2000).Draw(t, "raw"))
		for n := range rapid.IntRange(0, 40).Draw(t, "findings") {
			out[i].Findings = append(out[i].Findings, aftercheck.Finding{
				Subject: aftercheck.Subject{Kind: "Pod", Name: strings.Repeat("p", 1+n)}, Check: aftercheck.CheckHealth,
				Scope: aftercheck.ScopeTarget, State: aftercheck.StateHealthy, At: epoch.Add(time.Minute),
				Samples: make([]float64, rapid.IntRange(0, 240).Draw(t, "samples")),
			})
		}
	}
	return out
}

// markSize is more than a reading takes of which nothing is left but that.
const markSize = 300

// TestFitKeepsTheBound cuts any readings to any size. What is left is within it, and
// each reading is whole in its findings, or is one that is not known.
func TestFitKeepsTheBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		given := anyReadings(t, "given")
		before, _ := json.Marshal(given)
		most := rapid.IntRange(0, 30_000).Draw(t, "most")
		got := fit(given, most)
		if after, _ := json.Marshal(given); string(after) != string(before) {
			t.Fatal("what was given was changed")
		}
		if size(got) > max(most, markSize*len(given)) || len(got) != len(given) {
			t.Fatalf("%d readings of %d bytes for %d, want at most %d", len(got), size(got), len(given), most)
		}
		for i, r := range got {
			switch {
			case r.Outcome == aftercheck.ReadingOK && len(r.Findings) != len(given[i].Findings):
				t.Fatalf("%s is ok with %d of %d findings", r.Sensor, len(r.Findings), len(given[i].Findings))
			case r.Outcome != aftercheck.ReadingOK && (len(r.Findings) > 0 || !strings.Contains(r.Error, "max_evidence_bytes")):
				t.Fatalf("%s: %s with %d findings: %q", r.Sensor, r.Outcome, len(r.Findings), r.Error)
			case r.Raw != given[i].Raw && !r.RawTruncated && r.Outcome == aftercheck.ReadingOK:
				t.Fatalf("%s: its raw text was cut without a word", r.Sensor)
			}
		}
	})
}

// TestEvidenceOfAVerificationIsBounded takes as many rounds as there may be, of any
// size: all evidence together stays within the bound, and the last round has as much
// room as the first.
func TestEvidenceOfAVerificationIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const most = 256 << 10
		e := New(Options{Sensors: noSensors{}, MaxEvidenceBytes: most})
		v := planned(0)
		v.DeadlineAt = v.ObserveFrom.Add(time.Duration(rapid.IntRange(1, 300).Draw(t, "seconds")) * time.Second)
		v.Evidence.PreState = &aftercheck.Snapshot{Readings: fit(anyReadings(t, "before"), e.roomForPreState())}
		first := e.roomForRound(v)
		for n := 0; ; n++ {
			at := v.ObserveFrom.Add(time.Duration(n) * spacing(v))
			if at.After(v.DeadlineAt) || n >= aftercheck.MaxRounds {
				break
			}
			room := e.roomForRound(v)
			if room < first*9/10-markSize*5 {
				t.Fatalf("round %d has room for %d bytes, the first for %d", n, room, first)
			}
			v = withRound(v, aftercheck.Round{At: at, EndedAt: at, Readings: fit(anyReadings(t, "round"), room)})
		}
		used := size(v.Evidence.PreState.Readings)
		for _, round := range v.Evidence.Rounds {
			used += size(round.Readings)
		}
		if marks := markSize * 5 * (len(v.Evidence.Rounds) + 1); used > max(most, marks) {
			t.Fatalf("%d bytes in %d rounds, want at most %d", used, len(v.Evidence.Rounds), most)
		}
	})
}

// TestWhatIsCutIsNotHealthy judges rounds of a healthy target that do not fit.
func TestWhatIsCutIsNotHealthy(t *testing.T) {
	c := assess.Case{Action: aftercheck.Action{Text: "restart", FinishedAt: epoch}, Policy: aftercheck.DefaultPolicy()}
	for n := range 5 {
		at := epoch.Add(time.Duration(10+5*n) * time.Second)
		reading := aftercheck.Reading{Sensor: "kubernetes", At: at, Outcome: aftercheck.ReadingOK, Findings: []aftercheck.Finding{{
			Subject: aftercheck.Subject{Kind: "Deployment", Name: "api"}, Check: aftercheck.CheckHealth, Scope: aftercheck.ScopeTarget,
			State: aftercheck.StateHealthy, At: at, Message: strings.Repeat("m", 1000),
		}}}
		c.Evidence.Rounds = append(c.Evidence.Rounds, aftercheck.Round{At: at, EndedAt: at, Readings: fit([]aftercheck.Reading{reading}, 500)})
	}
	if got := assess.Judge(c, epoch.Add(time.Hour)); got.Verdict != aftercheck.Degraded || got.Reason != aftercheck.ReasonInsufficientEvidence {
		t.Errorf("%s (%s), want that it cannot be told", got.Verdict, got.Reason)
	}
}
