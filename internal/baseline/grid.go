package baseline

import (
	"math"
	"slices"
	"time"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
	// maxSteps bounds the grid: more than a year by a quarter of an hour. Older
	// samples are left out.
	maxSteps = 40_000
	// maxPhases bounds the steps of a season: a day by five minutes.
	maxPhases = 288
)

// usual are the steps that a history is put on; each divides a day.
var usual = []time.Duration{
	time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, day,
}

// grid is a history by equal steps since the epoch. A step's value is the median
// of its samples, or NaN without one.
type grid struct {
	step    time.Duration
	phases  int // steps of a season; 1 means that there is none
	first   int64
	values  []float64
	samples []Sample // in their order
}

// choose puts the samples, which are in their order and not none, on the grid of
// the season that tells most of them, and takes them apart by it.
func choose(samples []Sample, o Options) (grid, decomposition) {
	season := o.Season
	if season <= 0 {
		season = day
	}
	daily := gridOf(samples, season, o.Step)
	byDaily := decompose(daily)
	if o.Season > 0 || samples[len(samples)-1].At.Sub(samples[0].At) < 4*week {
		return daily, byDaily
	}
	weekly := gridOf(samples, week, o.Step)
	noise := byDaily.noise
	if weekly.step != daily.step {
		noise = decompose(gridOf(samples, day, weekly.step)).noise // of the same steps
	}
	// Seven times the phases fit some of the noise: a week must tell more than
	// that of the four weeks that it has at the least.
	if byWeek := decompose(weekly); byWeek.noise < 0.75*noise {
		return weekly, byWeek
	}
	return daily, byDaily
}

func gridOf(samples []Sample, season, step time.Duration) grid {
	season = max(season, 2*time.Millisecond)
	if step <= 0 || season/step > maxPhases {
		step = stepOf(samples, season)
	}
	phases := int(min(max(math.Round(float64(season)/float64(step)), 1), maxPhases))
	step = max((season / time.Duration(phases)).Truncate(time.Millisecond), time.Millisecond)
	g := grid{step: step, phases: phases, samples: samples}
	size := step.Milliseconds()
	last := floorDivide(samples[len(samples)-1].At.UnixMilli(), size)
	g.first = max(floorDivide(samples[0].At.UnixMilli(), size), last-maxSteps+1)
	g.values = make([]float64, last-g.first+1)
	for len(g.samples) > 0 && g.index(g.samples[0].At) < 0 {
		g.samples = g.samples[1:]
	}
	var within []float64
	rest := g.samples
	for i := range g.values {
		within = within[:0]
		for len(rest) > 0 && g.index(rest[0].At) == i {
			within = append(within, rest[0].Value)
			rest = rest[1:]
		}
		g.values[i] = medianOf(within)
	}
	return g
}

// stepOf returns the usual step that most samples lie apart, or a longer one
// that leaves at most maxPhases to a season.
func stepOf(samples []Sample, season time.Duration) time.Duration {
	var gaps []time.Duration
	for i := 1; i < len(samples); i++ {
		if gap := samples[i].At.Sub(samples[i-1].At); gap > 0 {
			gaps = append(gaps, gap)
		}
	}
	least := season / maxPhases
	if len(gaps) > 0 {
		slices.Sort(gaps)
		least = max(least, gaps[len(gaps)/2]*95/100) // scrapes come a little early and late
	}
	for _, step := range usual {
		if step >= least {
			return step
		}
	}
	return max(least, day)
}

func (g grid) index(at time.Time) int {
	return int(floorDivide(at.UnixMilli(), g.step.Milliseconds()) - g.first)
}

// phase returns the phase of the step at an index. Seasons begin at the epoch.
func (g grid) phase(i int) int {
	n := int64(g.phases)
	return int((((g.first + int64(i)) % n) + n) % n)
}

func (g grid) season() time.Duration { return g.step * time.Duration(g.phases) }

// seasons is how many seasons the history spans; one that lacks less than a
// tenth is whole.
func (g grid) seasons() int {
	if g.phases < 2 {
		return 0
	}
	return (len(g.values) + g.phases/10) / g.phases
}

func (g grid) withoutSeason() grid {
	g.phases = 1
	return g
}

func (g grid) missing() float64 {
	missing := 0
	for _, v := range g.values {
		if math.IsNaN(v) {
			missing++
		}
	}
	return float64(missing) / float64(len(g.values))
}

func (g grid) zeros() float64 {
	zeros := 0
	for _, s := range g.samples {
		if s.Value == 0 {
			zeros++
		}
	}
	return float64(zeros) / float64(len(g.samples))
}

func (g grid) constant() bool {
	for _, s := range g.samples {
		if s.Value != g.samples[0].Value {
			return false
		}
	}
	return true
}

// numbers returns the samples' values.
func (g grid) numbers() []float64 {
	out := make([]float64, len(g.samples))
	for i, s := range g.samples {
		out[i] = s.Value
	}
	return out
}

func floorDivide(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
