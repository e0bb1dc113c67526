package dashboards_test

import (
	"context"
	"math"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/common/model"

	"github.com/aftercheck/aftercheck/internal/dashboards"
)

// span is the time that a drawing shows, with the values of the dashboard's
// variables.
type span struct {
	to     time.Time
	shown  time.Duration
	values map[string]string
}

func (s span) from() time.Time { return s.to.Add(-s.shown) }
func (s span) steps() int      { return int(s.shown/shownStep) + 1 }

// series is what one line shows: a value for each step, NaN where there is none.
type series struct {
	metric model.Metric
	values []float64
}

// last is the last value that is one.
func (s series) last() float64 {
	for _, v := range slices.Backward(s.values) {
		if !math.IsNaN(v) {
			return v
		}
	}
	return math.NaN()
}

// vector asks for what is now, leaving out what is no number.
func (w *world) vector(ctx context.Context, expression string) (model.Vector, error) {
	var got struct{ Result model.Vector }
	err := w.answer(ctx, "/api/v1/query?"+url.Values{"query": {expression}}.Encode(), &got)
	return slices.DeleteFunc(got.Result, func(s *model.Sample) bool { return isNumber(s.Value) == 0 }), err
}

// matrix asks for what was between two times, each step.
func (w *world) matrix(ctx context.Context, expression string, from, to time.Time, step time.Duration) (model.Matrix, error) {
	arguments := url.Values{
		"query": {expression}, "start": {unix(from)}, "end": {unix(to)}, "step": {strconv.FormatFloat(step.Seconds(), 'f', -1, 64)},
	}
	var got struct{ Result model.Matrix }
	err := w.answer(ctx, "/api/v1/query_range?"+arguments.Encode(), &got)
	return got.Result, err
}

func unix(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

// series asks a query of a panel for the shown time.
func (w *world) series(ctx context.Context, q dashboards.Target, s span) ([]series, error) {
	got, err := w.matrix(ctx, substituted(q.Expr, s.values), s.from(), s.to, shownStep)
	var all []series
	for _, stream := range got {
		one := series{metric: stream.Metric, values: slices.Repeat([]float64{math.NaN()}, s.steps())}
		numbers := 0
		for _, pair := range stream.Values {
			if isNumber(pair.Value) == 1 {
				one.values[pair.Timestamp.Time().Sub(s.from())/shownStep] = float64(pair.Value)
				numbers++
			}
		}
		if numbers > 0 {
			all = append(all, one)
		}
	}
	return all, err
}

// exemplar is one observation behind a point.
type exemplar struct {
	Value     model.SampleValue
	Timestamp model.Time
}

// examples asks for the exemplars of a query, where it shows them.
func (w *world) examples(ctx context.Context, q dashboards.Target, s span) ([]exemplar, error) {
	if !q.Exemplar {
		return nil, nil
	}
	var got []struct{ Exemplars []exemplar }
	arguments := url.Values{"query": {substituted(q.Expr, s.values)}, "start": {unix(s.from())}, "end": {unix(s.to)}}
	err := w.answer(ctx, "/api/v1/query_exemplars?"+arguments.Encode(), &got)
	var all []exemplar
	for _, of := range got {
		all = append(all, of.Exemplars...)
	}
	return all, err
}
