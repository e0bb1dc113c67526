package main

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"unicode"

	"github.com/prometheus/common/promslog"
)

// newLogger returns the log as the flags have it. What others brought into a line
// cannot be taken for another line, nor steer a terminal.
func newLogger(c *promslog.Config) *slog.Logger {
	return slog.New(visible{promslog.New(c).Handler()})
}

// visible escapes, as Go's strings do, everything in a record's texts that does
// not print: control characters, line separators, marks that turn the direction
// of writing. Handlers quote what would break their own format, and leave the
// rest of it as it is.
type visible struct{ slog.Handler }

// Handle implements slog.Handler.
func (h visible) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, escaped(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(visibleAttr(a))
		return true
	})
	return h.Handler.Handle(ctx, clean)
}

// WithAttrs implements slog.Handler.
func (h visible) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = visibleAttr(a)
	}
	return visible{h.Handler.WithAttrs(clean)}
}

// WithGroup implements slog.Handler.
func (h visible) WithGroup(name string) slog.Handler {
	return visible{h.Handler.WithGroup(escaped(name))}
}

func visibleAttr(a slog.Attr) slog.Attr {
	return slog.Attr{Key: escaped(a.Key), Value: visibleValue(a.Value.Resolve())}
}

func visibleValue(v slog.Value) slog.Value {
	switch v.Kind() {
	case slog.KindString:
		return slog.StringValue(escaped(v.String()))
	case slog.KindGroup:
		group := make([]slog.Attr, 0, len(v.Group()))
		for _, a := range v.Group() {
			group = append(group, visibleAttr(a))
		}
		return slog.GroupValue(group...)
	case slog.KindAny:
		return slog.StringValue(escaped(fmt.Sprint(v.Any())))
	}
	return v
}

// escaped returns the text with an escape in place of everything that does not
// print.
func escaped(text string) string {
	if !strings.ContainsFunc(text, unprintable) {
		return text
	}
	quoted := strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(strconv.Quote(text))
	return quoted[1 : len(quoted)-1]
}

// escapedLines is escaped for a text of several lines.
func escapedLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, one := range lines {
		lines[i] = escaped(one)
	}
	return strings.Join(lines, "\n")
}

// unprintable tells what shows as nothing, or as something else: all but
// letters, marks, digits, punctuation, symbols and the plain space.
func unprintable(r rune) bool { return !unicode.IsPrint(r) }
