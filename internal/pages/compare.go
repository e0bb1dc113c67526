package pages

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/aftercheck/aftercheck"
)

// The bounds of the tables of findings.
const (
	maxChanged = 150
	maxSame    = 100
)

// compareView is before and after side by side.
type compareView struct {
	Before, After         stamp // zero: nothing was seen
	Changed, Same         []pairView
	MoreChanged, MoreSame int
	Counts                string
}

// pairView is one fact before and after.
type pairView struct {
	Subject, Check, Sensor, Query, Wanted string
	Signal, Neighbour                     bool
	Before, After                         sideView
	Change                                badge
}

// sideView is one fact at one moment. Where it was not seen, Missing says what
// that means: that it was not there, or that its sensor did not tell.
type sideView struct {
	Seen                   bool
	Missing                string
	State                  badge
	Reason, Value, Message string
}

// pair is one fact before and after; either may be missing, not both.
type pair struct {
	sensor        string
	before, after *aftercheck.Finding
	was, is       absence // what it means that one of them is missing
	change        change
}

// absence is what it means that a fact is missing at one moment.
type absence string

const (
	notThere    absence = "not there" // its sensor answered, and told nothing of it
	notAnswered absence = "its sensor did not answer"
	notAsked    absence = "not asked"
)

// change is how a fact moved. Its number is its rank in the table.
type change int

const (
	changeWorse change = iota
	changeStill        // bad before and as bad after
	changeBetter
	changeOther
	changeNew
	changeGone
	changeUnread // one of its sides could not be read
	changeNone
	changeUncompared // there is only one side
)

var changeBadges = map[change]badge{
	changeWorse: {"bad", "worse"}, changeStill: {"bad", "still bad"}, changeBetter: {"good", "better"}, changeNew: {"plain", "new"},
	changeGone: {"plain", "gone"}, changeOther: {"plain", "changed"}, changeNone: {"", "same"},
	changeUnread: {"unknown", "not known"}, changeUncompared: {"", ""},
}

func compare(v aftercheck.Verification) compareView {
	e := *v.Evidence
	var view compareView
	if e.PreState != nil {
		view.Before = stamp{e.PreState.CapturedAt}
	}
	if n := len(e.Rounds); n > 0 {
		view.After = stamp{e.Rounds[n-1].At}
	}
	var changed, same []pair
	counts := map[change]int{}
	for _, p := range pairs(before(e), lastReadings(e)) {
		if e.PreState == nil || len(e.Rounds) == 0 {
			p.change = changeUncompared
		}
		counts[p.change]++
		if p.change == changeNone {
			same = append(same, p)
		} else {
			changed = append(changed, p)
		}
	}
	slices.SortStableFunc(changed, rank)
	slices.SortStableFunc(same, rank)
	changed, view.MoreChanged = first(changed, maxChanged)
	same, view.MoreSame = first(same, maxSame)
	for _, p := range changed {
		view.Changed = append(view.Changed, p.view())
	}
	for _, p := range same {
		view.Same = append(view.Same, p.view())
	}
	if e.PreState != nil && len(e.Rounds) > 0 {
		view.Counts = countsText(counts)
	}
	return view
}

func countsText(counts map[change]int) string {
	text := ""
	for _, c := range []change{changeWorse, changeStill, changeBetter, changeOther, changeNew, changeGone, changeUnread, changeNone} {
		if counts[c] == 0 {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%d %s", counts[c], changeBadges[c].Word)
	}
	return text
}

// pairs puts the findings of two moments together, by sensor and by what they
// look at.
func pairs(before, after []aftercheck.Reading) []pair {
	var out []pair
	at := map[string]int{}
	eachFinding(before, everything, func(key, sensor string, f *aftercheck.Finding) {
		at[key] = len(out)
		out = append(out, pair{sensor: sensor, before: f})
	})
	eachFinding(after, everything, func(key, sensor string, f *aftercheck.Finding) {
		if i, found := at[key]; found {
			out[i].after = f
			return
		}
		out = append(out, pair{sensor: sensor, after: f})
	})
	then, now := answers(before), answers(after)
	for i := range out {
		out[i].was, out[i].is = then.missing(out[i].sensor), now.missing(out[i].sensor)
		out[i].change = out[i].moved()
	}
	return out
}

// answered tells which sensors were asked, and which of them answered.
type answered map[string]bool

func answers(readings []aftercheck.Reading) answered {
	out := answered{}
	for _, r := range readings {
		out[r.Sensor] = isAnswer(r)
	}
	return out
}

func (a answered) missing(sensor string) absence {
	switch ok, asked := a[sensor]; {
	case !asked:
		return notAsked
	case !ok:
		return notAnswered
	}
	return notThere
}

// eachFinding calls with a key that no two findings of a moment share: of
// several with the same, the later ones are numbered. It passes over those that
// are not wanted.
func eachFinding(readings []aftercheck.Reading, wanted func(*aftercheck.Finding) bool, each func(key, sensor string, f *aftercheck.Finding)) {
	seen := map[string]int{}
	for i := range readings {
		for j := range readings[i].Findings {
			f := &readings[i].Findings[j]
			if !wanted(f) {
				continue
			}
			key := readings[i].Sensor + "\x00" + f.Key()
			seen[key]++
			if n := seen[key]; n > 1 {
				key += "\x00" + strconv.Itoa(n)
			}
			each(key, readings[i].Sensor, f)
		}
	}
}

func everything(*aftercheck.Finding) bool { return true }

// goodness ranks the states that tell something; 0 tells nothing.
var goodness = map[aftercheck.State]int{aftercheck.StateUnhealthy: 1, aftercheck.StateProgressing: 2, aftercheck.StateHealthy: 3}

func (p pair) moved() change {
	switch {
	case p.before == nil && p.was != notThere, p.after == nil && p.is != notThere:
		return changeUnread
	case p.before == nil:
		return changeNew
	case p.after == nil:
		return changeGone
	}
	then, now := goodness[p.before.State], goodness[p.after.State]
	switch {
	case then > 0 && now > 0 && now > then:
		return changeBetter
	case then > 0 && now > 0 && now < then:
		return changeWorse
	case p.before.State != p.after.State, p.before.Reason != p.after.Reason, p.before.Subject.UID != p.after.Subject.UID:
		return changeOther
	case p.amountMoved():
		return changeOther
	case p.after.State == aftercheck.StateUnhealthy:
		return changeStill
	}
	return changeNone
}

// amountMoved reports whether the value is another. That of a probe is how long it
// took, which is never the same twice.
func (p pair) amountMoved() bool {
	return p.after.Check != aftercheck.CheckProbe && quantity(p.before.Value) != quantity(p.after.Value)
}

// rank puts the signals first, then the target before its neighbours, and the
// changes in their order.
func rank(a, b pair) int {
	return cmp.Or(order(b.signal(), a.signal()), order(a.neighbour(), b.neighbour()), cmp.Compare(a.change, b.change))
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

// any is the finding after the action, or before it if there is none.
func (p pair) any() *aftercheck.Finding { return cmp.Or(p.after, p.before) }

func (p pair) signal() bool    { return p.any().Signal }
func (p pair) neighbour() bool { return p.any().Scope == aftercheck.ScopeNeighbour }

func (p pair) view() pairView {
	f := p.any()
	return pairView{
		Subject: long(subjectName(f)), Check: short(string(f.Check)), Sensor: short(p.sensor), Query: long(f.Query), Wanted: short(f.Wanted),
		Signal: f.Signal, Neighbour: p.neighbour(), Before: sideOf(p.before, p.was), After: sideOf(p.after, p.is), Change: changeBadges[p.change],
	}
}

func sideOf(f *aftercheck.Finding, missing absence) sideView {
	if f == nil {
		return sideView{Missing: string(missing)}
	}
	return sideView{
		Seen: true, State: stateBadge(f.State), Reason: short(f.Reason), Value: quantity(f.Value), Message: long(f.Message),
	}
}

func subjectName(f *aftercheck.Finding) string { return cmp.Or(f.Subject.String(), string(f.Check)) }
