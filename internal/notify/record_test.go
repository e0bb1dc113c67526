package notify

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
)

var plain = writer{redact: func(text string) string { return text }}

func recordFor(v aftercheck.Verification) record { return newRecord(v, plain, time.Hour) }

func TestProposalInWords(t *testing.T) {
	v := judged(0.316, 1)
	v.Action.Text = strings.Repeat("ä", 130)
	v.Explanation = strings.Repeat("x", 5000)
	for range 7 {
		v.Regressions = append(v.Regressions, aftercheck.Regression{
			Subject: aftercheck.Subject{Kind: "Deployment", Namespace: "shop", Name: "cart"},
			Check:   aftercheck.CheckHealth, Before: "healthy", After: "unhealthy (CrashLoopBackOff)",
		})
	}
	v.Parts = []aftercheck.Part{
		{Name: "root_cause", Measured: true, Score: 0, Value: "no", Wanted: "yes"},
		{Name: "target_health", Measured: true, Score: 0, Value: "unhealthy", Wanted: "healthy"},
		{Name: "metrics"}, {Name: "stability", Measured: true, Score: 1},
	}
	w := plain
	w.externalURL = "https://aftercheck.example/"
	texts := w.annotations(v)
	if got := []rune(texts["action"]); len(got) != 120 || got[119] != '…' {
		t.Errorf("action of %d characters", len(got))
	}
	for _, want := range []string{
		"inc-1 (ApiDown)", "Score: 0.32 (threshold 0.50)", "Root cause cleared: no",
		"Verdict: failed (still_broken)", "and 2 more", "This is a proposal. Nothing is rolled back automatically.",
	} {
		if !strings.Contains(texts["description"], want) {
			t.Errorf("description lacks %q:\n%s", want, texts["description"])
		}
	}
	if got := strings.Count(texts["description"], "Deployment/shop/cart"); got != 5 {
		t.Errorf("%d regressions shown, want 5", got)
	}
	if got := len([]rune(texts["explanation"])); got != shownText {
		t.Errorf("explanation of %d characters", got)
	}
	for name, want := range map[string]string{
		"checks":   "target health: unhealthy, wanted healthy; metrics: nothing is known",
		"proposal": proposalID("inc-1", v.Playbook), "incident_alertname": "ApiDown",
		"evidence": "https://aftercheck.example/verifications/v1", "verification": "v1", "score": "0.32", "threshold": "0.50",
	} {
		if texts[name] != want {
			t.Errorf("%s is %q, want %q", name, texts[name], want)
		}
	}
	if texts := plain.annotations(v); texts["evidence"] != "" {
		t.Errorf("a link to nowhere: %s", texts["evidence"])
	}
}

func TestLabelsAreFewAndTellOutcomesApart(t *testing.T) {
	w := writer{redact: strings.NewReplacer("hunter2", "*").Replace, incidentLabels: []string{"team", "severity", "missing", "secret"}}
	v := judged(0.1, 1)
	v.Incident.Labels = map[string]string{"namespace": "shop", "team": "web", "severity": "page", "pod": "api-1", "secret": "hunter2"}
	want := map[string]string{
		"alertname": Alertname, "severity": "critical", "namespace": "shop", "incident": "inc-1", "playbook": "pb-42",
		"verdict": "failed", "team": "web", "secret": "*",
	}
	again := v
	score := 0.4
	copied := *v.Assessment
	again.ID, again.Assessment = "v2", &copied
	again.Score, again.RootCauseCleared, again.Reason = &score, aftercheck.AnswerUnknown, aftercheck.ReasonWorse
	for _, one := range []aftercheck.Verification{v, again} {
		if got := w.labels(one); !maps.Equal(got, want) {
			t.Errorf("labels %v, want %v", got, want)
		}
	}
	again.Verdict = aftercheck.Degraded
	if got := w.labels(again); got["severity"] != "warning" || got["verdict"] != "degraded" {
		t.Errorf("labels %v of a degraded one", got)
	}
	v.Playbook, v.Incident.Labels, v.Incident.ID = "", nil, strings.Repeat("i", 300)
	if got := plain.labels(v); len(got) != 4 || len([]rune(got["incident"])) != shownLabel {
		t.Errorf("labels %v", got)
	}
}

// TestALargestProposalFits: nothing that a caller or a sensor says makes a
// proposal too large for the store.
func TestALargestProposalFits(t *testing.T) {
	v := judged(0.1, 1)
	long := strings.Repeat("\x01", 100_000) // six bytes each in JSON
	v.Action.Text, v.Explanation, v.Playbook, v.Incident.Alertname = long, long, long, long
	v.Incident.ID = strings.Repeat("\x01", 256)
	v.Incident.Labels = map[string]string{"namespace": long}
	w := plain
	for n := range 10 {
		name := fmt.Sprintf("label_%d", n)
		w.incidentLabels, v.Incident.Labels[name] = append(w.incidentLabels, name), long
	}
	for range 9 {
		v.Regressions = append(v.Regressions, aftercheck.Regression{Before: long, After: long})
		v.Parts = append(v.Parts, aftercheck.Part{Name: long, Measured: true, Value: long, Wanted: long})
	}
	r := newRecord(v, w, time.Hour)
	for n := range 9 { // the labels change each time
		next := r
		next.VerificationID, next.JudgedAt = fmt.Sprint(n), r.JudgedAt.Add(time.Second)
		next.Labels = maps.Clone(r.Labels)
		next.Labels["verdict"] = fmt.Sprint(n)
		r, _ = r.followedBy(next)
	}
	e, err := r.errand(1, v.SealedAt, v.SealedAt, time.Hour, true)
	if err != nil || len(e.Payload) > aftercheck.MaxErrandPayload {
		t.Errorf("a proposal of %d bytes, %v; want at most %d", len(e.Payload), err, aftercheck.MaxErrandPayload)
	}
}

// TestFollowedBy changes a proposal by later verifications, and leaves it alone for
// the same and for earlier ones.
func TestFollowedBy(t *testing.T) {
	v := judged(0.3, 1)
	later := func(id string, after time.Duration, verdict aftercheck.Verdict) record {
		next := judged(0.1, 1)
		next.ID, next.SealedAt, next.Verdict = id, v.SealedAt.Add(after), verdict
		return recordFor(next)
	}
	first := recordFor(v)
	first.DeliveredAt = v.SealedAt.Add(time.Second)
	for name, next := range map[string]record{"the same again": recordFor(v), "an earlier one": later("v0", -time.Second, aftercheck.Failed)} {
		if _, changed := first.followedBy(next); changed {
			t.Errorf("%s changed it", name)
		}
	}
	worse, changed := first.followedBy(later("v2", time.Minute, aftercheck.Failed))
	if !changed || worse.VerificationID != "v2" || !worse.StartsAt.Equal(first.StartsAt) || !worse.OpenedAt.Equal(first.OpenedAt) ||
		worse.DeliveredAt.IsZero() || len(worse.Former) != 0 || worse.Score != 0.1 || !worse.ExpiresAt.Equal(worse.JudgedAt.Add(time.Hour)) {
		t.Errorf("with the same labels it is another alert: %+v", worse)
	}
	other, _ := worse.followedBy(later("v3", 2*time.Minute, aftercheck.Degraded))
	now := other.JudgedAt.Add(time.Second)
	alerts := other.alerts(now, time.Minute)
	if len(alerts) != 2 || !alerts[0].EndsAt.Equal(now.Add(4*time.Minute)) || alerts[1].EndsAt.After(now) || alerts[1].Labels["verdict"] != "failed" ||
		alerts[0].Annotations["outcome"] != "" || alerts[1].Annotations["outcome"] != outcomeReplaced {
		t.Errorf("with other labels the former alert must end: %+v", alerts)
	}
	if left := other.alerts(now.Add(5*time.Minute), time.Minute); len(left) != 1 {
		t.Errorf("the former alert is told for ever: %+v", left)
	}
	closed := worse.closed(aftercheck.ProposalAcknowledged, v.SealedAt.Add(3*time.Minute))
	if _, changed := closed.followedBy(later("v4", 2*time.Minute, aftercheck.Failed)); changed {
		t.Error("what was judged before it was closed opened it again")
	}
	again, changed := closed.followedBy(later("v5", 4*time.Minute, aftercheck.Failed))
	if !changed || !again.open() || !again.ClosedAt.IsZero() || !again.DeliveredAt.IsZero() || !again.OpenedAt.Equal(again.JudgedAt) {
		t.Errorf("a later failure does not open it again: %+v", again)
	}
	if ended := closed.alerts(closed.ClosedAt.Add(time.Second), time.Minute); len(ended) != 1 || !ended[0].EndsAt.Equal(closed.ClosedAt) {
		t.Errorf("closed it is told as %+v", ended)
	}
	early := first.closed(aftercheck.ProposalResolved, first.StartsAt.Add(-time.Hour)) // by another's clock
	if told := early.alerts(now, time.Minute)[0]; told.EndsAt.Before(told.StartsAt) {
		t.Error("an Alertmanager would refuse an alert that ends before it starts")
	}
}

// TestTheEndSaysHow: who hears of the end of a proposal hears why.
func TestTheEndSaysHow(t *testing.T) {
	long := strings.Repeat("я", 2000)
	for _, c := range []struct {
		state aftercheck.ProposalState
		by    *aftercheck.Acknowledgement
		want  string
	}{
		{aftercheck.ProposalResolved, nil, "A later verification of the incident succeeded."},
		{aftercheck.ProposalExpired, nil, "Nobody acted on it in its lifetime."},
		{aftercheck.ProposalAcknowledged, &aftercheck.Acknowledgement{}, "It was acknowledged."},
		{aftercheck.ProposalAcknowledged, &aftercheck.Acknowledgement{By: "kim"}, "It was acknowledged by kim."},
		{aftercheck.ProposalAcknowledged, &aftercheck.Acknowledgement{By: "kim", Comment: "rolled back"}, "It was acknowledged by kim: rolled back"},
		{aftercheck.ProposalAcknowledged, &aftercheck.Acknowledgement{Comment: long}, cut("It was acknowledged: "+long, shownText)},
	} {
		r := recordFor(judged(0.1, 1)).closed(c.state, time.Now())
		r.Acknowledgement = c.by
		told := r.alerts(time.Now(), time.Minute)[0].Annotations
		if told["outcome"] != c.want || told["action"] != r.Annotations["action"] {
			t.Errorf("%s is told as %q, want %q beside what was proposed", c.state, told["outcome"], c.want)
		}
		if _, kept := r.Annotations["outcome"]; kept {
			t.Error("telling of the end changed what is kept")
		}
	}
}

func TestBackoffGrowsToTheResendInterval(t *testing.T) {
	for failures, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 7: time.Minute, 10_000: time.Minute} {
		for range 100 {
			if got := backoff(failures, time.Minute); got > want || got < want*3/4 {
				t.Errorf("after %d failures %s, want about %s", failures, got, want)
			}
		}
	}
}
