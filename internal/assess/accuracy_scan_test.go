package assess_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
)

// The word scan is how the replaced verifier judged: it looked for words in the
// text of what its tools had returned. testdata/verdict_text.json has what it
// answered, measured; here it is the measure that the judge is held against.
var (
	scanBad    = []string{"crashloopbackoff", "oomkilled", "failed"}
	scanGood   = []string{"running", "ready", "healthy", "1/1", "2/2", "3/3", "successfully rolled out", `"success":true`}
	scanUp     = regexp.MustCompile(`\bup\b`)
	scanRenews = []string{"restart", "delete"}
)

// wordScan gives the replaced verifier's verdict on the texts of before and
// after; both are empty where nothing was read.
func wordScan(before, after, action string) aftercheck.Verdict {
	before, after, action = strings.ToLower(before), strings.ToLower(after), strings.ToLower(action)
	switch {
	case containsAny(after, scanBad):
		return aftercheck.Failed
	case !scansWell(after) || (aftercheck.Action{Text: action}).ObserveOnly():
		return aftercheck.Degraded
	case scansWell(before) && !containsAny(before, scanBad) && !containsAny(action, scanRenews):
		return aftercheck.Degraded
	}
	return aftercheck.Success
}

func scansWell(text string) bool {
	return containsAny(text, scanGood) || strings.Contains(text, "docker") && scanUp.MatchString(text)
}

func containsAny(text string, words []string) bool {
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// scanWarmup is how long after the action the word scan looked, once.
const scanWarmup = 10 * time.Second

// scanned is the word scan's verdict on a scenario: on what was stored before
// the action, and on the first round after its warm-up, or the last there is.
func (s *scenario) scanned(t testing.TB) aftercheck.Verdict {
	t.Helper()
	rounds := s.timeline()
	if len(rounds) == 0 {
		return aftercheck.Timeout
	}
	look := rounds[len(rounds)-1]
	for _, round := range rounds {
		if !round.at.Before(s.Action.FinishedAt.Add(scanWarmup)) {
			look = round
			break
		}
	}
	before := ""
	if s.Before != nil {
		before = s.Before.text(t)
	}
	return wordScan(before, look.text(t), s.Action.Text)
}

// text is what tools would have returned at a moment: the objects as JSON; of a
// reading its raw text, or else each finding with all but what sensors of ours
// make of it. What did not answer was left out.
func (m *moment) text(t testing.TB) string {
	t.Helper()
	var all []any
	for _, o := range m.items(t) {
		all = append(all, o.Object)
	}
	for _, f := range m.Findings {
		all = append(all, plain(f))
	}
	for _, r := range m.Readings {
		switch {
		case r.Outcome != "" && r.Outcome != aftercheck.ReadingOK:
			continue
		case r.Raw != "":
			all = append(all, map[string]string{"raw": r.Raw})
			continue
		}
		for _, f := range r.Findings {
			all = append(all, plain(f))
		}
	}
	if len(all) == 0 {
		return ""
	}
	return compact(t, all)
}

// plain is a finding as the tool behind it would have said it.
func plain(f aftercheck.Finding) map[string]any {
	out := map[string]any{"kind": f.Subject.Kind, "name": f.Subject.Name}
	for key, text := range map[string]string{"reason": f.Reason, "message": f.Message, "query": f.Query} {
		if text != "" {
			out[key] = text
		}
	}
	if f.Value != nil {
		out["value"] = f.Value.Number
	}
	return out
}

func compact(t testing.TB, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWordScanAnswersAsMeasured(t *testing.T) {
	content, err := os.ReadFile("testdata/verdict_text.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name, Action string
		Pre, Post    map[string]any
		Original     aftercheck.Verdict
	}
	if err := json.Unmarshal(content, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) < 30 {
		t.Fatalf("%d vectors", len(vectors))
	}
	for _, v := range vectors {
		var before, after string
		if len(v.Pre) > 0 {
			before = compact(t, v.Pre)
		}
		if len(v.Post) > 0 {
			after = compact(t, v.Post)
		}
		if got := wordScan(before, after, v.Action); got != v.Original {
			t.Errorf("%s: %s, was measured to give %s", v.Name, got, v.Original)
		}
	}
}
