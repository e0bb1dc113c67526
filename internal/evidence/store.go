// Package evidence is the record: snapshots, verifications, what is due, what
// was judged.
package evidence

import (
	"context"
	"time"

	"github.com/aftercheck/aftercheck"
)

// Store keeps snapshots and verifications for the retention time.
//
// Every write is one atomic transition that is safe to send twice: a caller
// that did not get an answer sends the same call again and gets what the first
// one did. The store itself never retries. A call that returns nil has
// stored as durably as the implementation promises in its own comment.
//
// Errors are aftercheck.ErrNotFound, ErrConflict, ErrSealed, or the backend's
// own wrapped in aftercheck.ErrUnavailable. All methods may be called
// concurrently and honour their context.
type Store interface {
	// PutSnapshot stores a snapshot if its ID is free. If the ID is taken, it
	// returns the stored one: the first capture stands. The caller compares.
	PutSnapshot(ctx context.Context, s aftercheck.Snapshot) (aftercheck.Snapshot, error)

	// Snapshot returns a stored snapshot, or ErrNotFound.
	Snapshot(ctx context.Context, id string) (aftercheck.Snapshot, error)

	// Accept stores a new verification, with its Evidence.PreState, at
	// revision 1, and lists it as pending. If the ID is taken by a request of
	// the same RequestDigest, it returns the stored one and false; by another,
	// ErrConflict.
	Accept(ctx context.Context, v aftercheck.Verification) (stored aftercheck.Verification, created bool, err error)

	// AddRound appends a round to the verification at the given revision, moves
	// it to observing and its NextRoundAt to next, and returns the new
	// revision. Earlier rounds' raw readings are not kept. ErrConflict if the
	// revision has moved on otherwise than by this very round, ErrSealed if
	// the verdict stands.
	AddRound(ctx context.Context, id string, revision int64, r aftercheck.Round, next time.Time) (int64, error)

	// Seal sets the verdict, once. A second Seal returns what the first sealed
	// and ErrSealed, unless it repeats the first to the letter.
	Seal(ctx context.Context, id string, revision int64, a aftercheck.Assessment, at time.Time) (aftercheck.Verification, error)

	// Verification returns a verification with its evidence, or ErrNotFound.
	Verification(ctx context.Context, id string) (aftercheck.Verification, error)

	// List returns a page of verifications without evidence, newest first. An
	// unknown cursor is a *aftercheck.FieldError for the field cursor.
	List(ctx context.Context, f aftercheck.Filter) (aftercheck.Page, error)

	// Pending calls each with ID and due time of every verification that is
	// not sealed, in no order; a sidecar that starts goes on with them.
	Pending(ctx context.Context, each func(id string, due time.Time) error) error

	// Check reports whether the store can serve now.
	Check(ctx context.Context) error

	// Close releases the store. Calls that are under way may fail.
	Close() error
}
