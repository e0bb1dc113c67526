package pages

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
)

func TestMoved(t *testing.T) {
	f := func(state aftercheck.State, reason, uid string, value float64) *aftercheck.Finding {
		return &aftercheck.Finding{Subject: aftercheck.Subject{UID: uid}, State: state, Reason: reason, Value: &aftercheck.Value{Number: value}}
	}
	probe := func(state aftercheck.State, took float64) *aftercheck.Finding {
		probed := f(state, "", "u", took)
		probed.Check = aftercheck.CheckProbe
		return probed
	}
	good, bad, moving, unknown := aftercheck.StateHealthy, aftercheck.StateUnhealthy, aftercheck.StateProgressing, aftercheck.StateUnknown
	for name, c := range map[string]struct {
		pair
		want change
	}{
		"healed":                  {pair{before: f(bad, "", "u", 1), after: f(good, "", "u", 1)}, changeBetter},
		"on its way":              {pair{before: f(bad, "", "u", 1), after: f(moving, "", "u", 1)}, changeBetter},
		"broke":                   {pair{before: f(good, "", "u", 1), after: f(bad, "", "u", 1)}, changeWorse},
		"not known any more":      {pair{before: f(good, "", "u", 1), after: f(unknown, "", "u", 1)}, changeOther},
		"known now":               {pair{before: f(unknown, "", "u", 1), after: f(bad, "", "u", 1)}, changeOther},
		"another reason":          {pair{before: f(bad, "A", "u", 1), after: f(bad, "B", "u", 1)}, changeOther},
		"another object":          {pair{before: f(good, "", "u", 1), after: f(good, "", "w", 1)}, changeOther},
		"another number":          {pair{before: f(good, "", "u", 1), after: f(good, "", "u", 2)}, changeOther},
		"a probe's other time":    {pair{before: probe(bad, 0.1), after: probe(bad, 0.2)}, changeStill},
		"the same":                {pair{before: f(good, "", "u", 1), after: f(good, "", "u", 1)}, changeNone},
		"as bad as before":        {pair{before: f(bad, "A", "u", 1), after: f(bad, "A", "u", 1)}, changeStill},
		"a fact":                  {pair{before: f("", "", "u", 3), after: f("", "", "u", 1)}, changeOther},
		"new":                     {pair{was: notThere, after: f(good, "", "u", 1)}, changeNew},
		"gone":                    {pair{before: f(good, "", "u", 1), is: notThere}, changeGone},
		"silent before":           {pair{was: notAnswered, after: f(good, "", "u", 1)}, changeUnread},
		"silent after":            {pair{before: f(good, "", "u", 1), is: notAnswered}, changeUnread},
		"not asked after":         {pair{before: f(good, "", "u", 1), is: notAsked}, changeUnread},
		"without a value, silent": {pair{before: &aftercheck.Finding{}, is: notAnswered}, changeUnread},
	} {
		if got := c.moved(); got != c.want {
			t.Errorf("%s: %s, want %s", name, changeBadges[got].Word, changeBadges[c.want].Word)
		}
	}
}

// TestPairsKeepEveryFinding: findings with the same key are neither lost nor
// put together with two others.
func TestPairsKeepEveryFinding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		readings := func(label string) []aftercheck.Reading {
			return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) aftercheck.Reading {
				return aftercheck.Reading{
					Sensor: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "sensor"),
					Findings: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) aftercheck.Finding {
						return aftercheck.Finding{Subject: aftercheck.Subject{Name: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "name")}}
					}), 0, 4).Draw(t, "findings"),
				}
			}), 0, 3).Draw(t, label)
		}
		before, after := readings("before"), readings("after")
		found := map[*aftercheck.Finding]int{}
		for _, p := range pairs(before, after) {
			if p.before != nil && p.after != nil && p.before.Key() != p.after.Key() {
				t.Fatalf("%s is beside %s", p.before.Key(), p.after.Key())
			}
			found[p.before]++
			found[p.after]++
		}
		for _, readings := range [][]aftercheck.Reading{before, after} {
			for i := range readings {
				for j := range readings[i].Findings {
					if n := found[&readings[i].Findings[j]]; n != 1 {
						t.Fatalf("a finding is shown %d times", n)
					}
				}
			}
		}
	})
}

// TestTimeLineStaysOnTheScreen: whatever the times are, everything has a place
// between both ends, and the ticks can be told apart.
func TestTimeLineStaysOnTheScreen(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		moment := func(label string) time.Time {
			if rapid.IntRange(0, 9).Draw(t, label+" is unset") == 0 {
				return time.Time{}
			}
			return start.Add(time.Duration(rapid.Int64Range(0, int64(400*24*time.Hour)).Draw(t, label)))
		}
		v := aftercheck.Verification{
			Action: aftercheck.Action{StartedAt: moment("began"), FinishedAt: moment("ended")}, ObserveFrom: moment("observe"), DeadlineAt: moment("deadline"),
			SealedAt: moment("sealed"), State: rapid.SampledFrom([]aftercheck.VerificationState{aftercheck.StateSealed, aftercheck.StateObserving}).Draw(t, "state"),
			Evidence: &aftercheck.Evidence{PreState: &aftercheck.Snapshot{CapturedAt: moment("captured")}, Rounds: []aftercheck.Round{{At: moment("round")}}},
		}
		view := timeOf(v, []assess.View{{State: aftercheck.StateHealthy}}, moment("now"))
		places := []string{view.Action.From, view.Action.Width, view.Warmup.From, view.Warmup.Width, view.Deadline, view.Captured, view.Rounds[0].Place}
		if v.Sealed() {
			places = append(places, view.Verdict)
		} else {
			places = append(places, view.Now)
		}
		for _, tick := range view.Ticks {
			places = append(places, tick.At)
		}
		for _, place := range places {
			n, err := strconv.ParseFloat(strings.TrimSuffix(place, "%"), 64)
			if err != nil || !(n >= 0 && n <= 100) {
				t.Fatalf("a place is %q in %+v", place, view)
			}
		}
		if len(view.Ticks) > maxTicks+1 {
			t.Fatalf("%d ticks", len(view.Ticks))
		}
	})
}

func TestTimeLineOfAnEarlyVerdict(t *testing.T) {
	end := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	v := aftercheck.Verification{
		State: aftercheck.StateSealed, Action: aftercheck.Action{StartedAt: end.Add(-5 * time.Second), FinishedAt: end},
		ObserveFrom: end.Add(10 * time.Second), SealedAt: end.Add(30 * time.Second), DeadlineAt: end.Add(15 * time.Minute),
	}
	view := timeOf(v, nil, end)
	place, err := strconv.ParseFloat(strings.TrimSuffix(view.Verdict, "%"), 64)
	if err != nil || place < 60 || !view.DeadlineIsFar {
		t.Errorf("a verdict long before the deadline stands at %s of the line", view.Verdict)
	}
	var texts []string
	for _, tick := range view.Ticks {
		texts = append(texts, tick.Text)
	}
	if want := []string{"0 s", "+10 s", "+20 s", "+30 s"}; !slices.Equal(texts, want) {
		t.Errorf("ticks %q, want %q", texts, want)
	}
	if want := "Time line. The action ended at 03:04:05 UTC. The verdict was given at 03:04:35 UTC."; view.Label != want {
		t.Errorf("the line is called %q, want %q", view.Label, want)
	}
}

// TestChartsStayInTheirPlace: whatever was measured, every point is within the
// chart.
func TestChartsStayInTheirPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfN(rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.NaN(), math.Inf(1), 1e-320, math.MaxFloat64, -math.MaxFloat64, 1e299})), 1, 20)
		finding := func(label string) *aftercheck.Finding {
			return &aftercheck.Finding{
				Check: aftercheck.CheckMetric, Samples: numbers.Draw(t, label), Value: &aftercheck.Value{Number: 1},
				Wanted: rapid.SampledFrom([]string{"", "< 1", ">= 1e200", "0..0", "-1e299 to 1e299, usual", "== 5"}).Draw(t, "wanted"),
			}
		}
		v := aftercheck.Verification{Evidence: &aftercheck.Evidence{
			PreState: &aftercheck.Snapshot{Readings: []aftercheck.Reading{{Sensor: "p", Findings: []aftercheck.Finding{*finding("before")}}}},
			Rounds:   []aftercheck.Round{{Readings: []aftercheck.Reading{{Sensor: "p", Findings: []aftercheck.Finding{*finding("after")}}}}},
		}}
		drawn, _ := charts(v)
		for _, c := range drawn {
			points := strings.Fields(c.Before + " " + c.After)
			for _, d := range slices.Concat(c.DotsBefore, c.DotsAfter) {
				points = append(points, d.X+","+d.Y)
			}
			if c.Band != nil {
				points = append(points, "0,"+c.Band.Y, "0,"+c.Band.Height)
			}
			for _, point := range points {
				x, y, _ := strings.Cut(point, ",")
				left, errX := strconv.ParseFloat(x, 64)
				top, errY := strconv.ParseFloat(y, 64)
				if errX != nil || errY != nil || !(left >= 0 && left <= chartWidth && top >= 0 && top <= chartHeight) {
					t.Fatalf("a point at %q of %+v", point, c)
				}
			}
		}
	})
}

// TestRoundsDrawWhatHasNoSamples: a sensor that keeps one value a round is drawn
// by its rounds.
func TestRoundsDrawWhatHasNoSamples(t *testing.T) {
	reading := func(n float64) []aftercheck.Reading {
		return []aftercheck.Reading{{Sensor: "scrape", Findings: []aftercheck.Finding{{Check: aftercheck.CheckMetric, Subject: aftercheck.Subject{Name: "queue"}, Value: &aftercheck.Value{Number: n}}}}}
	}
	drawn, more := charts(aftercheck.Verification{Evidence: &aftercheck.Evidence{
		PreState: &aftercheck.Snapshot{Readings: reading(90)}, Rounds: []aftercheck.Round{{Readings: reading(60)}, {Readings: reading(30)}, {Readings: reading(5)}},
	}})
	if len(drawn) != 1 || more != 0 {
		t.Fatalf("%d charts and %d more", len(drawn), more)
	}
	if c := drawn[0]; len(c.DotsBefore) != 1 || len(strings.Fields(c.After)) != 3 || c.Was != "90" || c.Is != "5" {
		t.Errorf("drawn as %+v", c)
	}
}
