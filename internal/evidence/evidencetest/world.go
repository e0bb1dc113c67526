package evidencetest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
)

// World returns all that a store shows, as indented JSON: every listed
// verification with its evidence, the lists in the order of their pages, what is pending and
// when, and the snapshots with the given IDs. Two stores that have seen the
// same give the same text. It fails where the store contradicts itself.
func World(ctx context.Context, s evidence.Store, snapshots ...string) (string, error) {
	world := struct {
		Verifications []aftercheck.Verification
		Pending       map[string]time.Time
		Snapshots     map[string]*aftercheck.Snapshot
	}{Pending: map[string]time.Time{}, Snapshots: map[string]*aftercheck.Snapshot{}}
	listed, err := ListAll(ctx, s, aftercheck.Filter{Limit: 7})
	if err != nil {
		return "", err
	}
	for _, short := range listed {
		full, err := consistent(ctx, s, short)
		if err != nil {
			return "", err
		}
		world.Verifications = append(world.Verifications, full)
	}
	if world.Pending, err = PendingAll(ctx, s); err != nil {
		return "", err
	}
	for _, id := range snapshots {
		if snapshot, err := s.Snapshot(ctx, id); err == nil {
			world.Snapshots[id] = &snapshot
		}
	}
	out, err := json.MarshalIndent(world, "", " ")
	return string(out), err
}

// consistent reads a listed verification and compares it with its line in the
// list, also in the list of its incident.
func consistent(ctx context.Context, s evidence.Store, short aftercheck.Verification) (aftercheck.Verification, error) {
	full, err := s.Verification(ctx, short.ID)
	if err != nil {
		return full, fmt.Errorf("%s is listed: %w", short.ID, err)
	}
	without := full
	without.Evidence = nil
	if text(without) != text(short) {
		return full, fmt.Errorf("%s is listed as\n%s\nand read as\n%s", short.ID, text(short), text(without))
	}
	ofIncident, err := ListAll(ctx, s, aftercheck.Filter{IncidentID: short.Incident.ID, Limit: 500})
	if err != nil {
		return full, err
	}
	times := 0
	for _, v := range ofIncident {
		if v.ID == short.ID {
			times++
		}
	}
	if times != 1 {
		return full, fmt.Errorf("%s is listed %d times under its incident", short.ID, times)
	}
	return full, nil
}

// ListAll returns all pages of a list.
func ListAll(ctx context.Context, s evidence.Store, f aftercheck.Filter) ([]aftercheck.Verification, error) {
	var all []aftercheck.Verification
	for range 10_000 {
		page, err := s.List(ctx, f)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Verifications...)
		if page.NextCursor == "" {
			return all, nil
		}
		f.Cursor = page.NextCursor
	}
	return nil, fmt.Errorf("the list does not end")
}

// PendingAll returns what is pending by ID. It fails where an ID is given twice.
func PendingAll(ctx context.Context, s evidence.Store) (map[string]time.Time, error) {
	pending := map[string]time.Time{}
	err := s.Pending(ctx, func(id string, due time.Time) error {
		if _, twice := pending[id]; twice {
			return fmt.Errorf("%s is pending twice", id)
		}
		pending[id] = due.UTC()
		return nil
	})
	return pending, err
}
