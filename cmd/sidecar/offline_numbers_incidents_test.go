//go:build !race

package main

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/baseline"
	"github.com/aftercheck/aftercheck/internal/collect/prom"
)

// view is what is known of an incident: how often the metric was scraped, and
// for how long before the incident, in it, and after the action.
type view struct {
	name                    string
	criterion               bool
	step                    time.Duration
	before, incident, after time.Duration
}

var views = []view{
	{"criterion", true, 30 * time.Second, 0, 25 * time.Minute, 30 * time.Minute},
	{"criterion by 15 s", true, 15 * time.Second, 10 * time.Minute, 20 * time.Minute, 15 * time.Minute},
	{"criterion by 5 min", true, 5 * time.Minute, 2 * time.Hour, 3 * time.Hour, 3 * time.Hour},
	{"criterion, short", true, time.Minute, 0, 8 * time.Minute, 8 * time.Minute},
	{"criterion, five samples", true, time.Minute, 0, 5 * time.Minute, 5 * time.Minute},
	{"three days before", false, time.Minute, 3 * 24 * time.Hour, time.Hour, 40 * time.Minute},
	{"two weeks before", false, 5 * time.Minute, 14 * 24 * time.Hour, 2 * time.Hour, 2 * time.Hour},
	{"a week before", false, 5 * time.Minute, 7 * 24 * time.Hour, 90 * time.Minute, time.Hour},
	{"an hour before", false, 30 * time.Second, time.Hour, 20 * time.Minute, 20 * time.Minute},
	{"direction only", false, 30 * time.Second, 0, 20 * time.Minute, 20 * time.Minute},
	{"direction only, short", false, time.Minute, 0, 10 * time.Minute, 10 * time.Minute},
}

// ends are what may become of an incident. How much of it is left is by service.
var ends = []string{"recovered", "recovered slowly", "partly", "unchanged", "worse", "fluctuating", "healthy all along", "no data", "hardly any data"}

// incident is one made incident.
type incident struct {
	service service
	view    view
	end     string
	seed    uint64
}

// possible reports whether a service can end so, in a view that can show it.
func (i incident) possible() bool {
	return i.end != "worse" || i.service.worse == 0 || i.service.worse > 1 && (i.view.criterion || i.view.before > 0) || i.service.worse >= 1.8
}

// compared reports whether only the time before the action can be compared with
// the time after: nothing says what is normal.
func (i incident) compared() bool { return !i.view.criterion && i.view.before == 0 }

// mayKnow reports whether the metric did recover, though only a judge that sees
// it at the best that it can be may say so.
func (i incident) mayKnow() bool { return strings.HasPrefix(i.end, "recovered") && i.compared() }

// want is the verdict that is right.
func (i incident) want() aftercheck.Verdict {
	switch i.end {
	case "recovered", "recovered slowly":
		if i.compared() && !i.service.best {
			return aftercheck.Degraded // nobody knows how far is enough
		}
		return aftercheck.Success
	case "worse":
		return aftercheck.Failed
	case "unchanged":
		if i.compared() {
			return aftercheck.Degraded // it may have been so for ever
		}
		return aftercheck.Failed
	}
	return aftercheck.Degraded
}

// left is how much of the incident is left so long after the action, of the
// given time that is watched.
func (i incident) left(since, watched time.Duration) float64 {
	part := float64(since) / float64(watched)
	switch i.end {
	case "recovered slowly":
		return math.Max(0, 1-part/0.25)
	case "partly":
		if i.view.criterion && i.service.partly > 0 {
			return i.service.partly
		}
		return 0.5
	case "unchanged", "no data", "hardly any data":
		return 1
	case "worse":
		if i.service.worse > 0 {
			return i.service.worse
		}
		return 2
	case "fluctuating":
		return float64(int(part*7+float64(i.seed%2)) % 2)
	}
	return 0
}

// begins is when the incident begins: at an hour of the day that is drawn.
func (i incident) begins(source *rand.Rand) time.Time {
	hour := 24 * source.Float64()
	if i.service.byDay && i.view.criterion {
		hour = 9 + 5*source.Float64()
	}
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).AddDate(0, 0, source.IntN(5))
	return day.Add(time.Duration(hour * float64(time.Hour))).Truncate(i.view.step)
}

// files makes the incident and returns what was recorded before and after, as
// answers of a range query.
func (i incident) files() (pre, post string) {
	source := rand.New(rand.NewPCG(i.seed, 11))
	before, after := i.record(i.begins(source), source)
	return i.answer(before), i.answer(after)
}

// record makes the incident, which begins at a time.
func (i incident) record(start time.Time, source *rand.Rand) (before, after []baseline.Sample) {
	metric := i.service.begin(source)
	acted := start.Add(i.view.incident)
	lost := []float64{0, 0, 0.02, 0.1}[source.IntN(4)]
	total := 0.0
	for at := start.Add(-i.view.before); at.Before(acted.Add(i.view.after)); at = at.Add(i.view.step) {
		value := metric(at, i.leftAt(at, start, acted))
		if i.counts() {
			if total += events(source, value*i.view.step.Seconds()); source.Float64() < 0.003 {
				total = 0 // the process began anew
			}
			value = total
		}
		if source.Float64() < lost {
			continue
		}
		if at.Before(acted) {
			before = append(before, baseline.Sample{At: at, Value: value})
		} else {
			after = append(after, baseline.Sample{At: at, Value: value})
		}
	}
	return before, i.seen(after)
}

// leftAt is how much of the incident there is at a time.
func (i incident) leftAt(at, start, acted time.Time) float64 {
	switch {
	case !at.Before(acted):
		return i.left(at.Sub(acted), i.view.after)
	case at.Before(start) || i.end == "healthy all along":
		return 0
	}
	return 1
}

func (i incident) counts() bool { return strings.HasSuffix(i.service.metric, "_total") }

// seen is what the monitoring has of the time after the action.
func (i incident) seen(after []baseline.Sample) []baseline.Sample {
	switch i.end {
	case "no data":
		return nil
	case "hardly any data":
		for k := range after {
			after[k].Value = math.NaN()
		}
	}
	return after
}

// answer writes samples as Prometheus answers a range query.
func (i incident) answer(samples []baseline.Sample) string {
	if len(samples) == 0 {
		return `{"status":"success","data":{"resultType":"matrix","result":[]}}`
	}
	pairs := make([]string, len(samples))
	for k, s := range samples {
		pairs[k] = fmt.Sprintf(`[%d,"%s"]`, s.At.Unix(), strconv.FormatFloat(s.Value, 'g', 8, 64))
	}
	return fmt.Sprintf(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":%q,"job":"shop"},"values":[%s]}]}}`,
		i.service.metric, strings.Join(pairs, ","))
}

// options are the flags that go with what is known.
func (i incident) options() prom.RecordedOptions {
	o := i.service.options
	if !i.view.criterion {
		o.Healthy = ""
	}
	return o
}

// tally counts judged incidents.
type tally struct{ right, all, falseSuccess int }

func (t *tally) count(right bool, got aftercheck.Verdict) {
	t.all++
	switch {
	case right:
		t.right++
	case got == aftercheck.Success:
		t.falseSuccess++
	}
}

func (t *tally) String() string {
	return fmt.Sprintf("%d of %d exact (%.1f %%), %d false successes", t.right, t.all, 100*float64(t.right)/float64(t.all), t.falseSuccess)
}

// allIncidents are each service in each view and each end, so many times.
func allIncidents(each int) []incident {
	var all []incident
	for a, of := range services() {
		for b, seen := range views {
			for c, end := range ends {
				for n := range each {
					if i := (incident{of, seen, end, uint64(10000*a + 1000*b + 10*c + n)}); i.possible() {
						all = append(all, i)
					}
				}
			}
		}
	}
	return all
}

// TestServices judges incidents of made services, each in what may be known of
// it and in what may become of it. The shares are those of the whole set, of each
// end and of each view.
func TestServices(t *testing.T) {
	t.Parallel()
	tallies := map[string]*tally{"all": {}}
	for _, end := range ends {
		tallies["end: "+end] = &tally{}
	}
	for _, v := range views {
		tallies["view: "+v.name] = &tally{}
	}
	var wrong []string
	for _, i := range allIncidents(1) {
		pre, post := i.files()
		got := judgeFiles(t, pre, post, i.options())
		right := got.Verdict == i.want() || i.mayKnow() && got.Verdict == aftercheck.Success
		for _, key := range []string{"all", "end: " + i.end, "view: " + i.view.name} {
			tallies[key].count(right, got.Verdict)
		}
		if !right {
			wrong = append(wrong, fmt.Sprintf("%s; %s; %s: %s (%s), want %s: %s", i.service.name, i.view.name, i.end, got.Verdict, got.Reason, i.want(), got.Explanation))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(tallies)) {
		of := tallies[key]
		t.Logf("%-30s %s", key, of)
		if float64(of.right) < 0.95*float64(of.all) {
			t.Errorf("%s: %s; want 95 %%", key, of)
		}
	}
	if all := tallies["all"]; float64(all.falseSuccess) > 0.005*float64(all.all) {
		t.Errorf("%s; want at most one in 200 to be a false success", all)
	}
	if t.Failed() || testing.Verbose() {
		t.Log("\n" + strings.Join(wrong, "\n"))
	}
}
