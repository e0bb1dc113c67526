package collect

import (
	"context"
	"log/slog"
	"time"

	"github.com/aftercheck/aftercheck"
)

// The limits of a Set where Options leaves them zero.
const (
	DefaultTimeout       = 8 * time.Second
	DefaultMaxBytes      = 64 << 10
	DefaultMaxConcurrent = 16
)

// Observer is told what asking the sensors came to. Its methods may be called
// concurrently and return soon.
type Observer interface {
	// SensorAsked reports one call of a sensor, or one question that it could
	// not be asked or that its Interpret panicked at, once each: questions that
	// share a call are one.
	SensorAsked(sensor string, outcome aftercheck.ReadingOutcome, took time.Duration)
	// SensorBreaker reports after each call of a sensor whether its breaker is
	// open: whether calls are kept from an endpoint that does not serve.
	SensorBreaker(sensor string, open bool)
	// Redacted reports that n secrets were removed from a reading by a rule out
	// of RedactionRules: those in what questions share once, and those in what
	// a Plan's Interpret made for one of them with each.
	Redacted(rule string, n int)
}

// Options are a Set's limits and collaborators. Every zero field has a default.
type Options struct {
	// Timeout bounds one reading of a sensor that has no Timeout of its own.
	// Zero: DefaultTimeout.
	Timeout time.Duration
	// MaxBytes bounds a reading's raw text. Zero: DefaultMaxBytes.
	MaxBytes int
	// Redactor removes secrets. Nil: one that knows no secrets of our own.
	Redactor *Redactor
	// Observer is told of calls and redactions. Nil: nobody is.
	Observer Observer
	// MaxConcurrent bounds the calls of one sensor that are under way, those
	// among them that were given up and still run. Zero: DefaultMaxConcurrent.
	MaxConcurrent int
	// Logger gets the stack of a sensor that panicked, which is in no reading.
	// Nil: nothing is logged.
	Logger *slog.Logger
}

// Set asks sensors. It may be used concurrently. It owns no goroutine but those
// of calls under way; a call whose every question has been answered or given up
// is cancelled.
type Set struct {
	gates []*gate
}

// NewSet makes a Set of sensors, asked and answered in this order.
func NewSet(sensors []Sensor, o Options) *Set {
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxConcurrent <= 0 {
		o.MaxConcurrent = DefaultMaxConcurrent
	}
	if o.Redactor == nil {
		o.Redactor = NewRedactor(nil)
	}
	if o.Observer == nil {
		o.Observer = nobody{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	set := &Set{}
	for _, sensor := range sensors {
		set.gates = append(set.gates, newGate(sensor, o))
	}
	return set
}

// nobody is the Observer where there is none.
type nobody struct{}

func (nobody) SensorAsked(string, aftercheck.ReadingOutcome, time.Duration) {}
func (nobody) SensorBreaker(string, bool)                                   {}
func (nobody) Redacted(string, int)                                         {}

// Names returns the sensors' names in their order.
func (s *Set) Names() []string {
	names := make([]string, 0, len(s.gates))
	for _, g := range s.gates {
		names = append(names, g.sensor.Name)
	}
	return names
}

// Ask takes one reading of each sensor that fits the question, all side by
// side, and returns them in the sensors' order. It returns when each has
// answered or run into its own time-out, and as soon as ctx ends at the latest:
// then the late ones are readings with outcome timeout, whatever they do. The
// readings belong to the caller.
func (s *Set) Ask(ctx context.Context, q Question) []aftercheck.Reading {
	asked := make([]question, 0, len(s.gates))
	for _, g := range s.gates {
		if one, fits := g.ask(ctx, q); fits {
			asked = append(asked, one)
		}
	}
	readings := make([]aftercheck.Reading, 0, len(asked))
	for _, one := range asked {
		readings = append(readings, one.answer(ctx))
	}
	return readings
}

// question is one sensor's share of an Ask.
type question struct {
	gate   *gate
	flight *flight
	at     time.Time
	// interpret is the Plan's Interpret.
	interpret func(Answer) Answer
}

// answer waits for the call, but not beyond ctx.
func (o question) answer(ctx context.Context) aftercheck.Reading {
	select {
	case <-o.flight.done:
		return o.gate.reading(o.flight.taken, o.interpret)
	case <-ctx.Done():
	}
	select {
	case <-o.flight.done: // at the last moment
		return o.gate.reading(o.flight.taken, o.interpret)
	default:
	}
	o.gate.leave(o.flight, ctx.Err())
	return o.gate.late(o.at, ctx.Err())
}
