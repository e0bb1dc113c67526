package evidence

import (
	"bytes"
	"context"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/aftercheck/aftercheck"
)

// view runs do in a read transaction.
func (f *File) view(ctx context.Context, doing string, do func(tx *bolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return unavailable(doing, err)
	}
	return unavailable(doing, f.guard.run(func() error { return f.db.View(do) }))
}

// Snapshot implements Store.
func (f *File) Snapshot(ctx context.Context, id string) (s aftercheck.Snapshot, err error) {
	err = f.view(ctx, "reading a snapshot", func(tx *bolt.Tx) error {
		if !validID(id) || !snapshots(tx).live(id, time.Now()) {
			return aftercheck.ErrNotFound
		}
		s, err = decode[aftercheck.Snapshot](snapshots(tx).get(id, fieldSnapshot))
		return err
	})
	return s, aboutID(id, err)
}

// Verification implements Store.
func (f *File) Verification(ctx context.Context, id string) (v aftercheck.Verification, err error) {
	var record fields
	err = f.view(ctx, "reading a verification", func(tx *bolt.Tx) error {
		if !validID(id) || !records(tx).live(id, time.Now()) {
			return aftercheck.ErrNotFound
		}
		record = records(tx).all(id)
		return nil
	})
	if err == nil {
		v, err = record.verification()
	}
	return v, aboutID(id, err)
}

// Lead implements Store: the one process that has the file leads everything.
func (f *File) Lead(ctx context.Context, id string) (v aftercheck.Verification, err error) {
	settled := false
	v, err = f.Verification(ctx, id)
	if err != nil || !v.Sealed() {
		return v, err
	}
	err = f.view(ctx, "reading whether a verdict is settled", func(tx *bolt.Tx) error {
		settled = !isPending(tx, newEntry(v))
		return nil
	})
	if err == nil && settled {
		err = aftercheck.ErrSealed
	}
	return v, aboutID(id, err)
}

// isPending reports whether an entry is in the index of what is pending. A
// bucket has no question for that beside the value, which is empty here.
func isPending(tx *bolt.Tx, e entry) bool {
	key, _ := tx.Bucket(bucketPending).Cursor().Seek([]byte(e))
	return entry(key) == e
}

// List implements Store.
func (f *File) List(ctx context.Context, filter aftercheck.Filter) (aftercheck.Page, error) {
	return list(ctx, f, filter)
}

// entries implements catalogue.
func (f *File) entries(ctx context.Context, incident string, before entry, since string, n int) (found []entry, err error) {
	bucket, prefix := bucketAccepted, ""
	if incident != "" {
		bucket, prefix = bucketIncidents, incident+" "
	}
	err = f.view(ctx, "listing verifications", func(tx *bolt.Tx) error {
		cursor := tx.Bucket(bucket).Cursor()
		floor := []byte(prefix + since)
		for key := seekBefore(cursor, prefix, before); len(found) < n && bytes.Compare(key, floor) >= 0; key, _ = cursor.Prev() {
			if key == nil || !bytes.HasPrefix(key, []byte(prefix)) {
				break
			}
			found = append(found, entry(key[len(prefix):]))
		}
		return nil
	})
	return found, err
}

// seekBefore moves to the last key under the prefix that is before the entry,
// or to the last of all where there is no entry.
func seekBefore(cursor *bolt.Cursor, prefix string, before entry) []byte {
	bound := prefix + string(before)
	if before == "" {
		bound = prefix + "~" // entries begin with a hex digit, which sorts before it
	}
	if key, _ := cursor.Seek([]byte(bound)); key == nil {
		last, _ := cursor.Last()
		return last
	}
	key, _ := cursor.Prev()
	return key
}

// read implements catalogue.
func (f *File) read(ctx context.Context, ids, names []string) (found []fields, err error) {
	err = f.view(ctx, "reading verifications", func(tx *bolt.Tx) error {
		now := time.Now()
		for _, id := range ids {
			var record fields
			if records(tx).live(id, now) {
				record = records(tx).pick(id, names)
			}
			found = append(found, record)
		}
		return nil
	})
	return found, err
}

// Pending implements Store.
func (f *File) Pending(ctx context.Context, each func(id string, due time.Time) error) error {
	var after entry
	for {
		entries, err := f.pendingAfter(ctx, after)
		if err != nil || len(entries) == 0 {
			return err
		}
		if err := eachDue(ctx, f, "", entries, each); err != nil {
			return err
		}
		after = entries[len(entries)-1]
	}
}

func (f *File) pendingAfter(ctx context.Context, after entry) (found []entry, err error) {
	err = f.view(ctx, "reading what is pending", func(tx *bolt.Tx) error {
		cursor := tx.Bucket(bucketPending).Cursor()
		for key, _ := cursor.Seek([]byte(after)); key != nil && len(found) < scanChunk; key, _ = cursor.Next() {
			if entry(key) != after {
				found = append(found, entry(key))
			}
		}
		return nil
	})
	return found, err
}
