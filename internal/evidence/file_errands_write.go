package evidence

import (
	"context"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/aftercheck/aftercheck"
)

// PutErrand implements Errands.
func (f *File) PutErrand(ctx context.Context, e aftercheck.Errand) (aftercheck.Errand, bool, error) {
	row, err := beginErrand(e)
	if err != nil {
		return aftercheck.Errand{}, false, err
	}
	stored, err := transition(ctx, f, "storing an errand", func(tx *bolt.Tx) (errandRow, error) {
		shelf, now := errandsOf(tx, e.Kind), time.Now()
		before, found, err := shelf.live(e.ID, now)
		if err != nil || found {
			return before, aboutID(e.ID, err)
		}
		if !row.errand.Finished() && shelf.count(wordDue, f.options.MaxErrands) >= f.options.MaxErrands {
			return errandRow{}, ErrFull
		}
		if _, err := shelf.expire(now, sweepGroup); err != nil {
			return errandRow{}, err
		}
		if err := shelf.put(row, nil); err != nil {
			return errandRow{}, err
		}
		return row, shelf.bound(f.options.MaxErrands)
	})
	if err != nil {
		return aftercheck.Errand{}, false, err
	}
	return stored.errand, stored.same(row), nil
}

// UpdateErrand implements Errands.
func (f *File) UpdateErrand(ctx context.Context, e aftercheck.Errand) (aftercheck.Errand, error) {
	row, err := nextErrand(e)
	if err != nil {
		return aftercheck.Errand{}, err
	}
	_, err = transition(ctx, f, "changing an errand", func(tx *bolt.Tx) (struct{}, error) {
		shelf := errandsOf(tx, e.Kind)
		before, found, err := shelf.live(e.ID, time.Now())
		switch {
		case err == nil && !found:
			err = aftercheck.ErrNotFound
		case err == nil && !before.same(row) && before.errand.Revision != e.Revision:
			err = movedOn(before.errand.Revision)
		}
		if err != nil || before.same(row) {
			return struct{}{}, aboutID(e.ID, err)
		}
		if err := shelf.put(row, &before); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, shelf.bound(f.options.MaxErrands)
	})
	if err != nil {
		return aftercheck.Errand{}, err
	}
	return row.errand, nil
}

// ClaimErrands implements Errands.
func (f *File) ClaimErrands(ctx context.Context, kind string, lease time.Duration, limit int) ([]aftercheck.Errand, error) {
	if err := checkKind(kind); err != nil {
		return nil, err
	}
	if due, err := f.NextErrand(ctx, kind); err != nil || due.IsZero() || due.After(time.Now()) {
		return nil, err // without a write
	}
	return transition(ctx, f, "claiming errands", func(tx *bolt.Tx) ([]aftercheck.Errand, error) {
		var claimed []aftercheck.Errand
		shelf, now := errandsOf(tx, kind), time.Now()
		if _, err := shelf.expire(now, sweepGroup); err != nil {
			return nil, err
		}
		ids, times := shelf.first(wordDue, claimAtMost(limit))
		for i, id := range ids {
			if times[i] > timeKey(now) {
				break
			}
			row, found, err := shelf.live(id, now)
			if err != nil || !found {
				continue // a damaged one stays as it is
			}
			next := row.stamped(row.errand.Revision + 1)
			next.errand.DueAt = now.Add(lease).UTC().Truncate(time.Millisecond)
			if err := shelf.put(next, &row); err != nil {
				return nil, err
			}
			claimed = append(claimed, next.errand)
		}
		return claimed, nil
	})
}

// NextErrand implements Errands.
func (f *File) NextErrand(ctx context.Context, kind string) (due time.Time, err error) {
	if err := checkKind(kind); err != nil {
		return due, err
	}
	err = f.view(ctx, "looking for an errand that is due", func(tx *bolt.Tx) error {
		shelf := errandsOf(tx, kind)
		ids, _ := shelf.first(wordDue, 1)
		if len(ids) == 0 {
			return nil
		}
		row, _, err := shelf.get(ids[0])
		due = row.errand.DueAt
		return err
	})
	return due, err
}

// CountErrands implements Errands.
func (f *File) CountErrands(ctx context.Context, kind string, tags ...string) (counts []int, err error) {
	if err := checkKind(kind); err != nil {
		return nil, err
	}
	err = f.view(ctx, "counting errands", func(tx *bolt.Tx) error {
		for _, tag := range tags {
			counts = append(counts, errandsOf(tx, kind).count(tagMark+tag, 2*MaxErrands))
		}
		return nil
	})
	return counts, err
}

// RemoveErrand implements Errands.
func (f *File) RemoveErrand(ctx context.Context, kind, id string) error {
	_, err := transition(ctx, f, "removing an errand", func(tx *bolt.Tx) (struct{}, error) {
		shelf := errandsOf(tx, kind)
		row, found, err := shelf.get(id)
		if err != nil || !found {
			return struct{}{}, err
		}
		return struct{}{}, shelf.remove(row)
	})
	return err
}
