package assess

import (
	"cmp"
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
// It is worse if it was healthy, or if more of it is broken; better if less is.
func compare(before, now glance) change {
	if !before.known() || before.gone || before.scaledDown() {
		return changeUnknown
	}
	if before.state == aftercheck.StateHealthy {
		return changeWorse
	}
	then, is := share(before), share(now)
	mended, spoiled := turned(before, now)
	switch {
	case is < then || spoiled && !mended:
		return changeWorse
	case is > then || mended:
		return changeBetter
	}
	return changeNone
}

// share is the healthy part of what is known: of the target's pods where there
// are any and one is bad, else of its other findings.
func share(g glance) float64 {
	findings := g.pods
	if !slices.ContainsFunc(findings, isBad) {
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

// turned reports whether a finding that was bad is healthy now, and whether
// one that was healthy is bad now.
func turned(before, now glance) (mended, spoiled bool) {
	then := map[string]aftercheck.State{}
	for _, f := range slices.Concat(before.units, before.signals) {
		then[f.Key()] = f.State
	}
	for _, f := range slices.Concat(now.units, now.signals) {
		was := then[f.Key()]
		mended = mended || was == aftercheck.StateUnhealthy && f.State == aftercheck.StateHealthy
		spoiled = spoiled || was == aftercheck.StateHealthy && f.State == aftercheck.StateUnhealthy
	}
	return mended, spoiled
}

// regressions lists what was good before the action and is bad now, in the
// target and near it, in a fixed order. What began before the action is none.
func regressions(s *summary) []aftercheck.Regression {
	if !s.before.known() && len(s.before.neighbours) == 0 || len(s.rounds) == 0 {
		return nil
	}
	out := slices.Concat(targetRegressions(s), neighbourRegressions(s), restartRegressions(s))
	slices.SortFunc(out, func(a, b aftercheck.Regression) int {
		return cmp.Or(order(b.Critical, a.Critical), cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Subject.String(), b.Subject.String()), cmp.Compare(a.Check, b.Check))
	})
	return out
}

func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func targetRegressions(s *summary) []aftercheck.Regression {
	var out []aftercheck.Regression
	then := byKey(s.before.units, s.before.signals)
	for _, f := range slices.Concat(s.current.units, s.current.signals) {
		if was, ok := then[f.Key()]; ok && s.spoilt(was, f) {
			out = append(out, regression(was, f))
		}
	}
	for object, wanted := range s.current.replicas {
		was := s.before.replicas[object]
		if wanted < was && s.Action.Kind() != aftercheck.ActionScale && !s.purpose {
			out = append(out, aftercheck.Regression{
				Subject: subjectOf(object), Check: aftercheck.CheckReplicas, Scope: aftercheck.ScopeTarget,
				Before: number(was) + " replicas", After: number(wanted) + " replicas", Critical: wanted == 0,
			})
		}
	}
	return out
}

func byKey(lists ...[]*aftercheck.Finding) map[string]*aftercheck.Finding {
	out := map[string]*aftercheck.Finding{}
	for _, f := range slices.Concat(lists...) {
		out[f.Key()] = f
	}
	return out
}

// spoilt reports whether a finding was healthy, is unhealthy, and did not
// become so before the action began.
func (s *summary) spoilt(was, is *aftercheck.Finding) bool {
	return was.State == aftercheck.StateHealthy && isBad(is) && !s.old(is)
}

func (s *summary) old(f *aftercheck.Finding) bool {
	return !f.Since.IsZero() && f.Since.Before(s.Action.Began())
}

func neighbourRegressions(s *summary) []aftercheck.Regression {
	var out []aftercheck.Regression
	for key, f := range s.current.neighbours {
		was, ok := s.before.neighbours[key]
		switch {
		case ok && s.spoilt(was, f):
			out = append(out, regression(was, f))
		case !ok && f.Check == aftercheck.CheckAlert && isBad(f) && !s.old(f) && len(s.before.silent) == 0:
			out = append(out, regression(&aftercheck.Finding{Reason: "Inactive"}, f))
		}
	}
	if len(s.current.silent) > 0 || len(s.current.blind) > 0 {
		return out // what is missing may only not have been read
	}
	for key, was := range s.before.neighbours {
		if _, ok := s.current.neighbours[key]; ok || !lasting(was) {
			continue
		}
		is := *was
		is.State, is.Reason, is.Value = aftercheck.StateUnhealthy, aftercheck.ReasonNotFound, nil
		out = append(out, regression(was, &is))
	}
	return out
}

// lasting is a healthy workload that does not go away by itself, as a pod, a
// finished job or an alert does.
func lasting(f *aftercheck.Finding) bool {
	return f.Check == aftercheck.CheckHealth && f.State == aftercheck.StateHealthy &&
		slices.Contains([]string{"Deployment", "StatefulSet", "DaemonSet"}, f.Subject.Kind)
}

func restartRegressions(s *summary) []aftercheck.Regression {
	var out []aftercheck.Regression
	for object, now := range s.current.nearby {
		if was, ok := s.before.nearby[object]; ok && now > was {
			out = append(out, aftercheck.Regression{
				Subject: subjectOf(object), Check: aftercheck.CheckRestarts, Scope: aftercheck.ScopeNeighbour,
				Before: number(was) + " restarts", After: number(now) + " restarts",
			})
		}
	}
	return out
}

// regression is the critical one of a finding that turned bad.
func regression(was, is *aftercheck.Finding) aftercheck.Regression {
	return aftercheck.Regression{
		Subject: is.Subject, Check: is.Check, Scope: is.Scope,
		Before: phrase(was), After: phrase(is), Critical: true,
	}
}

// subjectOf is the inverse of Subject.String for Kind/namespace/name and
// Kind/name.
func subjectOf(path string) aftercheck.Subject {
	switch parts := strings.SplitN(path, "/", 3); len(parts) {
	case 3:
		return aftercheck.Subject{Kind: parts[0], Namespace: parts[1], Name: parts[2]}
	case 2:
		return aftercheck.Subject{Kind: parts[0], Name: parts[1]}
	}
	return aftercheck.Subject{Kind: path}
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
