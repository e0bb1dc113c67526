//go:build chaos

package chaos

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aftercheck/aftercheck"
)

// kind is what a repair does to its service.
type kind int

const (
	recovers kind = iota // broken before, well after
	stays                // broken before and after
	well                 // well before and after
)

// entry is one repair as the executors and the watchers know it.
type entry struct {
	kind     kind
	home     int // the sidecar that its executor asks
	accepted bool
	sealed   bool
	rounds   int               // of observation
	digest   [sha256.Size]byte // of the sealed verification as it was read first
}

// ledger is what the outside knows for certain, to be held against what the
// sidecars say.
type ledger struct {
	mu      sync.Mutex
	entries map[string]*entry
	changed int
	wrong   int
	refused int
	worst   time.Duration
	faults  []string // what else went wrong, for people
}

func newLedger() *ledger { return &ledger{entries: map[string]*entry{}} }

func (l *ledger) begin(id string, k kind, home int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries[id] = &entry{kind: k, home: home}
}

func (l *ledger) accept(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries[id].accepted = true
}

// answered notes one call of an executor, however it ended.
func (l *ledger) answered(took time.Duration, refused bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.worst = max(l.worst, took)
	if refused {
		l.refused++
	}
}

func (l *ledger) fault(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, fmt.Sprintf(format, args...))
}

// known is what is known of a verification before a call about it is made, to
// hold the answer against: two calls that are under way at once may be answered in
// either order.
func (l *ledger) known(id string) (home int, sealed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.entries[id]; e != nil {
		return e.home, e.sealed
	}
	return 0, false
}

// read takes in a verification as a sidecar gave it. Sealed says whether it was
// known to be sealed when the call began.
func (l *ledger) read(v aftercheck.Verification, sealed bool) {
	encoded, err := json.Marshal(v)
	if err != nil {
		l.fault("%s: %v", v.ID, err)
		return
	}
	digest := sha256.Sum256(encoded)
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entries[v.ID]
	switch {
	case e == nil || !v.Sealed() && !sealed:
	case !e.sealed:
		e.sealed, e.digest = true, digest
		if v.Evidence != nil {
			e.rounds = len(v.Evidence.Rounds)
		}
		if l.misjudged(e.kind, v.Verdict) {
			l.wrong++
			l.faults = append(l.faults, fmt.Sprintf("%s: %s (%s) for a service that %s", v.ID, v.Verdict, v.Reason, e.kind))
		}
	case e.digest != digest: // also one that is not sealed any more
		l.changed++
		l.faults = append(l.faults, fmt.Sprintf("%s: it was sealed, and is %s now with another content", v.ID, v.State))
	}
}

// misjudged reports a success that was none, and a failure that was none.
func (l *ledger) misjudged(k kind, v aftercheck.Verdict) bool {
	return k == stays && v == aftercheck.Success || k != stays && v == aftercheck.Failed
}

// String words the kind.
func (k kind) String() string {
	return [...]string{"recovered", "stayed broken", "was well all the time"}[k]
}

// chosen returns the IDs of those entries that fit, in their order.
func (l *ledger) chosen(fits func(*entry) bool) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(l.entries)) {
		if fits(l.entries[id]) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (l *ledger) unsealed() []string {
	return l.chosen(func(e *entry) bool { return e.accepted && !e.sealed })
}

func (l *ledger) sealed() []string { return l.chosen(func(e *entry) bool { return e.sealed }) }

func (l *ledger) accepted() []string { return l.chosen(func(e *entry) bool { return e.accepted }) }

// rounds is how many rounds the sealed verifications had, in the mean.
func (l *ledger) rounds() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	sum, sealed := 0, 0
	for _, e := range l.entries {
		if e.sealed {
			sum, sealed = sum+e.rounds, sealed+1
		}
	}
	return float64(sum) / float64(max(sealed, 1))
}
