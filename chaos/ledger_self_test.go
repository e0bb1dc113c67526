//go:build chaos

package chaos

import (
	"testing"

	"github.com/aftercheck/aftercheck"
)

func sealed(id string, verdict aftercheck.Verdict) aftercheck.Verification {
	return aftercheck.Verification{ID: id, State: aftercheck.StateSealed, Assessment: &aftercheck.Assessment{Verdict: verdict}}
}

func TestTheLedgerSeesWhatIsWrong(t *testing.T) {
	l := newLedger()
	for id, k := range map[string]kind{"lost": well, "changed": well, "reopened": recovers, "a lie": stays, "a false alarm": well} {
		l.begin(id, k, 0)
		l.accept(id)
	}
	read := func(v aftercheck.Verification) {
		_, known := l.known(v.ID)
		l.read(v, known)
	}
	read(aftercheck.Verification{ID: "lost", State: aftercheck.StateWaiting})
	read(sealed("changed", aftercheck.Degraded))
	read(sealed("changed", aftercheck.Success))
	read(sealed("reopened", aftercheck.Success))
	read(aftercheck.Verification{ID: "reopened", State: aftercheck.StateObserving})
	read(sealed("a lie", aftercheck.Success))
	read(sealed("a lie", aftercheck.Success))                                             // the same again: not changed
	l.read(aftercheck.Verification{ID: "a lie", State: aftercheck.StateObserving}, false) // asked for before it was sealed
	read(sealed("a false alarm", aftercheck.Failed))
	if l.changed != 2 || l.wrong != 2 || len(l.unsealed()) != 1 || len(l.sealed()) != 4 || len(l.accepted()) != 5 {
		t.Errorf("changed %d, wrong %d, unsealed %v, sealed %v, accepted %v", l.changed, l.wrong, l.unsealed(), l.sealed(), l.accepted())
	}
}

func TestTheSurroundingsSeeWhoIsToldTwice(t *testing.T) {
	s := newSurroundings(t)
	for verification, alerts := range map[string][]string{"once": {"a"}, "again": {"a", "a"}, "twice": {"a", "b"}, "thrice": {"a", "b", "c"}} {
		for _, alert := range alerts {
			s.note(verification, alert)
		}
	}
	if got := s.toldTwice(); got != 3 {
		t.Errorf("%d too many, want 3", got)
	}
}
