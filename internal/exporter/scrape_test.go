package exporter_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/aftercheck/aftercheck"
)

// BenchmarkScrape is one GET of the whole page, by the handler that serves it.
func BenchmarkScrape(b *testing.B) {
	m, registry := registered(someOptions())
	outcomes := aftercheck.Outcomes()
	for i := range 1000 {
		outcome := outcomes[i%len(outcomes)]
		m.Sealed(sealed("v", outcome.Verdict, outcome.Reason, float64(i)/1000, time.Duration(i)*time.Second), time.Duration(i)*time.Microsecond)
		busy(m)
	}
	handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	b.ReportAllocs()
	for b.Loop() {
		page := httptest.NewRecorder()
		handler.ServeHTTP(page, request)
		if n, err := io.Copy(io.Discard, page.Body); err != nil || n == 0 || page.Code != http.StatusOK {
			b.Fatalf("status %d, %d bytes, %v", page.Code, n, err)
		}
	}
}
