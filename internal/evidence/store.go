// Package evidence is the record: snapshots, verifications, what is due, what
// was judged.
package evidence

import (
	"context"
	"time"

	"github.com/aftercheck/aftercheck"
)

// Store keeps snapshots and verifications for the retention time: until that
// long after their last transition, and for a verification at the least that
// long after its deadline. What is older is gone: ErrNotFound, in no list, and
// its ID is free again.
//
// Every write is one atomic transition that is safe to send twice: a caller
// that did not get an answer sends the same call again and gets what the first
// one did. The store itself never retries. A call that returns nil has
// stored as durably as the implementation promises in its own comment; a call
// that returns ErrUnavailable may have stored or not.
//
// Where several sidecars share a store, one of them leads each verification:
// the one that accepted it, until that one is gone and another takes over. Its
// writes carry a fencing token, which the store knows by itself: a write of a
// sidecar that does not lead any more is ErrFenced and changes nothing. A store
// of one process has one leader, and never gives ErrFenced.
//
// Errors are aftercheck.ErrNotFound, ErrConflict, ErrSealed, ErrFenced, an
// *aftercheck.FieldError for an ID that cannot be one, ErrUnreadable for a
// stored document that is damaged or of a newer version, ErrUnstorable for a
// value that has no JSON form, or the backend's own wrapped in
// aftercheck.ErrUnavailable (also a context that ended). All methods may be
// called concurrently and honour their context.
//
// What is returned equals what was given in its JSON form: times keep their
// nanoseconds and offset, empty slices and maps may come back as nil.
type Store interface {
	Errands

	// PutSnapshot stores a snapshot if its ID is free. If the ID is taken, it
	// returns the stored one: the first capture stands. The caller compares.
	PutSnapshot(ctx context.Context, s aftercheck.Snapshot) (aftercheck.Snapshot, error)

	// Snapshot returns a stored snapshot, or ErrNotFound.
	Snapshot(ctx context.Context, id string) (aftercheck.Snapshot, error)

	// Accept stores a new verification, with its Evidence.PreState, at
	// revision 1, led by the caller and pending. It begins its life here: state,
	// revision, rounds, assessment and SealedAt of v are not looked at. If the
	// ID is taken by a request of the same RequestDigest, it returns the stored
	// one, as it is by now, and false; by another, ErrConflict.
	Accept(ctx context.Context, v aftercheck.Verification) (stored aftercheck.Verification, created bool, err error)

	// AddRound appends a round to the verification at the given revision, moves
	// it to observing and its NextRoundAt to next, sets its Wait and DeadlineAt
	// by the round's Wait if it has one, and returns the new
	// revision. Earlier rounds' raw readings are not kept. The work does not
	// grow with the rounds before. ErrConflict if the revision has moved on
	// otherwise than by this very round, which is told by its At; ErrSealed if
	// the verdict stands, whoever added the round.
	AddRound(ctx context.Context, id string, revision int64, r aftercheck.Round, next time.Time) (int64, error)

	// Seal sets the verdict, once, and returns the sealed verification with its
	// evidence. A second Seal returns what the first sealed and ErrSealed,
	// unless it repeats the first to the letter. ErrConflict if the revision
	// has moved on and there is no verdict.
	Seal(ctx context.Context, id string, revision int64, a aftercheck.Assessment, at time.Time) (aftercheck.Verification, error)

	// Lead returns a verification, with its evidence, to the sidecar that is
	// about to go on with it. Without an error that is the caller's to do: to
	// observe and seal it or, if it is sealed, to make the verdict known and to
	// Settle it. ErrFenced if another sidecar leads it, ErrSealed if it is
	// settled; both come with the verification.
	Lead(ctx context.Context, id string) (aftercheck.Verification, error)

	// Settle notes that a verdict has been made known, so that nobody does it
	// again after a crash: what Seal or Lead returned is pending no more. It is
	// no error where it is settled already, or gone; ErrConflict if it is not
	// sealed.
	Settle(ctx context.Context, v aftercheck.Verification) error

	// Verification returns a verification with its evidence, or ErrNotFound.
	Verification(ctx context.Context, id string) (aftercheck.Verification, error)

	// List returns a page of verifications without evidence, newest first by
	// AcceptedAt. The work for one page is bounded: where few verifications
	// match, a page may hold fewer than the limit, even none, and still have a
	// NextCursor. What was stored before the first page was asked for and is
	// still there is on exactly one page, whatever is accepted meanwhile. A
	// cursor that no page has given is an *aftercheck.FieldError for the field
	// cursor.
	List(ctx context.Context, f aftercheck.Filter) (aftercheck.Page, error)

	// Pending calls each with ID and due time of every verification that the
	// caller leads and that is not settled, once, in no order; a sidecar that
	// starts goes on with them. What an earlier process of the same identity
	// led is taken over first. It returns the first error of each. The callback
	// may use the store.
	Pending(ctx context.Context, each func(id string, due time.Time) error) error

	// Check reports whether the store can serve now.
	Check(ctx context.Context) error

	// Close releases the store. Calls that are under way may fail.
	Close() error
}
