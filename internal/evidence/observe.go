package evidence

import (
	"context"
	"time"

	"github.com/aftercheck/aftercheck"
)

// The names of a store's operations, as Observe reports them.
const (
	opPutSnapshot  = "put_snapshot"
	opSnapshot     = "snapshot"
	opAccept       = "accept"
	opAddRound     = "add_round"
	opSeal         = "seal"
	opLead         = "lead"
	opSettle       = "settle"
	opVerification = "verification"
	opList         = "list"
	opPending      = "pending"
	opCheck        = "check"
	opPutErrand    = "put_errand"
	opUpdateErrand = "update_errand"
	opClaimErrands = "claim_errands"
	opNextErrand   = "next_errand"
	opErrand       = "errand"
	opListErrands  = "list_errands"
	opCountErrands = "count_errands"
	opRemoveErrand = "remove_errand"
)

// Operations returns the name of every operation that Observe reports.
func Operations() []string {
	return []string{
		opPutSnapshot, opSnapshot, opAccept, opAddRound, opSeal, opLead, opSettle, opVerification, opList, opPending, opCheck,
		opPutErrand, opUpdateErrand, opClaimErrands, opNextErrand, opErrand, opListErrands, opCountErrands, opRemoveErrand,
	}
}

// Observe returns the store with each operation reported after it ended: its
// name out of Operations, how long it took, and its error. The time of pending
// includes its callbacks. Close is not reported.
func Observe(s Store, report func(operation string, took time.Duration, err error)) Store {
	return &observed{store: s, report: report}
}

// observed is the Store that Observe returns.
type observed struct {
	store  Store
	report func(operation string, took time.Duration, err error)
}

// timed runs one operation and reports it.
func (o *observed) timed(operation string, do func() error) {
	began := time.Now()
	err := do()
	o.report(operation, time.Since(began), err)
}

func (o *observed) PutSnapshot(ctx context.Context, s aftercheck.Snapshot) (stored aftercheck.Snapshot, err error) {
	o.timed(opPutSnapshot, func() error {
		stored, err = o.store.PutSnapshot(ctx, s)
		return err
	})
	return stored, err
}

func (o *observed) Snapshot(ctx context.Context, id string) (s aftercheck.Snapshot, err error) {
	o.timed(opSnapshot, func() error {
		s, err = o.store.Snapshot(ctx, id)
		return err
	})
	return s, err
}

func (o *observed) Accept(ctx context.Context, v aftercheck.Verification) (stored aftercheck.Verification, created bool, err error) {
	o.timed(opAccept, func() error {
		stored, created, err = o.store.Accept(ctx, v)
		return err
	})
	return stored, created, err
}

func (o *observed) AddRound(ctx context.Context, id string, revision int64, r aftercheck.Round, next time.Time) (now int64, err error) {
	o.timed(opAddRound, func() error {
		now, err = o.store.AddRound(ctx, id, revision, r, next)
		return err
	})
	return now, err
}

func (o *observed) Seal(ctx context.Context, id string, revision int64, a aftercheck.Assessment, at time.Time) (v aftercheck.Verification, err error) {
	o.timed(opSeal, func() error {
		v, err = o.store.Seal(ctx, id, revision, a, at)
		return err
	})
	return v, err
}

func (o *observed) Lead(ctx context.Context, id string) (v aftercheck.Verification, err error) {
	o.timed(opLead, func() error {
		v, err = o.store.Lead(ctx, id)
		return err
	})
	return v, err
}

func (o *observed) Settle(ctx context.Context, v aftercheck.Verification) (err error) {
	o.timed(opSettle, func() error {
		err = o.store.Settle(ctx, v)
		return err
	})
	return err
}

func (o *observed) Verification(ctx context.Context, id string) (v aftercheck.Verification, err error) {
	o.timed(opVerification, func() error {
		v, err = o.store.Verification(ctx, id)
		return err
	})
	return v, err
}

func (o *observed) List(ctx context.Context, f aftercheck.Filter) (page aftercheck.Page, err error) {
	o.timed(opList, func() error {
		page, err = o.store.List(ctx, f)
		return err
	})
	return page, err
}

func (o *observed) Pending(ctx context.Context, each func(id string, due time.Time) error) (err error) {
	o.timed(opPending, func() error {
		err = o.store.Pending(ctx, each)
		return err
	})
	return err
}

func (o *observed) Check(ctx context.Context) (err error) {
	o.timed(opCheck, func() error {
		err = o.store.Check(ctx)
		return err
	})
	return err
}

func (o *observed) Close() error { return o.store.Close() }
