package pages

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercheck/aftercheck"
)

// maxCharts bounds the charts of a page.
const maxCharts = 24

// The measures of a chart in its own units; it is stretched to its place.
const (
	chartWidth  = 300.0
	chartHeight = 80.0
)

// chart is one metric before and after the action.
type chart struct {
	Name, Unit, Wanted, Query, Sensor string
	Was, Is                           string // the value before and the value now
	Before, After                     string // points of two lines; either may be empty
	DotsBefore, DotsAfter             []dot
	Split                             string // where the action is
	Band                              *band  // nil: nothing says what is good
	Low, High                         string // the ends of the scale
	Label                             string
	State                             badge
	Neighbour                         bool
}

// dot is a sample that stands alone.
type dot struct{ X, Y string }

// band is what is good, or usual.
type band struct{ Y, Height string }

// series are a metric's numbers before and after.
type series struct {
	pair
	before, after []float64
}

// charts draws what was measured: by the samples that the sensors kept, else by
// the value of each round.
func charts(v aftercheck.Verification) (drawn []chart, more int) {
	found := measures(*v.Evidence)
	keys := slices.SortedStableFunc(slices.Values(found.keys), func(a, b string) int { return rank(found.of[a].pair, found.of[b].pair) })
	keys, more = first(keys, maxCharts)
	chosen := map[string]*series{}
	for _, key := range keys {
		chosen[key] = found.of[key]
	}
	addRounds(chosen, v.Evidence.Rounds)
	for _, key := range keys {
		if s := chosen[key]; len(s.before)+len(s.after) > 1 {
			drawn = append(drawn, s.draw())
		}
	}
	return drawn, more
}

// measured are the metrics of before and of the last round, in their order.
type measured struct {
	keys []string
	of   map[string]*series
}

func measures(e aftercheck.Evidence) measured {
	found := measured{of: map[string]*series{}}
	add := func(key, sensor string) *series {
		if found.of[key] == nil {
			found.of[key] = &series{pair: pair{sensor: sensor}}
			found.keys = append(found.keys, key)
		}
		return found.of[key]
	}
	eachFinding(before(e), isMeasure, func(key, sensor string, f *aftercheck.Finding) {
		add(key, sensor).pair.before = f
	})
	eachFinding(lastReadings(e), isMeasure, func(key, sensor string, f *aftercheck.Finding) {
		add(key, sensor).pair.after = f
	})
	for _, s := range found.of {
		s.was, s.is = notThere, notThere
		s.change = s.moved()
	}
	return found
}

// addRounds adds the numbers of the series that were chosen.
func addRounds(chosen map[string]*series, rounds []aftercheck.Round) {
	for _, s := range chosen {
		if s.pair.before != nil {
			s.before = samples(s.pair.before)
		}
	}
	for i, round := range rounds {
		eachFinding(round.Readings, isMeasure, func(key, _ string, f *aftercheck.Finding) {
			s := chosen[key]
			switch {
			case s == nil:
			case i == len(rounds)-1 && len(f.Samples) > 1:
				s.after = bounded(f.Samples)
			case f.Value != nil && finite(f.Value.Number):
				s.after = append(s.after, f.Value.Number)
			}
		})
	}
}

func isMeasure(f *aftercheck.Finding) bool {
	return f.Check == aftercheck.CheckMetric || len(f.Samples) > 0
}

func samples(f *aftercheck.Finding) []float64 {
	if len(f.Samples) > 0 {
		return bounded(f.Samples)
	}
	if f.Value != nil && finite(f.Value.Number) {
		return []float64{f.Value.Number}
	}
	return nil
}

func bounded(samples []float64) []float64 {
	kept, _ := first(samples, aftercheck.MaxSamples)
	return slices.DeleteFunc(slices.Clone(kept), func(n float64) bool { return !finite(n) })
}

// finite reports whether a number can be drawn: neither NaN nor beyond what the
// arithmetic of a scale bears.
func finite(n float64) bool { return !math.IsNaN(n) && math.Abs(n) < 1e300 }

func (s series) draw() chart {
	f := s.any()
	c := chart{
		Name: long(subjectName(f)), Wanted: short(f.Wanted), Query: long(f.Query), Sensor: short(s.sensor),
		State: stateBadge(f.State), Neighbour: s.neighbour(),
	}
	if f.Value != nil {
		c.Unit = short(f.Value.Unit)
	}
	all := slices.Concat(s.before, s.after)
	low, high := slices.Min(all), slices.Max(all)
	from, to, banded := limits(f.Wanted)
	if banded { // the scale shows the band's ends, where they are not far away
		low, high = widen(low, high, from, to)
	}
	room := (high - low) / 10
	if room == 0 {
		room = max(math.Abs(high)/10, 1e-9)
	}
	y := func(n float64) float64 {
		return chartHeight * (1 - min(max((n-low+room)/(high-low+2*room), 0), 1))
	}
	if banded {
		top, bottom := y(to), y(from)
		c.Band = &band{coordinate(top), coordinate(max(bottom-top, 0.8))}
	}
	// The two sides have each the room that their numbers need, but at least a quarter.
	share := min(max(float64(len(s.before))/float64(len(all)), 0.25), 0.75)
	split := chartWidth * share
	c.Split = coordinate(split)
	c.Before, c.DotsBefore = points(s.before, 4, split-8, y)
	c.After, c.DotsAfter = points(s.after, split+8, chartWidth-4, y)
	c.Low, c.High = number(low), number(high)
	c.Was, c.Is = newest(s.pair.before, s.before), newest(s.pair.after, s.after)
	c.Label = fmt.Sprintf("%s: %s before, %s now, between %s and %s", c.Name, c.Was, c.Is, c.Low, c.High)
	if c.Wanted != "" {
		c.Label += "; wanted " + c.Wanted
	}
	return c
}

// widen takes the band's ends into the scale, unless that would squeeze the
// numbers into less than a quarter of it.
func widen(low, high, from, to float64) (newLow, newHigh float64) {
	room := 3 * max(high-low, math.Abs(high)/10)
	if from < low && low-from < room {
		low = from
	}
	if to > high && to-high < room {
		high = to
	}
	return low, high
}

func points(numbers []float64, from, to float64, y func(float64) float64) (line string, alone []dot) {
	if len(numbers) == 1 {
		return "", []dot{{coordinate((from + to) / 2), coordinate(y(numbers[0]))}}
	}
	var out strings.Builder
	for i, n := range numbers {
		if i > 0 {
			out.WriteByte(' ')
		}
		out.WriteString(coordinate(from+(to-from)*float64(i)/float64(len(numbers)-1)) + "," + coordinate(y(n)))
	}
	return out.String(), nil
}

func coordinate(n float64) string { return strconv.FormatFloat(math.Round(n*10)/10, 'f', -1, 64) }

// newest is the value that the finding has, or else the newest sample.
func newest(f *aftercheck.Finding, samples []float64) string {
	switch {
	case f != nil && f.Value != nil:
		return number(f.Value.Number)
	case len(samples) > 0:
		return number(samples[len(samples)-1])
	}
	return "not known"
}

// The forms of Finding.Wanted that are a stretch of numbers.
var (
	threshold = regexp.MustCompile(`^(<=?|>=?|==)\s*(-?[0-9.]+(?:e[+-]?[0-9]+)?)$`)
	stretch   = regexp.MustCompile(`^(-?[0-9.]+(?:e[+-]?[0-9]+)?)(?:\.\.| to )(-?[0-9.]+(?:e[+-]?[0-9]+)?)(?:,.*)?$`)
)

// limits reads what is wanted as a stretch of numbers, open ends being far away.
func limits(wanted string) (from, to float64, ok bool) {
	if len(wanted) > longText {
		return 0, 0, false
	}
	if m := threshold.FindStringSubmatch(wanted); m != nil {
		n, err := strconv.ParseFloat(m[2], 64)
		switch {
		case err != nil || !finite(n):
			return 0, 0, false
		case m[1][0] == '<':
			return -math.MaxFloat64, n, true
		case m[1][0] == '>':
			return n, math.MaxFloat64, true
		}
		return n, n, true
	}
	m := stretch.FindStringSubmatch(wanted)
	if m == nil {
		return 0, 0, false
	}
	from, err := strconv.ParseFloat(m[1], 64)
	to, err2 := strconv.ParseFloat(m[2], 64)
	return from, to, err == nil && err2 == nil && finite(from) && finite(to) && from <= to
}
