package evidence

import (
	"context"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/aftercheck/aftercheck"
)

// fieldDoubt marks a verification that Redis may have as well. Only a journal
// has it.
const fieldDoubt = "doubt"

// each calls do with kind and ID of every record.
func (f *File) each(ctx context.Context, do func(kind, id string)) error {
	return f.view(ctx, "reading the journal", func(tx *bolt.Tx) error {
		now := time.Now()
		return tx.Bucket(bucketExpiry).ForEach(func(key, _ []byte) error {
			_, record, _ := strings.Cut(string(key), " ")
			kind, id, _ := strings.Cut(record, " ")
			if shelfOf(tx, kind).live(id, now) {
				do(kind, id)
			}
			return nil
		})
	})
}

// acceptInDoubt is Accept for what may have been stored elsewhere, or may not.
func (f *File) acceptInDoubt(ctx context.Context, v aftercheck.Verification, doubtful bool) (aftercheck.Verification, bool, error) {
	return f.acceptWith(ctx, v, map[bool]fields{true: {fieldDoubt: "1"}}[doubtful])
}

// inDoubt reports whether a verification was accepted so.
func (f *File) inDoubt(ctx context.Context, id string) (doubtful bool, err error) {
	err = f.view(ctx, "reading a verification", func(tx *bolt.Tx) error {
		doubtful = validID(id) && records(tx).get(id, fieldDoubt) != ""
		return nil
	})
	return doubtful, err
}

// export returns all of a record that another store keeps too, and whether its
// verdict is settled.
func (f *File) export(ctx context.Context, id string) (record fields, settled bool, err error) {
	err = f.view(ctx, "reading a verification", func(tx *bolt.Tx) error {
		if !records(tx).live(id, time.Now()) {
			return aftercheck.ErrNotFound
		}
		record = records(tx).all(id)
		settled = !isPending(tx, entry(record[fieldEntry]))
		return nil
	})
	delete(record, fieldExpires)
	delete(record, fieldDoubt)
	return record, settled, aboutID(id, err)
}

// remove takes a record out of the file.
func (f *File) remove(ctx context.Context, kind, id string) error {
	if kind == kindErrand {
		of, id, _ := strings.Cut(id, "/")
		return f.RemoveErrand(ctx, of, id)
	}
	_, err := transition(ctx, f, "removing from the journal", func(tx *bolt.Tx) (struct{}, error) {
		if kind == kindSnapshot {
			return struct{}{}, snapshots(tx).remove(id)
		}
		return struct{}{}, removeVerification(tx, id)
	})
	return err
}
