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
	succeed(byName)
	var out []pair
	for _, name := range sortedKeys(byName) {
		out = append(out, *byName[name])
	}
	return out
}

// renewed are the labels that have another value on what takes something's place.
var renewed = map[model.LabelName]bool{
	"pod": true, "pod_name": true, "exported_pod": true, "pod_ip": true, "uid": true, "replicaset": true, "pod_template_hash": true,
	"instance": true, "exported_instance": true, "hostname": true, "node": true, "id": true, "container_id": true,
}

// succeed gives series that came those that went: of those that differ by renewed
// labels alone, the highest takes the place of the highest, and so on, as nothing
// tells which pod replaced which.
func succeed(byName map[string]*pair) {
	went, came := map[string][]*pair{}, map[string][]*pair{}
	for _, name := range sortedKeys(byName) {
		switch p := byName[name]; {
		case p.is == nil:
			went[p.was.kind()] = append(went[p.was.kind()], p)
		case p.was == nil:
			came[p.is.kind()] = append(came[p.is.kind()], p)
		}
	}
	for kind, young := range came {
		old := went[kind]
		slices.SortStableFunc(old, func(a, b *pair) int { return cmp.Compare(b.was.level(), a.was.level()) })
		slices.SortStableFunc(young, func(a, b *pair) int { return cmp.Compare(b.is.level(), a.is.level()) })
		for i := range min(len(old), len(young)) {
			young[i].was = old[i].was
			delete(byName, old[i].name)
		}
	}
}

func (s recordedSeries) title() string {
	if len(s.labels) == 0 {
		return "metric"
	}
	return s.labels.String()
}

// kind is the title without the renewed labels.
func (s recordedSeries) kind() string {
	lasting := recordedSeries{labels: model.Metric{}}
	for name, value := range s.labels {
		if !renewed[name] {
			lasting.labels[name] = value
		}
	}
	return lasting.title()
}

// level is the median of what is finite; NaN, which sorts first, without any.
func (s recordedSeries) level() float64 {
	return baseline.Median(valuesOf(finiteOnly(s.samples)))
}
