package evidence

import (
	"context"
	"errors"
	"time"

	"github.com/aftercheck/aftercheck"
)

// MaxErrands bounds the errands of one kind: so many that are to be done, and so
// many finished ones that are kept to be read; of these the first finished goes
// first.
const MaxErrands = 10_000

// ErrFull refuses one more errand of a kind that has MaxErrands to be done. It
// does not help to send it again at once.
var ErrFull = errors.New("too many errands of this kind")

// Errands keeps what remains to be done because of verdicts. Any sidecar of a
// store may do it: who claims an errand has it alone until the lease ends, and
// then it is due again, for whoever claims it. So what must not be done twice
// carries its own mark, as a proposal has its labels and its start.
//
// Every write is one atomic transition that is safe to send twice, and its errors
// are the store's: aftercheck.ErrNotFound, ErrConflict, an *aftercheck.FieldError,
// ErrFull, ErrUnreadable, ErrUnstorable, or aftercheck.ErrUnavailable. What has
// passed its ExpiresAt is gone, and its ID is free again.
type Errands interface {
	// PutErrand stores an errand if its ID is free within its kind, at revision 1.
	// If it is taken, it returns the stored one, as it is by now, and false. A
	// call that is sent again is answered as the first, unless the errand has been
	// claimed or changed since.
	PutErrand(ctx context.Context, e aftercheck.Errand) (stored aftercheck.Errand, created bool, err error)

	// UpdateErrand replaces an errand that is at e.Revision and returns it at the
	// next one. A zero DueAt finishes it. ErrConflict if the errand has moved on
	// otherwise than by this very update.
	UpdateErrand(ctx context.Context, e aftercheck.Errand) (aftercheck.Errand, error)

	// ClaimErrands returns at most limit errands, and at most 500, of a kind that are due by the
	// store's clock, those due longest first, and makes each due again after the
	// lease, at the next revision. What a lost answer claimed is due again then.
	// With ErrUnavailable, what a part of the store holds may be returned.
	ClaimErrands(ctx context.Context, kind string, lease time.Duration, limit int) ([]aftercheck.Errand, error)

	// NextErrand returns when the first errand of a kind is due, or the zero time
	// if none is to be done. It is cheap enough to be asked every few seconds. With
	// ErrUnavailable, it may be about a part of the store.
	NextErrand(ctx context.Context, kind string) (time.Time, error)

	// Errand returns an errand, or ErrNotFound.
	Errand(ctx context.Context, kind, id string) (aftercheck.Errand, error)

	// ListErrands returns a page of errands, newest first by CreatedAt. A page
	// may hold fewer than the limit, even none, and still have a NextCursor.
	ListErrands(ctx context.Context, f aftercheck.ErrandFilter) (aftercheck.ErrandPage, error)

	// CountErrands returns how many errands of a kind have each of the tags.
	CountErrands(ctx context.Context, kind string, tags ...string) ([]int, error)

	// RemoveErrand removes an errand, also one that is not there.
	RemoveErrand(ctx context.Context, kind, id string) error
}

// errandCatalogue is what listing errands needs of a backend.
type errandCatalogue interface {
	// errandEntries returns at most n members of a kind's index that begin with
	// the prefix, the last first, from the one before the member before; from the
	// last, if that is empty.
	errandEntries(ctx context.Context, kind, prefix, before string, n int) ([]string, error)

	// errandRows returns those of the errands with these IDs that are there and
	// have not expired, in their order; a nil row for the others.
	errandRows(ctx context.Context, kind string, ids []string) ([]*errandRow, error)
}

// listErrands reads one page.
func listErrands(ctx context.Context, c errandCatalogue, f aftercheck.ErrandFilter) (aftercheck.ErrandPage, error) {
	page := aftercheck.ErrandPage{Errands: []aftercheck.Errand{}}
	if err := checkKind(f.Kind); err != nil {
		return page, err
	}
	prefix := errandPrefix(f)
	before, err := errandCursor(f.Cursor, prefix)
	if err != nil {
		return page, err
	}
	limit := limitOf(aftercheck.Filter{Limit: f.Limit})
	for looked := 0; looked < scanBudget; looked += scanChunk {
		members, err := c.errandEntries(ctx, f.Kind, prefix, before, scanChunk)
		if err != nil {
			return page, err
		}
		rows, err := c.errandRows(ctx, f.Kind, errandIDs(members))
		if err != nil {
			return page, err
		}
		for i, member := range members {
			if rows[i] == nil || !rows[i].fits(f) {
				continue
			}
			if len(page.Errands) == limit {
				page.NextCursor = errandCursorAfter(before)
				return page, nil
			}
			page.Errands, before = append(page.Errands, rows[i].errand), member
		}
		if len(members) < scanChunk {
			return page, nil
		}
		before = members[len(members)-1]
	}
	page.NextCursor = errandCursorAfter(before)
	return page, nil
}

// errandOf reads one errand.
func errandOf(ctx context.Context, c errandCatalogue, kind, id string) (aftercheck.Errand, error) {
	if err := checkKind(kind); err != nil {
		return aftercheck.Errand{}, err
	}
	if !validID(id) {
		return aftercheck.Errand{}, aboutID(id, aftercheck.ErrNotFound)
	}
	rows, err := c.errandRows(ctx, kind, []string{id})
	if err != nil {
		return aftercheck.Errand{}, err
	}
	if rows[0] == nil {
		return aftercheck.Errand{}, aboutID(id, aftercheck.ErrNotFound)
	}
	return rows[0].errand, nil
}
