package dashboards_test

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"

	"github.com/prometheus/common/model"

	"github.com/aftercheck/aftercheck/internal/dashboards"
)

// bucket is one row of a heatmap.
type bucket struct {
	bound  float64 // the highest value in it
	values []float64
}

// cells draws a heatmap of a classic histogram's buckets.
func (w *world) cells(ctx context.Context, p dashboards.Panel, s span, width int) (*chart, error) {
	c := newChart(p, s, width, p.Options["yAxis"].(map[string]any)["unit"].(string))
	got, err := w.series(ctx, p.Targets[0], s)
	if err != nil {
		return nil, err
	}
	buckets, most := apart(got)
	if most == 0 {
		return c, nil
	}
	height := (c.Bottom - c.Top) / float64(len(buckets))
	cellWidth := (c.Right - c.Left) / float64(s.steps())
	for row, b := range buckets {
		top := c.Bottom - float64(row+1)*height
		c.Y = append(c.Y, tick{top + height/2, formatted(b.bound, c.unit, nil)})
		for step, v := range b.values {
			if v > 1e-9 {
				c.Cells = append(c.Cells, cell{c.Left + float64(step)*cellWidth, top + 0.5, cellWidth - 0.5, height - 1, 0.12 + 0.88*math.Sqrt(v/most)})
			}
		}
	}
	c.rowAt = func(v float64) float64 { return place(buckets, v) }
	dots, err := w.examples(ctx, p.Targets[0], s)
	c.dot(dots)
	return c, err
}

// apart makes what each bucket has alone of what it has with all below it, and
// tells the most that one has at a time.
func apart(got []series) (buckets []bucket, most float64) {
	for _, one := range got {
		bound, err := strconv.ParseFloat(string(one.metric[model.BucketLabel]), 64)
		if err == nil {
			buckets = append(buckets, bucket{bound, one.values})
		}
	}
	slices.SortFunc(buckets, func(a, b bucket) int { return cmp.Compare(a.bound, b.bound) })
	for i := len(buckets) - 1; i >= 0; i-- {
		for step := range buckets[i].values {
			if i > 0 {
				buckets[i].values[step] -= buckets[i-1].values[step]
			}
			if v := buckets[i].values[step]; v > most {
				most = v
			}
		}
	}
	// Nothing is above the highest bound of a share.
	if last := len(buckets) - 1; last > 0 && math.IsInf(buckets[last].bound, 1) && !slices.ContainsFunc(buckets[last].values, func(v float64) bool { return v > 1e-9 }) {
		buckets = buckets[:last]
	}
	return buckets, most
}

// place is where in the rows a value lies, from 0 at the bottom to 1 at the top.
func place(buckets []bucket, v float64) float64 {
	below := 0.0
	for row, b := range buckets {
		if v <= b.bound {
			part := 0.5
			if b.bound > below && !math.IsInf(b.bound, 1) {
				part = (v - below) / (b.bound - below)
			}
			return (float64(row) + part) / float64(len(buckets))
		}
		below = b.bound
	}
	return 1
}
