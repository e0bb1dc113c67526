package prom

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/baseline"
)

// DefaultWindow is how far back a finding's samples reach.
const DefaultWindow = 5 * time.Minute

// samplesInWindow is by how many steps the window is asked for: at the usual
// scrape intervals each scrape is then seen.
const samplesInWindow = 40

// errManySeries is the error of an answer that is not one series.
var errManySeries = errors.New("several series, and no aggregation is declared")

// point is the value of an expression at one time.
type point struct {
	at      time.Time // when it was evaluated
	sampled time.Time // the oldest of the newest samples that it rests on; at where it rests on none
	value   float64
}

// series evaluates the ask over the window that ends at a time. Of steps that
// rest on the same scrapes only the first is kept: copies of one sample are no
// evidence of their own.
func (m metrics) series(ctx context.Context, a ask, at time.Time) ([]point, error) {
	step := max((m.window / samplesInWindow).Truncate(time.Millisecond), 100*time.Millisecond)
	start := at.Add(-m.window.Truncate(step)) // so that the last step is at the reading's own time
	values, err := m.client.points(ctx, a.Aggregation.around(a.expr), start, at, step)
	if err != nil {
		return nil, err
	}
	times := map[int64]time.Time{}
	selectors := sampleTimes(a.expr)
	for _, s := range selectors {
		sampled, err := m.client.points(ctx, s, start, at, step)
		if err != nil {
			return nil, fmt.Errorf("times of the samples: %w", err)
		}
		for _, p := range sampled {
			t := plausible(time.UnixMilli(int64(math.Round(p.Value * 1000))))
			if known, ok := times[p.At.UnixMilli()]; !ok || t.Before(known) {
				times[p.At.UnixMilli()] = t
			}
		}
	}
	return distinct(values, times, len(selectors) == 0, at.Add(-m.window)), nil
}

// distinct keeps the values whose samples are newer than those of the value
// before. Timeless ones rest on no samples.
func distinct(values []baseline.Sample, times map[int64]time.Time, timeless bool, from time.Time) []point {
	var kept []point
	newest := from
	for _, v := range values {
		sampled, known := times[v.At.UnixMilli()]
		if timeless {
			sampled, known = v.At, true
		}
		if known && sampled.After(newest) && doubtful(v.Value) == "" {
			kept = append(kept, point{at: v.At, sampled: sampled, value: v.Value})
			newest = sampled
		}
	}
	return kept
}

// newerThan returns the values of the points that rest on nothing before a time,
// which a window reaches back from each, the newest aftercheck.MaxSamples of
// them. A zero time takes all.
func newerThan(points []point, after time.Time, window time.Duration) []float64 {
	var values []float64
	for _, p := range points {
		if after.IsZero() || p.sampled.After(after) && !p.at.Add(-window).Before(after) {
			values = append(values, p.value)
		}
	}
	return values[max(len(values)-aftercheck.MaxSamples, 0):]
}

// points evaluates an expression from start to end and returns the values of its
// one series; none if the answer is empty. Warnings are an error: an answer that
// may lack something is no history.
func (c *client) points(ctx context.Context, expr string, start, end time.Time, step time.Duration) ([]baseline.Sample, error) {
	var options []v1.Option
	if deadline, ok := ctx.Deadline(); ok {
		options = append(options, v1.WithTimeout(serverTimeout(time.Until(deadline))))
	}
	value, warnings, _, err := c.v1.QueryRange(ctx, expr, v1.Range{Start: start, End: end, Step: step}, options...)
	if err != nil {
		return nil, fmt.Errorf("querying a range: %w", cause(ctx, err))
	}
	if len(warnings) > 0 {
		return nil, fmt.Errorf("querying a range: the server warned: %s", warnings[0])
	}
	matrix, ok := value.(model.Matrix)
	switch {
	case !ok:
		return nil, errors.New("querying a range: the server answered no matrix")
	case len(matrix) > 1:
		return nil, errManySeries
	case len(matrix) == 0:
		return nil, nil
	}
	samples := make([]baseline.Sample, len(matrix[0].Values))
	for i, pair := range matrix[0].Values {
		samples[i] = baseline.Sample{At: pair.Timestamp.Time().UTC(), Value: float64(pair.Value)}
	}
	return samples, nil
}
