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

// files makes the incident and returns what was recorded before and after.
func (i incident) files() (pre, post string) {
	source := rand.New(rand.NewPCG(i.seed, 11))
	metric := i.service.begin(source)
	start := i.begins(source)
	acted := start.Add(i.view.incident)
	scrapes := newScrapes(i, source)
	for at := start.Add(-i.view.before); at.Before(acted); at = at.Add(i.view.step) {
		left := 0.0
		if !at.Before(start) && i.end != "healthy all along" {
			left = 1
		}
		scrapes.take(at, metric(at, left))
	}
	pre = scrapes.flush()
	for at := acted; at.Before(acted.Add(i.view.after)); at = at.Add(i.view.step) {
		scrapes.take(at, metric(at, i.left(at.Sub(acted), i.view.after)))
	}
	switch i.end {
	case "no data":
		scrapes.pairs = nil
	case "hardly any data":
		for k := range scrapes.pairs {
			scrapes.pairs[k] = strings.SplitN(scrapes.pairs[k], ",", 2)[0] + `,"NaN"]`
		}
	}
	return pre, scrapes.flush()
}

// scrapes are the samples of one metric as a range query answers them.
type scrapes struct {
	incident
	source *rand.Rand
	total  float64 // of a counter
	lost   float64 // the share of scrapes that are missing
	pairs  []string
}

func newScrapes(i incident, source *rand.Rand) *scrapes {
	return &scrapes{incident: i, source: source, lost: []float64{0, 0, 0.02, 0.1}[source.IntN(4)]}
}

func (s *scrapes) take(at time.Time, value float64) {
	if strings.HasSuffix(s.service.metric, "_total") {
		s.total += events(s.source, value*s.view.step.Seconds())
		if s.source.Float64() < 0.003 {
			s.total = 0 // the process began anew
		}
		value = s.total
	}
	if s.source.Float64() < s.lost {
		return
	}
	s.pairs = append(s.pairs, fmt.Sprintf(`[%d,"%s"]`, at.Unix(), strconv.FormatFloat(value, 'g', 8, 64)))
}

func (s *scrapes) flush() string {
	pairs := s.pairs
	s.pairs = nil
	if len(pairs) == 0 {
		return `{"status":"success","data":{"resultType":"matrix","result":[]}}`
	}
	return fmt.Sprintf(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":%q,"job":"shop"},"values":[%s]}]}}`,
		s.service.metric, strings.Join(pairs, ","))
}

// options are the flags that go with what is known.
func (i incident) options() prom.RecordedOptions {
	o := i.service.options
	if !i.view.criterion {
		o.Healthy = ""
	}
	return o
}

// TestServices judges incidents of made services, each in what may be known of
// it and in what may become of it.
func TestServices(t *testing.T) {
	const each = 2
	wrong := map[string]int{}
	type score struct{ right, all, falseSuccess int }
	scores := map[string]*score{}
	count := func(key string, right, falseSuccess bool) {
		if scores[key] == nil {
			scores[key] = &score{}
		}
		s := scores[key]
		s.all++
		if right {
			s.right++
		}
		if falseSuccess {
			s.falseSuccess++
		}
	}
	for a, of := range services() {
		for b, seen := range views {
			for c, end := range ends {
				for n := range each {
					i := incident{of, seen, end, uint64(10000*a + 1000*b + 10*c + n)}
					if !i.possible() {
						continue
					}
					pre, post := i.files()
					got := judgeFiles(t, pre, post, i.options())
					right := got.Verdict == i.want() || i.mayKnow() && got.Verdict == aftercheck.Success
					falseSuccess := got.Verdict == aftercheck.Success && !right
					for _, key := range []string{"all", "view: " + seen.name, "end: " + end, "service: " + of.name} {
						count(key, right, falseSuccess)
					}
					if !right {
						wrong[fmt.Sprintf("%s; %s; %s (%d): %s (%s), want %s: %s", of.name, seen.name, end, n, got.Verdict, got.Reason, i.want(), got.Explanation)]++
					}
				}
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(scores)) {
		s := scores[key]
		t.Logf("%-40s %d of %d exact (%.1f %%), %d false successes", key, s.right, s.all, 100*float64(s.right)/float64(s.all), s.falseSuccess)
	}
	all := scores["all"]
	if float64(all.right) < 0.95*float64(all.all) || float64(all.falseSuccess) > 0.01*float64(all.all) {
		t.Errorf("want 95 %% exact and at most 1 %% false successes")
	}
	if t.Failed() || testing.Verbose() {
		t.Log("\n" + strings.Join(slices.Sorted(maps.Keys(wrong)), "\n"))
	}
}
