package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode"

	"github.com/prometheus/common/promslog"
)

// forgeries are what an untrusted text may hold to look like another line, or to
// steer the terminal that shows the log.
func forgeries() []string {
	return []string{
		"a\ntime=2026-01-01T00:00:00Z level=ERROR msg=forged", "a\r\nlevel=ERROR msg=forged", "a\x85b", "a\u2028b", "a\u2029b",
		"a\x1b[2J\x1b]0;title\x07b", "a\u009b2Jb", "a\x00b\x7fc\x08d", "a\u202eb\u2066c\u200bd\ufeffe", "a\" msg=\"forged", "\xff\xfea", "a\u00a0b",
	}
}

// wantVisible fails for what a line must never hold raw.
func wantVisible(t *testing.T, what, text string) {
	t.Helper()
	for _, r := range text {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			t.Errorf("%s: %q stands in %q", what, r, text)
			return
		}
	}
}

// TestLogLinesCannotBeForged tries every place of a record, in both formats and
// styles of the flags.
func TestLogLinesCannotBeForged(t *testing.T) {
	for _, name := range []string{"logfmt", "json"} {
		for _, style := range []promslog.LogStyle{promslog.SlogStyle, promslog.GoKitStyle} {
			format := promslog.NewFormat()
			if err := format.Set(name); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			log := newLogger(&promslog.Config{Writer: &out, Format: format, Style: style})
			for _, forged := range forgeries() {
				for place, write := range map[string]func(){
					"text":     func() { log.Info("said", "incident", forged) },
					"error":    func() { log.Error("said", "err", fmt.Errorf("asking: %w", errors.New(forged))) },
					"group":    func() { log.Info("said", slog.Group("request", "id", forged)) },
					"with":     func() { log.With("incident", forged).Info("said") },
					"within":   func() { log.WithGroup("request").Info("said", "id", forged) },
					"anything": func() { log.Info("said", "panic", []any{forged, struct{ Text string }{forged}}) },
					"bytes":    func() { log.Info("said", "raw", []byte(forged)) },
					"key":      func() { log.Info("said", forged, 1) },
					"message":  func() { slog.NewLogLogger(log.Handler(), slog.LevelInfo).Print(forged) },
				} {
					out.Reset()
					write()
					line, rest, ended := strings.Cut(out.String(), "\n")
					if !ended || rest != "" || line == "" {
						t.Errorf("%s, %s: %q is not one line", name, place, out.String())
					}
					wantVisible(t, name+", "+place, line)
				}
			}
		}
	}
}

func TestEscapedKeepsWhatPrints(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "",
		`plain "quoted" \n ü`: `plain "quoted" \n ü`,
		"two\nlines":          `two\nlines`,
		"\"a\"\tb\\":          `"a"\tb\`,
		"\x1b[31mred":         `\x1b[31mred`,
		"日本\u2028語":           `日本\u2028語`,
	} {
		if got := escaped(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// TestLineIsFitForATerminal: what is printed for people stays on its line.
func TestLineIsFitForATerminal(t *testing.T) {
	for _, forged := range forgeries() {
		wantVisible(t, "line", line(forged))
	}
	if got := line("plain ü 日本"); got != "plain ü 日本" {
		t.Errorf("became %q", got)
	}
}

// TestErrorsAreFitForATerminal: an error may repeat what a server said.
func TestErrorsAreFitForATerminal(t *testing.T) {
	var said bytes.Buffer
	c := &console{err: &said}
	exit := c.execute(command{"fail", func(context.Context) (int, error) {
		return exitTrouble, errors.New("first\x1b[2J\nsecond\u202e\u009b")
	}})
	if want := "aftercheck: first\\x1b[2J\nsecond\\u202e\\u009b\n"; exit != exitTrouble || said.String() != want {
		t.Errorf("exit %d, %q, want %q", exit, said.String(), want)
	}
}
