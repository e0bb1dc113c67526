package evidence

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/aftercheck/aftercheck"
)

// The buckets of errands, which files of earlier versions do not have. A row is
// under "<kind> <id>", behind the milliseconds at which it is due, or - where it
// is finished. In the index, each kind has its members behind "<kind> ", and
// more, "<kind> <word> <milliseconds> <id>", by these words.
var (
	bucketErrands     = []byte("errands")
	bucketErrandIndex = []byte("errand index")
)

const (
	wordDue      = "due"
	wordExpires  = "expires"
	wordFinished = "finished" // since when
	notDue       = "-"
)

// errandShelf is the errands of one kind in a transaction.
type errandShelf struct {
	rows, index *bolt.Bucket
	kind        string
}

func errandsOf(tx *bolt.Tx, kind string) errandShelf {
	return errandShelf{tx.Bucket(bucketErrands), tx.Bucket(bucketErrandIndex), kind}
}

// timed is a key of the index by which errands are found in the order of times.
func (s errandShelf) timed(word string, at time.Time, id string) []byte {
	return fmt.Appendf(nil, "%s %s %s %s", s.kind, word, timeKey(at), id)
}

// get returns an errand's row, also an expired one, or false.
func (s errandShelf) get(id string) (row errandRow, found bool, err error) {
	stored := s.rows.Get([]byte(s.kind + " " + id))
	if stored == nil {
		return row, false, nil
	}
	written, text, _ := strings.Cut(string(stored), " ")
	due := time.Time{}
	if written != notDue {
		milliseconds, err := strconv.ParseInt(written, 10, 64)
		if err != nil {
			return row, false, fmt.Errorf("%w: an errand is due at no time", ErrUnreadable)
		}
		due = time.UnixMilli(milliseconds).UTC()
	}
	row, err = parseRow(text, due)
	return row, err == nil, err
}

// live is get for an errand that has not expired.
func (s errandShelf) live(id string, now time.Time) (row errandRow, found bool, err error) {
	row, found, err = s.get(id)
	return row, found && !row.expired(now), err
}

// keys are all the keys of the index that stand for a row.
func (s errandShelf) keys(row errandRow) [][]byte {
	e := row.errand
	keys := [][]byte{s.timed(wordExpires, e.ExpiresAt, e.ID)}
	if e.Finished() {
		keys = append(keys, s.timed(wordFinished, e.UpdatedAt, e.ID))
	} else {
		keys = append(keys, s.timed(wordDue, e.DueAt, e.ID))
	}
	for _, member := range row.members() {
		keys = append(keys, []byte(s.kind+" "+member))
	}
	return keys
}

// put writes a row in the place of the one before it, if there is one.
func (s errandShelf) put(row errandRow, before *errandRow) error {
	if before != nil {
		if err := s.remove(*before); err != nil {
			return err
		}
	}
	due := notDue
	if !row.errand.Finished() {
		due = strconv.FormatInt(row.errand.DueAt.UnixMilli(), 10)
	}
	if err := s.rows.Put([]byte(s.kind+" "+row.errand.ID), []byte(due+" "+row.text)); err != nil {
		return err
	}
	for _, key := range s.keys(row) {
		if err := s.index.Put(key, nil); err != nil {
			return err
		}
	}
	return nil
}

// remove deletes a row and what stands for it.
func (s errandShelf) remove(row errandRow) error {
	for _, key := range s.keys(row) {
		if err := s.index.Delete(key); err != nil {
			return err
		}
	}
	return s.rows.Delete([]byte(s.kind + " " + row.errand.ID))
}

// first returns the IDs of the first n keys under a word, in the order of their
// times, and those times' keys.
func (s errandShelf) first(word string, n int) (ids, times []string) {
	prefix := []byte(s.kind + " " + word + " ")
	cursor := s.index.Cursor()
	for key, _ := cursor.Seek(prefix); bytes.HasPrefix(key, prefix) && len(ids) < n; key, _ = cursor.Next() {
		at, id, _ := strings.Cut(string(key[len(prefix):]), " ")
		ids, times = append(ids, id), append(times, at)
	}
	return ids, times
}

// count returns how many keys of the index begin so, at most the bound.
func (s errandShelf) count(begin string, bound int) (n int) {
	prefix := []byte(s.kind + " " + begin + " ")
	cursor := s.index.Cursor()
	for key, _ := cursor.Seek(prefix); bytes.HasPrefix(key, prefix) && n < bound; key, _ = cursor.Next() {
		n++
	}
	return n
}

// expire removes what has expired, at most n errands.
func (s errandShelf) expire(now time.Time, n int) (removed int, err error) {
	ids, times := s.first(wordExpires, n)
	for i, id := range ids {
		if times[i] > timeKey(now) {
			break
		}
		row, found, err := s.get(id)
		if err != nil || !found {
			return removed, err
		}
		if err := s.remove(row); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

// bound makes room where there are too many finished errands.
func (s errandShelf) bound(most int) error {
	if s.count(wordFinished, most+1) <= most {
		return nil
	}
	ids, _ := s.first(wordFinished, 1)
	row, found, err := s.get(ids[0])
	if err != nil || !found {
		return err
	}
	return s.remove(row)
}

// errandKinds returns the kinds that a file holds errands of.
func errandKinds(tx *bolt.Tx) (kinds []string) {
	cursor := tx.Bucket(bucketErrands).Cursor()
	for key, _ := cursor.First(); key != nil; {
		kind, _, _ := strings.Cut(string(key), " ")
		kinds = append(kinds, kind)
		key, _ = cursor.Seek([]byte(kind + "!")) // ! comes after the space
	}
	return kinds
}

// sweepErrands removes errands that have expired, some at a time.
func (f *File) sweepErrands(ctx context.Context) error {
	for {
		removed, err := transition(ctx, f, "sweeping errands", func(tx *bolt.Tx) (int, error) {
			most := 0
			for _, kind := range errandKinds(tx) {
				n, err := errandsOf(tx, kind).expire(time.Now(), sweepGroup)
				if err != nil {
					return 0, err
				}
				most = max(most, n)
			}
			return most, nil
		})
		if err != nil || removed < sweepGroup {
			return err
		}
	}
}

// errandRows implements errandCatalogue.
func (f *File) errandRows(ctx context.Context, kind string, ids []string) (rows []*errandRow, err error) {
	rows = make([]*errandRow, len(ids))
	err = f.view(ctx, "reading errands", func(tx *bolt.Tx) error {
		now := time.Now()
		for i, id := range ids {
			row, found, err := errandsOf(tx, kind).live(id, now)
			if err != nil {
				return aboutID(id, err)
			}
			if found {
				rows[i] = &row
			}
		}
		return nil
	})
	return rows, err
}

// errandEntries implements errandCatalogue.
func (f *File) errandEntries(ctx context.Context, kind, prefix, before string, n int) (members []string, err error) {
	begin := []byte(kind + " " + prefix)
	err = f.view(ctx, "listing errands", func(tx *bolt.Tx) error {
		cursor := tx.Bucket(bucketErrandIndex).Cursor()
		bound := begin[: len(begin)-1 : len(begin)-1]
		bound = append(bound, '!') // comes after the space that ends the prefix
		if before != "" {
			bound = []byte(kind + " " + before)
		}
		key, _ := cursor.Seek(bound)
		if key == nil {
			key, _ = cursor.Last()
		} else {
			key, _ = cursor.Prev()
		}
		for ; bytes.HasPrefix(key, begin) && len(members) < n; key, _ = cursor.Prev() {
			members = append(members, string(key[len(kind)+1:]))
		}
		return nil
	})
	return members, err
}

// Errand implements Errands.
func (f *File) Errand(ctx context.Context, kind, id string) (aftercheck.Errand, error) {
	return errandOf(ctx, f, kind, id)
}

// ListErrands implements Errands.
func (f *File) ListErrands(ctx context.Context, filter aftercheck.ErrandFilter) (aftercheck.ErrandPage, error) {
	return listErrands(ctx, f, filter)
}
