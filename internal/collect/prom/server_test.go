package prom

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// patient is a target whose metrics page a test writes.
type patient struct {
	*httptest.Server
	mu   sync.Mutex
	page string
}

func newPatient(t *testing.T, page string) *patient {
	p := &patient{page: page}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = io.WriteString(w, p.page)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *patient) show(page string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.page = page
}

func (p *patient) address() string { return strings.TrimPrefix(p.URL, "http://") }

// startPrometheus starts a server that scrapes the patient five times a second.
func startPrometheus(t *testing.T, p *patient, rules string) string {
	t.Helper()
	config := fmt.Sprintf(`
global: {scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms, external_labels: {cluster: east}}
scrape_configs:
- job_name: patient
  static_configs: [{targets: [%q], labels: {namespace: shop}}]
`, p.address())
	return testbed.Prometheus(t, config, rules, "--scrape.discovery-reload-interval=200ms")
}

// sensors makes both sensors of a server.
func sensors(t *testing.T, c Config) (metrics, alerts collect.Sensor) {
	t.Helper()
	c.HTTP.FollowRedirects = true
	made, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return made[0], made[1]
}

// read takes the sensor's reading and interprets it.
func read(t *testing.T, s collect.Sensor, q collect.Question) (collect.Answer, error) {
	t.Helper()
	plan, ok := s.Plan(q)
	if !ok {
		t.Fatalf("%s has nothing to say about %v", s.Name, q.Incident)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	answer, err := plan.Read(ctx)
	if err != nil {
		return answer, err
	}
	return plan.Interpret(answer), nil
}

// find returns the finding about a subject of that name.
func find(a collect.Answer, name string) (aftercheck.Finding, error) {
	for _, f := range a.Findings {
		if f.Subject.Name == name {
			return f, nil
		}
	}
	return aftercheck.Finding{}, fmt.Errorf("no finding about %s in %+v", name, a.Findings)
}

// becomes waits until the sensor says this state with this reason about the
// subject, and returns the finding.
func becomes(t *testing.T, s collect.Sensor, q collect.Question, name string, state aftercheck.State, reason string) aftercheck.Finding {
	t.Helper()
	var last aftercheck.Finding
	testbed.Eventually(t, 15*time.Second, func() error {
		answer, err := read(t, s, q)
		if err != nil {
			return err
		}
		if last, err = find(answer, name); err != nil {
			return err
		}
		if last.State != state || last.Reason != reason {
			return fmt.Errorf("%s is %q with %s (%s), want %q with %s", name, last.State, last.Reason, last.Message, state, reason)
		}
		return nil
	})
	return last
}

func incident(alertname string, pairs ...string) aftercheck.Incident {
	labels := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		labels[pairs[i]] = pairs[i+1]
	}
	return aftercheck.Incident{ID: "i-1", Alertname: alertname, Labels: labels}
}
