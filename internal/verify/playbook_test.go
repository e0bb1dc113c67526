package verify_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/aftercheck/aftercheck"
)

// TestPlaybooksAreCountedFromTheirAcceptanceOn: the series begin at 0 when the
// verification is accepted, and its verdict counts in them, once.
func TestPlaybooksAreCountedFromTheirAcceptanceOn(t *testing.T) {
	bubble(t, plain, func(t *testing.T, h *house) {
		r := request("v1")
		r.Action.Text = "auto_repair_playbook:pb-42:restart"
		h.accept(t, r)
		if n, err := testutil.GatherAndCount(h.registry, "playbook_verifications_total"); err != nil || n != 3*4 {
			t.Errorf("%d series, %v; want four verdicts of none, other and pb-42", n, err)
		}
		if got := h.metric(t, "playbook_verifications_total"); got != 0 {
			t.Errorf("%v verdicts are counted before there is one", got)
		}
		if v := h.verdict(t, "v1"); v.Playbook != "pb-42" || v.Verdict == aftercheck.Timeout {
			t.Errorf("playbook %s, verdict %s", v.Playbook, v.Verdict)
		}
		if got := h.metric(t, "playbook_verifications_total"); got != 1 {
			t.Errorf("%v verdicts are counted, want 1", got)
		}
		if n, _ := testutil.GatherAndCount(h.registry, "playbook_verifications_total"); n != 3*4 {
			t.Errorf("the verdict made %d series of 12", n)
		}
	})
}
