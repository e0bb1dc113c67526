package prom

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

// TestRedirectsToAnotherHostAreRefused: neither metrics nor alerts follow them,
// and no credentials go there.
func TestRedirectsToAnotherHostAreRefused(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	for _, code := range []int{http.StatusFound, http.StatusTemporaryRedirect} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+r.URL.Path, code)
		}))
		t.Cleanup(server.Close)
		metrics, alerts := sensors(t, Config{URL: server.URL, Queries: []Query{{Name: "up", Expr: "up"}}})
		for _, sensor := range []collect.Sensor{metrics, alerts} {
			question := collect.Question{Incident: aftercheck.Incident{ID: "a", Alertname: "Down", Labels: map[string]string{"alertname": "Down", "namespace": "shop"}}}
			answer, err := read(t, sensor, question)
			said := answer.Raw
			for _, f := range answer.Findings {
				said += f.Reason + f.Message
				if f.State == aftercheck.StateHealthy || f.State == aftercheck.StateUnhealthy {
					t.Errorf("%s took a redirect for an answer: %+v", sensor.Name, f)
				}
			}
			if err != nil {
				said += err.Error()
			}
			if !strings.Contains(said, collect.ErrElsewhere.Error()) {
				t.Errorf("%s does not say what went wrong: %s", sensor.Name, said)
			}
		}
	}
	if elsewhere.Load() != 0 {
		t.Errorf("another host was asked %d times", elsewhere.Load())
	}
}
