package collect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aftercheck/aftercheck"
)

// The bounds of what one reading keeps, beside Options.MaxBytes. Texts are
// bounded in bytes.
const (
	maxFindings = 2000
	// maxFindingBytes bounds the texts and samples of all findings together, in
	// bytes: a verification keeps up to aftercheck.MaxRounds of them.
	maxFindingBytes = 1 << 20
	maxError        = 1024
	maxMessage      = 1024
	maxName         = 512
	maxQuery        = 4096
	maxWanted       = 256
	maxUnit         = 64
	maxPanicValue   = 256
	maxDelays       = 50
	// overlap is how much more of a raw text than is kept is redacted, so that
	// a secret across the cut is seen whole.
	overlap = 4096
)

// keep makes the reading that is stored of what a sensor answered: redacted,
// bounded, and without a number that is none.
func (g *gate) keep(ctx context.Context, at time.Time, answer Answer, err error) taken {
	k := keeper{redactor: g.options.Redactor, counts: map[string]int{}}
	reading := g.failure(at, aftercheck.ReadingOK, "")
	reading.Raw, reading.RawTruncated = k.raw(answer.Raw, g.options.MaxBytes)
	inRaw := maps.Clone(k.counts)
	reading.Target = k.target(answer.Target)
	switch {
	case err == nil:
		reading.Findings = k.findings(g.sensor.Name, answer.Findings)
		reading.Delays = k.delays(answer.Delays)
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		// Whether the sensor notices first or the flight's own watch, the reading is the same.
		late := g.late(at, context.Cause(ctx))
		reading.Outcome, reading.Error = late.Outcome, late.Error
	case ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded):
		reading.Outcome, reading.Error = aftercheck.ReadingTimeout, k.text(err.Error(), maxError)
	default:
		reading.Outcome, reading.Error = aftercheck.ReadingError, k.text(err.Error(), maxError)
	}
	if len(k.counts) > 0 {
		reading.Redactions = k.counts
	}
	if reading.Outcome != aftercheck.ReadingOK {
		return taken{reading: reading}
	}
	return taken{reading: reading, answer: answer, inRaw: inRaw}
}

// reread makes the reading of a question for which the call's answer was
// interpreted. Of the raw text, which is most of it, nothing is done again
// unless it was changed.
func (g *gate) reread(took taken, own Answer) aftercheck.Reading {
	k := keeper{redactor: g.options.Redactor, counts: map[string]int{}}
	reading := took.reading
	shared := own.Raw == took.answer.Raw
	if !shared {
		reading.Raw, reading.RawTruncated = k.raw(own.Raw, g.options.MaxBytes)
	}
	reading.Target = k.target(own.Target)
	reading.Findings = k.findings(g.sensor.Name, own.Findings)
	reading.Delays = k.delays(own.Delays)
	g.redacted(k.counts)
	if shared {
		k.add(took.inRaw) // these were reported with the call
	}
	reading.Redactions = nil
	if len(k.counts) > 0 {
		reading.Redactions = k.counts
	}
	return reading
}

// failure returns a reading that began at the given time and ends now.
func (g *gate) failure(at time.Time, outcome aftercheck.ReadingOutcome, why string) aftercheck.Reading {
	return aftercheck.Reading{
		Sensor:          g.sensor.Name,
		At:              at.UTC().Round(0),
		DurationSeconds: time.Since(at).Seconds(),
		Outcome:         outcome,
		Error:           why,
	}
}

// late returns the reading of a question that ended with its context.
func (g *gate) late(at time.Time, cause error) aftercheck.Reading {
	why := "no answer when the caller stopped waiting"
	if errors.Is(cause, context.DeadlineExceeded) {
		why = fmt.Sprintf("no answer within %s", time.Since(at).Round(time.Millisecond))
	}
	return g.failure(at, aftercheck.ReadingTimeout, why)
}

// panicked returns the reading of a sensor that threw. The stack is only
// logged.
func (g *gate) panicked(at time.Time, thrown any, stack []byte) aftercheck.Reading {
	k := keeper{redactor: g.options.Redactor, counts: map[string]int{}}
	value := k.text(firstLine(fmt.Sprint(thrown)), maxPanicValue)
	g.options.Logger.Error("sensor panicked", "sensor", g.sensor.Name, "panic", value, "stack", string(stack))
	return g.failure(at, aftercheck.ReadingPanic, "the sensor panicked: "+value)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// keeper redacts and bounds the texts of one reading, and counts what it
// removed.
type keeper struct {
	redactor *Redactor
	counts   map[string]int
}

// raw redacts and cuts a sensor's raw text to at most limit bytes.
func (k keeper) raw(text string, limit int) (kept string, truncated bool) {
	if len(text) > limit+overlap {
		text, truncated = k.redactor.withoutCutSecret(cut(text, limit+overlap)), true
	}
	text = k.redacted(text)
	if len(text) > limit {
		text, truncated = cutOutsideMarks(text, limit), true
	}
	return text, truncated
}

// text redacts a text and cuts it to at most limit bytes, with three dots where
// something is missing.
func (k keeper) text(text string, limit int) string {
	kept, truncated := k.raw(text, limit)
	if !truncated {
		return kept
	}
	const dots = "..."
	return cutOutsideMarks(kept, limit-len(dots)) + dots
}

func (k keeper) redacted(text string) string {
	if text == "" {
		return ""
	}
	text, counts := k.redactor.Text(strings.ToValidUTF8(text, "\uFFFD"))
	k.add(counts)
	return text
}

func (k keeper) add(counts map[string]int) {
	for rule, n := range counts {
		k.counts[rule] += n
	}
}

// findings redacts and bounds findings. Where there are too many, those of the
// target and those that are not healthy are kept before others, in their order,
// and an unknown finding says how many are missing.
func (k keeper) findings(sensor string, findings []aftercheck.Finding) []aftercheck.Finding {
	kept, note := bounded(sensor, findings)
	out := make([]aftercheck.Finding, 0, len(kept)+len(note))
	for _, f := range kept {
		out = append(out, k.finding(f))
	}
	return slices.Clip(append(out, note...))
}

func (k keeper) finding(f aftercheck.Finding) aftercheck.Finding {
	f = finiteOnly(f)
	f.Subject = aftercheck.Subject{
		Kind:      k.text(f.Subject.Kind, maxName),
		Namespace: k.text(f.Subject.Namespace, maxName),
		Name:      k.text(f.Subject.Name, maxName),
		UID:       k.text(f.Subject.UID, maxName),
		Owner:     k.text(f.Subject.Owner, maxName),
	}
	f.Reason = k.text(f.Reason, maxName)
	f.Message = k.text(f.Message, maxMessage)
	f.Wanted = k.text(f.Wanted, maxWanted)
	f.Query = k.text(f.Query, maxQuery)
	f.Samples = newest(f.Samples)
	if f.Value != nil {
		f.Value = &aftercheck.Value{Number: f.Value.Number, Unit: k.text(f.Value.Unit, maxUnit)}
	}
	return f
}

// delays redacts and bounds delays; those that are longest are kept.
func (k keeper) delays(delays []aftercheck.Delay) []aftercheck.Delay {
	longest := slices.Clone(delays)
	slices.SortStableFunc(longest, func(a, b aftercheck.Delay) int { return cmp.Compare(b.Total(), a.Total()) })
	longest = longest[:min(len(longest), maxDelays)]
	for i, d := range longest {
		longest[i] = aftercheck.Delay{Of: k.text(d.Of, maxName), Parts: slices.Clone(d.Parts)}
	}
	return longest
}

func (k keeper) target(t aftercheck.Target) aftercheck.Target {
	return aftercheck.Target{
		Group:     k.text(t.Group, maxName),
		Kind:      k.text(t.Kind, maxName),
		Namespace: k.text(t.Namespace, maxName),
		Name:      k.text(t.Name, maxName),
		UID:       k.text(t.UID, maxName),
	}
}

// newest returns a copy of the newest samples that are numbers, at most
// aftercheck.MaxSamples.
func newest(samples []float64) []float64 {
	kept := slices.DeleteFunc(slices.Clone(samples), func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
	return kept[max(len(kept)-aftercheck.MaxSamples, 0):]
}

// cut returns at most limit bytes of the text, without a part of a character.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for back := range min(limit, utf8.UTFMax) {
		if utf8.RuneStart(text[limit-back]) {
			return text[:limit-back]
		}
	}
	return text[:limit] // no character's beginning is near: the text is none
}

// cutOutsideMarks cuts a redacted text, before a mark rather than inside it.
func cutOutsideMarks(text string, limit int) string {
	kept := cut(text, max(limit, 0))
	if open := strings.LastIndex(kept, markOpen); open >= 0 && !strings.Contains(kept[open:], "]") {
		return kept[:open]
	}
	return kept
}

// clone returns a reading that shares nothing with the one given.
func clone(r aftercheck.Reading) aftercheck.Reading {
	r.Findings = cloneFindings(r.Findings)
	r.Redactions = maps.Clone(r.Redactions)
	r.Delays = slices.Clone(r.Delays)
	for i, d := range r.Delays {
		r.Delays[i].Parts = slices.Clone(d.Parts)
	}
	return r
}

func cloneFindings(findings []aftercheck.Finding) []aftercheck.Finding {
	findings = slices.Clone(findings)
	for i, f := range findings {
		if f.Value != nil {
			value := *f.Value
			findings[i].Value = &value
		}
		findings[i].Samples = slices.Clone(f.Samples)
	}
	return findings
}
