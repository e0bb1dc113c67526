package text_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect/text"
)

// maxFindings is the most that one answer gives: three facts, its health, and
// that for the target too, for each of MaxObjects and as many that are not
// well, and one for what was not read.
const maxFindings = 2*text.MaxObjects*5 + 1

func examples(t testing.TB) []string {
	t.Helper()
	var cases []textCase
	for _, file := range pairs {
		cases = append(cases, casesIn(t, file)...)
	}
	var out []string
	for _, c := range cases {
		for _, raw := range []json.RawMessage{c.Pre, c.Post} {
			var answer string
			if json.Unmarshal(raw, &answer) != nil {
				answer = string(raw)
			}
			out = append(out, answer)
		}
	}
	return out
}

func FuzzRead(f *testing.F) {
	for _, example := range examples(f) {
		f.Add(example, "docker restart api", "api")
	}
	f.Fuzz(func(t *testing.T, answer, action, deployment string) {
		q := aftercheck.Question{
			Incident: aftercheck.Incident{Labels: map[string]string{"deployment": deployment}},
			Action:   aftercheck.Action{Text: action},
		}
		_, findings := text.Read(answer, q, now)
		if len(findings) > maxFindings {
			t.Errorf("%d findings", len(findings))
		}
		for _, f := range findings {
			if f.Scope == "" || f.Check == "" || f.Subject.Kind == "" {
				t.Errorf("incomplete: %+v", f)
			}
			if f.Value != nil && f.Value.Number < 0 {
				t.Errorf("negative: %+v", f)
			}
		}
		_, again := text.Read(answer, q, now)
		if a, b := asJSON(t, findings), asJSON(t, again); a != b {
			t.Errorf("read twice:\n%s\n%s", a, b)
		}
	})
}

func asJSON(t *testing.T, findings []aftercheck.Finding) string {
	t.Helper()
	out, err := json.Marshal(findings)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// hostile are texts that cost more than their length if something is read again
// and again: how they grow, and how far.
var hostile = map[string]struct {
	grown func(times int) string
	times int
}{
	"braces that never close": {repeated("{\"a\":"), 100_000},
	"lines of open brackets":  {repeated("[{\"a\":\n"), 50_000},
	"nested texts":            {repeated(`{"raw":"`), 50_000},
	"one long line":           {repeated("not ready "), 100_000},
	"one long word":           {repeated("a-"), 500_000},
	"rows":                    {repeated("api-1 0/1 CrashLoopBackOff 7 (2m ago) 3d\n"), 20_000},
	"headings":                {repeated(" a:\n"), 200_000},
	"deeper headings":         {staircase, 2_000},
	"headers":                 {repeated("NAME READY STATUS\n"), 50_000},
	"bars":                    {repeated("|"), 1_000_000},
	"empty lines":             {repeated("\n"), 1_000_000},
	"white space":             {repeated(" "), 1_000_000},
	"lines of JSON":           {repeated("{\"a\": 1}\n"), 100_000},
	"lines of Python":         {repeated("{'a': 1\n"), 100_000},
	"lists of text":           {func(times int) string { return "[" + strings.Repeat("\"x\",", times) + "1]" }, 500_000},
	"escapes":                 {repeated("\x1b["), 100_000},
	"clauses":                 {repeated("is,"), 300_000},
	"numbers":                 {repeated("99999999999999999999/1 "), 40_000},
}

func repeated(piece string) func(times int) string {
	return func(times int) string { return strings.Repeat(piece, times) }
}

func staircase(steps int) string {
	var out strings.Builder
	for i := range steps {
		out.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return out.String()
}

// TestHostileTextsCostTheirLength: a text that is longer takes longer, and not much
// more than that; with the square, one of 16 times the length would take 16 times
// as long for each of its bytes. Whatever else the machine does makes a measurement
// longer, never shorter: the quickest of many count, and no more are taken than it
// needs.
func TestHostileTextsCostTheirLength(t *testing.T) {
	const least, tries = 2 * time.Millisecond, 20
	for name, h := range hostile {
		short, long := h.grown(h.times/64), h.grown(h.times/4)
		longer := float64(len(long)) / float64(len(short))
		one, many := time.Hour, time.Hour
		tooLong := func() bool { return many.Seconds() > 4*longer*max(one, least).Seconds() }
		for try := 0; try < tries && (try == 0 || tooLong()); try++ {
			one, many = min(one, reading(short)), min(many, reading(long))
		}
		if tooLong() {
			t.Errorf("%s: %d bytes take %s, and %d take %s", name, len(short), one, len(long), many)
		}
	}
}

func reading(answer string) time.Duration {
	began := time.Now()
	text.Read(answer, aftercheck.Question{}, now)
	return time.Since(began)
}

func TestHostileTextsAreNeverHealthy(t *testing.T) {
	for name, h := range hostile {
		_, findings := text.Read(h.grown(h.times), aftercheck.Question{}, now)
		if len(findings) > maxFindings {
			t.Errorf("%s: %d findings", name, len(findings))
		}
		for _, f := range findings {
			if f.State == aftercheck.StateHealthy {
				t.Errorf("%s is healthy: %+v", name, f)
			}
		}
	}
}

func TestObjectsAreBoundedAndWhatIsMissingIsSaid(t *testing.T) {
	var rows strings.Builder
	rows.WriteString("NAME READY STATUS RESTARTS AGE\n")
	for i := range 3 * text.MaxObjects {
		rows.WriteString("api-" + string(rune('a'+i%26)) + strings.Repeat("x", i/26+1) + " 1/1 Running 0 5s\n")
	}
	rows.WriteString("last-1 0/1 CrashLoopBackOff 5 9m\n")
	_, findings := text.Read(rows.String(), aftercheck.Question{}, now)
	truncated, ill := false, false
	for _, f := range findings {
		truncated = truncated || f.Reason == text.ReasonTruncated && f.State == aftercheck.StateUnknown
		ill = ill || f.State == aftercheck.StateUnhealthy
	}
	if !truncated || !ill || len(findings) > maxFindings {
		t.Errorf("%d findings, truncated %t, ill %t", len(findings), truncated, ill)
	}
}

func BenchmarkRead(b *testing.B) {
	all := strings.Join(examples(b), "\n")
	for name, answer := range map[string]string{
		"answers": all,
		"pods":    "NAME READY STATUS RESTARTS AGE\n" + strings.Repeat("api-7d9f8b6c5d-2xk4q 1/1 Running 0 5s\n", 10_000),
		"prose":   strings.Repeat("The quick brown fox jumps over the lazy dog, and no error is seen.\n", 10_000),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(answer)))
			for b.Loop() {
				text.Read(answer, aftercheck.Question{}, now)
			}
		})
	}
}
