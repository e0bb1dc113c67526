//go:build chaos

package chaos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// settle waits until what was accepted is sealed, or until it should have been.
func (w *world) settle(ctx context.Context) {
	until := time.Now().Add(sealLimit)
	for turn := 0; time.Now().Before(until) && pause(ctx, 200*time.Millisecond); turn++ {
		left := w.ledger.unsealed()
		if len(left) == 0 {
			return
		}
		w.readAll(ctx, left, turn)
	}
}

// check holds the whole world against the ledger, and adds the row of the table.
func (w *world) check(crashed bool) {
	ctx := w.t.Context()
	for turn := range min(len(w.sidecars), 2) { // each by its own sidecar, and by another
		ids := w.ledger.chosen(func(*entry) bool { return true })
		w.readAll(ctx, ids, turn)
	}
	unread := w.ledger.accepted()
	for until := time.Now().Add(sealLimit); len(unread) > 0 && time.Now().Before(until); pause(ctx, 200*time.Millisecond) {
		unread = w.readAll(ctx, unread, 0)
	}
	if len(unread) > 0 {
		w.ledger.fault("%d were accepted and are not there any more: %s", len(unread), some(unread))
	}
	r := row{fault: w.name, accepted: len(w.ledger.accepted()), sealed: len(w.ledger.sealed()), lost: len(w.lost(unread))}
	if lost := w.ledger.unsealed(); len(lost) > 0 {
		w.ledger.fault("%d were accepted and not sealed: %s", len(lost), some(lost))
	}
	r.double = w.around.toldTwice() + w.countedTwice(ctx, r.sealed, crashed)
	l := w.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	r.changed, r.wrong, r.refused, r.worst = l.changed, l.wrong, l.refused, l.worst
	if r.worst >= callLimit {
		l.faults = append(l.faults, fmt.Sprintf("an executor had no answer within %s", callLimit))
	}
	r.passed = r.accepted > 0 && r.lost+r.double+r.changed+r.wrong+len(l.faults) == 0
	results.add(r)
	report(w.t, r, l.faults)
}

// lost are those that were accepted and have no verdict in the end, or had one
// that is not there any more.
func (w *world) lost(unread []string) []string {
	lost := append(w.ledger.unsealed(), unread...)
	slices.Sort(lost)
	return slices.Compact(lost)
}

// some names the first few.
func some(ids []string) string { return strings.Join(ids[:min(len(ids), 5)], " ") }

// countedTwice is by how much the sidecars counted more verdicts than there are.
// What a sidecar counted between the last look and its death is not known, so
// after crashes the sum may be less; without crashes it is exactly as much, once
// the one that sealed knows it: a verdict is in the store before its answer is
// there, and an answer that was lost is asked for again after a pause.
func (w *world) countedTwice(ctx context.Context, sealed int, crashed bool) int {
	sum, err := w.counted(ctx)
	for until := time.Now().Add(sealLimit); !crashed && int(sum) < sealed && time.Now().Before(until); {
		pause(ctx, 200*time.Millisecond)
		sum, err = w.counted(ctx)
	}
	if err != nil {
		w.ledger.fault("%v", err)
	}
	if !crashed && int(sum) < sealed {
		w.ledger.fault("%d verdicts and only %v of them counted, without any crash", sealed, sum)
	}
	return max(0, int(sum)-sealed)
}

// counted is how many verdicts all the sidecars have counted, in all their lives.
func (w *world) counted(ctx context.Context) (sum float64, err error) {
	for _, s := range w.sidecars {
		living, failed := s.counted(ctx)
		if failed != nil {
			err = fmt.Errorf("%s: %w", s.name, failed)
		}
		sum += s.dead + living
	}
	return sum, err
}

// report fails the test by everything that is not as it should be.
func report(t *testing.T, r row, faults []string) {
	t.Helper()
	for i, fault := range faults {
		if i == 15 {
			t.Errorf("and %d more", len(faults)-i)
			break
		}
		t.Error(fault)
	}
	if r.passed {
		return
	}
	t.Error(errors.New("not every accepted verification has exactly one verdict that stands"))
	t.Logf("%+v", r)
}
