package baseline

import "math"

// smoothing holds the parameters of Holt-Winters, each between 0 and 1.
type smoothing struct {
	alpha, beta, gamma float64
	phi                float64 // the trend's damping a step; 1 is none, 0 leaves no trend
}

// state is what Holt-Winters knows at the end of a step.
type state struct {
	level, trend float64
	season       []float64 // by phase
}

// run smooths values in place of their one-step errors: level, trend and season
// are updated by the error of what they foretold (the recursion of Holt and
// Winters, as R's HoltWinters, with Gardner and McKenzie's damping, 1985). An
// error beyond limit is learned from as if it were limit, so that an incident
// moves nothing far; a missing value teaches nothing. The levels and trends
// before each step are left in the trail.
func (p smoothing) run(values []float64, phase int, s *state, limit float64, trail *trail) {
	level, trend := s.level, s.trend
	for i, value := range values {
		trail.levels[i], trail.trends[i] = level, trend
		damped := p.phi * trend
		seasonal := s.season[phase]
		miss := min(max(value-(level+damped+seasonal), -limit), limit)
		level += damped
		trend = damped
		if miss == miss { // not NaN
			level += p.alpha * miss
			trend += p.alpha * p.beta * miss
			s.season[phase] = seasonal + p.gamma*(1-p.alpha)*miss
		}
		trail.seasons[i] = seasonal
		if phase++; phase == len(s.season) {
			phase = 0
		}
	}
	s.level, s.trend = level, trend
}

// trail is what was known before each step.
type trail struct {
	levels, trends, seasons []float64
}

func newTrail(n int) *trail {
	return &trail{levels: make([]float64, n), trends: make([]float64, n), seasons: make([]float64, n)}
}

// travel returns how far a trend of one leads in so many steps.
func (p smoothing) travel(steps int) float64 {
	if p.phi == 1 {
		return float64(steps)
	}
	return p.phi * (1 - math.Pow(p.phi, float64(steps))) / (1 - p.phi)
}

// foretold returns what was expected of step i by what was known lead steps
// before it, 1 at the least. The phase's season is the same, as it was last
// learned a season before.
func (p smoothing) foretold(t *trail, i, lead int, travel float64) float64 {
	from := i - lead + 1
	return t.levels[from] + travel*t.trends[from] + t.seasons[i]
}

// growth returns by which factor the standard error of a forecast of steps
// ahead is larger than that of one of lead: the variance is
// 1 + Σ ψ², ψⱼ = α(1 + β Σφⁱ) + γ(1−α) where j is a whole season (Yar and
// Chatfield 1990; R's predict.HoltWinters).
func (p smoothing) growth(ahead, lead, phases int) float64 {
	variance, base, reach := 1.0, 1.0, 0.0
	for j := 1; j < ahead; j++ {
		reach += math.Pow(p.phi, float64(j))
		psi := p.alpha * (1 + p.beta*reach)
		if phases > 1 && j%phases == 0 {
			psi += p.gamma * (1 - p.alpha)
		}
		variance += psi * psi
		if j < lead {
			base = variance
		}
	}
	return math.Sqrt(max(variance/base, 1))
}

// learner finds the parameters for one history.
type learner struct {
	values  []float64
	phase   int // of the first value
	start   state
	limit   float64
	lead    int // how many steps ahead is to be foretold well
	skip    int // the first steps, whose start is not learned
	scratch state
	trail   *trail
}

// smooth fits Holt-Winters, with a season if the grid has one.
func (m *Model) smooth(g grid, d decomposition) {
	daily := int(max(day/g.step, 1))
	period := g.phases
	if g.phases == 1 {
		period = daily
	}
	l := learner{
		values: g.values, phase: g.phase(0), limit: bound(d.noise),
		lead: min(max(period/8, 1), max(len(g.values)/8, 1)), skip: min(max(period, 1), len(g.values)/4),
		start: state{level: d.trend[0] - d.slope, season: d.season},
	}
	p := l.newest(d.trend, maxSearched).best(d.slope, math.Pow(0.5, 1/float64(max(period, 2))))
	l.start.trend = 0
	if p.phi > 0 {
		l.start.trend = d.slope / p.phi
	}
	l.prepare()
	l.loss(p)
	end, phases := l.scratch, g.phases
	m.expect = func(ahead, phase int) (float64, float64) {
		return end.level + p.travel(ahead)*end.trend + end.season[phase], p.growth(ahead, l.lead, phases)
	}
	m.spread = m.spreadOf(g, func(i int) float64 {
		if i < max(l.skip, l.lead) {
			return math.NaN()
		}
		return p.foretold(l.trail, i, l.lead, p.travel(l.lead))
	})
}

// maxSearched bounds the steps that the parameters are searched on; they change
// little with more.
const maxSearched = 2000

// newest is the learner of the newest values alone, which start at the trend's
// level there.
func (l learner) newest(trend []float64, most int) *learner {
	if from := len(l.values) - most; from > 0 {
		l.phase = (l.phase + from) % len(l.start.season)
		l.values, l.start.level = l.values[from:], trend[from-1]
	}
	return &l
}

// prepare makes room for runs.
func (l *learner) prepare() {
	l.trail = newTrail(len(l.values))
	l.scratch.season = make([]float64, len(l.start.season))
}

// bound is the error up to which a step teaches: three standard deviations of
// what trend and season leave. Where that is nothing, anything teaches.
func bound(noise float64) float64 {
	if !(noise > 0) {
		return math.Inf(1)
	}
	return 3 * noise
}

// best returns the parameters with the least loss: a coarse net first, and from
// its best knot steps that are halved. A trend, which halves in a season, is
// taken where it makes the loss less by a fiftieth.
func (l *learner) best(slope, phi float64) smoothing {
	l.prepare()
	plain := l.search(smoothing{}, []float64{0.02, 0.1, 0.3, 0.7, 0.95}, []float64{0})
	plainLoss := l.loss(plain)
	if phi < 1 {
		l.start.trend = slope / phi
	}
	net := []float64{plain.alpha, min(2*plain.alpha, 0.95)}
	damped := l.search(smoothing{gamma: plain.gamma, phi: phi}, net, []float64{0.01, 0.1, 0.4})
	if l.loss(damped) < 0.98*plainLoss {
		return damped
	}
	l.start.trend = 0
	return plain
}

// maxTurns bounds the steps of a search, which ends after about ten.
const maxTurns = 30

// search returns the best knot of a net, moved on in steps that are halved.
func (l *learner) search(from smoothing, alphas, betas []float64) smoothing {
	gammas := []float64{0.02, 0.15, 0.5}
	if len(l.start.season) == 1 {
		gammas = []float64{0}
	}
	best, least := from, math.Inf(1)
	try := func(p smoothing) bool {
		// Rounding errors decide nothing.
		if loss := l.loss(p); loss < least*(1-rounding) || math.IsInf(least, 1) && !math.IsInf(loss, 1) {
			best, least = p, loss
			return true
		}
		return false
	}
	for _, alpha := range alphas {
		for _, beta := range betas {
			for _, gamma := range gammas {
				try(smoothing{alpha: alpha, beta: beta, gamma: gamma, phi: from.phi})
			}
		}
	}
	step := 0.5
	for turns := 0; step > 0.05 && turns < maxTurns; turns++ {
		if !l.around(best, step, betas[0] > 0, gammas[0] > 0, try) {
			step /= 2
		}
	}
	return best
}

// around tries each parameter a factor up and down and reports whether any was
// better.
func (l *learner) around(p smoothing, step float64, trend, season bool, try func(smoothing) bool) bool {
	better := false
	for _, factor := range []float64{1 + step, 1 / (1 + step)} {
		moved := p
		moved.alpha = min(max(p.alpha*factor, 0.001), 0.999)
		better = try(moved) || better
		if season {
			moved = p
			moved.gamma = min(max(p.gamma*factor, 0.001), 0.999)
			better = try(moved) || better
		}
		if trend {
			moved = p
			moved.beta = min(max(p.beta*factor, 0.001), 0.999)
			better = try(moved) || better
		}
	}
	return better
}

// loss is the mean squared error of forecasts lead steps ahead, each bounded by
// the limit, so that no incident decides.
func (l *learner) loss(p smoothing) float64 {
	l.scratch.level, l.scratch.trend = l.start.level, l.start.trend
	copy(l.scratch.season, l.start.season)
	p.run(l.values, l.phase, &l.scratch, l.limit, l.trail)
	travel, most := p.travel(l.lead), l.limit*l.limit
	sum, known := 0.0, 0.0
	for i := max(l.skip, l.lead); i < len(l.values); i++ {
		miss := l.values[i] - p.foretold(l.trail, i, l.lead, travel)
		if miss == miss { // not NaN
			sum += min(miss*miss, most)
			known++
		}
	}
	if known == 0 {
		return math.Inf(1)
	}
	return sum / known
}

// byPhase fits one median for each phase of the season. Two seasons alone lend
// each phase its neighbours of a 24th of the season to either side.
func (m *Model) byPhase(g grid) {
	byPhase, reach := make([][]float64, g.phases), 0
	if g.seasons() < leastSeasons {
		reach = max(g.phases/24, 1)
	}
	for _, s := range g.samples {
		p := g.phase(g.index(s.At))
		for q := p - reach; q <= p+reach; q++ {
			at := (q + g.phases) % g.phases
			byPhase[at] = append(byPhase[at], s.Value)
		}
	}
	medians := make([]float64, g.phases)
	for p, of := range byPhase {
		medians[p] = math.NaN()
		if len(of) >= leastSeasons {
			medians[p] = medianOf(of)
		}
	}
	m.expect = func(_, phase int) (float64, float64) { return medians[phase], 1 }
	m.spread = m.spreadOf(g, func(i int) float64 { return medians[g.phase(i)] })
}

// byMedian fits one median.
func (m *Model) byMedian(g grid) {
	median := medianOf(g.numbers())
	m.expect = func(int, int) (float64, float64) { return median, 1 }
	m.spread = m.spreadOf(g.withoutSeason(), func(int) float64 { return median })
}

// leastOften is the share of samples from which on values that are not zero are
// taken as usual, and not for incidents.
const leastOften = 0.05

// byZero fits a metric that is zero most of the time: its band reaches from zero
// over what is usual when it is not zero.
func (m *Model) byZero(g grid) {
	var others []float64
	for _, s := range g.samples {
		if s.Value != 0 {
			others = append(others, s.Value)
		}
	}
	m.expect = func(int, int) (float64, float64) { return 0, 1 }
	reach := 0.0
	if often := float64(len(others)) / float64(len(g.samples)); often >= leastOften {
		for i, v := range others {
			others[i] = math.Abs(v)
		}
		reach = Median(others) + m.options.Width*max(MAD(others), 0)
	}
	m.spread = spread{overall: reach}
	m.Outside = m.spread.outside(g, func(int) float64 { return 0 }, m.options)
}
