package pages

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aftercheck/aftercheck"
)

// The lengths at which texts are cut, in characters.
const (
	shortText = 120    // a name, a word
	longText  = 500    // a sentence, an expression
	rawText   = 20_000 // a raw answer
)

// maxMarks is how many combining marks one character keeps, so that no text
// grows over its neighbours.
const maxMarks = 3

// short, long and raw are what is shown of an untrusted text: bounded, and with
// what cannot be seen (control characters, reversed directions, zero widths)
// written out. Only raw keeps its lines.
func short(text string) string { return shown(text, shortText, false) }
func long(text string) string  { return shown(text, longText, false) }
func raw(text string) string   { return shown(strings.ReplaceAll(text, "\r\n", "\n"), rawText, true) }

// sentence is long, beginning with a capital letter and ending with a stop.
func sentence(text string) string {
	text = long(text)
	head, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	text = string(unicode.ToUpper(head)) + text[size:]
	if last, _ := utf8.DecodeLastRuneInString(text); unicode.IsPunct(last) && last != ')' {
		return text
	}
	return text + "."
}

func shown(text string, most int, lines bool) string {
	var out strings.Builder
	marks, count := 0, 0
	for i, r := range text {
		if count == most {
			fmt.Fprintf(&out, "… (%d more bytes)", len(text)-i)
			break
		}
		count++
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) {
			if marks++; marks > maxMarks {
				continue
			}
		} else {
			marks = 0
		}
		switch {
		case lines && (r == '\n' || r == '\t'):
			out.WriteRune(r)
		case r == '\n', r == '\t', r == '\r', r == '\u00a0':
			out.WriteByte(' ')
		case unicode.IsPrint(r):
			out.WriteRune(r)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}

// stamp is a moment as a page shows it, in UTC.
type stamp struct{ time.Time }

// ISO returns the moment for machines.
func (s stamp) ISO() string { return s.UTC().Format("2006-01-02T15:04:05.000Z") }

// Full returns date and time.
func (s stamp) Full() string { return s.UTC().Format("2006-01-02 15:04:05 UTC") }

// Clock returns the time of the day.
func (s stamp) Clock() string { return s.UTC().Format("15:04:05 UTC") }

// span says how long something took, for people.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + span(-max(d, -math.MaxInt64)) // the least of all has no opposite
	case d == 0:
		return "0 s"
	case d < 999500*time.Microsecond: // what rounds up is a whole one of the next unit
		return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'g', 3, 64) + " ms"
	case d < time.Minute-50*time.Millisecond:
		return strconv.FormatFloat(math.Round(d.Seconds()*10)/10, 'f', -1, 64) + " s"
	case d < time.Hour-500*time.Millisecond:
		d = d.Round(time.Second)
		return twoUnits(int(d/time.Minute), "min", int(d%time.Minute/time.Second), "s")
	case d < 48*time.Hour:
		d = d.Round(time.Minute)
		return twoUnits(int(d/time.Hour), "h", int(d%time.Hour/time.Minute), "min")
	}
	d = d.Round(time.Hour)
	return twoUnits(int(d/(24*time.Hour)), "d", int(d%(24*time.Hour)/time.Hour), "h")
}

func twoUnits(large int, largeUnit string, small int, smallUnit string) string {
	if small == 0 {
		return fmt.Sprintf("%d %s", large, largeUnit)
	}
	return fmt.Sprintf("%d %s %d %s", large, largeUnit, small, smallUnit)
}

// number writes whole numbers out and cuts others to four digits.
func number(n float64) string {
	if n == math.Trunc(n) && math.Abs(n) < 1e15 {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return strconv.FormatFloat(n, 'g', 4, 64)
}

// quantity is a number with its unit; empty for nil.
func quantity(v *aftercheck.Value) string {
	if v == nil {
		return ""
	}
	return strings.TrimSpace(number(v.Number) + " " + short(v.Unit))
}

// two writes a score or a share.
func two(share float64) string { return strconv.FormatFloat(share, 'f', 2, 64) }

// percent writes a share as a length in an SVG; what is no number is none.
func percent(share float64) string {
	if math.IsNaN(share) {
		return "0%"
	}
	return strconv.FormatFloat(math.Round(min(max(share, 0), 1)*1e4)/100, 'f', -1, 64) + "%"
}

// plural is "1 round", "3 rounds".
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

// first returns the first n of a list, and how many more there are.
func first[T any](list []T, n int) (head []T, more int) {
	if len(list) <= n {
		return list, 0
	}
	return list[:n], len(list) - n
}
