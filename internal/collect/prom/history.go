package prom

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/aftercheck/aftercheck/internal/baseline"
	"github.com/aftercheck/aftercheck/internal/collect"
)

// The reasons of findings that are judged by the metric's own history.
const (
	// ReasonUsual: the number is what the metric's history has at this time.
	ReasonUsual = "Usual"
	// ReasonUnusual: the number is outside of what the history has, in the bad
	// direction, or in any where no direction is better.
	ReasonUnusual = "Unusual"
)

// BaselineUse says whether a query's number is held against its own history.
type BaselineUse string

// The uses. BaselineAuto is the zero BaselineUse.
const (
	// BaselineAuto: if the query has no criterion.
	BaselineAuto BaselineUse = ""
	// BaselineOn: also beside a criterion; then the number must meet both.
	BaselineOn BaselineUse = "true"
	// BaselineOff: never.
	BaselineOff BaselineUse = "false"
)

// Baseline is how a query's own history tells what is usual for it.
type Baseline struct {
	Use BaselineUse
	// History is how far back is read; zero means DefaultHistory.
	History time.Duration
	// Season is what repeats; zero means a day, or a week where it tells more.
	Season time.Duration
	// Step is the distance of the samples that are read; zero means the history
	// by about 1,300 of them. It is longer where the server would refuse.
	Step time.Duration
	// Width is how many standard deviations are usual; zero means 3.
	Width float64
}

const (
	// DefaultHistory is how much history is read: two weeks, as many as
	// Prometheus keeps by its own default, less a day.
	DefaultHistory = 14 * 24 * time.Hour
	// maxPoints is how many points a series of a range query may have: the server
	// refuses more than 11,000.
	maxPoints = 11_000
	// pointsWanted is by how many steps a history is read.
	pointsWanted = 1344
	// beforeIncident is how long before the incident's start the history ends, as
	// an alert starts some time after what it tells of.
	beforeIncident = 15 * time.Minute
	// beforeReading is how long before the reading the history ends where the
	// incident's start is not known.
	beforeReading = 3 * time.Hour
)

func (b Baseline) used(c collect.Criterion) bool {
	return b.Use == BaselineOn || b.Use != BaselineOff && c.Wanted() == string(c.Better())
}

func (b Baseline) check() error {
	switch {
	case b.Use != BaselineAuto && b.Use != BaselineOn && b.Use != BaselineOff:
		return errors.New("baseline: want true, false or nothing")
	case b.History < 0 || b.Season < 0 || b.Step < 0:
		return errors.New("baseline: want durations that are not negative")
	case !(b.Width >= 0 && b.Width <= 100):
		return errors.New("baseline: want a width from 0 to 100")
	}
	return nil
}

// span is what is asked of the server for a history that ends at a time.
func (b Baseline) span(end time.Time) (start time.Time, step time.Duration) {
	history := b.History
	if history == 0 {
		history = DefaultHistory
	}
	step = b.Step
	if step == 0 {
		step = usualStep(history / pointsWanted)
	}
	if history/step >= maxPoints {
		step = usualStep(history/(maxPoints-1) + 1)
	}
	return end.Add(-history), step
}

// usualStep rounds a step up to one that divides an hour or a day.
func usualStep(least time.Duration) time.Duration {
	for _, step := range []time.Duration{
		time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute,
		15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour,
	} {
		if step >= least {
			return step
		}
	}
	return least.Round(time.Second) + time.Second
}

// historyEnd returns until when the history is what is usual, to the hour, so
// that many questions share it: before the incident, so that it is not its own
// measure. A start that is unknown or in the future gives some hours ago.
func historyEnd(startsAt, at time.Time) time.Time {
	end := at.Add(-beforeReading)
	if !startsAt.IsZero() && startsAt.Before(at) {
		end = startsAt.Add(-beforeIncident)
	}
	return end.UTC().Truncate(time.Hour)
}

// usual returns the model of the ask's history, from the server or as it was
// read some minutes ago.
func (m metrics) usual(ctx context.Context, a ask, end time.Time) (baseline.Model, error) {
	expr := a.Aggregation.around(a.expr)
	start, step := a.Baseline.span(end)
	key := fmt.Sprintf("%s %d %d %s %s %g %s", strconv.Quote(expr), start.Unix(), end.Unix(), step, a.Baseline.Season, a.Baseline.Width, a.Unit)
	return m.histories.get(ctx, key, func() (baseline.Model, error) {
		points, err := m.client.points(ctx, expr, start, end, step)
		if err != nil {
			return baseline.Model{}, err
		}
		return baseline.Fit(points, a.options(step)), nil
	})
}

// options are what the ask's numbers are compared by.
func (a ask) options(step time.Duration) baseline.Options {
	return baseline.Options{Ratio: a.Unit == unitRatio, Step: step, Season: a.Baseline.Season, Width: a.Baseline.Width}
}

// around wraps the aggregation around an expression of a vector, so that the
// server sends one series.
func (a Aggregation) around(expr parser.Expr) string {
	operators := map[Aggregation]parser.ItemType{AggregateSum: parser.SUM, AggregateMax: parser.MAX, AggregateMin: parser.MIN, AggregateAvg: parser.AVG}
	operator, known := operators[a]
	if !known || expr.Type() != parser.ValueTypeVector {
		return expr.String()
	}
	return (&parser.AggregateExpr{Op: operator, Expr: expr}).String()
}

const (
	// historyLifetime is how long a history is not read again.
	historyLifetime = 10 * time.Minute
	// failureLifetime is how long a history that could not be read is not asked
	// for again, so that a slow one costs few readings their time.
	failureLifetime = time.Minute
	// maxHistories bounds the histories that are kept: models of some kilobytes.
	maxHistories = 256
)

// histories keeps the models that were read lately. Those who want the same at
// once wait for one.
type histories struct {
	mu     sync.Mutex
	models map[string]*known
}

// known is one model, or what is to become one.
type known struct {
	begun time.Time
	done  chan struct{} // closed when the rest may be read
	model baseline.Model
	err   error
}

func newHistories() *histories { return &histories{models: map[string]*known{}} }

// get returns the model under the key, or loads it. An error that is the
// caller's own end is not kept for others.
func (h *histories) get(ctx context.Context, key string, load func() (baseline.Model, error)) (baseline.Model, error) {
	k, mine := h.take(key, time.Now())
	if !mine {
		select {
		case <-k.done:
			return k.model, k.err
		case <-ctx.Done():
			return baseline.Model{}, ctx.Err()
		}
	}
	k.err = errors.New("reading the history ended early") // for those who wait, should load panic
	defer func() {
		if errors.Is(k.err, context.Canceled) {
			h.forget(key, k)
		}
		close(k.done)
	}()
	k.model, k.err = load()
	return k.model, k.err
}

// take returns what is known under the key, and whether the caller is to load
// it.
func (h *histories) take(key string, now time.Time) (k *known, mine bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if k := h.models[key]; k != nil && now.Sub(k.begun) < k.lifetime() {
		return k, false
	}
	if len(h.models) >= maxHistories {
		h.drop()
	}
	k = &known{begun: now, done: make(chan struct{})}
	h.models[key] = k
	return k, true
}

func (k *known) lifetime() time.Duration {
	select {
	case <-k.done:
		if k.err != nil {
			return failureLifetime
		}
	default: // under way
	}
	return historyLifetime
}

// drop forgets the oldest. The mutex is held.
func (h *histories) drop() {
	oldest := ""
	for key, k := range h.models {
		if oldest == "" || k.begun.Before(h.models[oldest].begun) {
			oldest = key
		}
	}
	delete(h.models, oldest)
}

func (h *histories) forget(key string, k *known) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.models[key] == k {
		delete(h.models, key)
	}
}
