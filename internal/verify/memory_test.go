package verify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/verify"
)

// memory is a store in memory that keeps the contract of evidence.Store and
// fails on demand: what it is for. It survives the engines that use it.
type memory struct {
	mu            sync.Mutex
	snapshots     map[string]aftercheck.Snapshot
	verifications map[string]aftercheck.Verification
	seals         map[string]int // how many different seals were stored
	settled       map[string]bool
	leader        map[string]string // by ID: who leads it; absent: whoever asks
	// fault is asked before each operation and says whether it fails, and if
	// so, whether it is stored all the same.
	fault func(operation string) (fails, stored bool)
	calls map[string]int
	deaf  bool // to contexts that have ended
}

func newMemory() *memory {
	return &memory{
		snapshots:     map[string]aftercheck.Snapshot{},
		verifications: map[string]aftercheck.Verification{},
		seals:         map[string]int{},
		settled:       map[string]bool{},
		leader:        map[string]string{},
		calls:         map[string]int{},
	}
}

// do runs the operation under the lock, through its faults. What goes in and
// out is copied through JSON, as a real store would.
func (m *memory) do(ctx context.Context, operation string, run func() error) error {
	if err := ctx.Err(); err != nil && !m.deaf {
		return fmt.Errorf("%w: %w", aftercheck.ErrUnavailable, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[operation]++
	fails, stored := false, false
	if m.fault != nil {
		fails, stored = m.fault(operation)
	}
	if !fails {
		return run()
	}
	if stored {
		_ = run()
	}
	return fmt.Errorf("%s: connection lost: %w", operation, aftercheck.ErrUnavailable)
}

func (m *memory) setFault(fault func(operation string) (fails, stored bool)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = fault
}

func (m *memory) count(operation string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls[operation]
}

func copied[T any](in T) (out T) {
	text, err := json.Marshal(in)
	if err != nil {
		panic(err)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		panic(err)
	}
	return out
}

func (m *memory) PutSnapshot(ctx context.Context, s aftercheck.Snapshot) (out aftercheck.Snapshot, err error) {
	err = m.do(ctx, "put_snapshot", func() error {
		if _, taken := m.snapshots[s.ID]; !taken {
			m.snapshots[s.ID] = copied(s)
		}
		out = copied(m.snapshots[s.ID])
		return nil
	})
	return out, err
}

func (m *memory) Snapshot(ctx context.Context, id string) (out aftercheck.Snapshot, err error) {
	err = m.do(ctx, "snapshot", func() error {
		s, found := m.snapshots[id]
		if !found {
			return aftercheck.ErrNotFound
		}
		out = copied(s)
		return nil
	})
	return out, err
}

func (m *memory) Accept(ctx context.Context, v aftercheck.Verification) (out aftercheck.Verification, created bool, err error) {
	err = m.do(ctx, "accept", func() error {
		stored, taken := m.verifications[v.ID]
		switch {
		case taken && stored.RequestDigest != v.RequestDigest:
			return aftercheck.ErrConflict
		case !taken:
			v.Revision = 1
			stored = copied(v)
			m.verifications[v.ID], created = stored, true
		}
		out = copied(stored)
		return nil
	})
	return out, created, err
}

func (m *memory) AddRound(ctx context.Context, id string, revision int64, r aftercheck.Round, next time.Time) (out int64, err error) {
	err = m.do(ctx, "add_round", func() error {
		v, found := m.verifications[id]
		switch {
		case !found:
			return aftercheck.ErrNotFound
		case v.Sealed():
			return aftercheck.ErrSealed
		case v.Revision == revision+1 && reflect.DeepEqual(v.Evidence.Rounds[len(v.Evidence.Rounds)-1], copied(r)):
			out = v.Revision
			return nil
		case v.Revision != revision:
			return aftercheck.ErrConflict
		}
		v = copied(v)
		for _, before := range v.Evidence.Rounds {
			for i := range before.Readings {
				before.Readings[i].Raw = ""
			}
		}
		v.Evidence.Rounds = append(v.Evidence.Rounds, copied(r))
		if r.Wait != nil {
			v.DeadlineAt, v.Wait = r.Wait.DeadlineAt, copied(r.Wait)
		}
		v.State, v.NextRoundAt, v.Revision = aftercheck.StateObserving, next, revision+1
		m.verifications[id] = v
		out = v.Revision
		return nil
	})
	return out, err
}

func (m *memory) Seal(ctx context.Context, id string, revision int64, a aftercheck.Assessment, at time.Time) (out aftercheck.Verification, err error) {
	err = m.do(ctx, "seal", func() error {
		v, found := m.verifications[id]
		switch {
		case !found:
			return aftercheck.ErrNotFound
		case v.Sealed() && v.SealedAt.Equal(at) && reflect.DeepEqual(*v.Assessment, copied(a)):
			out = copied(v)
			return nil
		case v.Sealed():
			out = copied(v)
			return aftercheck.ErrSealed
		case v.Revision != revision:
			return aftercheck.ErrConflict
		}
		sealed := copied(a)
		v.Assessment, v.SealedAt, v.State = &sealed, at, aftercheck.StateSealed
		v.NextRoundAt, v.Revision = time.Time{}, revision+1
		m.verifications[id] = v
		m.seals[id]++
		out = copied(v)
		return nil
	})
	return out, err
}

func (m *memory) Verification(ctx context.Context, id string) (out aftercheck.Verification, err error) {
	err = m.do(ctx, "verification", func() error {
		v, found := m.verifications[id]
		if !found {
			return aftercheck.ErrNotFound
		}
		out = copied(v)
		return nil
	})
	return out, err
}

func (m *memory) Lead(ctx context.Context, id string) (aftercheck.Verification, error) {
	return m.leadAs(ctx, "", id)
}

// leadAs is Lead for one of several sidecars.
func (m *memory) leadAs(ctx context.Context, who, id string) (out aftercheck.Verification, err error) {
	err = m.do(ctx, "lead", func() error {
		v, found := m.verifications[id]
		leader, led := m.leader[id]
		switch {
		case !found:
			return aftercheck.ErrNotFound
		case m.settled[id]:
			err = aftercheck.ErrSealed
		case led && leader != who:
			err = aftercheck.ErrFenced
		}
		out = copied(v)
		return err
	})
	return out, err
}

func (m *memory) Settle(ctx context.Context, v aftercheck.Verification) error {
	return m.do(ctx, "settle", func() error {
		m.settled[v.ID] = true
		return nil
	})
}

func (m *memory) List(ctx context.Context, _ aftercheck.Filter) (page aftercheck.Page, err error) {
	err = m.do(ctx, "list", func() error {
		for _, id := range slices.Sorted(maps.Keys(m.verifications)) {
			v := m.verifications[id]
			v.Evidence = nil
			page.Verifications = append(page.Verifications, v)
		}
		return nil
	})
	return page, err
}

func (m *memory) Pending(ctx context.Context, each func(string, time.Time) error) error {
	pending := map[string]time.Time{}
	err := m.do(ctx, "pending", func() error {
		for id, v := range m.verifications {
			switch {
			case m.settled[id]:
			case v.Sealed():
				pending[id] = v.SealedAt
			default:
				pending[id] = v.Due()
			}
		}
		return nil
	})
	for id, due := range pending {
		if err := each(id, due); err != nil {
			return err
		}
	}
	return err
}

func (m *memory) Check(ctx context.Context) error {
	return m.do(ctx, "check", func() error { return nil })
}

// stored returns what is stored, faults aside.
func (m *memory) stored(id string) (aftercheck.Verification, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, found := m.verifications[id]
	return v, found
}

// down is a fault that fails every operation whose name has the prefix.
func down(prefix string, stored bool) func(string) (bool, bool) {
	return func(operation string) (bool, bool) { return strings.HasPrefix(operation, prefix), stored }
}

// wire leads from an engine to a store, and can be led elsewhere.
type wire struct {
	mu sync.Mutex
	to verify.Store
}

func (w *wire) set(to verify.Store) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.to = to
}

func (w *wire) store() verify.Store {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to
}

func (w *wire) PutSnapshot(ctx context.Context, s aftercheck.Snapshot) (aftercheck.Snapshot, error) {
	return w.store().PutSnapshot(ctx, s)
}

func (w *wire) Snapshot(ctx context.Context, id string) (aftercheck.Snapshot, error) {
	return w.store().Snapshot(ctx, id)
}

func (w *wire) Accept(ctx context.Context, v aftercheck.Verification) (aftercheck.Verification, bool, error) {
	return w.store().Accept(ctx, v)
}

func (w *wire) AddRound(ctx context.Context, id string, revision int64, r aftercheck.Round, next time.Time) (int64, error) {
	return w.store().AddRound(ctx, id, revision, r, next)
}

func (w *wire) Seal(ctx context.Context, id string, revision int64, a aftercheck.Assessment, at time.Time) (aftercheck.Verification, error) {
	return w.store().Seal(ctx, id, revision, a, at)
}

func (w *wire) Lead(ctx context.Context, id string) (aftercheck.Verification, error) {
	return w.store().Lead(ctx, id)
}

func (w *wire) Settle(ctx context.Context, v aftercheck.Verification) error {
	return w.store().Settle(ctx, v)
}

func (w *wire) Verification(ctx context.Context, id string) (aftercheck.Verification, error) {
	return w.store().Verification(ctx, id)
}

func (w *wire) List(ctx context.Context, f aftercheck.Filter) (aftercheck.Page, error) {
	return w.store().List(ctx, f)
}

func (w *wire) Pending(ctx context.Context, each func(string, time.Time) error) error {
	return w.store().Pending(ctx, each)
}

func (w *wire) Check(ctx context.Context) error { return w.store().Check(ctx) }
