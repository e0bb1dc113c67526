package evidencetest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
)

// Fault is what goes wrong with one write.
type Fault int

// The faults.
const (
	// FaultNone: nothing goes wrong.
	FaultNone Fault = iota
	// FaultRequestLost: the write fails and nothing is stored.
	FaultRequestLost
	// FaultAnswerLost: the write is stored, and fails all the same.
	FaultAnswerLost
)

// Faulty is a store whose writes fail as they are told to. It is safe for
// concurrent use.
type Faulty struct {
	evidence.Store

	mu     sync.Mutex
	choose func(operation string) Fault
}

// NewFaulty returns a Faulty around a store. Choose is asked before each write
// with the operation's name out of evidence.Operations.
func NewFaulty(store evidence.Store, choose func(operation string) Fault) *Faulty {
	return &Faulty{Store: store, choose: choose}
}

// suffer runs a write, or not, or hides its answer.
func suffer[T any](f *Faulty, operation string, do func() (T, error)) (T, error) {
	f.mu.Lock()
	fault := f.choose(operation)
	f.mu.Unlock()
	switch fault {
	case FaultRequestLost:
		return *new(T), fmt.Errorf("%w: request lost", aftercheck.ErrUnavailable)
	case FaultAnswerLost:
		_, _ = do()
		return *new(T), fmt.Errorf("%w: answer lost", aftercheck.ErrUnavailable)
	default:
		return do()
	}
}

// PutSnapshot implements evidence.Store.
func (f *Faulty) PutSnapshot(ctx context.Context, s aftercheck.Snapshot) (aftercheck.Snapshot, error) {
	return suffer(f, "put_snapshot", func() (aftercheck.Snapshot, error) { return f.Store.PutSnapshot(ctx, s) })
}

// Accept implements evidence.Store.
func (f *Faulty) Accept(ctx context.Context, v aftercheck.Verification) (aftercheck.Verification, bool, error) {
	created := false
	stored, err := suffer(f, "accept", func() (stored aftercheck.Verification, err error) {
		stored, created, err = f.Store.Accept(ctx, v)
		return stored, err
	})
	return stored, created && err == nil, err
}

// AddRound implements evidence.Store.
func (f *Faulty) AddRound(ctx context.Context, id string, revision int64, r aftercheck.Round, next time.Time) (int64, error) {
	return suffer(f, "add_round", func() (int64, error) { return f.Store.AddRound(ctx, id, revision, r, next) })
}

// Settle implements evidence.Store.
func (f *Faulty) Settle(ctx context.Context, v aftercheck.Verification) error {
	_, err := suffer(f, "settle", func() (struct{}, error) { return struct{}{}, f.Store.Settle(ctx, v) })
	return err
}

// Seal implements evidence.Store.
func (f *Faulty) Seal(ctx context.Context, id string, revision int64, a aftercheck.Assessment, at time.Time) (aftercheck.Verification, error) {
	return suffer(f, "seal", func() (aftercheck.Verification, error) { return f.Store.Seal(ctx, id, revision, a, at) })
}
