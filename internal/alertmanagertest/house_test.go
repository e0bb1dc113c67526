package alertmanagertest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck/internal/testbed"
	"github.com/aftercheck/aftercheck/internal/testbed/receivers"
)

// house is a real Alertmanager with the shipped configuration and stand-ins for
// those whom it tells.
type house struct {
	base     string
	telegram *receivers.Standin[receivers.Message]
	reviewer *receivers.Standin[map[string]any]
}

// newHouse starts them; both stand-ins refuse the first so many requests. Of the
// configuration only addresses, secrets and waiting times are changed.
func newHouse(t testing.TB, refuse int) house {
	t.Helper()
	h := house{telegram: receivers.NewTelegram(t, refuse), reviewer: receivers.NewReviewer(t, refuse)}
	config := receivers.ConfigOf(t, h.telegram, h.reviewer, func(parent map[string]any, key string) {
		switch key {
		case "group_wait":
			parent[key] = "100ms"
		case "group_interval":
			parent[key] = "500ms"
		}
	})
	h.base = testbed.Alertmanager(t, config, "--web.external-url=http://alertmanager.example:9093/", "--web.route-prefix=/")
	return h
}

// alert is one as Alertmanager's API v2 takes it.
type alert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`
}

// began is when the alerts of these tests began.
var began = time.Date(2025, 11, 24, 3, 12, 9, 0, time.UTC)

func (h house) post(t testing.TB, until time.Time, alerts ...alert) {
	t.Helper()
	for i := range alerts {
		alerts[i].StartsAt, alerts[i].EndsAt = began, until
	}
	body, err := json.Marshal(alerts)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post(h.base+"/api/v2/alerts", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if complaint, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK {
		t.Fatalf("posting alerts: %s: %s", response.Status, complaint)
	}
}

func (h house) fire(t testing.TB, alerts ...alert) {
	t.Helper()
	h.post(t, time.Now().Add(time.Hour), alerts...)
}

func (h house) resolve(t testing.TB, alerts ...alert) {
	t.Helper()
	h.post(t, time.Now(), alerts...)
}

func has(words string) func(receivers.Message) bool {
	return func(m receivers.Message) bool { return strings.Contains(m.Text, words) }
}
