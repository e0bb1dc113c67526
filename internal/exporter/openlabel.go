package exporter

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

const (
	// OtherValue takes the place of the values of an open label that are too many.
	OtherValue = "other"
	// maxLabelBytes is how much of a value is kept.
	maxLabelBytes = 128
)

// openLabel bounds a label whose values come from callers. The first ones keep
// their series as long as the process lives; what comes later is OtherValue. The
// empty value, for none, and OtherValue are there from the start and take no
// room.
type openLabel struct {
	room   int
	preset func(value string)

	mu    sync.Mutex
	known map[string]bool
}

// newOpenLabel returns a label with room for so many values. Preset makes the
// series of a value that is new.
func newOpenLabel(room int, preset func(value string)) *openLabel {
	preset("")
	preset(OtherValue)
	return &openLabel{room: room, preset: preset, known: map[string]bool{"": true, OtherValue: true}}
}

// value returns the label value that stands for the text.
func (l *openLabel) value(text string) string {
	value := labelValue(text)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.known[value]:
		return value
	case l.room <= 0:
		return OtherValue
	}
	l.room--
	l.known[value] = true
	l.preset(value)
	return value
}

// labelValue makes a text fit for a label: valid UTF-8 that can be printed on one
// line, of a bounded length.
func labelValue(text string) string {
	printable := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, strings.TrimSpace(text))
	if len(printable) <= maxLabelBytes {
		return printable
	}
	end := maxLabelBytes
	for !utf8.RuneStart(printable[end]) {
		end--
	}
	return strings.TrimSpace(printable[:end])
}
