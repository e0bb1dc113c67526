package baseline

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// Sample is one measurement of a metric.
type Sample struct {
	At    time.Time
	Value float64
}

// Method is how a Model tells what is normal.
type Method string

// The methods. MethodNone is the zero Method: the Model tells nothing.
const (
	MethodNone Method = ""
	// MethodHoltWinters smooths the level and an additive season, and a damped
	// trend where that forecasts better (Holt 1957, Winters 1960).
	MethodHoltWinters Method = "holt_winters"
	// MethodHolt smooths the level and a damped trend, without a season.
	MethodHolt Method = "holt"
	// MethodPhaseMedian is one median for each phase of the season.
	MethodPhaseMedian Method = "phase_median"
	// MethodMedian is one median.
	MethodMedian Method = "median"
)

// The reasons of a Model and of a band that it does not tell.
const (
	// ReasonFitted: the history carries Holt-Winters.
	ReasonFitted Reason = "fitted"
	// ReasonNoHistory: the history holds too few finite samples to tell anything.
	ReasonNoHistory Reason = "no_history"
	// ReasonShortHistory: the history holds less than three seasons.
	ReasonShortHistory Reason = "short_history"
	// ReasonGappy: too many steps of the history have no sample.
	ReasonGappy Reason = "gappy"
	// ReasonConstant: all of the history is one number.
	ReasonConstant Reason = "constant"
	// ReasonZeroInflated: too much of the history is exactly zero.
	ReasonZeroInflated Reason = "zero_inflated"
	// ReasonNotSeasonal: one season says nothing of the next.
	ReasonNotSeasonal Reason = "not_seasonal"
	// ReasonBeyondHorizon: the time is too long after the history's end.
	ReasonBeyondHorizon Reason = "beyond_horizon"
	// ReasonNoPhase: the history is without samples at this phase of the season.
	ReasonNoPhase Reason = "no_phase"
)

// Model tells what is normal for a metric at a time. The zero Model tells
// nothing. A Model never changes and may be shared.
type Model struct {
	Method Method
	// Reason says why the method is not Holt-Winters; ReasonFitted if it is.
	Reason Reason
	// Step and Season are those of the history; a zero Season means none.
	Step, Season time.Duration
	// Begins and Ends are the times of the first and the last sample.
	Begins, Ends time.Time
	// Samples is how many finite samples the history holds.
	Samples int
	// Outside is the share of the history that lies outside of the band, 0 to 1.
	Outside float64

	options  Options
	last     int64 // the last step that was learned, counted from the epoch
	expect   forecast
	spread   spread
	low, top float64 // what no band goes beyond, as the history never does
}

// forecast returns what is expected so many steps after the history's last, at
// that step's phase, and by which factor its error is larger than that of the
// history; NaN where nothing is known.
type forecast func(ahead int, phase int) (expected, growth float64)

// Fit learns what is normal from a metric's history, which should end before
// the incident that the metric is asked about began; what lies far off in it is
// taken for earlier incidents and bounded. The order of the samples says
// nothing, and samples that are no finite numbers are none. What the history
// does not carry Holt-Winters for falls back, with the reason in the Model: to a
// median for each phase, to one median, to nothing.
func Fit(history []Sample, o Options) Model {
	o = o.withDefaults()
	samples := inOrder(history)
	m := Model{Reason: ReasonNoHistory, options: o, Samples: len(samples)}
	if len(samples) < 5*max(o.LeastSamples, 1) {
		return m
	}
	m.Begins, m.Ends = samples[0].At, samples[len(samples)-1].At
	g, d := choose(samples, o)
	m.Step, m.last = g.step, g.first+int64(len(g.values))-1
	m.low, m.top = limits(samples, o)
	m.learn(g, d)
	return m
}

// learn takes the best method that the history carries.
func (m *Model) learn(g grid, d decomposition) {
	reason := m.doubt(g, d)
	m.Reason = reason
	switch {
	case reason == ReasonFitted:
		m.Method, m.Season = MethodHoltWinters, g.season()
		m.smooth(g, d)
	case (reason == ReasonGappy || reason == ReasonZeroInflated) && g.seasons() >= leastSeasons && d.repeats >= leastRepeat:
		m.Method, m.Season = MethodPhaseMedian, g.season()
		m.byPhase(g)
	case reason == ReasonConstant:
		m.Method = MethodMedian
		m.byMedian(g)
	case reason == ReasonZeroInflated:
		m.Method = MethodMedian
		m.byZero(g)
	case reason == ReasonShortHistory:
		m.learnShort(g, d)
	case drifts(g.values):
		m.Method = MethodHolt
		m.smooth(g.withoutSeason(), flat(g))
	default:
		m.Method = MethodMedian
		m.byMedian(g)
	}
}

// learnShort takes a history of less than three seasons for what it is sure to
// be: two seasons alike, a level that climbs, or one that stays. A level that
// wanders to and fro may be half a season, so that nothing is told; over two
// seasons it is as far as it wanders.
func (m *Model) learnShort(g grid, d decomposition) {
	wanders, climbs := wanders(g.values)
	switch {
	case g.seasons() >= 2 && d.repeats >= surelyRepeats && g.missing() <= m.options.MostMissing:
		m.Method, m.Season = MethodPhaseMedian, g.season()
		m.byPhase(g)
	case wanders && climbs:
		m.Method = MethodHolt
		m.smooth(g.withoutSeason(), flat(g))
	case !wanders || g.seasons() >= 2:
		m.Method = MethodMedian
		m.byMedian(g)
	}
}

// surelyRepeats is the least correlation between two single seasons for them to
// be alike.
const surelyRepeats = 0.8

// leastSeasons is how many whole seasons a seasonal model must have seen.
const leastSeasons = 3

// doubt says why the history does not carry Holt-Winters, or ReasonFitted.
func (m *Model) doubt(g grid, d decomposition) Reason {
	zeros, missing := g.zeros(), g.missing()
	switch {
	case g.constant():
		return ReasonConstant
	case zeros > m.options.MostZeros:
		return ReasonZeroInflated
	case g.seasons() < leastSeasons:
		return ReasonShortHistory
	case missing > m.options.MostMissing:
		return ReasonGappy
	case d.repeats < leastRepeat:
		return ReasonNotSeasonal
	}
	return ReasonFitted
}

// Band is what is normal at one time, in the metric's unit. Low ≤ Expected ≤
// High, and all are finite.
type Band struct {
	Expected, Low, High float64
}

// Band returns what is normal at a time after the history, with ReasonFitted or
// the reason of the method that took Holt-Winters' place. It reports false where
// the model tells nothing, with the reason: there is no model, the time is
// beyond the horizon, or the phase was never seen. A time before the history's
// end is taken as of its phase there.
func (m Model) Band(at time.Time) (Band, Reason, bool) {
	if m.Method == MethodNone {
		return Band{}, m.Reason, false
	}
	if at.Sub(m.Ends) > m.horizon() {
		return Band{}, ReasonBeyondHorizon, false
	}
	step := floorDivide(at.UnixMilli(), m.Step.Milliseconds())
	ahead := int(min(max(step-m.last, 1), 1<<14))
	band, ok := m.band(ahead, m.phase(step))
	if !ok {
		return Band{}, ReasonNoPhase, false
	}
	return band, m.Reason, true
}

func (m Model) band(ahead, phase int) (Band, bool) {
	expected, growth := m.expect(ahead, phase)
	reach := max(m.spread.at(phase)*growth, m.options.floor(expected))
	low, high := max(expected-reach, m.low), min(expected+reach, m.top)
	if !usable(expected) || !usable(low) || !usable(high) {
		return Band{}, false
	}
	expected = min(max(expected, low), high)
	return Band{Expected: expected, Low: min(low, expected), High: max(high, expected)}, true
}

func (m Model) phase(step int64) int {
	if m.Season == 0 {
		return 0
	}
	phases := int64(m.Season / m.Step)
	return int(((step % phases) + phases) % phases)
}

// horizon is Options.Horizon, or else one season, or a day without one.
func (m Model) horizon() time.Duration {
	switch {
	case m.options.Horizon > 0:
		return m.options.Horizon
	case m.Season > 0:
		return m.Season
	}
	return day
}

// Judge says what a number is against the band: better is inside of it or beyond
// it in the good direction, worse is outside of it in the bad direction, or in
// either direction where none is known. A number that is not finite is unknown.
func (b Band) Judge(value float64, better Direction) Outcome {
	switch {
	case !usable(value):
		return OutcomeUnknown
	case value > b.High && better != DirectionHigher, value < b.Low && better != DirectionLower:
		return OutcomeWorse
	}
	return OutcomeBetter
}

// String says the model in words: Holt-Winters over 14d by 1h; 0.2 % of the
// history is outside.
func (m Model) String() string {
	name := map[Method]string{
		MethodHoltWinters: "Holt-Winters", MethodHolt: "level and trend", MethodPhaseMedian: "median of each phase", MethodMedian: "median",
	}[m.Method]
	if name == "" {
		return fmt.Sprintf("no baseline (%s: %d samples)", m.Reason, m.Samples)
	}
	text := name + " over " + short(m.Ends.Sub(m.Begins)) + " by " + short(m.Step)
	if m.Reason != ReasonFitted {
		text += " (" + string(m.Reason) + ")"
	}
	return text + "; " + strconv.FormatFloat(math.Round(1000*m.Outside)/10, 'f', -1, 64) + " % of the history is outside"
}

// short writes a duration in its largest units, rounded to a hundredth.
func short(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if d >= unit.size {
			return strconv.FormatFloat(math.Round(100*float64(d)/float64(unit.size))/100, 'f', -1, 64) + unit.name
		}
	}
	return d.String()
}

// inOrder returns the usable samples by time; those of one time by value, so
// that their order says nothing.
func inOrder(history []Sample) []Sample {
	kept := make([]Sample, 0, len(history))
	for _, s := range history {
		if usable(s.Value) && s.At.Year() >= 1 && s.At.Year() <= 9999 {
			kept = append(kept, s)
		}
	}
	slices.SortFunc(kept, func(a, b Sample) int {
		if byTime := a.At.Compare(b.At); byTime != 0 {
			return byTime
		}
		switch {
		case a.Value < b.Value:
			return -1
		case a.Value > b.Value:
			return 1
		}
		return 0
	})
	return kept
}

// limits keeps bands out of where a metric cannot be: below zero for one that
// never was, and above one for a ratio.
func limits(samples []Sample, o Options) (low, top float64) {
	low, top = 0, largest
	for _, s := range samples {
		if s.Value < 0 {
			low = -largest
		}
	}
	if o.Ratio {
		top = 1
		for _, s := range samples {
			if s.Value > 1 {
				top = largest
			}
		}
	}
	return low, top
}
