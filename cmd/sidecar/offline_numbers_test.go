// The detector of races finds none in the arithmetic of one goroutine, and makes it
// ten times slower: `make test` runs these without it.
//go:build !race

package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect/prom"
)

// what became of a made incident: how far the number is from normal, in
// distances of the incident's own; less than zero is no data.
var outcomes = []struct {
	name  string
	after float64
}{{"recovered", 0}, {"partly", 0.4}, {"unchanged", 1}, {"worse", 2.5}, {"no data", -1}}

// waveform is a metric without an incident, and how far an incident moves it.
type waveform struct {
	normal   func(hours float64, source *rand.Rand) float64
	distance float64 // negative where higher is better
	most     float64 // no value is larger; 0 is none
	counter  bool    // the signal is the rate of a counter by the second
}

// recorded is a kind of recorded incident.
type recorded struct {
	name    string
	signal  waveform
	options prom.RecordedOptions
	history time.Duration // before the incident
	lasted  time.Duration // the incident
	watched time.Duration // after the action
	step    time.Duration
	holes   float64 // share of steps that are missing
	nans    float64 // share of steps that are NaN
	whole   bool    // the file after holds all that the file before does too
	// compared: nothing says what is healthy, so that a number that stays is no
	// change, and one that comes back most of the way is partly recovered.
	compared bool
}

func noisy(level, noise float64) func(float64, *rand.Rand) float64 {
	return func(_ float64, source *rand.Rand) float64 { return max(level+noise*source.NormFloat64(), 0) }
}

func seasonal(hours float64, source *rand.Rand) float64 {
	return 200 + 120*math.Sin(2*math.Pi*hours/24) + 30*math.Sin(4*math.Pi*hours/24) + 8*source.NormFloat64()
}

// working is seasonal on five days of seven.
func working(hours float64, source *rand.Rand) float64 {
	if int(hours/24)%7 >= 5 {
		return 60 + 5*source.NormFloat64()
	}
	return seasonal(hours, source)
}

// nightly is quiet but for two hours of each day.
func nightly(hours float64, source *rand.Rand) float64 {
	if hour := math.Mod(hours, 24); hour >= 2 && hour < 4 {
		return 500 + 20*source.NormFloat64()
	}
	return 50 + 5*source.NormFloat64()
}

// spiky is steady but for one sample in twenty-five.
func spiky(_ float64, source *rand.Rand) float64 {
	if source.Float64() < 0.04 {
		return 2 + source.Float64()
	}
	return 0.1 + 0.02*source.Float64()
}

// seldom is zero most of the time.
func seldom(_ float64, source *rand.Rand) float64 {
	if source.Float64() < 0.7 {
		return 0
	}
	return 1 + source.Float64()
}

const days = 24 * time.Hour

func recordedKinds() []recorded {
	lower, higher := prom.RecordedOptions{Better: "lower"}, prom.RecordedOptions{Better: "higher"}
	criterion := func(healthy, unit string) prom.RecordedOptions {
		return prom.RecordedOptions{Healthy: healthy, Unit: unit}
	}
	two := 2 * time.Hour
	return []recorded{
		{name: "seasonal", signal: waveform{normal: seasonal, distance: 300}, options: lower, history: 14 * days, lasted: two, watched: time.Hour, step: 5 * time.Minute},
		{name: "seasonal by the hour", signal: waveform{normal: seasonal, distance: 300}, options: lower, history: 21 * days, lasted: 6 * time.Hour, watched: 6 * time.Hour, step: time.Hour},
		{name: "seasonal traffic", signal: waveform{normal: seasonal, distance: -70}, options: higher, history: 14 * days, lasted: two, watched: time.Hour, step: 5 * time.Minute},
		{name: "seasonal with holes", signal: waveform{normal: seasonal, distance: 300}, options: lower, history: 14 * days, lasted: two, watched: time.Hour, step: 5 * time.Minute, holes: 0.1},
		{name: "seasonal with NaN", signal: waveform{normal: seasonal, distance: 300}, options: lower, history: 14 * days, lasted: two, watched: time.Hour, step: 5 * time.Minute, nans: 0.1},
		{name: "seasonal, all in both files", signal: waveform{normal: seasonal, distance: 300}, options: lower, history: 14 * days, lasted: two, watched: time.Hour, step: 5 * time.Minute, whole: true},
		{name: "a week of days and ends", signal: waveform{normal: working, distance: 300}, options: lower, history: 35 * days, lasted: two, watched: two, step: 15 * time.Minute},
		{name: "busy nights", signal: waveform{normal: nightly, distance: 800}, options: lower, history: 14 * days, lasted: two, watched: time.Hour, step: 5 * time.Minute},
		{name: "steps of irregular length", signal: waveform{normal: seasonal, distance: 300}, options: lower, history: 14 * days, lasted: two, watched: time.Hour, step: 7*time.Minute + 11*time.Second, holes: 0.3},
		{name: "trending", signal: waveform{normal: func(h float64, s *rand.Rand) float64 { return 1000 + 4*h + 10*s.NormFloat64() }, distance: 400}, options: lower, history: 7 * days, lasted: two, watched: time.Hour, step: 5 * time.Minute},
		{name: "steady", signal: waveform{normal: noisy(50, 4), distance: 60}, options: lower, history: 7 * days, lasted: two, watched: time.Hour, step: 5 * time.Minute},
		{name: "constant", signal: waveform{normal: noisy(3, 0), distance: 4}, options: lower, history: 7 * days, lasted: two, watched: time.Hour, step: 5 * time.Minute},
		{name: "zero-inflated", signal: waveform{normal: seldom, distance: 20}, options: lower, history: 14 * days, lasted: two, watched: time.Hour, step: 5 * time.Minute},
		{name: "spiky, with a criterion", signal: waveform{normal: spiky, distance: 3}, options: criterion("< 0.5", "seconds"), lasted: time.Hour, watched: time.Hour, step: 30 * time.Second},
		{name: "spiky, with a history", signal: waveform{normal: spiky, distance: 8}, options: lower, history: 7 * days, lasted: time.Hour, watched: time.Hour, step: 2 * time.Minute},
		{name: "error ratio", signal: waveform{normal: noisy(0.01, 0.005), distance: 0.38, most: 1}, options: criterion("< 0.05", "ratio"), lasted: 30 * time.Minute, watched: 20 * time.Minute, step: 15 * time.Second},
		{name: "error ratio with NaN", signal: waveform{normal: noisy(0.01, 0.005), distance: 0.38, most: 1}, options: criterion("< 0.05", "ratio"), lasted: 30 * time.Minute, watched: 20 * time.Minute, step: 15 * time.Second, nans: 0.2},
		{name: "success ratio", signal: waveform{normal: func(_ float64, s *rand.Rand) float64 { return 0.999 - 0.0005*s.Float64() }, distance: -0.3}, options: criterion(">= 0.99", "ratio"), lasted: 30 * time.Minute, watched: 20 * time.Minute, step: 15 * time.Second},
		{name: "latency", signal: waveform{normal: noisy(0.12, 0.03), distance: 1.4}, options: criterion("< 0.3", "seconds"), lasted: 20 * time.Minute, watched: 10 * time.Minute, step: 15 * time.Second},
		{name: "a range", signal: waveform{normal: noisy(50, 3), distance: 45}, options: criterion("30..65", "celsius"), lasted: 20 * time.Minute, watched: 10 * time.Minute, step: 15 * time.Second},
		{name: "counter", signal: waveform{normal: noisy(0.2, 0.1), distance: 9, counter: true}, options: criterion("< 1", ""), lasted: 30 * time.Minute, watched: 20 * time.Minute, step: 15 * time.Second},
		{name: "counter with a history", signal: waveform{normal: noisy(5, 1), distance: 40, counter: true}, options: lower, history: 7 * days, lasted: two, watched: time.Hour, step: 5 * time.Minute},
		{name: "a short history with the onset", signal: waveform{normal: noisy(0.2, 0.02), distance: 2}, options: lower, history: 40 * time.Minute, lasted: 20 * time.Minute, watched: 20 * time.Minute, step: 30 * time.Second},
		{name: "two days", signal: waveform{normal: seasonal, distance: 300}, options: lower, history: 2 * days, lasted: two, watched: time.Hour, step: 5 * time.Minute},
		{name: "a long incident", signal: waveform{normal: seasonal, distance: 300}, options: lower, history: 14 * days, lasted: 18 * time.Hour, watched: two, step: 15 * time.Minute},
		{name: "no direction", signal: waveform{normal: seasonal, distance: 300}, history: 14 * days, lasted: two, watched: time.Hour, step: 5 * time.Minute},
		{name: "a noisy onset", signal: waveform{normal: noisy(10, 2), distance: 20}, options: lower, history: 40 * time.Minute, lasted: 20 * time.Minute, watched: 20 * time.Minute, step: 30 * time.Second},
		{name: "traffic that fell", signal: waveform{normal: noisy(100, 5), distance: -35}, options: higher, history: 40 * time.Minute, lasted: 20 * time.Minute, watched: 20 * time.Minute, step: 30 * time.Second},
		{name: "the onset of what is mostly zero", signal: waveform{normal: seldom, distance: 30}, options: lower, history: 40 * time.Minute, lasted: 20 * time.Minute, watched: 20 * time.Minute, step: 30 * time.Second},
		{name: "ten samples", signal: waveform{normal: noisy(0.01, 0.005), distance: 0.3, most: 1}, options: criterion("< 0.05", "ratio"), lasted: 10 * time.Minute, watched: 10 * time.Minute, step: time.Minute},
		{name: "a single number", signal: waveform{normal: noisy(0.01, 0.005), distance: 0.38, most: 1}, options: criterion("< 0.05", "ratio"), lasted: time.Second, watched: time.Second, step: time.Minute},
		{name: "a queue, compared", signal: waveform{normal: noisy(0, 0), distance: 400}, options: lower, lasted: 20 * time.Minute, watched: 10 * time.Minute, step: 15 * time.Second, compared: true},
		{name: "a noisy queue, compared", signal: waveform{normal: noisy(0, 0.5), distance: 400}, options: lower, lasted: 20 * time.Minute, watched: 10 * time.Minute, step: 15 * time.Second, compared: true},
		{name: "a single queue, compared", signal: waveform{normal: noisy(0, 0), distance: 400}, options: lower, lasted: time.Second, watched: time.Second, step: time.Minute, compared: true},
		{name: "availability, compared", signal: waveform{normal: noisy(1, 0), distance: -0.3}, options: prom.RecordedOptions{Better: "higher", Unit: "ratio"}, lasted: 20 * time.Minute, watched: 10 * time.Minute, step: 15 * time.Second, compared: true},
	}
}

// files makes the answers of the query API before and after the action.
func (r recorded) files(after float64, source *rand.Rand) (pre, post string) {
	begin := time.Date(2026, 3, 2, source.IntN(24), source.IntN(60), 0, 0, time.UTC)
	acted := begin.Add(r.history + r.lasted)
	size := r.signal.distance * (0.8 + 0.4*source.Float64())
	total := 1000 * source.Float64()
	part := func(from, to time.Time, away func(at time.Time) float64) string {
		var pairs []string
		for at := from; at.Before(to); at = at.Add(r.step) {
			value := max(r.signal.normal(at.Sub(begin).Hours(), source)+away(at), 0)
			if r.signal.most > 0 {
				value = min(value, r.signal.most)
			}
			if r.signal.counter {
				if total += value * r.step.Seconds(); source.IntN(200) == 0 {
					total = 0 // the process began again
				}
				value = total
			}
			text := fmt.Sprint(value)
			if source.Float64() < r.nans {
				text = "NaN"
			}
			if source.Float64() >= r.holes {
				pairs = append(pairs, fmt.Sprintf("[%d,%q]", at.Unix(), text))
			}
		}
		return r.answer(pairs)
	}
	pre = part(begin, acted, func(at time.Time) float64 {
		if at.Before(begin.Add(r.history)) {
			return 0
		}
		return size
	})
	if after < 0 {
		return pre, r.nothing(acted, source)
	}
	post = part(acted, acted.Add(r.watched), func(time.Time) float64 { return size * after })
	if r.whole {
		post = strings.TrimSuffix(pre, "]}]}}") + "," + post[strings.Index(post, `"values":[`)+len(`"values":[`):]
	}
	return pre, post
}

func (r recorded) metric() string {
	if r.signal.counter {
		return `{"__name__":"errors_total","job":"api"}`
	}
	return `{"job":"api"}`
}

func (r recorded) answer(pairs []string) string {
	if len(pairs) == 1 {
		return fmt.Sprintf(`{"status":"success","data":{"resultType":"vector","result":[{"metric":%s,"value":%s}]}}`, r.metric(), pairs[0])
	}
	return fmt.Sprintf(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":%s,"values":[%s]}]}}`, r.metric(), strings.Join(pairs, ","))
}

// nothing is an answer without data, in one of the ways there are.
func (r recorded) nothing(from time.Time, source *rand.Rand) string {
	switch source.IntN(3) {
	case 0:
		return `{"status":"success","data":{"resultType":"matrix","result":[]}}`
	case 1:
		return `{"status":"error","errorType":"timeout","error":"query timed out"}`
	}
	var pairs []string
	for at := from; at.Before(from.Add(r.watched)); at = at.Add(r.step) {
		pairs = append(pairs, fmt.Sprintf(`[%d,"NaN"]`, at.Unix()))
	}
	return r.answer(pairs)
}

func (r recorded) want(outcome string) aftercheck.Verdict {
	switch {
	case outcome == "recovered":
		return aftercheck.Success
	case outcome == "worse":
		return aftercheck.Failed
	case outcome == "unchanged" && !r.compared:
		return aftercheck.Failed
	}
	return aftercheck.Degraded
}

// TestRecordedIncidents judges hundreds of made incidents, the same in each run.
func TestRecordedIncidents(t *testing.T) {
	const each = 3
	right, all, falseSuccess := 0, 0, 0
	confusion := map[string]int{}
	for k, kind := range recordedKinds() {
		for j, outcome := range outcomes {
			for i := range each {
				source := rand.New(rand.NewPCG(uint64(1000*k+100*j+i), 7))
				after := outcome.after * (0.75 + 0.5*source.Float64()) // a part of 0.3 to 0.5, and 1.9 to 3.1 times as bad
				if outcome.name == "unchanged" {
					after = 1
				}
				pre, post := kind.files(after, source)
				want, got := kind.want(outcome.name), judgeFiles(t, pre, post, kind.options)
				all++
				if got.Verdict == want {
					right++
					continue
				}
				if got.Verdict == aftercheck.Success {
					falseSuccess++
				}
				confusion[fmt.Sprintf("%s, %s: %s (%s), want %s: %s", kind.name, outcome.name, got.Verdict, got.Reason, want, got.Explanation)]++
			}
		}
	}
	t.Logf("%d of %d exact, %d false successes", right, all, falseSuccess)
	if float64(right) < 0.95*float64(all) || float64(falseSuccess) > 0.01*float64(all) {
		t.Errorf("want 95 %% exact and at most 1 %% false successes")
	}
	if t.Failed() || testing.Verbose() {
		lines := make([]string, 0, len(confusion))
		for line, n := range confusion {
			lines = append(lines, fmt.Sprintf("%d × %s", n, line))
		}
		slices.Sort(lines)
		t.Log("\n" + strings.Join(lines, "\n"))
	}
}

// The forms in which numbers are recorded, judged by hand.
func TestRecordedForms(t *testing.T) {
	vector := func(value any) string {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf(`{"resultType":"vector","result":[{"metric":{},"value":[1772000000,%s]}]}`, text)
	}
	ratio := prom.RecordedOptions{Healthy: "< 0.05", Unit: "ratio"}
	for name, c := range map[string]struct {
		pre, post string
		options   prom.RecordedOptions
		want      aftercheck.Verdict
		reason    aftercheck.Reason
	}{
		"a vector without envelope": {vector("0.4"), vector("0.01"), ratio, aftercheck.Success, aftercheck.ReasonRecovered},
		"a number without quotes":   {vector(0.4), vector(0.01), ratio, aftercheck.Success, aftercheck.ReasonRecovered},
		"a missing number":          {vector("0.4"), vector(nil), ratio, aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence},
		"infinity":                  {vector("0.4"), vector("-Inf"), ratio, aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence},
		"a scalar":                  {`{"status":"success","data":{"resultType":"scalar","result":[1772000000,"0.4"]}}`, `{"status":"success","data":{"resultType":"scalar","result":[1772000900,"0.4"]}}`, ratio, aftercheck.Failed, aftercheck.ReasonStillBroken},
		"the result alone":          {`[{"metric":{"a":"b"},"value":[1,"0.4"]}]`, `[{"metric":{"a":"c"},"value":[2,"0.2"]}]`, ratio, aftercheck.Degraded, aftercheck.ReasonPartlyRecovered},
		"pages":                     {"# TYPE share gauge\nshare 0.4\n", "share 0.01\n", ratio, aftercheck.Success, aftercheck.ReasonRecovered},
		"no file before":            {"", "share 0.01\n", ratio, aftercheck.Success, aftercheck.ReasonRecovered},
		"a counter of a page":       {"# TYPE errors_total counter\nerrors_total 40\n", "# TYPE errors_total counter\nerrors_total 1\n", ratio, aftercheck.Degraded, aftercheck.ReasonInsufficientEvidence},
		"one series of two is bad":  {"share{i=\"1\"} 0.4\nshare{i=\"2\"} 0.4\n", "share{i=\"1\"} 0.01\nshare{i=\"2\"} 0.4\n", ratio, aftercheck.Degraded, aftercheck.ReasonPartlyRecovered},
		"pods that were replaced":   {"share{pod=\"a\"} 0.4\nshare{pod=\"b\"} 0.4\n", "share{pod=\"c\"} 0.01\nshare{pod=\"d\"} 0.01\n", ratio, aftercheck.Success, aftercheck.ReasonRecovered},
		"one metric of two":         {"share 0.4\nother 9\n", "share 0.01\nother 9\n", prom.RecordedOptions{Healthy: "< 0.05", Metric: "share"}, aftercheck.Success, aftercheck.ReasonRecovered},
		"the worst series":          {"share{i=\"1\"} 0.4\nshare{i=\"2\"} 0.4\n", "share{i=\"3\"} 0.01\nshare{i=\"4\"} 0.4\n", prom.RecordedOptions{Healthy: "< 0.05", Aggregation: prom.AggregateMax}, aftercheck.Failed, aftercheck.ReasonStillBroken},
	} {
		if got := judgeFiles(t, c.pre, c.post, c.options); got.Verdict != c.want || got.Reason != c.reason {
			t.Errorf("%s: got %s (%s), want %s (%s): %s", name, got.Verdict, got.Reason, c.want, c.reason, got.Explanation)
		}
	}
}
