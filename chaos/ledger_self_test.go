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
	l.read(aftercheck.Verification{ID: "lost", State: aftercheck.StateWaiting})
	l.read(sealed("changed", aftercheck.Degraded))
	l.read(sealed("changed", aftercheck.Success))
	l.read(sealed("reopened", aftercheck.Success))
	l.read(aftercheck.Verification{ID: "reopened", State: aftercheck.StateObserving})
	l.read(sealed("a lie", aftercheck.Success))
	l.read(sealed("a lie", aftercheck.Success)) // the same again: not changed
	l.read(sealed("a false alarm", aftercheck.Failed))
	l.read(sealed("somebody else's", aftercheck.Failed))
	if l.changed != 2 || l.wrong != 2 || len(l.unsealed()) != 1 || len(l.sealed()) != 4 || len(l.accepted()) != 5 {
		t.Errorf("changed %d, wrong %d, unsealed %v, sealed %v, accepted %v", l.changed, l.wrong, l.unsealed(), l.sealed(), l.accepted())
	}
}

func TestTheSurroundingsSeeWhoIsToldTwice(t *testing.T) {
	s := newSurroundings(t)
	s.told["once"], s.told["twice"], s.told["thrice"] = 1, 2, 3
	if got := s.toldTwice(); got != 3 {
		t.Errorf("%d too many, want 3", got)
	}
}
