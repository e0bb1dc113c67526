package evidencetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// fleetParts are the tests of stores that many sidecars share.
func fleetParts() []part {
	return []part{
		{"FleetOneLeads", testOneLeads},
		{"FleetTakeover", testTakeover},
		{"FleetFencedAtEachStep", testFencedAtEachStep},
		{"FleetRestartGoesOnAtOnce", testRestartGoesOnAtOnce},
		{"FleetCloseHandsOver", testCloseHandsOver},
		{"FleetLeaseThatNobodyEnded", testLeaseThatNobodyEnded},
		{"FleetTwins", testTwins},
		{"FleetRacingTakeover", testRacingTakeover},
	}
}

// adopted is what a sidecar has taken over.
type adopted struct {
	mu  sync.Mutex
	due map[string]time.Time
}

func (a *adopted) add(id string, due time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.due[id] = due.UTC()
}

// exactly reports what differs from what should have been taken over by now.
func (a *adopted) exactly(want map[string]time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if text(a.due) != text(want) {
		return fmt.Errorf("taken over:\n%s\nwant\n%s", text(a.due), text(want))
	}
	return nil
}

// working runs a sidecar to the end of the test.
func working(t testing.TB, s Sidecar) *adopted {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	taken, ended := &adopted{due: map[string]time.Time{}}, make(chan error, 1)
	go func() { ended <- s.Run(ctx, taken.add) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return taken
}

// pendingOf is what a sidecar leads.
func pendingOf(t testing.TB, s Sidecar) map[string]time.Time {
	t.Helper()
	return must[map[string]time.Time](t, "pending")(PendingAll(t.Context(), s))
}

// takes waits until a sidecar has taken over exactly this.
func (a *adopted) takes(t testing.TB, want map[string]time.Time) {
	t.Helper()
	testbed.Eventually(t, 10*time.Second, func() error { return a.exactly(want) })
}

// passes lets a time pass: leases end by the store's clock.
func passes(t testing.TB, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	<-ctx.Done()
}

// testOneLeads sees that a sidecar which does not lead changes nothing.
func testOneLeads(t *testing.T, b Backend) {
	open, v := b.Fleet(t), Sample(1)
	first, second := open("one"), open("two")
	working(t, first)
	taken := working(t, second)
	stored := accepted(t, first, v)

	again, created, err := second.Accept(t.Context(), v)
	if err != nil || created {
		t.Fatalf("accepted by another: created %v, %v", created, err)
	}
	same(t, "accepted by another", again, stored)
	led, err := second.Lead(t.Context(), v.ID)
	wantErr(t, "led by another", err, aftercheck.ErrFenced)
	same(t, "led by another", led, stored)
	_, err = second.AddRound(t.Context(), v.ID, 1, SampleRound(v, 0), v.DeadlineAt)
	wantErr(t, "round of another", err, aftercheck.ErrFenced)
	_, err = second.Seal(t.Context(), v.ID, 1, SampleAssessment(aftercheck.Failed), v.DeadlineAt)
	wantErr(t, "verdict of another", err, aftercheck.ErrFenced)
	if left := pendingOf(t, second); len(left) != 0 {
		t.Errorf("pending for another: %v", left)
	}
	same(t, "unchanged", must[aftercheck.Verification](t, "reading")(second.Verification(t.Context(), v.ID)), stored)

	sealed := must[aftercheck.Verification](t, "sealing")(first.Seal(t.Context(), v.ID, 1, SampleAssessment(aftercheck.Success), v.DeadlineAt))
	led, err = second.Lead(t.Context(), v.ID)
	wantErr(t, "sealed and led by another", err, aftercheck.ErrFenced)
	same(t, "sealed and led by another", led, sealed)
	settled(t, second, sealed) // who does not lead settles nothing
	same(t, "still to be settled", pendingOf(t, first), map[string]time.Time{v.ID: sealed.SealedAt})
	settled(t, first, sealed)
	if err := taken.exactly(map[string]time.Time{}); err != nil {
		t.Error(err)
	}
}

// testTakeover lets a sidecar fall silent that leads verifications at every
// step of their lives: another takes over what there is to do, at its times, and
// the silent one is fenced off when it comes back.
func testTakeover(t *testing.T, b Backend) {
	open := b.Fleet(t)
	silent, heir := open("one"), open("two")
	taken := working(t, heir)
	for n := range life(0) {
		for _, do := range life(n)[:n+1] {
			if err := do(t.Context(), silent); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := pendingOf(t, silent)
	if len(want) != len(life(0))-3 { // but for a snapshot alone, and two that are settled
		t.Fatalf("%d are pending", len(want))
	}
	taken.takes(t, want)
	same(t, "led by the heir", pendingOf(t, heir), want)
	for id := range want {
		_, err := silent.Lead(t.Context(), id)
		wantErr(t, "led by the silent one", err, aftercheck.ErrFenced)
		must[aftercheck.Verification](t, "led by the heir")(heir.Lead(t.Context(), id))
	}
	if left := pendingOf(t, silent); len(left) != 0 {
		t.Errorf("pending for the silent one, which has come back: %v", left)
	}
	fresh := accepted(t, silent, Sample(100)) // it goes on with what is new
	same(t, "its own", pendingOf(t, silent), map[string]time.Time{fresh.ID: fresh.Due()})
}

// testFencedAtEachStep breaks a life off at each step for a takeover. The rest
// of it, sent late by the one that was stopped, changes nothing; the other leads
// it to its end, and there is one verdict.
func testFencedAtEachStep(t *testing.T, b Backend) {
	const accept, seal = 1, 5 // places in life
	for step := accept + 1; step <= seal; step++ {
		open := b.Fleet(t)
		stopped, heir := open("one"), open("two")
		for _, do := range life(0)[:step] {
			if err := do(t.Context(), stopped); err != nil {
				t.Fatal(err)
			}
		}
		want := pendingOf(t, stopped)
		taken := working(t, heir)
		taken.takes(t, want)
		before := must[string](t, "world")(World(t.Context(), heir, LifeSnapshots(1)...))
		for late := step; late <= seal; late++ {
			wantErr(t, fmt.Sprintf("step %d, late", late), life(0)[late](t.Context(), stopped), aftercheck.ErrFenced)
		}
		same(t, "world after late writes", must[string](t, "world")(World(t.Context(), heir, LifeSnapshots(1)...)), before)
		for _, do := range life(0)[step:] {
			if err := do(t.Context(), heir); err != nil {
				t.Fatal(err)
			}
		}
		v := Sample(0)
		_, err := stopped.Seal(t.Context(), v.ID, 4, SampleAssessment(aftercheck.Failed), v.DeadlineAt)
		wantErr(t, "another verdict, late", err, aftercheck.ErrSealed)
	}
}

// testRestartGoesOnAtOnce opens a sidecar again without its having been closed,
// as after kill -9: it does not wait for its own lease to expire.
func testRestartGoesOnAtOnce(t *testing.T, b Backend) {
	open, v := b.Fleet(t), Sample(1)
	before := open("one")
	working(t, before) // its lease is renewed all the time
	accepted(t, before, v)
	after := open("one")
	same(t, "pending after the restart", pendingOf(t, after), map[string]time.Time{v.ID: v.NextRoundAt})
	_, err := before.AddRound(t.Context(), v.ID, 1, SampleRound(v, 0), v.DeadlineAt)
	wantErr(t, "round of the one before", err, aftercheck.ErrFenced)
	must[int64](t, "round of the one after")(after.AddRound(t.Context(), v.ID, 1, SampleRound(v, 0), v.DeadlineAt))
}

// testCloseHandsOver closes a sidecar: its lease is not waited for.
func testCloseHandsOver(t *testing.T, b Backend) {
	open, v := b.Fleet(t), Sample(1)
	leaving, heir := open("one"), open("two")
	taken := working(t, heir)
	accepted(t, leaving, v)
	if err := leaving.Close(); err != nil {
		t.Fatal(err)
	}
	taken.takes(t, map[string]time.Time{v.ID: v.NextRoundAt})
}

// testLeaseThatNobodyEnded lets a lease expire where no other sidecar is: the
// one that comes back goes on.
func testLeaseThatNobodyEnded(t *testing.T, b Backend) {
	open, v := b.Fleet(t), Sample(1)
	alone := open("one")
	accepted(t, alone, v)
	passes(t, 2*LeaseOfFleet)
	must[aftercheck.Verification](t, "leading")(alone.Lead(t.Context(), v.ID))
	must[int64](t, "adding a round")(alone.AddRound(t.Context(), v.ID, 1, SampleRound(v, 0), v.DeadlineAt))
	same(t, "pending", pendingOf(t, alone), map[string]time.Time{v.ID: v.DeadlineAt})
}

// testTwins runs two sidecars that were given the same identity. The second ends
// the first one's session, once, and then each works on what it accepts.
func testTwins(t *testing.T, b Backend) {
	open := b.Fleet(t)
	first := open("twin")
	working(t, first)
	accepted(t, first, Sample(1))
	second := open("twin")
	working(t, second)
	if got := pendingOf(t, second); len(got) != 1 {
		t.Fatalf("the second leads %v, want what the first has accepted", got)
	}
	n := 1
	testbed.Eventually(t, 20*time.Second, func() error { // the first notices, and joins again
		n++
		accepted(t, first, Sample(n))
		passes(t, 2*LeaseOfFleet)
		if _, leads := pendingOf(t, first)[Sample(n).ID]; !leads {
			return errors.New("the first does not lead what it accepted last")
		}
		return nil
	})
	accepted(t, second, Sample(1000))
	testbed.Eventually(t, 10*time.Second, func() error { // some may be on their way
		firstLeads, secondLeads := pendingOf(t, first), pendingOf(t, second)
		for id := range firstLeads {
			if _, twice := secondLeads[id]; twice {
				return fmt.Errorf("%s is led by both", id)
			}
		}
		if got := len(firstLeads) + len(secondLeads); got != n+1 {
			return fmt.Errorf("%d are led, want %d", got, n+1)
		}
		return nil
	})
}

// testRacingTakeover has several who wait for what one leaves: each verification
// is led by one of them, and by none it is lost.
func testRacingTakeover(t *testing.T, b Backend) {
	const many = 450 // more than are looked at together
	open := b.Fleet(t)
	silent := open("silent")
	var writers sync.WaitGroup
	for w := range 16 {
		writers.Go(func() {
			for n := w; n < many; n += 16 {
				v := Sample(n)
				v.Evidence = nil
				if _, _, err := silent.Accept(t.Context(), v); err != nil {
					t.Errorf("accepting: %v", err)
				}
			}
		})
	}
	writers.Wait()
	var heirs []Sidecar
	for n := range 4 {
		heir := open(fmt.Sprintf("heir-%d", n))
		working(t, heir)
		heirs = append(heirs, heir)
	}
	testbed.Eventually(t, 30*time.Second, func() error {
		leaders := map[string]int{}
		for _, heir := range heirs {
			for id := range pendingOf(t, heir) {
				leaders[id]++
			}
		}
		for id, times := range leaders {
			if times != 1 {
				return fmt.Errorf("%s is led %d times", id, times)
			}
		}
		if len(leaders) != many {
			return fmt.Errorf("%d are led, want %d", len(leaders), many)
		}
		return nil
	})
}
