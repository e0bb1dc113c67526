package evidence

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/aftercheck/aftercheck"
)

// kindErrand is what the journal calls an errand, by "<kind>/<id>".
const kindErrand = "e"

// errUndelivered keeps a list from being read that cannot be whole yet.
var errUndelivered = fmt.Errorf("%w: the journal is being delivered to Redis", aftercheck.ErrUnavailable)

func errandPlace(kind, id string) string { return kind + "/" + id }

// eachErrand calls do with every errand of the file, expired ones too.
func (f *File) eachErrand(ctx context.Context, do func(kind, id string)) error {
	return f.view(ctx, "reading the journal", func(tx *bolt.Tx) error {
		return tx.Bucket(bucketErrands).ForEach(func(key, _ []byte) error {
			kind, id, _ := strings.Cut(string(key), " ")
			do(kind, id)
			return nil
		})
	})
}

// holdsErrands reports whether the file has errands of a kind.
func (j *Journal) holdsErrands(kind string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for held := range j.held {
		if strings.HasPrefix(held, place(kindErrand, errandPlace(kind, ""))) {
			return true
		}
	}
	return false
}

// PutErrand implements Errands. One that Redis does not take is kept in the file.
// If Redis has it all the same, it is done by both until the journal is delivered.
func (j *Journal) PutErrand(ctx context.Context, e aftercheck.Errand) (stored aftercheck.Errand, created bool, err error) {
	j.moving.RLock()
	defer j.moving.RUnlock()
	at := errandPlace(e.Kind, e.ID)
	if j.holds(kindErrand, at) {
		return j.near.PutErrand(ctx, e)
	}
	stored, err = ask(j, func() (stored aftercheck.Errand, err error) {
		ctx, cancel := context.WithTimeout(ctx, farTimeout)
		defer cancel()
		stored, created, err = j.far.PutErrand(ctx, e)
		return stored, err
	})
	if !errors.Is(err, aftercheck.ErrUnavailable) {
		return stored, created, err
	}
	if err := j.reserve(kindErrand, at); err != nil {
		return aftercheck.Errand{}, false, err
	}
	stored, created, err = j.near.PutErrand(ctx, e)
	if err != nil && isAnswer(err) {
		j.drop(kindErrand, at)
	}
	return stored, created, err
}

// UpdateErrand implements Errands.
func (j *Journal) UpdateErrand(ctx context.Context, e aftercheck.Errand) (aftercheck.Errand, error) {
	return inPlace(j, kindErrand, errandPlace(e.Kind, e.ID),
		func() (aftercheck.Errand, error) { return j.near.UpdateErrand(ctx, e) },
		func() (aftercheck.Errand, error) { return j.far.UpdateErrand(ctx, e) })
}

// Errand implements Errands.
func (j *Journal) Errand(ctx context.Context, kind, id string) (aftercheck.Errand, error) {
	return inPlace(j, kindErrand, errandPlace(kind, id),
		func() (aftercheck.Errand, error) { return j.near.Errand(ctx, kind, id) },
		func() (aftercheck.Errand, error) { return j.far.Errand(ctx, kind, id) })
}

// ClaimErrands implements Errands: those of the file, and those of Redis.
func (j *Journal) ClaimErrands(ctx context.Context, kind string, lease time.Duration, limit int) ([]aftercheck.Errand, error) {
	j.moving.RLock()
	defer j.moving.RUnlock()
	near, err := j.near.ClaimErrands(ctx, kind, lease, limit)
	if err != nil || len(near) >= claimAtMost(limit) {
		return near, err
	}
	far, err := ask(j, func() ([]aftercheck.Errand, error) { return j.far.ClaimErrands(ctx, kind, lease, limit-len(near)) })
	return append(near, far...), err
}

// NextErrand implements Errands, for both stores together.
func (j *Journal) NextErrand(ctx context.Context, kind string) (time.Time, error) {
	near, err := j.near.NextErrand(ctx, kind)
	if err != nil {
		return time.Time{}, err
	}
	far, err := ask(j, func() (time.Time, error) { return j.far.NextErrand(ctx, kind) })
	if near.IsZero() || !far.IsZero() && far.Before(near) {
		return far, err
	}
	return near, err
}

// ListErrands implements Errands for what is in Redis, once that is everything.
func (j *Journal) ListErrands(ctx context.Context, f aftercheck.ErrandFilter) (aftercheck.ErrandPage, error) {
	if j.holdsErrands(f.Kind) {
		return aftercheck.ErrandPage{}, errUndelivered
	}
	return ask(j, func() (aftercheck.ErrandPage, error) { return j.far.ListErrands(ctx, f) })
}

// CountErrands implements Errands, for both stores together.
func (j *Journal) CountErrands(ctx context.Context, kind string, tags ...string) ([]int, error) {
	near, err := j.near.CountErrands(ctx, kind, tags...)
	if err != nil {
		return nil, err
	}
	far, err := ask(j, func() ([]int, error) { return j.far.CountErrands(ctx, kind, tags...) })
	for i := range far {
		far[i] += near[i]
	}
	return far, err
}

// RemoveErrand implements Errands.
func (j *Journal) RemoveErrand(ctx context.Context, kind, id string) error {
	j.moving.RLock()
	defer j.moving.RUnlock()
	if at := errandPlace(kind, id); j.holds(kindErrand, at) {
		if err := j.near.RemoveErrand(ctx, kind, id); err != nil {
			return err
		}
		j.drop(kindErrand, at)
	}
	_, err := ask(j, func() (struct{}, error) { return struct{}{}, j.far.RemoveErrand(ctx, kind, id) })
	return err
}

// sendErrand brings an errand to Redis. Where there is one of its ID, the one that
// was changed last stands.
func (j *Journal) sendErrand(ctx context.Context, at string) error {
	kind, id, _ := strings.Cut(at, "/")
	e, err := j.near.Errand(ctx, kind, id)
	if err != nil {
		return err
	}
	stored, created, err := j.far.PutErrand(ctx, e)
	if err != nil || created || !stored.UpdatedAt.Before(e.UpdatedAt) {
		return err
	}
	e.Revision = stored.Revision
	_, err = j.far.UpdateErrand(ctx, e)
	return err
}
