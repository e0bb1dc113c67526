package verify_test

import (
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
)

func (h *house) overdue(t testing.TB) float64 { return h.metric(t, "verifications_overdue") }

// TestOverdueIsWhatHasNoVerdictPastItsDeadline: a store that cannot seal keeps
// verifications from their verdicts, of which some are due and one is not.
func TestOverdueIsWhatHasNoVerdictPastItsDeadline(t *testing.T) {
	bubble(t, patient, func(t *testing.T, h *house) {
		h.accept(t, request("v1"))
		h.accept(t, request("v2"))
		later := request("v3")
		later.Deadline = ptr(aftercheck.Duration(5 * time.Minute))
		h.accept(t, later)
		h.store.setFault(down("seal", false))
		pass(39 * time.Second)
		if got := h.overdue(t); got != 0 {
			t.Errorf("%v overdue before the deadline, want 0", got)
		}
		pass(2 * time.Second)
		for range 2 { // counting does not change the count
			if got := h.overdue(t); got != 2 {
				t.Errorf("%v overdue after the deadline, want 2", got)
			}
		}
		h.store.setFault(nil)
		h.verdict(t, "v1")
		h.verdict(t, "v2")
		if got := h.overdue(t); got != 0 {
			t.Errorf("%v overdue with verdicts, want 0", got)
		}
		h.verdict(t, "v3")
		if got := h.overdue(t); got != 0 {
			t.Errorf("%v overdue at the end, want 0", got)
		}
	})
}

// TestOverdueAfterARestart: what a store that cannot be read holds pending is
// counted too.
func TestOverdueAfterARestart(t *testing.T) {
	bubble(t, patient, func(t *testing.T, h *house) {
		h.accept(t, request("v1"))
		pass(12 * time.Second)
		h.store.setFault(down("lead", false))
		h.restart(t, time.Minute)
		pass(time.Second)
		if got := h.overdue(t); got != 1 {
			t.Errorf("%v overdue, want 1", got)
		}
		h.store.setFault(nil)
		h.verdict(t, "v1")
		if got := h.overdue(t); got != 0 {
			t.Errorf("%v overdue with a verdict, want 0", got)
		}
	})
}

func TestDeadlineThatWasPutOffIsNotOverdue(t *testing.T) {
	bubble(t, patient, func(t *testing.T, h *house) {
		h.eyes.delays = oneDelay(75 * time.Second) // told by the first round
		h.accept(t, request("v1"))
		pass(50 * time.Second) // beyond the deadline as it was accepted
		if got := h.overdue(t); got != 0 {
			t.Errorf("%v overdue, want 0", got)
		}
		h.verdict(t, "v1")
	})
}

// TestVerdictThatIsNotSettledIsNotOverdue: it is in flight until it is noted that
// it was told, and it is there.
func TestVerdictThatIsNotSettledIsNotOverdue(t *testing.T) {
	bubble(t, patient, func(t *testing.T, h *house) {
		h.accept(t, request("v1"))
		h.store.setFault(down("settle", false))
		pass(time.Minute)
		if flying, overdue := h.metric(t, "verifications_in_flight"), h.overdue(t); flying != 1 || overdue != 0 {
			t.Errorf("%v in flight, %v overdue; want 1 and 0", flying, overdue)
		}
		h.store.setFault(nil)
		h.verdict(t, "v1")
	})
}
