package prom

import (
	"cmp"
	"slices"

	"github.com/prometheus/common/model"

	"github.com/aftercheck/aftercheck/internal/baseline"
)

// pair is one number before and after; either may be nil.
type pair struct {
	name    string
	was, is *recordedSeries
}

// paired puts together the series with the same labels, and of the others those
// that took each other's place: pods are replaced. Where each file has one series
// it is the same number, whatever its labels are.
func paired(was, is []recordedSeries) []pair {
	if len(was) <= 1 && len(is) <= 1 {
		one := pair{name: "metric"}
		for i := range was {
			one.was, one.name = &was[i], was[i].title()
		}
		for i := range is {
			one.is, one.name = &is[i], is[i].title()
		}
		return []pair{one}
	}
	byName := map[string]*pair{}
	for i := range was {
		byName[was[i].title()] = &pair{name: was[i].title(), was: &was[i]}
	}
	for i := range is {
		name := is[i].title()
		if byName[name] == nil {
			byName[name] = &pair{name: name}
		}
		byName[name].is = &is[i]
	}
	succeed(byName, lastingLabels(was, is))
	var out []pair
	for _, name := range sortedKeys(byName) {
		out = append(out, *byName[name])
	}
	return out
}

// succeed gives series that came those that went: of those whose lasting labels
// are equal, the highest takes the place of the highest, and so on, as nothing
// tells which pod replaced which.
func succeed(byName map[string]*pair, lasting map[model.LabelName]bool) {
	went, came := map[string][]*pair{}, map[string][]*pair{}
	for _, name := range sortedKeys(byName) {
		switch p := byName[name]; {
		case p.is == nil:
			key := p.was.titleBy(lasting)
			went[key] = append(went[key], p)
		case p.was == nil:
			key := p.is.titleBy(lasting)
			came[key] = append(came[key], p)
		}
	}
	for key, young := range came {
		old := went[key]
		slices.SortStableFunc(old, func(a, b *pair) int { return cmp.Compare(b.was.level(), a.was.level()) })
		slices.SortStableFunc(young, func(a, b *pair) int { return cmp.Compare(b.is.level(), a.is.level()) })
		for i := range min(len(old), len(young)) {
			young[i].was = old[i].was
			delete(byName, old[i].name)
		}
	}
}

// lastingLabels are the labels that have a value in common before and after.
// The others name what was replaced.
func lastingLabels(was, is []recordedSeries) map[model.LabelName]bool {
	before := map[model.LabelPair]bool{}
	for _, s := range was {
		for name, value := range s.labels {
			before[model.LabelPair{Name: name, Value: value}] = true
		}
	}
	lasting := map[model.LabelName]bool{}
	for _, s := range is {
		for name, value := range s.labels {
			lasting[name] = lasting[name] || before[model.LabelPair{Name: name, Value: value}]
		}
	}
	return lasting
}

func (s recordedSeries) title() string {
	if len(s.labels) == 0 {
		return "metric"
	}
	return s.labels.String()
}

// titleBy is the title by some of the labels.
func (s recordedSeries) titleBy(names map[model.LabelName]bool) string {
	some := recordedSeries{labels: model.Metric{}}
	for name, value := range s.labels {
		if names[name] {
			some.labels[name] = value
		}
	}
	return some.title()
}

// level is the median of what is finite; NaN, which sorts first, without any.
func (s recordedSeries) level() float64 {
	return baseline.Median(valuesOf(finiteOnly(s.samples)))
}
