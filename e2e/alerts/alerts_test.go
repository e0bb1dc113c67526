//go:build e2ealerts

package alerts

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/testbed"
	"github.com/aftercheck/aftercheck/internal/testbed/receivers"
)

// The repairs of this test. The first two do not help.
var (
	healed = repair{"inc-healed", "api", "auto_repair_playbook:pb-42:kubectl set resources deployment/api --limits=memory=64Mi",
		func(s *shop) { s.fallIll("api-cart") }}
	handled = repair{"inc-handled", "web", "restart_service:web", func(*shop) {}}
	// again is a second repair of the first incident, which works.
	again = repair{"inc-healed", "api", "kubectl rollout undo deployment/api",
		func(s *shop) { s.recover("api"); s.recover("api-cart") }}
	series = repair{"inc-series", "cache", "auto_repair_playbook:pb-clear-cache:run", func(*shop) {}}
)

// TestAlerts follows repairs to the people who are told of them, once: each
// stage goes on from what the last has left.
func TestAlerts(t *testing.T) {
	began := time.Now()
	w := newWorld(t)
	since(t, "started", began)
	bad := w.proposed(t)
	w.everyRuleIsEvaluated(t)
	w.oneBadNightIsNoSeries(t)
	w.alertmanagerForgets(t, bad)
	w.sidecarDies(t, bad)
	since(t, "the last crash is over", began)
	w.ends(t)
	since(t, "both proposals have ended", began)
	w.lowScoresReachPeople(t)
	since(t, "all", began)
}

func has(words ...string) func(receivers.Message) bool {
	return func(m receivers.Message) bool {
		for _, w := range words {
			if !strings.Contains(m.Text, w) {
				return false
			}
		}
		return true
	}
}

// of is a proposal as Telegram shows it, or its end.
func of(incident, heading string) func(receivers.Message) bool {
	return has("<b>"+heading+"</b>", "<b>Incident:</b> "+incident)
}

const (
	beginning = "Rollback proposed"
	ending    = "Rollback no longer proposed"
)

// webhook is what the reviewer gets of an incident.
func webhook(incident, status string) func(map[string]any) bool {
	return func(posted map[string]any) bool {
		labels, _ := posted["commonLabels"].(map[string]any)
		return posted["status"] == status && labels["incident"] == incident
	}
}

// proposed has two repairs judged that do not help, and looks at what people get.
func (w *world) proposed(t *testing.T) map[string]aftercheck.Verification {
	t.Helper()
	w.shop.fallIll("api")
	w.shop.fallIll("web")
	w.shop.fallIll("cache")
	bad := map[string]aftercheck.Verification{}
	for _, r := range []repair{healed, handled} {
		v, err := w.judge(t.Context(), r)
		if err != nil || v.Verdict != aftercheck.Failed || v.Score == nil {
			t.Fatalf("%s was judged %s (%s), %v; want failed with a score", r.incident, v.Verdict, v.Reason, err)
		}
		bad[r.incident] = v
	}
	for _, r := range []repair{healed, handled} {
		sealed := bad[r.incident].SealedAt
		m := w.telegram.Find(t, "the proposal for "+r.incident, of(r.incident, beginning))
		since(t, "from the verdict to Telegram", sealed)
		w.tellsPeople(t, m, r, bad[r.incident])
		w.tellsTheReviewer(t, w.reviewer.Find(t, "the proposal for "+r.incident, webhook(r.incident, "firing")), r, bad[r.incident])
	}
	return bad
}

// tellsPeople looks at a proposal in Telegram, and follows its link.
func (w *world) tellsPeople(t *testing.T, m receivers.Message, r repair, v aftercheck.Verification) {
	t.Helper()
	shown, links := lines(t, m)
	text := strings.Join(shown, "\n")
	t.Logf("Telegram shows\n%s", text)
	want := []string{
		"🔴 Rollback proposed", "Incident: " + r.incident, "Alert: ShopOrdersFailing", "Namespace: shop", "Action: " + r.action, fmt.Sprintf("Verdict: failed (%s)", v.Reason),
		fmt.Sprintf("Score: %.2f (threshold %.2f)", *v.Score, v.Policy.ProposalThreshold), "Root cause cleared: no",
		"Why: " + v.Explanation, "Take it over: aftercheck proposals acknowledge proposal-", "This is a proposal. Nothing is rolled back automatically.",
	}
	if len(v.Regressions) == 0 {
		want = append(want, "Regressions: none")
	} else {
		want = append(want, fmt.Sprintf("Regressions: %s %s: ", v.Regressions[0].Subject, v.Regressions[0].Check), "Playbook: pb-42")
	}
	for _, line := range want {
		if !strings.Contains("\n"+text+"\n", "\n"+line) {
			t.Errorf("%s: no line begins with %q in\n%s", r.incident, line, text)
		}
	}
	if m.ChatID != receivers.Chat || m.ParseMode != "HTML" || m.Silent == "true" {
		t.Errorf("%s is sent to %s as %s, silent %q", r.incident, m.ChatID, m.ParseMode, m.Silent)
	}
	if len(links) != 1 || links[0] != w.web+"/verifications/"+v.ID {
		t.Fatalf("%s: links %q, want the page of %s", r.incident, links, v.ID)
	}
	if page := read(t, links[0]); !strings.Contains(page, v.ID) || !strings.Contains(page, "failed") || !strings.Contains(page, string(v.Reason)) {
		t.Errorf("%s shows no verdict of %s", links[0], v.ID)
	}
}

// tellsTheReviewer looks at a proposal as the reviewer gets it: with the fields
// that docs/alertmanager.md has, and by the token.
func (w *world) tellsTheReviewer(t *testing.T, posted map[string]any, r repair, v aftercheck.Verification) {
	t.Helper()
	alerts, _ := posted["alerts"].([]any)
	if len(alerts) != 1 {
		t.Fatalf("%s: the reviewer got %d proposals at once", r.incident, len(alerts))
	}
	alert, _ := alerts[0].(map[string]any)
	labels, _ := alert["labels"].(map[string]any)
	annotations, _ := alert["annotations"].(map[string]any)
	for name, want := range map[string]string{
		"alertname": "AftercheckRollbackProposed", "severity": "critical", "verdict": "failed", "incident": r.incident,
		"namespace": "shop", "service": r.service,
	} {
		if labels[name] != want {
			t.Errorf("%s: label %s is %v, want %s", r.incident, name, labels[name], want)
		}
	}
	for name, want := range map[string]string{
		"action": r.action, "reason": string(v.Reason), "explanation": v.Explanation, "score": fmt.Sprintf("%.2f", *v.Score), "threshold": "0.50",
		"root_cause_cleared": "no", "verification": v.ID, "evidence": w.web + "/verifications/" + v.ID,
	} {
		if annotations[name] != want {
			t.Errorf("%s: annotation %s is %v, want %s", r.incident, name, annotations[name], want)
		}
	}
	if started, err := time.Parse(time.RFC3339, fmt.Sprint(alert["startsAt"])); err != nil || started.Sub(v.SealedAt).Abs() > time.Millisecond {
		t.Errorf("%s starts at %v, want %s, when the verdict was given", r.incident, alert["startsAt"], v.SealedAt)
	}
	asked, _ := w.reviewer.Seen()
	for _, request := range asked {
		if request.Header.Get("Authorization") != "Bearer "+receivers.ReviewersToken {
			t.Errorf("the reviewer was asked with %q", request.Header.Get("Authorization"))
		}
	}
}

// read returns the page at an address.
func read(t *testing.T, address string) string {
	t.Helper()
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v", address, response.Status, err)
	}
	return string(text)
}

// alertmanagerForgets kills Alertmanager and takes all that it knew: people hear of
// the proposals again.
func (w *world) alertmanagerForgets(t *testing.T, bad map[string]aftercheck.Verification) {
	t.Helper()
	w.alertmanager.Kill()
	toPeople, toReviewer := len(w.telegram.Took()), len(w.reviewer.Took())
	if err := os.RemoveAll(filepath.Join(w.alertmanager.Dir, "data")); err != nil {
		t.Fatal(err)
	}
	w.alertmanager.Restart(t)
	for incident := range bad {
		w.telegram.FindAfter(t, toPeople, "again the proposal for "+incident, of(incident, beginning))
		w.reviewer.FindAfter(t, toReviewer, "again the proposal for "+incident, webhook(incident, "firing"))
	}
}

// sidecarDies kills the sidecar: once it is back, its proposals are the same
// alerts as before, and told anew.
func (w *world) sidecarDies(t *testing.T, bad map[string]aftercheck.Verification) {
	t.Helper()
	before := map[string]alert{}
	for incident := range bad {
		before[incident] = w.proposal(t, incident, time.Time{})
	}
	w.sidecar.Kill()
	back := time.Now()
	w.sidecar.Restart(t)
	for incident, was := range before {
		now := w.proposal(t, incident, back)
		if !now.StartsAt.Equal(was.StartsAt) || now.Annotations["verification"] != was.Annotations["verification"] {
			t.Errorf("%s: after the crash the alert is %+v, before %+v", incident, now, was)
		}
	}
}

// proposal waits until Alertmanager has one proposal for an incident, and has been
// told of it after a time.
func (w *world) proposal(t *testing.T, incident string, after time.Time) (one alert) {
	t.Helper()
	testbed.Eventually(t, patience, func() error {
		all, err := w.proposals(incident)
		if err != nil {
			return err
		}
		if len(all) != 1 || all[0].UpdatedAt.Before(after) {
			return fmt.Errorf("proposals for %s: %+v, want one that was told after %s", incident, all, after)
		}
		one = all[0]
		return nil
	})
	return one
}

// ends heals the one incident, has somebody take over the other, and meanwhile a
// playbook fail again and again; people hear of the ends.
func (w *world) ends(t *testing.T) {
	t.Helper()
	v, err := w.judge(t.Context(), again)
	if err != nil || v.Verdict != aftercheck.Success {
		t.Fatalf("the second repair was judged %s (%s), %v", v.Verdict, v.Reason, err)
	}
	w.acknowledge(t)
	var executors errgroup.Group
	for range lowScores {
		executors.Go(func() error {
			v, err := w.judge(t.Context(), series)
			if err == nil && v.Verdict != aftercheck.Failed {
				err = fmt.Errorf("judged %s (%s), want failed", v.Verdict, v.Reason)
			}
			return err
		})
	}
	if err := executors.Wait(); err != nil {
		t.Fatal(err)
	}
	w.proposal(t, series.incident, time.Time{}) // one, of all of them
	for incident, outcome := range map[string]string{
		again.incident:   "Outcome: A later verification of the incident succeeded.",
		handled.incident: "Outcome: It was acknowledged by kim: rolled back by hand",
	} {
		shown, _ := lines(t, w.telegram.Find(t, "the end of the proposal for "+incident, of(incident, ending)))
		t.Logf("Telegram shows\n%s", strings.Join(shown, "\n"))
		if !slices.Contains(shown, outcome) {
			t.Errorf("the end of the proposal for %s does not say %q:\n%s", incident, outcome, strings.Join(shown, "\n"))
		}
		w.reviewer.Find(t, "the end of the proposal for "+incident, webhook(incident, "resolved"))
	}
}

// acknowledge takes the second incident's proposal over.
func (w *world) acknowledge(t *testing.T) {
	t.Helper()
	id := w.proposal(t, handled.incident, time.Time{}).Annotations["proposal"]
	_, err := w.client.Acknowledge(t.Context(), id, aftercheck.AcknowledgementRequest{By: "kim", Comment: "rolled back by hand"})
	if err != nil {
		t.Fatal(err)
	}
	open, err := w.client.Proposals(t.Context(), aftercheck.ProposalFilter{State: aftercheck.ProposalOpen})
	if err != nil || len(open.Proposals) > 0 {
		t.Errorf("open after the ends of all: %+v, %v", open.Proposals, err)
	}
}
