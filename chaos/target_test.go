//go:build chaos

package chaos

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// silentService is the service that takes requests and never answers.
const silentService = "silent"

// surroundings are what the sidecars look at and whom they tell: services that
// are broken or not, and an Alertmanager that counts proposals.
type surroundings struct {
	server *httptest.Server

	mu     sync.Mutex
	broken map[string]bool // by service
	told   map[string]int  // proposals, by verification
	alerts map[string]bool // those that were told, by labels and start
}

func newSurroundings(t *testing.T) *surroundings {
	s := &surroundings{broken: map[string]bool{}, told: map[string]int{}, alerts: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /service/{name}", s.serve)
	mux.HandleFunc("POST /api/v2/alerts", s.tell)
	s.server = httptest.NewServer(mux)
	t.Cleanup(s.server.Close)
	return s
}

func (s *surroundings) set(service string, broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken[service] = broken
}

func (s *surroundings) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	broken := s.broken[r.PathValue("name")]
	s.mu.Unlock()
	if r.PathValue("name") == silentService {
		<-r.Context().Done()
	}
	if broken {
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// tell takes in proposals. The verification stands in an annotation. An alert that
// is told again, with the same labels and start, is the same.
func (s *surroundings) tell(w http.ResponseWriter, r *http.Request) {
	var alerts []struct {
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
		StartsAt    string            `json:"startsAt"`
	}
	if json.NewDecoder(r.Body).Decode(&alerts) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, alert := range alerts {
		verification := alert.Annotations["verification"]
		key := fmt.Sprint(alert.Labels, alert.StartsAt)
		if verification == "" || s.alerts[key] { // an alert that is over, or one that is known
			continue
		}
		s.alerts[key] = true
		s.told[verification]++
	}
}

// toldTwice counts proposals beyond the first about the same verification.
func (s *surroundings) toldTwice() (beyond int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, times := range s.told {
		beyond += times - 1
	}
	return beyond
}
