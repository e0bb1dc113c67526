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
	broken map[string]bool            // by service
	told   map[string]map[string]bool // by verification: the alerts, as Alertmanager tells them apart
}

func newSurroundings(t *testing.T) *surroundings {
	s := &surroundings{broken: map[string]bool{}, told: map[string]map[string]bool{}}
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

// tell takes in proposals. The verification stands in an annotation. The same
// alert may come again: after a crash, and as Prometheus sends it while it fires.
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
	for _, alert := range alerts {
		s.note(alert.Annotations["verification"], fmt.Sprint(alert.Labels, alert.StartsAt))
	}
}

func (s *surroundings) note(verification, alert string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told[verification] == nil {
		s.told[verification] = map[string]bool{}
	}
	s.told[verification][alert] = true
}

// toldTwice counts alerts beyond the first about the same verification.
func (s *surroundings) toldTwice() (beyond int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, alerts := range s.told {
		beyond += len(alerts) - 1
	}
	return beyond
}
