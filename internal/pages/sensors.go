package pages

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/aftercheck/aftercheck"
)

// The bounds of what is shown of sensors.
const (
	maxSensors = 60
	maxRaws    = 30
)

// sensorView is how one sensor answered.
type sensorView struct {
	Name          string
	Before, After answerView
	Rounds        string // in how many it answered
	All           bool   // in all of them
	Slowest       string
}

// answerView is one answer. The zero answerView: it was not asked.
type answerView struct {
	Asked    bool
	Outcome  badge
	Took     string
	Error    string
	Findings int
}

// rawView is what a sensor answered, as it was kept.
type rawView struct {
	Key, Title, Text string
	Truncated        bool
}

// sensors are those that were asked before the action or in any round, in the
// order in which they were asked first.
func sensors(e aftercheck.Evidence) (shown []sensorView, more int) {
	type record struct {
		view            sensorView
		asked, answered int
		slowest         float64
	}
	var names []string
	records := map[string]*record{}
	of := func(name string) *record {
		if records[name] == nil {
			records[name] = &record{view: sensorView{Name: short(name)}}
			names = append(names, name)
		}
		return records[name]
	}
	for _, r := range before(e) {
		s := of(r.Sensor)
		s.view.Before, s.slowest = answerOf(r), max(s.slowest, r.DurationSeconds)
	}
	for i, round := range e.Rounds {
		for _, r := range round.Readings {
			s := of(r.Sensor)
			s.asked++
			s.slowest = max(s.slowest, r.DurationSeconds)
			if isAnswer(r) {
				s.answered++
			}
			if i == len(e.Rounds)-1 {
				s.view.After = answerOf(r)
			}
		}
	}
	names, more = first(names, maxSensors)
	for _, name := range names {
		s := records[name]
		s.view.Rounds, s.view.All = fmt.Sprintf("%d of %d", s.answered, s.asked), s.answered == s.asked
		s.view.Slowest = seconds(s.slowest)
		shown = append(shown, s.view)
	}
	return shown, more
}

func isAnswer(r aftercheck.Reading) bool {
	return r.Outcome == aftercheck.ReadingOK || r.Outcome == "" && r.Error == ""
}

func answerOf(r aftercheck.Reading) answerView {
	view := answerView{Asked: true, Outcome: badge{"good", "answered"}, Took: seconds(r.DurationSeconds), Error: long(r.Error), Findings: len(r.Findings)}
	if !isAnswer(r) {
		view.Outcome = badge{"bad", short(cmp.Or(string(r.Outcome), "error"))}
	}
	return view
}

// seconds is a duration in seconds as the readings have it.
func seconds(s float64) string {
	if !(s >= 0 && s < 1e9) {
		return "not known"
	}
	return span(time.Duration(s * float64(time.Second)).Round(100 * time.Microsecond))
}

// raws are the answers as they were kept: before the action, and of the last
// round.
func raws(e aftercheck.Evidence) []rawView {
	var out []rawView
	add := func(side, key string, readings []aftercheck.Reading) {
		for i, r := range readings {
			if r.Raw == "" || len(out) >= maxRaws {
				continue
			}
			var said []string
			said = append(said, fmt.Sprintf("%d bytes", len(r.Raw)))
			removed := 0
			for _, n := range r.Redactions {
				removed += n
			}
			if removed > 0 {
				said = append(said, plural(removed, "secret")+" removed")
			}
			out = append(out, rawView{
				Key: fmt.Sprintf("raw-%s-%d", key, i), Title: fmt.Sprintf("%s, %s (%s)", short(r.Sensor), side, strings.Join(said, ", ")),
				Text: raw(r.Raw), Truncated: r.RawTruncated,
			})
		}
	}
	add("before the action", "before", before(e))
	add("last round", "after", lastReadings(e))
	return out
}

// waitView is what the deadline follows from.
type waitView struct {
	Sum    string // empty: it is set, or no sensor told of a delay
	Delays []fact
	Bound  bool
}

func waitOf(v aftercheck.Verification) waitView {
	if v.Wait == nil {
		return waitView{}
	}
	names := map[string]string{"warmup": "warm-up", "delay": "longest delay", "rounds": "rounds"}
	var sum []string
	for _, part := range v.Wait.Parts {
		sum = append(sum, cmp.Or(names[part.Name], short(part.Name))+" "+span(time.Duration(part.Duration)))
	}
	view := waitView{Sum: strings.Join(sum, " + ") + " = " + span(time.Duration(v.Wait.Total)), Bound: v.Wait.Bounded}
	delays, _ := first(v.Wait.Delays, aftercheck.MaxWaitDelays)
	for _, d := range delays {
		var parts []string
		for _, part := range d.Parts {
			parts = append(parts, strings.ReplaceAll(short(part.Name), "_", " ")+" "+span(time.Duration(part.Duration)))
		}
		view.Delays = append(view.Delays, fact{Name: short(d.Of), Value: span(d.Total()) + " = " + long(strings.Join(parts, " + "))})
	}
	return view
}
