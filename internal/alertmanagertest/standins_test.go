package alertmanagertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/aftercheck/aftercheck/internal/testbed"
)

// message is what is asked of Telegram's sendMessage.
type message struct {
	ChatID    string `json:"chat_id"`
	Text      string `json:"text"`
	ParseMode string `json:"parse_mode"`
	Silent    string `json:"disable_notification"`
}

// standin records what Alertmanager sends, and refuses the first so many.
type standin[T any] struct {
	*httptest.Server
	mu      sync.Mutex
	refuse  int
	refused int
	took    []T
	asked   []*http.Request
}

// newStandin answers a refusal with the given status and body, and what it takes
// with 200 and the other body.
func newStandin[T any](t testing.TB, refuse, status int, refusal, answer string) *standin[T] {
	t.Helper()
	s := &standin[T]{refuse: refuse}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
		s.mu.Lock()
		defer s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		if s.refused < s.refuse {
			s.refused++
			w.WriteHeader(status)
			fmt.Fprint(w, refusal)
			return
		}
		var one T
		if err == nil {
			err = json.Unmarshal(body, &one)
		}
		if err != nil {
			t.Errorf("%s: %v: %.500s", r.URL.Path, err, body)
		}
		s.took, s.asked = append(s.took, one), append(s.asked, r)
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(s.Close)
	return s
}

// find waits for the first that fits among what was taken.
func (s *standin[T]) find(t testing.TB, what string, fits func(T) bool) (found T) {
	t.Helper()
	testbed.Eventually(t, 2*time.Minute, func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, one := range s.took {
			if fits(one) {
				found = one
				return nil
			}
		}
		return fmt.Errorf("%s has not come; %d others have: %.4000s", what, len(s.took), fmt.Sprint(s.took))
	})
	return found
}

// seen returns the requests that were taken, and how many were refused.
func (s *standin[T]) seen() (asked []*http.Request, refused int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked), s.refused
}

// newTelegram stands in for Telegram's Bot API.
func newTelegram(t testing.TB, refuse int) *standin[message] {
	t.Helper()
	return newStandin[message](t, refuse, http.StatusTooManyRequests,
		`{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 1","parameters":{"retry_after":1}}`,
		`{"ok":true,"result":{"message_id":1,"date":0,"chat":{"id":-1001234567890,"type":"group"},"text":"x"}}`)
}

func newReviewer(t testing.TB, refuse int) *standin[map[string]any] {
	t.Helper()
	return newStandin[map[string]any](t, refuse, http.StatusServiceUnavailable, `busy`, `{}`)
}

// house is a real Alertmanager with the shipped configuration and stand-ins for
// those whom it tells.
type house struct {
	base     string
	telegram *standin[message]
	reviewer *standin[map[string]any]
}

// newHouse starts them; both stand-ins refuse the first so many requests. Of the
// configuration only addresses, secrets and waiting times are changed.
func newHouse(t testing.TB, refuse int) house {
	t.Helper()
	h := house{telegram: newTelegram(t, refuse), reviewer: newReviewer(t, refuse)}
	var config map[string]any
	if err := yaml.Unmarshal([]byte(for025(t)), &config); err != nil {
		t.Fatal(err)
	}
	template, err := filepath.Abs(templateFile)
	if err != nil {
		t.Fatal(err)
	}
	token := filepath.Join(t.TempDir(), "reviewer-token")
	if err := os.WriteFile(token, []byte("reviewers-token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config["templates"] = []string{template}
	config["global"] = map[string]any{"telegram_api_url": h.telegram.URL}
	each(config, func(parent map[string]any, key string) {
		switch key {
		case "group_wait":
			parent[key] = "100ms"
		case "group_interval":
			parent[key] = "500ms"
		case "url":
			parent[key] = h.reviewer.URL + "/aftercheck/proposals"
		case "credentials_file":
			parent[key] = token
		}
	})
	text, err := yaml.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	h.base = testbed.Alertmanager(t, string(text), "--web.external-url=http://alertmanager.example:9093/", "--web.route-prefix=/")
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

func has(words string) func(message) bool {
	return func(m message) bool { return strings.Contains(m.Text, words) }
}
