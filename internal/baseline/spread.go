package baseline

import (
	"math"
	"slices"
)

// spread is how far a metric lies from what is expected of it: the half width of
// a band, in the metric's unit, before floors.
type spread struct {
	byPhase []float64 // nil: overall holds for each
	overall float64
}

func (s spread) at(phase int) float64 {
	if s.byPhase == nil {
		return s.overall
	}
	return s.byPhase[phase]
}

// leastErrors is how many errors a phase's own deviation is taken from; with
// fewer the deviation of all holds.
const leastErrors = 24

// spreadOf measures how far the samples lie from what was expected at their
// steps, NaN where nothing was. A phase's deviation is the scaled median of the
// errors of a sixth of the season around it, and half of the deviation of all at
// the least. Width deviations make the band; heavier tails than a normal
// distribution's make it wider, so that it holds 95 % of the history, but not
// more than twice as wide, so that incidents do not.
func (m *Model) spreadOf(g grid, expected func(i int) float64) spread {
	errors := errorsOf(g, expected)
	all := make([]float64, 0, len(g.samples))
	for _, of := range errors {
		all = append(all, of...)
	}
	s := spread{overall: deviation(all) * spent(g)}
	if g.phases > 1 {
		s.byPhase = byPhase(errors, s.overall, spent(g))
	}
	var relative []float64
	for phase, of := range errors {
		for _, miss := range of {
			if at := s.at(phase); at > 0 {
				relative = append(relative, math.Abs(miss)/at)
			}
		}
	}
	width := m.options.Width
	if len(relative) > 0 {
		width = min(max(Quantile(relative, 1-leastOften), width), 2*width)
	}
	s.overall *= width
	for p := range s.byPhase {
		s.byPhase[p] *= width
	}
	m.Outside = s.outside(g, expected, m.options)
	return s
}

// errorsOf returns the samples' errors by phase.
func errorsOf(g grid, expected func(i int) float64) [][]float64 {
	errors := make([][]float64, g.phases)
	for _, s := range g.samples {
		i := g.index(s.At)
		if miss := s.Value - expected(i); usable(miss) {
			p := g.phase(i)
			errors[p] = append(errors[p], miss)
		}
	}
	return errors
}

// spent makes up for the season having been taken from the very samples: of n
// seasons, n−1 are free.
func spent(g grid) float64 {
	if n := float64(g.seasons()); n > 1 {
		return math.Sqrt(n / (n - 1))
	}
	return 1
}

func byPhase(errors [][]float64, overall, factor float64) []float64 {
	around := len(errors) / 12
	out := make([]float64, len(errors))
	var near []float64
	for p := range errors {
		near = near[:0]
		for q := p - around; q <= p+around; q++ {
			near = append(near, errors[(q+len(errors))%len(errors)]...)
		}
		out[p] = overall
		if len(near) >= leastErrors {
			out[p] = max(deviation(near)*factor, overall/2)
		}
	}
	return out
}

// deviation is the scaled median of the magnitudes, around zero and not around
// their own median, so that a bias counts. Where more than half are exact it is
// what the tenth of the largest would be in normal data. It puts the errors into
// another order.
func deviation(errors []float64) float64 {
	if len(errors) == 0 {
		return 0
	}
	sizes := make([]float64, len(errors))
	for i, miss := range errors {
		sizes[i] = math.Abs(miss)
	}
	slices.Sort(sizes)
	if middle := sortedQuantile(sizes, 0.5); middle > 0 {
		return madScale * middle
	}
	// 1.645 is the quantile of a normal distribution that 90 % of the magnitudes
	// stay under.
	return sortedQuantile(sizes, 0.9) / 1.645
}

// outside returns the share of the samples beyond the spread and the floor.
func (s spread) outside(g grid, expected func(i int) float64, o Options) float64 {
	beyond, known := 0.0, 0.0
	for _, sample := range g.samples {
		i := g.index(sample.At)
		was := expected(i)
		miss := math.Abs(sample.Value - was)
		if !usable(miss) {
			continue
		}
		known++
		if miss > max(s.at(g.phase(i)), o.floor(was)) {
			beyond++
		}
	}
	if known == 0 {
		return 0
	}
	return beyond / known
}
