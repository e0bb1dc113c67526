package evidence

import (
	"context"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
)

// The kinds of record in the index of expiry.
const (
	kindVerification = "v"
	kindSnapshot     = "s"
)

// sweepGroup is how many records one transaction of the sweep looks at, so that
// other writes wait little.
const sweepGroup = 200

// expireAt sets a record's expiry and has the sweep look at it then.
func expireAt(tx *bolt.Tx, kind, id string, at time.Time) error {
	if err := shelfOf(tx, kind).put(id, fields{fieldExpires: timeKey(at)}); err != nil {
		return err
	}
	return tx.Bucket(bucketExpiry).Put(expiryKey(timeKey(at), kind, id), nil)
}

func expiryKey(at, kind, id string) []byte { return []byte(at + " " + kind + " " + id) }

func shelfOf(tx *bolt.Tx, kind string) shelf {
	if kind == kindSnapshot {
		return snapshots(tx)
	}
	return records(tx)
}

// Run removes what has expired until the context ends, and then returns nil.
// What has expired is not shown before it is removed.
func (f *File) Run(ctx context.Context) error {
	ticks := time.NewTicker(sweepInterval(f.options.Retention))
	defer ticks.Stop()
	for {
		if err := f.sweep(ctx); err != nil && ctx.Err() == nil {
			f.options.Logger.Warn("sweeping the store", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
	}
}

// sweepInterval is the time between two sweeps: a hundredth of the retention,
// between a second and an hour.
func sweepInterval(retention time.Duration) time.Duration {
	return min(max(retention/100, time.Second), time.Hour)
}

// sweep removes everything that has expired by now.
func (f *File) sweep(ctx context.Context) error {
	now := timeKey(time.Now())
	for {
		looked, err := transition(ctx, f, "sweeping", func(tx *bolt.Tx) (int, error) {
			return sweepSome(tx, now)
		})
		if err != nil {
			return err
		}
		if looked < sweepGroup {
			return f.sweepErrands(ctx)
		}
	}
}

// sweepSome looks at the records that are first to expire: those that have
// are removed, those that live on are to be looked at later. It returns at
// how many it looked.
func sweepSome(tx *bolt.Tx, now string) (int, error) {
	var due []string
	cursor := tx.Bucket(bucketExpiry).Cursor()
	for key, _ := cursor.First(); key != nil && string(key) < now && len(due) < sweepGroup; key, _ = cursor.Next() {
		due = append(due, string(key))
	}
	for _, key := range due {
		if err := tx.Bucket(bucketExpiry).Delete([]byte(key)); err != nil {
			return 0, err
		}
		if err := sweepOne(tx, key, now); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

func sweepOne(tx *bolt.Tx, key, now string) error {
	_, record, _ := strings.Cut(key, " ")
	kind, id, _ := strings.Cut(record, " ")
	expires := shelfOf(tx, kind).get(id, fieldExpires)
	switch {
	case expires > now:
		return tx.Bucket(bucketExpiry).Put(expiryKey(expires, kind, id), nil)
	case kind == kindSnapshot:
		return snapshots(tx).remove(id)
	default:
		return removeVerification(tx, id)
	}
}
