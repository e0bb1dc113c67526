package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
	"github.com/aftercheck/aftercheck/internal/notify"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// patience is long enough for a loaded machine.
const patience = 30 * time.Second

func lowScore() aftercheck.Verification {
	score, coverage := 0.21, 1.0
	return aftercheck.Verification{
		ID: "v1", State: aftercheck.StateSealed, Policy: aftercheck.DefaultPolicy(), SealedAt: time.Now(),
		Incident: aftercheck.Incident{ID: "inc-1", Labels: map[string]string{"namespace": "shop", "alertname": "ApiDown", "team": "web"}},
		Action:   aftercheck.Action{Text: "auto_repair:pb-7 --password=hunter2"}, Playbook: "pb-7",
		Assessment: &aftercheck.Assessment{
			Verdict: aftercheck.Failed, Reason: aftercheck.ReasonWorse, Score: &score, Coverage: &coverage,
			RootCauseCleared: aftercheck.AnswerNo,
		},
	}
}

// another is a verification of the same incident, sealed so long after the first.
func another(id string, after time.Duration, verdict aftercheck.Verdict) aftercheck.Verification {
	v := lowScore()
	v.ID, v.SealedAt, v.Verdict = id, v.SealedAt.Add(after), verdict
	if verdict == aftercheck.Success {
		*v.Score = 1
	}
	return v
}

// received is an alert as Alertmanager gives it back.
type received struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`
}

func alerts(base string) (got []received, err error) {
	answer, err := http.Get(base + "/api/v2/alerts")
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return got, json.NewDecoder(answer.Body).Decode(&got)
}

// firing waits until an Alertmanager has so many alerts, and returns them.
func firing(t *testing.T, base string, n int) (got []received) {
	t.Helper()
	testbed.Eventually(t, patience, func() (err error) {
		if got, err = alerts(base); err == nil && len(got) != n {
			err = fmt.Errorf("%d alerts, want %d: %+v", len(got), n, got)
		}
		return err
	})
	return got
}

// counts are what a proposer has told its metrics.
type counts struct {
	mu                   sync.Mutex
	opened, open, unsent int
	closed, sent, failed map[string]int
	alertmanagers        []string
}

func (c *counts) locked(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do()
}

func (c *counts) ProposalOpened()               { c.locked(func() { c.opened++ }) }
func (c *counts) ProposalClosed(outcome string) { c.locked(func() { c.closed[outcome]++ }) }
func (c *counts) Proposals(open, undelivered int) {
	c.locked(func() { c.open, c.unsent = open, undelivered })
}
func (c *counts) SetAlertmanagers(names []string) { c.locked(func() { c.alertmanagers = names }) }
func (c *counts) Notified(alertmanager string, failed bool) {
	c.locked(func() {
		c.sent[alertmanager]++
		if failed {
			c.failed[alertmanager]++
		}
	})
}

// world is a running proposer.
type world struct {
	*notify.Proposer
	*counts
	stop func()
}

// propose runs a proposer until the test or stop ends it.
func propose(t *testing.T, store notify.Store, s notify.Settings) world {
	t.Helper()
	return proposeWith(t, notify.Options{Store: store, Settings: s})
}

func proposeWith(t *testing.T, o notify.Options) world {
	t.Helper()
	c := &counts{closed: map[string]int{}, sent: map[string]int{}, failed: map[string]int{}}
	o.Metrics = c
	p, err := notify.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	return world{p, c, stop}
}

// told tells a verdict.
func (w world) told(t *testing.T, v aftercheck.Verification) {
	t.Helper()
	if err := w.Notify(t.Context(), v); err != nil {
		t.Fatal(err)
	}
}

// only returns the one proposal that there is.
func (w world) only(t *testing.T) aftercheck.Proposal {
	t.Helper()
	page, err := w.Proposer.Proposals(t.Context(), aftercheck.ProposalFilter{})
	if err != nil || len(page.Proposals) != 1 {
		t.Fatalf("%d proposals, %v; want one", len(page.Proposals), err)
	}
	return page.Proposals[0]
}

func TestProposalReachesAllAlertmanagers(t *testing.T) {
	peers := []string{testbed.Alertmanager(t, ""), testbed.Alertmanager(t, "")}
	w := proposeWith(t, notify.Options{
		Store: evidencetest.NewModel(), ExternalURL: "https://aftercheck.example",
		Settings: notify.Settings{
			URLs: []string{peers[0], peers[1] + "/"}, IncidentLabels: []string{"team"},
			Redact: func(text string) string { return strings.ReplaceAll(text, "hunter2", "[redacted]") },
		},
	})
	v := lowScore()
	for range 2 { // the same verdict told twice is one proposal
		w.told(t, v)
	}
	for _, peer := range peers {
		got := firing(t, peer, 1)[0]
		want := map[string]string{
			"alertname": notify.Alertname, "severity": "critical", "namespace": "shop", "playbook": "pb-7", "verdict": "failed", "incident": "inc-1", "team": "web",
		}
		if fmt.Sprint(got.Labels) != fmt.Sprint(want) {
			t.Errorf("labels %v, want %v", got.Labels, want)
		}
		if got.Annotations["score"] != "0.21" || !strings.Contains(got.Annotations["description"], "Nothing is rolled back automatically") {
			t.Errorf("annotations: %v", got.Annotations)
		}
		if left := time.Until(got.EndsAt); left < 2*time.Minute || left > 4*time.Minute || !got.StartsAt.Equal(v.SealedAt.Truncate(time.Millisecond)) && got.StartsAt.Sub(v.SealedAt).Abs() > time.Millisecond {
			t.Errorf("from %s, stands for %s, want four resend intervals", got.StartsAt, left)
		}
		if page := "https://aftercheck.example/verifications/v1"; got.GeneratorURL != page || got.Annotations["evidence"] != page {
			t.Errorf("links to %s and %s", got.GeneratorURL, got.Annotations["evidence"])
		}
		if strings.Contains(fmt.Sprint(got), "hunter2") {
			t.Error("a secret was sent")
		}
	}
	testbed.Eventually(t, patience, func() (err error) {
		w.locked(func() {
			if w.opened != 1 || w.open != 1 || w.unsent != 0 || w.sent[peers[0]] == 0 || w.sent[peers[1]] == 0 || len(w.failed) != 0 {
				err = fmt.Errorf("opened %d, open %d, undelivered %d, sent %v, failed %v", w.opened, w.open, w.unsent, w.sent, w.failed)
			}
		})
		return err
	})
	if p := w.only(t); p.DeliveredAt.IsZero() || p.State != aftercheck.ProposalOpen {
		t.Errorf("kept as %+v", p)
	}
}

func TestNoProposalWithoutNeed(t *testing.T) {
	store := evidencetest.NewModel()
	w := propose(t, store, notify.Settings{})
	good, silent := lowScore(), lowScore()
	*good.Score = 0.9
	silent.Reason = aftercheck.ReasonInsufficientEvidence
	off := propose(t, store, notify.Settings{Disabled: true})
	w.told(t, good)
	w.told(t, silent)
	off.told(t, lowScore())
	if page, err := w.Proposer.Proposals(t.Context(), aftercheck.ProposalFilter{}); err != nil || len(page.Proposals) != 0 {
		t.Errorf("proposals %v, %v", page.Proposals, err)
	}
}

// TestProposalIsBackInAnEmptyAlertmanager restarts one, which forgets its alerts.
func TestProposalIsBackInAnEmptyAlertmanager(t *testing.T) {
	peer := testbed.StartAlertmanager(t, "")
	w := propose(t, evidencetest.NewModel(), notify.Settings{URLs: []string{"http://" + peer.Addr}, Resend: 2 * time.Second})
	w.told(t, lowScore())
	before := firing(t, "http://"+peer.Addr, 1)[0]
	peer.Restart(t)
	after := firing(t, "http://"+peer.Addr, 1)[0]
	if fmt.Sprint(before.Labels) != fmt.Sprint(after.Labels) || !before.StartsAt.Equal(after.StartsAt) {
		t.Errorf("it came back as another: %+v, before %+v", after, before)
	}
}

// TestSuccessResolves: a later success of the incident ends the alert, long before
// it would end by itself; an earlier one, and another incident's, do not.
func TestSuccessResolves(t *testing.T) {
	peer := testbed.Alertmanager(t, "")
	w := propose(t, evidencetest.NewModel(), notify.Settings{URLs: []string{peer}})
	w.told(t, lowScore())
	firing(t, peer, 1)
	elsewhere := another("v3", time.Second, aftercheck.Success)
	elsewhere.Incident.ID = "inc-2"
	for _, v := range []aftercheck.Verification{another("v0", -time.Hour, aftercheck.Success), elsewhere} {
		w.told(t, v)
		if p := w.only(t); p.State != aftercheck.ProposalOpen {
			t.Fatalf("%s closed it: %s", v.ID, p.State)
		}
	}
	good := another("v2", time.Second, aftercheck.Success)
	good.Playbook = "another"
	for range 2 {
		w.told(t, good)
	}
	firing(t, peer, 0)
	if p := w.only(t); p.State != aftercheck.ProposalResolved || p.ResolvedBy != "v2" || p.ClosedAt.IsZero() {
		t.Errorf("kept as %+v", p)
	}
	if _, err := w.Acknowledge(t.Context(), w.only(t).ID, aftercheck.AcknowledgementRequest{}); !errors.Is(err, aftercheck.ErrConflict) {
		t.Errorf("acknowledging what is resolved: %v", err)
	}
	w.told(t, another("v4", time.Hour, aftercheck.Failed))
	firing(t, peer, 1)
	w.locked(func() {
		if w.opened != 2 || w.closed["resolved"] != 1 {
			t.Errorf("opened %d, closed %v", w.opened, w.closed)
		}
	})
}

// TestSuccessThatWasToldFirst: after a crash, verdicts may be told in any order.
func TestSuccessThatWasToldFirst(t *testing.T) {
	w := proposeWith(t, notify.Options{
		Store:     evidencetest.NewModel(),
		Succeeded: func(_ context.Context, incident string, _ time.Time) (bool, error) { return incident == "inc-1", nil },
	})
	w.told(t, lowScore())
	if p := w.only(t); p.State != aftercheck.ProposalResolved {
		t.Errorf("it is %s", p.State)
	}
}

func TestAcknowledged(t *testing.T) {
	peer := testbed.Alertmanager(t, "")
	w := propose(t, evidencetest.NewModel(), notify.Settings{URLs: []string{peer}})
	w.told(t, lowScore())
	firing(t, peer, 1)
	uid := uint32(7)
	for _, by := range []string{"kim", "another"} { // the first stands
		p, err := w.Acknowledge(t.Context(), w.only(t).ID, aftercheck.AcknowledgementRequest{By: by, Comment: "by hand", RequestedBy: &aftercheck.Requester{UID: &uid}})
		if err != nil || p.State != aftercheck.ProposalAcknowledged || p.Acknowledgement.By != "kim" || *p.Acknowledgement.RequestedBy.UID != 7 {
			t.Fatalf("acknowledged by %s: %+v, %v", by, p, err)
		}
	}
	firing(t, peer, 0)
	w.told(t, lowScore()) // told again after a crash
	w.told(t, another("v0", -time.Minute, aftercheck.Failed))
	if p := w.only(t); p.State != aftercheck.ProposalAcknowledged {
		t.Errorf("it is %s again", p.State)
	}
	if _, err := w.Acknowledge(t.Context(), "nobody", aftercheck.AcknowledgementRequest{}); !errors.Is(err, aftercheck.ErrNotFound) {
		t.Errorf("acknowledging nothing: %v", err)
	}
}

func TestExpires(t *testing.T) {
	peer := testbed.Alertmanager(t, "")
	w := propose(t, evidencetest.NewModel(), notify.Settings{URLs: []string{peer}, Resend: time.Second, Lifetime: 3 * time.Second})
	w.told(t, lowScore())
	testbed.Eventually(t, patience, func() (err error) {
		w.locked(func() {
			if w.closed["expired"] != 1 || w.open != 0 {
				err = fmt.Errorf("closed %v, open %d", w.closed, w.open)
			}
		})
		return err
	})
	firing(t, peer, 0)
	if p := w.only(t); p.State != aftercheck.ProposalExpired || p.DeliveredAt.IsZero() {
		t.Errorf("kept as %+v", p)
	}
}

// TestALaterFailureChangesTheSameProposal: the same labels are the same alert;
// where they change, the former alert ends.
func TestALaterFailureChangesTheSameProposal(t *testing.T) {
	peer := testbed.Alertmanager(t, "")
	w := propose(t, evidencetest.NewModel(), notify.Settings{URLs: []string{peer}})
	w.told(t, another("v1", 0, aftercheck.Degraded))
	first := firing(t, peer, 1)[0]
	worse := another("v2", time.Second, aftercheck.Failed)
	w.told(t, worse)
	testbed.Eventually(t, patience, func() error {
		got, err := alerts(peer)
		if err == nil && (len(got) != 1 || got[0].Labels["verdict"] != "failed" || got[0].Labels["severity"] != "critical") {
			err = fmt.Errorf("alerts %+v", got)
		}
		return err
	})
	if first.Labels["severity"] != "warning" {
		t.Errorf("first it was %v", first.Labels)
	}
	*worse.Score, worse.ID, worse.SealedAt = 0.05, "v3", worse.SealedAt.Add(time.Second)
	w.told(t, worse)
	testbed.Eventually(t, patience, func() error {
		got, err := alerts(peer)
		if err == nil && (len(got) != 1 || got[0].Annotations["score"] != "0.05") {
			err = fmt.Errorf("alerts %+v", got)
		}
		return err
	})
	if p := w.only(t); p.VerificationID != "v3" || p.State != aftercheck.ProposalOpen {
		t.Errorf("kept as %+v", p)
	}
	w.locked(func() {
		if w.opened != 1 {
			t.Errorf("opened %d times", w.opened)
		}
	})
}

// TestDryRunSendsNothing keeps, lists and counts.
func TestDryRunSendsNothing(t *testing.T) {
	peer := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("asked") }))
	t.Cleanup(peer.Close)
	w := propose(t, evidencetest.NewModel(), notify.Settings{URLs: []string{peer.URL}, DryRun: true})
	w.told(t, lowScore())
	testbed.Eventually(t, patience, func() (err error) {
		w.locked(func() {
			if w.open != 1 || w.unsent != 0 || w.opened != 1 {
				err = fmt.Errorf("open %d, undelivered %d, opened %d", w.open, w.unsent, w.opened)
			}
		})
		return err
	})
	// A reload turns it on: from then on it is told.
	there := testbed.Alertmanager(t, "")
	w.Reconfigure(notify.Settings{URLs: []string{there}})
	if _, err := w.Acknowledge(t.Context(), w.only(t).ID, aftercheck.AcknowledgementRequest{}); err != nil {
		t.Fatal(err)
	}
	v := lowScore()
	v.Incident.ID = "inc-2"
	w.told(t, v)
	firing(t, there, 1)
}

// TestAnotherSidecarGoesOn has two on one Redis. One is killed: what it opened, the
// other tells again, also to an Alertmanager that has forgotten it.
func TestAnotherSidecarGoesOn(t *testing.T) {
	redis, peer := testbed.Redis(t), testbed.StartAlertmanager(t, "")
	open := func() world {
		store, err := evidence.OpenRedis(evidence.RedisOptions{URL: "redis://" + redis})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() })
		return propose(t, store, notify.Settings{URLs: []string{"http://" + peer.Addr}, Resend: 2 * time.Second})
	}
	one, two := open(), open()
	one.told(t, lowScore())
	firing(t, "http://"+peer.Addr, 1)
	one.stop()
	peer.Restart(t)
	firing(t, "http://"+peer.Addr, 1)
	two.told(t, another("v2", time.Second, aftercheck.Success))
	firing(t, "http://"+peer.Addr, 0)
	if p := two.only(t); p.State != aftercheck.ProposalResolved {
		t.Errorf("kept as %+v", p)
	}
}

// TestToldWhileTheStoreIsAway: what is open is told on, so that no alert ends
// because of an outage of the store.
func TestToldWhileTheStoreIsAway(t *testing.T) {
	peer := testbed.StartAlertmanager(t, "")
	var away atomic.Bool
	store := evidencetest.NewFaulty(evidencetest.NewModel(), func(string) evidencetest.Fault {
		if away.Load() {
			return evidencetest.FaultRequestLost
		}
		return evidencetest.FaultNone
	})
	w := propose(t, store, notify.Settings{URLs: []string{"http://" + peer.Addr}, Resend: 2 * time.Second})
	w.told(t, lowScore())
	firing(t, "http://"+peer.Addr, 1)
	away.Store(true)
	peer.Restart(t)
	firing(t, "http://"+peer.Addr, 1)
	if err := w.Notify(t.Context(), another("v2", time.Second, aftercheck.Success)); !errors.Is(err, aftercheck.ErrUnavailable) {
		t.Errorf("a success that cannot be kept: %v, want ErrUnavailable, to be told again", err)
	}
	away.Store(false)
	w.told(t, another("v2", time.Second, aftercheck.Success))
	firing(t, "http://"+peer.Addr, 0)
}

func TestNewRejects(t *testing.T) {
	for _, urls := range [][]string{{""}, {"alertmanager:9093"}, {"ftp://host"}, {"http://"}, {"http://ok", "http://user:secret@%zz"}} {
		_, err := notify.New(notify.Options{Settings: notify.Settings{URLs: urls}})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: error %v", urls, err)
		}
	}
}
