package verify_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
	"github.com/aftercheck/aftercheck/internal/collect"
	"github.com/aftercheck/aftercheck/internal/exporter"
	"github.com/aftercheck/aftercheck/internal/verify"
)

// eyes are sensors that see what they are told to.
type eyes struct {
	mu      sync.Mutex
	asked   []time.Time
	queries []collect.Question
	takes   time.Duration               // how long a reading takes
	sees    func() []aftercheck.Finding // nil: a healthy Deployment
	mute    bool                        // never answers in time
	delays  []aftercheck.Delay          // what it says of its signals
	ahead   func() time.Duration        // of the clock that it goes by; nil: not
}

func (s *eyes) Names() []string { return []string{"eyes"} }

func (s *eyes) Ask(ctx context.Context, q collect.Question) []aftercheck.Reading {
	at := time.Now().UTC().Round(0)
	s.mu.Lock()
	s.asked, s.queries = append(s.asked, at), append(s.queries, q)
	takes, sees, mute, delays := s.takes, s.sees, s.mute, s.delays
	s.mu.Unlock()
	seen := at
	if s.ahead != nil {
		seen = at.Add(s.ahead())
	}
	reading := aftercheck.Reading{Sensor: "eyes", At: seen, Outcome: aftercheck.ReadingOK, Target: deployment("uid-1")}
	if mute {
		takes = time.Hour
	}
	if takes > 0 {
		select {
		case <-time.After(takes):
		case <-ctx.Done():
			reading = aftercheck.Reading{Sensor: "eyes", At: at, Outcome: aftercheck.ReadingTimeout, Error: "late"}
		}
	}
	reading.DurationSeconds = time.Since(at).Seconds()
	if reading.Outcome == aftercheck.ReadingOK {
		reading.Findings, reading.Raw, reading.Delays = healthy(), "raw text", delays
		if sees != nil {
			reading.Findings = sees()
		}
	}
	return []aftercheck.Reading{reading}
}

// rounds returns when the sensors were asked, since a moment.
func (s *eyes) rounds(since time.Time) (after []time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, at := range s.asked {
		after = append(after, at.Sub(since))
	}
	return after
}

func deployment(uid string) aftercheck.Target {
	return aftercheck.Target{Group: "apps", Kind: "Deployment", Namespace: "shop", Name: "api", UID: uid}
}

func finding(state aftercheck.State) []aftercheck.Finding {
	return []aftercheck.Finding{{
		Subject: aftercheck.Subject{Kind: "Deployment", Namespace: "shop", Name: "api", UID: "uid-1"},
		Check:   aftercheck.CheckHealth, Scope: aftercheck.ScopeTarget, State: state, At: time.Now().UTC(),
	}}
}

func healthy() []aftercheck.Finding { return finding(aftercheck.StateHealthy) }

// told is a notifier that remembers.
type told struct {
	mu    sync.Mutex
	about map[string]int
	lives []map[string]int // the same by the engine that told
	fails bool
	away  int // so many times it cannot keep what follows
}

// begin makes a life for the engine that starts.
func (n *told) begin() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lives = append(n.lives, map[string]int{})
}

// mostInALife is how often one and the same engine told of a verification.
func (n *told) mostInALife(id string) (most int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, life := range n.lives {
		most = max(most, life[id])
	}
	return most
}

func (n *told) Notify(_ context.Context, v aftercheck.Verification) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.about == nil {
		n.about = map[string]int{}
	}
	n.about[v.ID]++
	if len(n.lives) > 0 {
		n.lives[len(n.lives)-1][v.ID]++
	}
	if n.away > 0 {
		n.away--
		return fmt.Errorf("keeping: %w", aftercheck.ErrUnavailable)
	}
	if n.fails {
		return errors.New("nobody listens")
	}
	return nil
}

func (n *told) times(id string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.about[id]
}

// house is an engine with everything around it.
type house struct {
	store    *memory
	wire     *wire // from the engine to the store
	eyes     *eyes
	told     *told
	registry *prometheus.Registry
	options  verify.Options
	engine   *verify.Engine
	stop     func() // ends Run and waits for it
}

// newHouse builds a house whose engine does not run yet.
func newHouse(change ...func(*verify.Options)) *house {
	h := &house{store: newMemory(), eyes: &eyes{}, told: &told{}, registry: prometheus.NewRegistry()}
	h.wire = &wire{to: h.store}
	h.options = verify.Options{
		Store: h.wire, Sensors: h.eyes, Notifier: h.told,
		Metrics: exporter.New(h.registry, exporter.Options{MaxPlaybooks: 2, MaxAlertnames: 2}),
	}
	for _, c := range change {
		c(&h.options)
	}
	h.engine = verify.New(h.options)
	return h
}

// run starts the engine, and ends it with the test at the latest.
func (h *house) run(t testing.TB) *house {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	engine := h.engine
	h.told.begin()
	go func() { ended <- engine.Run(ctx) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return h
}

// restart ends the engine and starts another one on the same store.
func (h *house) restart(t testing.TB, away time.Duration) {
	t.Helper()
	h.stop()
	time.Sleep(away)
	h.registry = prometheus.NewRegistry()
	h.options.Metrics = exporter.New(h.registry, exporter.Options{MaxPlaybooks: 2, MaxAlertnames: 2})
	h.engine = verify.New(h.options)
	h.run(t)
}

// bubble runs a test in a bubble in which the engine of the house runs.
func bubble(t *testing.T, h func() *house, test func(t *testing.T, h *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		house := h()
		house.run(t)
		synctest.Wait()
		defer func() { house.stop() }()
		test(t, house)
	})
}

func request(id string) aftercheck.VerificationRequest {
	return aftercheck.VerificationRequest{
		ID:       id,
		Incident: aftercheck.Incident{ID: "inc-1", Alertname: "ApiDown", Labels: map[string]string{"namespace": "shop", "deployment": "api"}},
		Action:   aftercheck.Action{Text: "kubectl rollout undo deployment/api"},
	}
}

func (h *house) accept(t testing.TB, r aftercheck.VerificationRequest) aftercheck.Verification {
	t.Helper()
	v, created, err := h.engine.Accept(context.Background(), r)
	if err != nil || !created {
		t.Fatalf("Accept: created %v, %v", created, err)
	}
	return v
}

// verdict waits for the verdict for as long as it takes, and in a bubble until
// everybody is told.
func (h *house) verdict(t testing.TB, id string) aftercheck.Verification {
	t.Helper()
	v, err := h.engine.Wait(context.Background(), id, time.Hour)
	if err != nil || !v.Sealed() {
		t.Fatalf("Wait: state %s, %v", v.State, err)
	}
	synctest.Wait()
	return v
}

// undecided is a judge that is never sure, and says at the deadline how many
// rounds there were.
func undecided(c assess.Case, now time.Time) assess.Judgement {
	j := assess.Judgement{Assessment: aftercheck.Assessment{Verdict: aftercheck.Degraded, Reason: aftercheck.ReasonStillConverging}}
	if len(c.Evidence.Rounds) == 0 {
		j.Verdict, j.Reason = aftercheck.Timeout, aftercheck.ReasonDeadlineExceeded
		if c.Away {
			j.Reason = aftercheck.ReasonSidecarAway
		}
	}
	j.Sure = !now.Before(c.DeadlineAt)
	return j
}

// sure is a judge that decides after the first round.
func sure(c assess.Case, now time.Time) assess.Judgement {
	j := undecided(c, now)
	j.Sure = j.Sure || len(c.Evidence.Rounds) > 0
	return j
}

func withJudge(judge verify.Judge) func(*verify.Options) {
	return func(o *verify.Options) { o.Judge = judge }
}

// sealedCount is how many verdicts the metrics counted.
func (h *house) sealedCount(t testing.TB) (n float64) {
	t.Helper()
	families, err := h.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "verifications_total" {
			for _, metric := range family.GetMetric() {
				n += metric.GetCounter().GetValue()
			}
		}
	}
	return n
}

// metric is the sum of a metric without labels, or a histogram's sum.
func (h *house) metric(t testing.TB, name string) (sum float64) {
	t.Helper()
	families, err := h.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == name {
			for _, metric := range family.GetMetric() {
				sum += metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + metric.GetHistogram().GetSampleSum()
			}
		}
	}
	return sum
}

// pass lets time pass in a bubble.
func pass(d time.Duration) { time.Sleep(d) }
