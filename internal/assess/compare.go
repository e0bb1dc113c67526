package assess

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aftercheck/aftercheck"
)

// change is how a broken target compares with before the action.
type change int

const (
	changeUnknown change = iota // nothing is known of before
	changeNone
	changeBetter
	changeWorse
)

// compare tells whether a target that is bad now got better, worse or neither.
// It is worse if it was healthy, or if more of it is broken, or if an object broke
// while at most a measurement got well; better if less is broken.
func compare(before, now glance) change {
	if !before.known() || before.gone || before.scaledDown() {
		return changeUnknown
	}
	if before.state == aftercheck.StateHealthy {
		return changeWorse
	}
	then, is := share(before), share(now)
	objects, measurements := turned(before, now)
	mended, spoiled := objects.mended || measurements.mended, objects.spoiled || measurements.spoiled
	switch {
	case is < then || spoiled && !mended || objects.spoiled && !objects.mended:
		return changeWorse
	case is > then || mended:
		return changeBetter
	}
	return changeNone
}

// share is the healthy part of what is known: of the target's pods where any is,
// else of its other findings.
func share(g glance) float64 {
	findings := g.pods
	if !anyTells(g.pods, aftercheck.CheckHealth) {
		findings = slices.Concat(g.units, g.signals)
	}
	var good, known float64
	for _, f := range findings {
		switch {
		case f.State == aftercheck.StateUnknown || f.Check == aftercheck.CheckPresence:
			continue
		case f.State == aftercheck.StateHealthy:
			good++
		}
		known++
	}
	if known == 0 {
		return 0
	}
	return good / known
}

func isBad(f *aftercheck.Finding) bool { return f.State == aftercheck.StateUnhealthy }

// turn is what became of findings: whether one that was bad is healthy now, and
// whether one that was healthy is bad now.
type turn struct{ mended, spoiled bool }

// turned compares the target's findings, those about objects apart from those
// that are measured.
func turned(before, now glance) (objects, measurements turn) {
	then := map[string]aftercheck.State{}
	for _, f := range slices.Concat(before.units, before.signals) {
		then[f.Key()] = f.State
	}
	for _, f := range slices.Concat(now.units, now.signals) {
		t := &objects
		if lasts[f.Check] {
			t = &measurements
		}
		was := then[f.Key()]
		t.mended = t.mended || was == aftercheck.StateUnhealthy && f.State == aftercheck.StateHealthy
		t.spoiled = t.spoiled || was == aftercheck.StateHealthy && isBad(f)
	}
	return objects, measurements
}

// inWords says a finding's state and reason: unhealthy (CrashLoopBackOff).
func inWords(f *aftercheck.Finding) string {
	if f.Reason == "" {
		return string(f.State)
	}
	return strings.TrimSpace(string(f.State) + " (" + f.Reason + ")")
}

// phrase is inWords, with the value where there is one.
func phrase(f *aftercheck.Finding) string {
	if f.Value == nil {
		return inWords(f)
	}
	return strings.TrimSpace(inWords(f) + " at " + number(f.Value.Number) + " " + f.Value.Unit)
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

// brief says what is worst in a glance in a few words: unhealthy
// (CrashLoopBackOff). Another subject than the target is named.
func (g glance) brief() string {
	worst, text := g.worst()
	if worst != nil && worst.Subject.String() != g.target.String() {
		text += ": " + worst.Subject.String()
	}
	return text
}

// describe is brief, with the worst finding's own message.
func (g glance) describe() string {
	worst, _ := g.worst()
	if worst == nil || worst.Message == "" {
		return g.brief()
	}
	return g.brief() + ": " + worst.Message
}

// worst returns the first of the findings that make the glance's state what it
// is, nil if it is good or not known, and that state in words.
func (g glance) worst() (*aftercheck.Finding, string) {
	switch {
	case g.gone:
		return nil, "gone"
	case g.scaledDown():
		return nil, "scaled to zero"
	case g.state != aftercheck.StateUnhealthy && g.state != aftercheck.StateProgressing:
		return nil, string(g.state)
	}
	for _, f := range slices.Concat(g.signals, g.units, g.pods) {
		if f.State == g.state {
			return f, inWords(f)
		}
	}
	return nil, string(g.state)
}
