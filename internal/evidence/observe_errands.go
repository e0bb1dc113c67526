package evidence

import (
	"context"
	"time"

	"github.com/aftercheck/aftercheck"
)

func (o *observed) PutErrand(ctx context.Context, e aftercheck.Errand) (stored aftercheck.Errand, created bool, err error) {
	o.timed(opPutErrand, func() error {
		stored, created, err = o.store.PutErrand(ctx, e)
		return err
	})
	return stored, created, err
}

func (o *observed) UpdateErrand(ctx context.Context, e aftercheck.Errand) (stored aftercheck.Errand, err error) {
	o.timed(opUpdateErrand, func() error {
		stored, err = o.store.UpdateErrand(ctx, e)
		return err
	})
	return stored, err
}

func (o *observed) ClaimErrands(ctx context.Context, kind string, lease time.Duration, limit int) (claimed []aftercheck.Errand, err error) {
	o.timed(opClaimErrands, func() error {
		claimed, err = o.store.ClaimErrands(ctx, kind, lease, limit)
		return err
	})
	return claimed, err
}

func (o *observed) NextErrand(ctx context.Context, kind string) (due time.Time, err error) {
	o.timed(opNextErrand, func() error {
		due, err = o.store.NextErrand(ctx, kind)
		return err
	})
	return due, err
}

func (o *observed) Errand(ctx context.Context, kind, id string) (e aftercheck.Errand, err error) {
	o.timed(opErrand, func() error {
		e, err = o.store.Errand(ctx, kind, id)
		return err
	})
	return e, err
}

func (o *observed) ListErrands(ctx context.Context, f aftercheck.ErrandFilter) (page aftercheck.ErrandPage, err error) {
	o.timed(opListErrands, func() error {
		page, err = o.store.ListErrands(ctx, f)
		return err
	})
	return page, err
}

func (o *observed) CountErrands(ctx context.Context, kind string, tags ...string) (counts []int, err error) {
	o.timed(opCountErrands, func() error {
		counts, err = o.store.CountErrands(ctx, kind, tags...)
		return err
	})
	return counts, err
}

func (o *observed) RemoveErrand(ctx context.Context, kind, id string) (err error) {
	o.timed(opRemoveErrand, func() error {
		err = o.store.RemoveErrand(ctx, kind, id)
		return err
	})
	return err
}
