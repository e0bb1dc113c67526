package verify

import (
	"context"
	"log/slog"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
	"github.com/aftercheck/aftercheck/internal/exporter"
)

// Store is what the engine asks of the record. evidence.Store is one, and its
// comments are the contract: every write may be sent twice, and the engine is
// who sends it again.
type Store interface {
	PutSnapshot(ctx context.Context, s aftercheck.Snapshot) (aftercheck.Snapshot, error)
	Snapshot(ctx context.Context, id string) (aftercheck.Snapshot, error)
	Accept(ctx context.Context, v aftercheck.Verification) (aftercheck.Verification, bool, error)
	AddRound(ctx context.Context, id string, revision int64, r aftercheck.Round, next time.Time) (int64, error)
	Seal(ctx context.Context, id string, revision int64, a aftercheck.Assessment, at time.Time) (aftercheck.Verification, error)
	Lead(ctx context.Context, id string) (aftercheck.Verification, error)
	Settle(ctx context.Context, v aftercheck.Verification) error
	Verification(ctx context.Context, id string) (aftercheck.Verification, error)
	List(ctx context.Context, f aftercheck.Filter) (aftercheck.Page, error)
	Pending(ctx context.Context, each func(id string, due time.Time) error) error
	Check(ctx context.Context) error
}

// Sensors looks at the world. *collect.Set is one.
type Sensors interface {
	// Ask returns one reading for each sensor that fits, by the context's
	// deadline at the latest.
	Ask(ctx context.Context, q aftercheck.Question) []aftercheck.Reading
	// Names lists all sensors.
	Names() []string
}

// Policies finds the policy for an incident: by its name, or, if the name is
// empty, the one that fits the incident or else the default. An unknown name is
// an error; the engine words it for the caller.
type Policies func(name string, i aftercheck.Incident) (aftercheck.Policy, error)

// Notifier is told of each verdict after it is stored, and decides for itself
// whether anybody has to know. It is told once, but again where it answers with an
// aftercheck.ErrUnavailable, and after a crash between its being told and the note
// of that: it must not mind.
type Notifier interface {
	Notify(ctx context.Context, v aftercheck.Verification) error
}

// Judge gives the verdict on a case as it stands at now. It must be pure: the
// engine judges the same case again after a store failure and relies on the
// same answer.
type Judge func(c assess.Case, now time.Time) assess.Judgement

// ReadWords returns the readings of one moment, with findings for those that
// have a raw text and none; a reading without a time is one of now. It must be
// pure.
type ReadWords func(readings []aftercheck.Reading, q aftercheck.Question, now time.Time) []aftercheck.Reading

// Options makes an Engine. Store and Sensors are required; for every other
// field zero means the default that is named beside it.
type Options struct {
	Store    Store
	Sensors  Sensors
	Policies Policies          // only the default policy, by the name "default"
	Judge    Judge             // assess.Judge
	Metrics  *exporter.Metrics // metrics that nobody sees
	Notifier Notifier          // nobody is notified
	Logger   *slog.Logger      // nothing is logged
	// ReadWords reads what a caller of Assess brings in words; words are not read.
	ReadWords ReadWords

	// Workers bounds how many verifications are worked on at once; the others
	// that are due are taken up late. 128.
	Workers int
	// MaxInFlight bounds the verifications that are accepted and not sealed.
	// 100,000.
	MaxInFlight int
	// MaxPerClient bounds those of one client (aftercheck.Requester.Client), so
	// that the others find room. MaxInFlight.
	MaxPerClient int
	// MaxCaptures bounds the captures under way. 64.
	MaxCaptures int
	// MaxEvidenceBytes bounds the readings of one verification together, in bytes of
	// their JSON form; see bound.go. 8 MiB.
	MaxEvidenceBytes int
	// MaxWaiters bounds the calls of Wait that wait; others are answered at
	// once. 4,096.
	MaxWaiters int
	// StoreTimeout bounds each operation of the store. 5 s.
	StoreTimeout time.Duration
	// NotifyTimeout bounds one notification. 10 s.
	NotifyTimeout time.Duration
	// Grace is how long the steps under way may go on once Run's context has
	// ended. 10 s.
	Grace time.Duration
}

func (o Options) withDefaults() Options {
	defaultTo(&o.Workers, 128)
	defaultTo(&o.MaxInFlight, 100_000)
	defaultTo(&o.MaxPerClient, o.MaxInFlight)
	defaultTo(&o.MaxCaptures, 64)
	defaultTo(&o.MaxEvidenceBytes, 8<<20)
	defaultTo(&o.MaxWaiters, 4096)
	defaultTo(&o.StoreTimeout, 5*time.Second)
	defaultTo(&o.NotifyTimeout, 10*time.Second)
	defaultTo(&o.Grace, 10*time.Second)
	if o.Policies == nil {
		o.Policies = onlyDefault
	}
	if o.Judge == nil {
		o.Judge = assess.Judge
	}
	if o.ReadWords == nil {
		o.ReadWords = asBrought
	}
	if o.Metrics == nil {
		o.Metrics = exporter.Unseen()
	}
	if o.Notifier == nil {
		o.Notifier = nobody{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func defaultTo[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// onlyDefault is the Policies of an engine without configuration.
func onlyDefault(name string, _ aftercheck.Incident) (aftercheck.Policy, error) {
	policy := aftercheck.DefaultPolicy()
	if name != "" && name != policy.Name {
		return aftercheck.Policy{}, aftercheck.ErrNotFound
	}
	return policy, nil
}

// asBrought is the ReadWords of an engine that reads no words.
func asBrought(readings []aftercheck.Reading, _ aftercheck.Question, _ time.Time) []aftercheck.Reading {
	return readings
}

// nobody is the Notifier of an engine that has none.
type nobody struct{}

func (nobody) Notify(context.Context, aftercheck.Verification) error { return nil }
