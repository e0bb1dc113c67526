package evidence

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aftercheck/aftercheck"
)

// JournalOptions configure a Journal.
type JournalOptions struct {
	// MaxEntries bounds the snapshots, verifications and errands that it holds;
	// zero means 10,000.
	MaxEntries int
	// Logger is told when Redis is away, when it is back, and what could not be
	// delivered; nil means nobody.
	Logger *slog.Logger
	// Report is told whether Redis is away and how many entries are held,
	// whenever that may have changed; nil means nobody. It must not use the store.
	Report func(away bool, entries int)
}

// Bounds of a Journal.
const (
	defaultMaxEntries = 10_000
	// farTimeout is how long a call that the file can serve waits for Redis: half
	// of what the engine gives it, so that a slow network is not yet an outage.
	farTimeout = 2500 * time.Millisecond
	// rememberedIDs and rememberedSnapshots are how many of those that were
	// stored in Redis last are known without asking it.
	rememberedIDs       = 10_000
	rememberedSnapshots = 256
	// quietFor is how long nothing is logged of further outages after one, so
	// that a Redis that comes and goes does not fill the log.
	quietFor = time.Minute
)

var (
	errAway = fmt.Errorf("%w: Redis does not answer", aftercheck.ErrUnavailable)
	errFull = fmt.Errorf("%w: Redis does not answer, and the journal is full", aftercheck.ErrUnavailable)
	// errDoubtful keeps a verdict from being given twice.
	errDoubtful = fmt.Errorf("%w: Redis may have the verification as well, so the verdict waits for it", aftercheck.ErrUnavailable)
)

// Journal is the Store in Redis with a file beside it, for one process, that
// takes what comes while Redis is away: captures, acceptances, all that becomes of
// the verifications accepted so, and errands. Run brings it to Redis when that is
// back; then it goes on there. A call that returns nil is as durable as the one
// that served it.
//
// A verification lives in one of the two. One that is in Redis waits for Redis:
// another sidecar may have taken it over. One whose acceptance was sent to Redis
// and not answered may be in both, so it is observed here, and sealed only when
// Redis has been asked. Lists show what is in Redis, and need it.
type Journal struct {
	far     *Redis
	near    *File
	options JournalOptions
	moving  sync.RWMutex // held to write by who moves an entry from near to far

	mu        sync.Mutex
	held      map[string]bool // what near holds, by place
	away      time.Time       // since when Redis does not answer; zero: it does
	backAt    time.Time       // when it answered again last
	said      bool            // that it is away
	late      bool            // what is pending in Redis is still to be adopted
	accepted  recent[struct{}]
	snapshots recent[aftercheck.Snapshot]
}

var _ Store = (*Journal)(nil)

// NewJournal returns a Journal of two stores, which it closes with itself. What
// the file holds from before is part of it.
func NewJournal(ctx context.Context, far *Redis, near *File, o JournalOptions) (*Journal, error) {
	if o.MaxEntries <= 0 {
		o.MaxEntries = defaultMaxEntries
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Report == nil {
		o.Report = func(bool, int) {}
	}
	j := &Journal{far: far, near: near, options: o, held: map[string]bool{}}
	j.accepted.most, j.snapshots.most = rememberedIDs, rememberedSnapshots
	err := near.each(ctx, func(kind, id string) { j.held[place(kind, id)] = true })
	if err == nil {
		err = near.eachErrand(ctx, func(kind, id string) { j.held[place(kindErrand, errandPlace(kind, id))] = true })
	}
	j.report()
	return j, err
}

// place is a record's key in held.
func place(kind, id string) string { return kind + " " + id }

// holds reports whether the file has a record.
func (j *Journal) holds(kind, id string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.held[place(kind, id)]
}

// reserve makes room for a record in the file, within the bound.
func (j *Journal) reserve(kind, id string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.held) >= j.options.MaxEntries && !j.held[place(kind, id)] {
		return errFull
	}
	j.held[place(kind, id)] = true
	j.report()
	return nil
}

// drop takes a record out of what the file holds.
func (j *Journal) drop(kind, id string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.held, place(kind, id))
	j.report()
}

// report tells how things stand. The caller holds mu, or is alone.
func (j *Journal) report() { j.options.Report(!j.away.IsZero(), len(j.held)) }

func (j *Journal) isAway() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return !j.away.IsZero()
}

// note takes note of how a call to Redis ended. That it is back is for the look
// of Run to say, so that one lucky call does not turn all others to it.
func (j *Journal) note(err error) {
	if !errors.Is(err, aftercheck.ErrUnavailable) || errors.Is(err, context.Canceled) {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.away.IsZero() {
		return
	}
	j.away = time.Now()
	j.said = j.away.Sub(j.backAt) > quietFor
	if j.said {
		j.options.Logger.Error("Redis does not answer; what comes goes to the journal", "err", err)
	}
	j.report()
}

// ask calls Redis, unless it is known to be away.
func ask[T any](j *Journal, do func() (T, error)) (T, error) {
	if j.isAway() {
		return *new(T), errAway
	}
	got, err := do()
	j.note(err)
	return got, err
}

// recent is a bounded memory by ID, the oldest forgotten first. It is not safe
// for concurrent use.
type recent[T any] struct {
	most  int
	order []string
	byID  map[string]T
}

func (r *recent[T]) put(id string, value T) {
	if r.byID == nil {
		r.byID = map[string]T{}
	}
	if _, known := r.byID[id]; !known {
		r.order = append(r.order, id)
	}
	r.byID[id] = value
	if len(r.order) > r.most {
		delete(r.byID, r.order[0])
		r.order = r.order[1:]
	}
}

// Check reports whether something can be stored: in Redis or, while it is away,
// in the journal.
func (j *Journal) Check(ctx context.Context) error {
	_, err := ask(j, func() (struct{}, error) { return struct{}{}, j.far.Check(ctx) })
	if !errors.Is(err, aftercheck.ErrUnavailable) {
		return err
	}
	j.mu.Lock()
	full := len(j.held) >= j.options.MaxEntries
	j.mu.Unlock()
	if full {
		return errFull
	}
	return j.near.Check(ctx)
}

// Close closes both stores.
func (j *Journal) Close() error { return errors.Join(j.far.Close(), j.near.Close()) }
