package dashboards_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aftercheck/aftercheck/internal/dashboards"
)

// chart is lines or cells over time, in pixels.
type chart struct {
	Width, Height            int
	Left, Right, Top, Bottom float64 // of the plot
	Lines                    []line
	Cells                    []cell
	Dots                     []dot
	X, Y                     []tick

	s         span
	unit      string
	low, high float64
	rowAt     func(v float64) float64 // nil: the axis is linear
}

// line is a series: its path, and the area below it.
type line struct {
	Name, Last, Color, Path, Area string
	Opacity, Thickness            float64
}

type (
	cell struct{ X, Y, Width, Height, Opacity float64 }
	dot  struct{ X, Y float64 }
	tick struct {
		At   float64
		Text string
	}
)

// What is below a panel's title, and what a row of a legend and a letter in it
// need.
const (
	chartHeight               = 232
	legendRow, legendRows     = 16, 5
	legendLetter, legendBlank = 7.0, 34
)

func newChart(p dashboards.Panel, s span, width int, unit string) *chart {
	c := &chart{Width: width - 24, Left: 66, Right: float64(width - 24 - 28), Top: 8, s: s, unit: unit}
	marks := 4
	if width < 500 {
		marks = 2
	}
	for i := range marks + 1 {
		at := s.from().Add(s.shown * time.Duration(i) / time.Duration(marks))
		c.X = append(c.X, tick{c.Left + float64(i)/float64(marks)*(c.Right-c.Left), at.UTC().Format("15:04:05")})
	}
	if top := p.FieldConfig.Defaults.Max; top != nil {
		c.high = *top
	}
	c.leave(0)
	return c
}

// leave leaves room below the plot for a legend with names of so many letters.
func (c *chart) leave(letters ...int) {
	rows, used := 0, math.Inf(1)
	for _, n := range letters {
		length := float64(n)*legendLetter + legendBlank
		if n > 0 && used+length > float64(c.Width) {
			rows, used = rows+1, 0
		}
		used += length
	}
	c.Height = chartHeight - legendRow*min(rows, legendRows)
	c.Bottom = float64(c.Height - 20)
}

func (c *chart) empty() bool { return c == nil || len(c.Lines) == 0 && len(c.Cells) == 0 }

// x is the place of a step, y that of a value.
func (c *chart) x(step float64) float64 {
	return c.Left + step/float64(c.s.steps()-1)*(c.Right-c.Left)
}

func (c *chart) y(v float64) float64 {
	part := (v - c.low) / (c.high - c.low)
	if c.rowAt != nil {
		part = c.rowAt(v)
	}
	return c.Bottom - min(max(part, 0), 1)*(c.Bottom-c.Top)
}

// lines draws the answers of a panel's queries over time.
func (w *world) lines(ctx context.Context, p dashboards.Panel, s span, width int) (*chart, error) {
	c := newChart(p, s, width, p.FieldConfig.Defaults.Unit)
	var all []series
	var names []string
	var dots []exemplar
	for _, q := range p.Targets {
		got, err := w.series(ctx, q, s)
		if err != nil {
			return nil, err
		}
		for _, one := range got {
			all, names = append(all, one), append(names, legend(q.LegendFormat, one.metric))
		}
		found, err := w.examples(ctx, q, s)
		if err != nil {
			return nil, err
		}
		dots = append(dots, found...)
	}
	stacked := p.FieldConfig.Defaults.Custom["stacking"].(map[string]any)["mode"] == "normal"
	opacity := p.FieldConfig.Defaults.Custom["fillOpacity"].(float64) / 100
	thickness := 1.4 * p.FieldConfig.Defaults.Custom["lineWidth"].(float64)
	bases := make([]float64, s.steps())
	lows, highs := make([][]float64, len(all)), make([][]float64, len(all))
	for i, one := range all {
		lows[i], highs[i] = slices.Clone(bases), slices.Clone(one.values)
		for step := range bases {
			highs[i][step] += bases[step]
			if stacked && !math.IsNaN(highs[i][step]) {
				bases[step] = highs[i][step]
			}
		}
	}
	letters := make([]int, len(all))
	for i, one := range all {
		letters[i] = len(names[i] + formatted(one.last(), c.unit, nil))
	}
	c.leave(letters...)
	c.scale(highs, dots)
	for i, one := range all {
		path, area := c.paths(lows[i], highs[i])
		c.Lines = append(c.Lines, line{
			Name: names[i], Last: formatted(one.last(), c.unit, nil), Color: colorOf(p, names[i], i), Path: path, Area: area, Opacity: opacity, Thickness: thickness,
		})
	}
	c.dot(dots)
	return c, nil
}

// scale fits the axis to what is drawn, from zero up, and marks it.
func (c *chart) scale(drawn [][]float64, dots []exemplar) {
	top := c.high
	if top == 0 {
		for _, values := range drawn {
			for _, v := range values {
				if v > top { // NaN is not
					top = v
				}
			}
		}
	}
	for _, d := range dots {
		top = max(top, float64(d.Value))
	}
	step := tickStep(top, c.unit)
	c.high = max(step, math.Ceil(top/step-1e-9)*step)
	for v := 0.0; v <= c.high+step/2; v += step {
		c.Y = append(c.Y, tick{c.y(v), formatted(v, c.unit, nil)})
	}
}

// paths draws a line, and the area between it and what is below, with gaps where
// there is nothing.
func (c *chart) paths(low, high []float64) (path, area string) {
	var lines, areas strings.Builder
	for from := 0; from < len(high); from++ {
		if math.IsNaN(high[from]) {
			continue
		}
		to := from
		for to+1 < len(high) && !math.IsNaN(high[to+1]) {
			to++
		}
		fmt.Fprintf(&lines, "M%.1f %.1f l0 0", c.x(float64(from)), c.y(high[from]))
		fmt.Fprintf(&areas, "M%.1f %.1f", c.x(float64(from)), c.y(low[from]))
		for i := from; i <= to; i++ {
			fmt.Fprintf(&lines, "L%.1f %.1f", c.x(float64(i)), c.y(high[i]))
			fmt.Fprintf(&areas, "L%.1f %.1f", c.x(float64(i)), c.y(high[i]))
		}
		for i := to; i >= from; i-- {
			fmt.Fprintf(&areas, "L%.1f %.1f", c.x(float64(i)), c.y(low[i]))
		}
		areas.WriteString("Z")
		from = to
	}
	return lines.String(), areas.String()
}

// dot marks single observations.
func (c *chart) dot(all []exemplar) {
	for _, e := range all {
		step := float64(e.Timestamp.Time().Sub(c.s.from())) / float64(shownStep)
		if step >= 0 && step <= float64(c.s.steps()-1) {
			c.Dots = append(c.Dots, dot{c.x(step), c.y(float64(e.Value))})
		}
	}
}
