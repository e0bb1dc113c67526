package pages

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestWhatCannotBeSeenIsWrittenOut(t *testing.T) {
	for text, want := range map[string]string{
		"plain":                           "plain",
		"two\nlines\tand a tab":           "two lines and a tab",
		"gnp.exe\u202egnp":                `gnp.exe\u202egnp`,
		"\x1b[31mred\x00":                 `\u001b[31mred\u0000`,
		"zero\u200bwidth \u2066isolate":   `zero\u200bwidth \u2066isolate`,
		"not \xff UTF-8":                  "not \ufffd UTF-8",
		"z" + strings.Repeat("\u0301", 9): "z\u0301\u0301\u0301",
		"käse 東京 🙂":                       "käse 東京 🙂",
		"line\u2028separator \ufeffmark":  `line\u2028separator \ufeffmark`,
	} {
		if got := short(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
	if got := raw("a\r\n\tb\u202e"); got != "a\n\tb\\u202e" {
		t.Errorf("a raw text is shown as %q", got)
	}
}

func TestTextsAreBounded(t *testing.T) {
	million := strings.Repeat("é", 1<<20)
	for name, got := range map[string]string{"short": short(million), "long": long(million), "raw": raw(million)} {
		most := map[string]int{"short": shortText, "long": longText, "raw": rawText}[name]
		if n := utf8.RuneCountInString(got); n > most+40 || !strings.Contains(got, "more bytes)") {
			t.Errorf("%s shows %d characters, ending in %q", name, n, got[len(got)-40:])
		}
	}
	if got := short(strings.Repeat("a", shortText)); strings.Contains(got, "more") {
		t.Errorf("a text that fits is cut: %q", got)
	}
}

func TestSentence(t *testing.T) {
	for text, want := range map[string]string{
		"no sensor could tell": "No sensor could tell.", "It recovered.": "It recovered.", "unhealthy (CrashLoopBackOff)": "Unhealthy (CrashLoopBackOff).", "": "", "über": "Über.",
	} {
		if got := sentence(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 7200 * time.Microsecond: "7.2 ms", 230 * time.Millisecond: "230 ms", 4300 * time.Millisecond: "4.3 s", 90 * time.Second: "1 min 30 s",
		time.Hour: "1 h", 26*time.Hour + 3*time.Minute: "26 h 3 min", 50 * time.Hour: "2 d 2 h", -5 * time.Second: "-5 s", 3 * time.Microsecond: "0.003 ms",
		math.MinInt64: "-106751 d 23 h", 59_970 * time.Millisecond: "1 min", 3599_800 * time.Millisecond: "1 h", 999_900 * time.Microsecond: "1 s",
	} {
		if got := span(d); got != want {
			t.Errorf("%s is shown as %q, want %q", d, got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[float64]string{0: "0", 3: "3", 0.0041234: "0.004123", 1573000000: "1573000000", 1e300: "1e+300", -0.5: "-0.5"} {
		if got := number(n); got != want {
			t.Errorf("%v is shown as %q, want %q", n, got, want)
		}
	}
}

func TestLimits(t *testing.T) {
	for wanted, want := range map[string]struct {
		inside, outside float64
		ok              bool
	}{
		"< 0.05":                           {0.01, 0.06, true},
		"<= 3":                             {3, 4, true},
		">= 1":                             {1, 0, true},
		"0..0.5":                           {0.2, 0.6, true},
		"3.1 to 4.5, usual at this hour":   {4, 5, true},
		"-2 to -1, usual at this hour":     {-1.5, 0, true},
		"1e-07 to 2.5e-06, usual":          {1e-6, 1, true},
		"== 0":                             {0, 1, true},
		"!= 2":                             {},
		"lower":                            {},
		"inactive":                         {},
		"3 replicas":                       {},
		"< NaN":                            {},
		"5..1":                             {},
		"< 1e999":                          {},
		"1 to 2</rect><script>":            {},
		strings.Repeat("1", 1<<20) + "..2": {},
		"< " + strings.Repeat("9", 1<<20):  {},
		"at least 1 endpoint":              {},
		"":                                 {},
	} {
		from, to, ok := limits(wanted)
		if ok != want.ok || ok && (want.inside < from || want.inside > to || want.outside >= from && want.outside <= to) {
			t.Errorf("%.40q is read as %v to %v, %v", wanted, from, to, ok)
		}
	}
}
