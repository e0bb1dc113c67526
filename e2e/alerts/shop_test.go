//go:build e2ealerts

package alerts

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// shop is a server of services that are well or ill: each has a page of health and
// one of metrics.
type shop struct {
	*httptest.Server
	ill sync.Map // by the service's name
}

func newShop(t *testing.T) *shop {
	s := &shop{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{service}/healthz", func(w http.ResponseWriter, r *http.Request) {
		if s.isIll(r.PathValue("service")) {
			http.Error(w, "the kitchen is on fire", http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("GET /{service}/metrics", func(w http.ResponseWriter, r *http.Request) {
		ratio := 0.0
		if s.isIll(r.PathValue("service")) {
			ratio = 0.4
		}
		fmt.Fprintf(w, "# TYPE shop_order_error_ratio gauge\nshop_order_error_ratio %g\n", ratio)
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *shop) isIll(service string) bool {
	_, ill := s.ill.Load(service)
	return ill
}

func (s *shop) fallIll(service string) { s.ill.Store(service, true) }
func (s *shop) recover(service string) { s.ill.Delete(service) }
