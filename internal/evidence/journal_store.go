package evidence

import (
	"context"
	"errors"
	"time"

	"github.com/aftercheck/aftercheck"
)

// PutSnapshot implements Store.
func (j *Journal) PutSnapshot(ctx context.Context, s aftercheck.Snapshot) (aftercheck.Snapshot, error) {
	j.moving.RLock()
	defer j.moving.RUnlock()
	if j.holds(kindSnapshot, s.ID) {
		return j.near.PutSnapshot(ctx, s)
	}
	stored, err := ask(j, func() (aftercheck.Snapshot, error) {
		ctx, cancel := context.WithTimeout(ctx, farTimeout)
		defer cancel()
		return j.far.PutSnapshot(ctx, s)
	})
	if !errors.Is(err, aftercheck.ErrUnavailable) {
		if err == nil {
			j.remember(stored)
		}
		return stored, err
	}
	if err := j.reserve(kindSnapshot, s.ID); err != nil {
		return aftercheck.Snapshot{}, err
	}
	stored, err = j.near.PutSnapshot(ctx, s)
	if err != nil && isAnswer(err) { // not stored; else it may be
		j.drop(kindSnapshot, s.ID)
	}
	return stored, err
}

// remember keeps a snapshot for the verification that will name it.
func (j *Journal) remember(s aftercheck.Snapshot) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.snapshots.put(s.ID, s)
}

// Snapshot implements Store. One that was stored in Redis lately is known while
// that is away.
func (j *Journal) Snapshot(ctx context.Context, id string) (aftercheck.Snapshot, error) {
	j.moving.RLock()
	defer j.moving.RUnlock()
	if j.holds(kindSnapshot, id) {
		return j.near.Snapshot(ctx, id)
	}
	s, err := ask(j, func() (aftercheck.Snapshot, error) {
		ctx, cancel := context.WithTimeout(ctx, farTimeout)
		defer cancel()
		return j.far.Snapshot(ctx, id)
	})
	if !errors.Is(err, aftercheck.ErrUnavailable) {
		return s, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if known, found := j.snapshots.byID[id]; found {
		return known, nil
	}
	return s, err
}

// Accept implements Store.
func (j *Journal) Accept(ctx context.Context, v aftercheck.Verification) (stored aftercheck.Verification, created bool, err error) {
	j.moving.RLock()
	defer j.moving.RUnlock()
	if j.holds(kindVerification, v.ID) { // or it was about to, and its disk failed
		return j.near.acceptInDoubt(ctx, v, true)
	}
	asked := !j.isAway()
	stored, err = ask(j, func() (stored aftercheck.Verification, err error) {
		ctx, cancel := context.WithTimeout(ctx, farTimeout)
		defer cancel()
		stored, created, err = j.far.Accept(ctx, v)
		return stored, err
	})
	if !errors.Is(err, aftercheck.ErrUnavailable) {
		j.acceptedFar(v.ID, err)
		return stored, created, err
	}
	if j.knownFar(v.ID) { // what is there already is there alone
		return aftercheck.Verification{}, false, err
	}
	if err := j.reserve(kindVerification, v.ID); err != nil {
		return aftercheck.Verification{}, false, err
	}
	stored, created, err = j.near.acceptInDoubt(ctx, v, asked)
	if err != nil && isAnswer(err) {
		j.drop(kindVerification, v.ID)
	}
	return stored, created, err
}

func (j *Journal) acceptedFar(id string, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err == nil {
		j.accepted.put(id, struct{}{})
	}
}

func (j *Journal) knownFar(id string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	_, known := j.accepted.byID[id]
	return known
}

// at calls the one of the two stores that has a verification.
func at[T any](j *Journal, id string, near, far func() (T, error)) (T, error) {
	return inPlace(j, kindVerification, id, near, far)
}

// inPlace calls the one of the two stores that has a record.
func inPlace[T any](j *Journal, kind, id string, near, far func() (T, error)) (T, error) {
	j.moving.RLock()
	defer j.moving.RUnlock()
	if j.holds(kind, id) {
		return near()
	}
	return ask(j, far)
}

// AddRound implements Store.
func (j *Journal) AddRound(ctx context.Context, id string, revision int64, r aftercheck.Round, next time.Time) (int64, error) {
	return at(j, id,
		func() (int64, error) { return j.near.AddRound(ctx, id, revision, r, next) },
		func() (int64, error) { return j.far.AddRound(ctx, id, revision, r, next) })
}

// Seal implements Store.
func (j *Journal) Seal(ctx context.Context, id string, revision int64, a aftercheck.Assessment, sealedAt time.Time) (aftercheck.Verification, error) {
	return at(j, id,
		func() (aftercheck.Verification, error) {
			if doubtful, err := j.near.inDoubt(ctx, id); doubtful || err != nil {
				return aftercheck.Verification{}, errors.Join(err, aboutID(id, errDoubtful))
			}
			return j.near.Seal(ctx, id, revision, a, sealedAt)
		},
		func() (aftercheck.Verification, error) { return j.far.Seal(ctx, id, revision, a, sealedAt) })
}

// Lead implements Store.
func (j *Journal) Lead(ctx context.Context, id string) (aftercheck.Verification, error) {
	return at(j, id,
		func() (aftercheck.Verification, error) { return j.near.Lead(ctx, id) },
		func() (aftercheck.Verification, error) { return j.far.Lead(ctx, id) })
}

// Settle implements Store.
func (j *Journal) Settle(ctx context.Context, v aftercheck.Verification) error {
	_, err := at(j, v.ID,
		func() (struct{}, error) { return struct{}{}, j.near.Settle(ctx, v) },
		func() (struct{}, error) { return struct{}{}, j.far.Settle(ctx, v) })
	return err
}

// Verification implements Store.
func (j *Journal) Verification(ctx context.Context, id string) (aftercheck.Verification, error) {
	return at(j, id,
		func() (aftercheck.Verification, error) { return j.near.Verification(ctx, id) },
		func() (aftercheck.Verification, error) { return j.far.Verification(ctx, id) })
}

// List implements Store for what is in Redis.
func (j *Journal) List(ctx context.Context, f aftercheck.Filter) (aftercheck.Page, error) {
	return ask(j, func() (aftercheck.Page, error) { return j.far.List(ctx, f) })
}

// Pending implements Store. While Redis is away it calls each for what the
// journal holds, and Run adopts the rest later.
func (j *Journal) Pending(ctx context.Context, each func(id string, due time.Time) error) error {
	if err := j.near.Pending(ctx, each); err != nil {
		return err
	}
	_, err := ask(j, func() (struct{}, error) {
		return struct{}{}, j.far.Pending(ctx, func(id string, due time.Time) error {
			if j.holds(kindVerification, id) {
				return nil
			}
			return each(id, due)
		})
	})
	if errors.Is(err, aftercheck.ErrUnavailable) && ctx.Err() == nil {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.late = true
		return nil
	}
	return err
}
