package receivers

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck/internal/testbed"
)

// patience is how long is waited for what Alertmanager sends: longer than its
// configuration as shipped has it wait, on a loaded machine.
const patience = 2 * time.Minute

// Message is what is asked of Telegram's sendMessage.
type Message struct {
	ChatID    string `json:"chat_id"`
	Text      string `json:"text"`
	ParseMode string `json:"parse_mode"`
	Silent    string `json:"disable_notification"`
}

// Standin records what Alertmanager sends, and refuses the first so many.
type Standin[T any] struct {
	*httptest.Server
	mu      sync.Mutex
	refuse  int
	refused int
	took    []T
	asked   []*http.Request
}

// newStandin answers a refusal with the given status and body, and what it takes
// with 200 and the other body.
func newStandin[T any](t testing.TB, refuse, status int, refusal, answer string) *Standin[T] {
	t.Helper()
	s := &Standin[T]{refuse: refuse}
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
		if err != nil {
			return // whoever asked has gone, as one that is killed
		}
		if err := json.Unmarshal(body, &one); err != nil {
			t.Errorf("%s: %v: %.500s", r.URL.Path, err, body)
		}
		s.took, s.asked = append(s.took, one), append(s.asked, r)
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(s.Close)
	return s
}

// Find waits for the first that fits among what was taken.
func (s *Standin[T]) Find(t testing.TB, what string, fits func(T) bool) (found T) {
	t.Helper()
	return s.FindAfter(t, 0, what, fits)
}

// FindAfter is Find without the first so many that were taken.
func (s *Standin[T]) FindAfter(t testing.TB, first int, what string, fits func(T) bool) (found T) {
	t.Helper()
	testbed.Eventually(t, patience, func() error {
		all := s.Took()[first:]
		if i := slices.IndexFunc(all, fits); i >= 0 {
			found = all[i]
			return nil
		}
		return fmt.Errorf("%s has not come; %d others have: %.4000s", what, len(all), fmt.Sprint(all))
	})
	return found
}

// Took returns what was taken, in turn.
func (s *Standin[T]) Took() []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.took)
}

// Seen returns the requests that were taken, and how many were refused.
func (s *Standin[T]) Seen() (asked []*http.Request, refused int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked), s.refused
}

// NewTelegram stands in for Telegram's Bot API.
func NewTelegram(t testing.TB, refuse int) *Standin[Message] {
	t.Helper()
	return newStandin[Message](t, refuse, http.StatusTooManyRequests,
		`{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 1","parameters":{"retry_after":1}}`,
		`{"ok":true,"result":{"message_id":1,"date":0,"chat":{"id":-1001234567890,"type":"group"},"text":"x"}}`)
}

// NewReviewer stands in for the reviewer: it takes Alertmanager's webhook.
func NewReviewer(t testing.TB, refuse int) *Standin[map[string]any] {
	t.Helper()
	return newStandin[map[string]any](t, refuse, http.StatusServiceUnavailable, `busy`, `{}`)
}
