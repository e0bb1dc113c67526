package evidencetest

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
)

// Model is an evidence.Store in memory that is as simple as the contract: the
// oracle that other stores are compared with. Nothing in it expires but errands,
// and IDs are not checked.
type Model struct {
	mu            sync.Mutex
	snapshots     map[string]aftercheck.Snapshot
	verifications map[string]aftercheck.Verification
	seals         map[string]string // by ID: the arguments of the Seal that won
	settled       map[string]bool   // by ID
	errands       map[errandKey]aftercheck.Errand
}

var _ evidence.Store = (*Model)(nil)

// NewModel returns an empty Model.
func NewModel() *Model {
	return &Model{
		snapshots:     map[string]aftercheck.Snapshot{},
		verifications: map[string]aftercheck.Verification{},
		seals:         map[string]string{},
		settled:       map[string]bool{},
		errands:       map[errandKey]aftercheck.Errand{},
	}
}

// text is a value as the stores compare it.
func text(value any) string {
	out, err := json.Marshal(value)
	if err != nil {
		panic(err) // tests give only what has a JSON form
	}
	return string(out)
}

// again returns the value as it comes out of a store.
func again[T any](value T) T {
	var out T
	if err := json.Unmarshal([]byte(text(value)), &out); err != nil {
		panic(err)
	}
	return out
}

// PutSnapshot implements evidence.Store.
func (m *Model) PutSnapshot(_ context.Context, s aftercheck.Snapshot) (aftercheck.Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if stored, taken := m.snapshots[s.ID]; taken {
		return again(stored), nil
	}
	m.snapshots[s.ID] = again(s)
	return s, nil
}

// Snapshot implements evidence.Store.
func (m *Model) Snapshot(_ context.Context, id string) (aftercheck.Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, found := m.snapshots[id]
	if !found {
		return s, aftercheck.ErrNotFound
	}
	return again(s), nil
}

// Accept implements evidence.Store.
func (m *Model) Accept(_ context.Context, v aftercheck.Verification) (aftercheck.Verification, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if stored, taken := m.verifications[v.ID]; taken {
		if stored.RequestDigest != v.RequestDigest {
			return aftercheck.Verification{}, false, aftercheck.ErrConflict
		}
		return again(stored), false, nil
	}
	evidence := aftercheck.Evidence{SchemaVersion: aftercheck.SchemaVersion}
	if v.Evidence != nil {
		evidence.PreState, evidence.Held = v.Evidence.PreState, v.Evidence.Held
	}
	v.State, v.Revision, v.SealedAt = aftercheck.StateWaiting, 1, time.Time{}
	v.Assessment, v.Evidence = nil, &evidence
	m.verifications[v.ID] = again(v)
	return again(v), true, nil
}

// AddRound implements evidence.Store.
func (m *Model) AddRound(_ context.Context, id string, revision int64, r aftercheck.Round, next time.Time) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, found := m.verifications[id]
	switch {
	case !found:
		return 0, aftercheck.ErrNotFound
	case v.Sealed():
		return 0, aftercheck.ErrSealed
	case v.Revision > revision && revision > 0 && v.Evidence.Rounds[revision-1].At.Equal(r.At):
		return revision + 1, nil
	case v.Revision != revision:
		return 0, aftercheck.ErrConflict
	}
	for _, round := range v.Evidence.Rounds {
		for i := range round.Readings {
			round.Readings[i].Raw = ""
		}
	}
	v.State, v.Revision, v.NextRoundAt = aftercheck.StateObserving, revision+1, next
	v.Evidence.Rounds = append(v.Evidence.Rounds, again(r))
	if r.Wait != nil {
		v.DeadlineAt, v.Wait = r.Wait.DeadlineAt, again(r.Wait)
	}
	m.verifications[id] = v
	return v.Revision, nil
}

// Seal implements evidence.Store.
func (m *Model) Seal(_ context.Context, id string, revision int64, a aftercheck.Assessment, at time.Time) (aftercheck.Verification, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, found := m.verifications[id]
	arguments := text([]any{revision, a, at})
	switch {
	case !found:
		return v, aftercheck.ErrNotFound
	case v.Sealed() && m.seals[id] == arguments:
		return again(v), nil
	case v.Sealed():
		return again(v), aftercheck.ErrSealed
	case v.Revision != revision:
		return v, aftercheck.ErrConflict
	}
	v.State, v.Revision, v.NextRoundAt, v.SealedAt, v.Assessment = aftercheck.StateSealed, revision+1, time.Time{}, at, &a
	v = again(v)
	m.verifications[id], m.seals[id] = v, arguments
	return again(v), nil
}

// Lead implements evidence.Store.
func (m *Model) Lead(ctx context.Context, id string) (aftercheck.Verification, error) {
	v, err := m.Verification(ctx, id)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil && m.settled[id] {
		err = aftercheck.ErrSealed
	}
	return v, err
}

// Settle implements evidence.Store.
func (m *Model) Settle(_ context.Context, v aftercheck.Verification) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !v.Sealed() {
		return aftercheck.ErrConflict
	}
	m.settled[v.ID] = true
	return nil
}

// Verification implements evidence.Store.
func (m *Model) Verification(_ context.Context, id string) (aftercheck.Verification, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, found := m.verifications[id]
	if !found {
		return v, aftercheck.ErrNotFound
	}
	return again(v), nil
}

// List implements evidence.Store. Its cursor is the number of verifications
// before the page, so nothing may be accepted between two pages.
func (m *Model) List(_ context.Context, f aftercheck.Filter) (aftercheck.Page, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	limit := min(f.Limit, 500)
	if limit <= 0 {
		limit = 50
	}
	from, err := strconv.Atoi(cmp.Or(f.Cursor, "0"))
	matching := m.matching(f)
	if err != nil || from < 0 || from > len(matching) {
		return aftercheck.Page{}, &aftercheck.FieldError{Field: "cursor", Want: "a cursor"}
	}
	to := min(from+limit, len(matching))
	page := aftercheck.Page{Verifications: matching[from:to]}
	if to < len(matching) {
		page.NextCursor = strconv.Itoa(to)
	}
	return page, nil
}

func (m *Model) matching(f aftercheck.Filter) []aftercheck.Verification {
	found := []aftercheck.Verification{}
	for _, v := range m.verifications {
		verdict := aftercheck.Verdict("")
		if v.Assessment != nil {
			verdict = v.Verdict
		}
		if f.IncidentID != "" && f.IncidentID != v.Incident.ID || f.Verdict != "" && f.Verdict != verdict ||
			f.Playbook != "" && f.Playbook != v.Playbook || v.AcceptedAt.Before(f.Since) {
			continue
		}
		v.Evidence = nil
		found = append(found, again(v))
	}
	slices.SortFunc(found, func(a, b aftercheck.Verification) int {
		return cmp.Or(b.AcceptedAt.Compare(a.AcceptedAt), cmp.Compare(b.ID, a.ID))
	})
	return found
}

// Pending implements evidence.Store.
func (m *Model) Pending(_ context.Context, each func(id string, due time.Time) error) error {
	m.mu.Lock()
	due := map[string]time.Time{}
	for id, v := range m.verifications {
		if !m.settled[id] {
			due[id] = dueOf(v)
		}
	}
	m.mu.Unlock()
	for id, at := range due {
		if err := each(id, at); err != nil {
			return err
		}
	}
	return nil
}

// dueOf is when a verification needs attention, or has needed it since it was
// sealed.
func dueOf(v aftercheck.Verification) time.Time {
	if v.Sealed() {
		return v.SealedAt
	}
	return v.Due()
}

// Check implements evidence.Store.
func (m *Model) Check(context.Context) error { return nil }

// Close implements evidence.Store.
func (m *Model) Close() error { return nil }
