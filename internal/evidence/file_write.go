package evidence

import (
	"context"
	"fmt"
	"maps"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/aftercheck/aftercheck"
)

// transition runs do in a transaction that is synced when it returns. What do
// returns as the store's answer (isAnswer) comes back without undoing what
// other writes put into the same transaction, so do must give such an answer
// before its first put.
func transition[T any](ctx context.Context, f *File, doing string, do func(tx *bolt.Tx) (T, error)) (T, error) {
	type outcome struct {
		result T
		answer error
	}
	outcomes := make(chan outcome, 1)
	err := f.writes.commit(ctx, func(tx *bolt.Tx) error {
		result, err := do(tx)
		if err != nil && !isAnswer(err) {
			return err
		}
		outcomes <- outcome{result, err}
		return nil
	})
	if err != nil {
		return *new(T), unavailable(doing, err)
	}
	out := <-outcomes
	return out.result, out.answer
}

// fieldSnapshot is a snapshot's only field beside its expiry: a document.
const fieldSnapshot = "snapshot"

// PutSnapshot implements Store.
func (f *File) PutSnapshot(ctx context.Context, s aftercheck.Snapshot) (aftercheck.Snapshot, error) {
	if err := checkID(s.ID); err != nil {
		return aftercheck.Snapshot{}, err
	}
	text, err := encode(s)
	if err != nil {
		return aftercheck.Snapshot{}, err
	}
	stored, err := transition(ctx, f, "storing a snapshot", func(tx *bolt.Tx) (string, error) {
		now := time.Now()
		if snapshots(tx).live(s.ID, now) {
			return snapshots(tx).get(s.ID, fieldSnapshot), nil
		}
		if err := snapshots(tx).put(s.ID, fields{fieldSnapshot: text}); err != nil {
			return "", err
		}
		return text, expireAt(tx, kindSnapshot, s.ID, now.Add(f.options.Retention))
	})
	if err != nil || stored == text {
		return s, err
	}
	s, err = decode[aftercheck.Snapshot](stored)
	return s, aboutID(s.ID, err)
}

// Accept implements Store.
func (f *File) Accept(ctx context.Context, v aftercheck.Verification) (stored aftercheck.Verification, created bool, err error) {
	return f.acceptWith(ctx, v, nil)
}

// acceptWith is Accept with more fields in the record, if it is stored.
func (f *File) acceptWith(ctx context.Context, v aftercheck.Verification, more fields) (stored aftercheck.Verification, created bool, err error) {
	if err := checkID(v.ID); err != nil {
		return aftercheck.Verification{}, false, err
	}
	v = begin(v)
	record, err := acceptedFields(v)
	if err != nil {
		return aftercheck.Verification{}, false, err
	}
	maps.Copy(record, more)
	before, err := transition(ctx, f, "accepting a verification", func(tx *bolt.Tx) (fields, error) {
		return f.accept(tx, v, record)
	})
	if err != nil {
		return aftercheck.Verification{}, false, err
	}
	if before == nil {
		return v, true, nil
	}
	stored, err = before.verification()
	return stored, false, aboutID(v.ID, err)
}

// accept stores a record if its ID is free and returns nil, or returns the one
// that is there.
func (f *File) accept(tx *bolt.Tx, v aftercheck.Verification, record fields) (fields, error) {
	now := time.Now()
	if records(tx).live(v.ID, now) {
		if records(tx).get(v.ID, fieldDigest) != record[fieldDigest] {
			return nil, fmt.Errorf("%s: %w: accepted before with another request", v.ID, aftercheck.ErrConflict)
		}
		return records(tx).all(v.ID), nil
	}
	if err := removeVerification(tx, v.ID); err != nil {
		return nil, err
	}
	if err := records(tx).put(v.ID, record); err != nil {
		return nil, err
	}
	if err := putEntry(tx, entry(record[fieldEntry])); err != nil {
		return nil, err
	}
	return nil, expireAt(tx, kindVerification, v.ID, later(now, v.DeadlineAt).Add(f.options.Retention))
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// AddRound implements Store.
func (f *File) AddRound(ctx context.Context, id string, revision int64, r aftercheck.Round, next time.Time) (int64, error) {
	round, err := roundFields(revision, r, next)
	if err != nil {
		return 0, err
	}
	return transition(ctx, f, "adding a round", func(tx *bolt.Tx) (int64, error) {
		at, err := openRevision(tx, id)
		if err != nil {
			return 0, err
		}
		if at != revision {
			same, err := sameRound(records(tx).get(id, fieldRound(revision)), r.At)
			if err == nil && !same {
				err = movedOn(at)
			}
			if err != nil {
				return 0, aboutID(id, err)
			}
			return revision + 1, nil
		}
		if err := records(tx).put(id, round); err != nil {
			return 0, err
		}
		return revision + 1, records(tx).prolong(id, later(time.Now(), deadlineOf(r)).Add(f.options.Retention))
	})
}

// movedOn is the conflict with a record that is at another revision.
func movedOn(at int64) error {
	return fmt.Errorf("%w: the record is at revision %d", aftercheck.ErrConflict, at)
}

// openRevision returns the revision of a record that is not sealed.
func openRevision(tx *bolt.Tx, id string) (int64, error) {
	if !validID(id) || !records(tx).live(id, time.Now()) {
		return 0, aboutID(id, aftercheck.ErrNotFound)
	}
	record := records(tx).pick(id, []string{fieldRevision, fieldSealedAt})
	if record.sealed() {
		return 0, aboutID(id, aftercheck.ErrSealed)
	}
	at, err := record.revision()
	return at, aboutID(id, err)
}

// Seal implements Store.
func (f *File) Seal(ctx context.Context, id string, revision int64, a aftercheck.Assessment, at time.Time) (aftercheck.Verification, error) {
	seal, err := sealFields(revision, a, at)
	if err != nil {
		return aftercheck.Verification{}, err
	}
	record, err := transition(ctx, f, "sealing a verdict", func(tx *bolt.Tx) (fields, error) {
		return f.seal(tx, id, revision, seal)
	})
	if err != nil {
		return aftercheck.Verification{}, err
	}
	return sealedBy(id, record, seal)
}

// seal sets the verdict if there is none, and returns the record as it is then.
func (f *File) seal(tx *bolt.Tx, id string, revision int64, seal fields) (fields, error) {
	current, err := openRevision(tx, id)
	if isSealed(err) {
		return records(tx).all(id), nil
	}
	if err == nil && current != revision {
		err = aboutID(id, movedOn(current))
	}
	if err != nil {
		return nil, err
	}
	if err := records(tx).put(id, seal); err != nil {
		return nil, err
	}
	if err := records(tx).prolong(id, time.Now().Add(f.options.Retention)); err != nil {
		return nil, err
	}
	return records(tx).all(id), nil
}

// Settle implements Store.
func (f *File) Settle(ctx context.Context, v aftercheck.Verification) error {
	mine, err := settling(v)
	if err != nil {
		return err
	}
	_, err = transition(ctx, f, "settling a verdict", func(tx *bolt.Tx) (struct{}, error) {
		return struct{}{}, tx.Bucket(bucketPending).Delete([]byte(mine))
	})
	return err
}
