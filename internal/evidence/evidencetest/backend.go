// Package evidencetest holds what every evidence.Store must keep, as tests that
// run on any of them: Run. Beside it stand the parts that those tests are made
// of: a store in memory that is as simple as its contract, a wrapper that
// loses requests and answers, and a look at all that a store shows.
package evidencetest

import (
	"context"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck/internal/evidence"
)

// Backend makes stores of one kind.
type Backend struct {
	// Open returns an empty store that keeps records for the given time; zero
	// means the store's default. The store is closed with the test, and may be
	// closed before.
	Open func(t testing.TB, retention time.Duration) evidence.Store

	// Crash returns an empty store, and a function that ends it as kill -9
	// would and returns what is found after a restart.
	Crash func(t testing.TB) (evidence.Store, func() evidence.Store)

	// Fleet returns a function that opens one empty store for one sidecar after
	// the other, under a lease of LeaseOfFleet, closed with the test. Nil: the
	// store belongs to one process.
	Fleet func(t testing.TB) func(identity string) Sidecar
}

// Sidecar is the store as one of many sidecars has it.
type Sidecar interface {
	evidence.Store
	// Run keeps the lease until the context ends, and calls adopt for what is
	// taken over.
	Run(ctx context.Context, adopt func(id string, due time.Time)) error
}

// LeaseOfFleet is short, so that tests wait little for its end.
const LeaseOfFleet = 400 * time.Millisecond

// part is a named test of the suite.
type part struct {
	name string
	test func(*testing.T, Backend)
}

// Run tests that the backend's stores keep what the comment of evidence.Store
// promises.
func Run(t *testing.T, b Backend) {
	parts := []part{
		{"Snapshot", testSnapshot},
		{"Accept", testAccept},
		{"AddRound", testAddRound},
		{"RoundPutsTheDeadlineOff", testRoundPutsTheDeadlineOff},
		{"Seal", testSeal},
		{"Settle", testSettle},
		{"NothingIsLost", testNothingIsLost},
		{"NotFound", testNotFound},
		{"BadInput", testBadInput},
		{"List", testList},
		{"ListFilters", testListFilters},
		{"ListBadCursor", testListBadCursor},
		{"ListWhileAccepting", testListWhileAccepting},
		{"ListBoundsItsWork", testListBoundsItsWork},
		{"Pending", testPending},
		{"PendingMayUseTheStore", testPendingMayUseTheStore},
		{"Retention", testRetention},
		{"RetentionFromTheDeadline", testRetentionFromTheDeadline},
		{"RacingAccept", testRacingAccept},
		{"RacingAddRound", testRacingAddRound},
		{"RacingSeal", testRacingSeal},
		{"RacingPutSnapshot", testRacingPutSnapshot},
		{"LostRequestsAndAnswers", testLostRequestsAndAnswers},
		{"EndedContext", testEndedContext},
		{"Closed", testClosed},
		{"Crash", testCrash},
		{"AsTheModel", testAsTheModel},
	}
	parts = append(parts, errandParts()...)
	if b.Fleet != nil {
		parts = append(parts, fleetParts()...)
	}
	for _, part := range parts {
		t.Run(part.name, func(t *testing.T) { part.test(t, b) })
	}
}
