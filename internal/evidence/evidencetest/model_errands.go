package evidencetest

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
)

// errandKey is how the model knows an errand.
type errandKey struct{ kind, id string }

func errandTimes(e aftercheck.Errand) aftercheck.Errand {
	for _, t := range []*time.Time{&e.CreatedAt, &e.UpdatedAt, &e.DueAt, &e.ExpiresAt} {
		if !t.IsZero() {
			*t = t.UTC().Truncate(time.Millisecond)
		}
	}
	return again(e)
}

// PutErrand implements evidence.Errands.
func (m *Model) PutErrand(_ context.Context, e aftercheck.Errand) (aftercheck.Errand, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e.Revision = 1
	e = errandTimes(e)
	if stored, taken := m.live(e.Kind, e.ID); taken {
		return again(stored), text(stored) == text(e), nil
	}
	m.errands[errandKey{e.Kind, e.ID}] = e
	return again(e), true, nil
}

// live returns an errand that has not expired. The caller holds mu.
func (m *Model) live(kind, id string) (aftercheck.Errand, bool) {
	e, found := m.errands[errandKey{kind, id}]
	return e, found && e.ExpiresAt.After(time.Now())
}

// UpdateErrand implements evidence.Errands.
func (m *Model) UpdateErrand(_ context.Context, e aftercheck.Errand) (aftercheck.Errand, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	stored, found := m.live(e.Kind, e.ID)
	seen := e.Revision
	e.Revision++
	e = errandTimes(e)
	switch {
	case !found:
		return aftercheck.Errand{}, aftercheck.ErrNotFound
	case text(stored) == text(e):
		return again(stored), nil
	case stored.Revision != seen:
		return aftercheck.Errand{}, aftercheck.ErrConflict
	}
	m.errands[errandKey{e.Kind, e.ID}] = e
	return again(e), nil
}

// ClaimErrands implements evidence.Errands.
func (m *Model) ClaimErrands(_ context.Context, kind string, lease time.Duration, limit int) ([]aftercheck.Errand, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	var due []aftercheck.Errand
	for key, e := range m.errands {
		if _, live := m.live(key.kind, key.id); live && key.kind == kind && !e.Finished() && !e.DueAt.After(now) {
			due = append(due, e)
		}
	}
	slices.SortFunc(due, func(a, b aftercheck.Errand) int { return a.DueAt.Compare(b.DueAt) })
	due = due[:min(len(due), max(1, limit))]
	for i := range due {
		due[i].Revision++
		due[i].DueAt = now.Add(lease).UTC().Truncate(time.Millisecond)
		m.errands[errandKey{kind, due[i].ID}] = due[i]
		due[i] = again(due[i])
	}
	return due, nil
}

// NextErrand implements evidence.Errands.
func (m *Model) NextErrand(_ context.Context, kind string) (next time.Time, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, e := range m.errands {
		if key.kind == kind && !e.Finished() && (next.IsZero() || e.DueAt.Before(next)) {
			next = e.DueAt
		}
	}
	return next, nil
}

// Errand implements evidence.Errands.
func (m *Model) Errand(_ context.Context, kind, id string) (aftercheck.Errand, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, found := m.live(kind, id)
	if !found {
		return aftercheck.Errand{}, aftercheck.ErrNotFound
	}
	return again(e), nil
}

// ListErrands implements evidence.Errands. Its cursor is the number of errands
// before the page.
func (m *Model) ListErrands(_ context.Context, f aftercheck.ErrandFilter) (aftercheck.ErrandPage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := []aftercheck.Errand{}
	for key, e := range m.errands {
		_, live := m.live(key.kind, key.id)
		if live && key.kind == f.Kind && (f.Subject == "" || f.Subject == e.Subject) && (f.Tag == "" || slices.Contains(e.Tags, f.Tag)) {
			found = append(found, again(e))
		}
	}
	slices.SortFunc(found, func(a, b aftercheck.Errand) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
	})
	from, err := strconv.Atoi(cmp.Or(f.Cursor, "0"))
	if err != nil || from < 0 || from > len(found) {
		return aftercheck.ErrandPage{}, &aftercheck.FieldError{Field: "cursor", Want: "a cursor"}
	}
	limit := min(cmp.Or(max(f.Limit, 0), 50), 500)
	page := aftercheck.ErrandPage{Errands: found[from:min(from+limit, len(found))]}
	if from+limit < len(found) {
		page.NextCursor = strconv.Itoa(from + limit)
	}
	return page, nil
}

// CountErrands implements evidence.Errands.
func (m *Model) CountErrands(_ context.Context, kind string, tags ...string) ([]int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	counts := make([]int, len(tags))
	for key, e := range m.errands {
		for i, tag := range tags {
			if _, live := m.live(key.kind, key.id); live && key.kind == kind && slices.Contains(e.Tags, tag) {
				counts[i]++
			}
		}
	}
	return counts, nil
}

// RemoveErrand implements evidence.Errands.
func (m *Model) RemoveErrand(_ context.Context, kind, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.errands, errandKey{kind, id})
	return nil
}

// PutErrand implements evidence.Errands.
func (f *Faulty) PutErrand(ctx context.Context, e aftercheck.Errand) (aftercheck.Errand, bool, error) {
	created := false
	stored, err := suffer(f, "put_errand", func() (stored aftercheck.Errand, err error) {
		stored, created, err = f.Store.PutErrand(ctx, e)
		return stored, err
	})
	return stored, created && err == nil, err
}

// UpdateErrand implements evidence.Errands.
func (f *Faulty) UpdateErrand(ctx context.Context, e aftercheck.Errand) (aftercheck.Errand, error) {
	return suffer(f, "update_errand", func() (aftercheck.Errand, error) { return f.Store.UpdateErrand(ctx, e) })
}

// ClaimErrands implements evidence.Errands.
func (f *Faulty) ClaimErrands(ctx context.Context, kind string, lease time.Duration, limit int) ([]aftercheck.Errand, error) {
	return suffer(f, "claim_errands", func() ([]aftercheck.Errand, error) { return f.Store.ClaimErrands(ctx, kind, lease, limit) })
}

// RemoveErrand implements evidence.Errands.
func (f *Faulty) RemoveErrand(ctx context.Context, kind, id string) error {
	_, err := suffer(f, "remove_errand", func() (struct{}, error) { return struct{}{}, f.Store.RemoveErrand(ctx, kind, id) })
	return err
}

var _ evidence.Errands = (*Model)(nil)
