package collect_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/aftercheck/aftercheck/internal/collect"
)

// TestRedirectsStayWithinTheHost: with real servers, and every code that
// redirects.
func TestRedirectsStayWithinTheHost(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	client := &http.Client{CheckRedirect: collect.WithinHost}
	for path, want := range map[string]error{
		"/ok": nil, other.URL: collect.ErrElsewhere, other.URL + "/ok": collect.ErrElsewhere, "//" + other.Listener.Addr().String(): collect.ErrElsewhere,
		"https://127.0.0.1/ok": collect.ErrElsewhere, "http://169.254.169.254/latest": collect.ErrElsewhere,
		"file:///etc/passwd": collect.ErrElsewhere, "/from/": collect.ErrRedirectLoop,
	} {
		for _, code := range []int{301, 302, 303, 307, 308} {
			redirected := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/ok" {
					return
				}
				w.Header().Set("Location", path)
				w.WriteHeader(code)
			}))
			response, err := client.Get(redirected.URL + "/from/")
			if err == nil {
				_ = response.Body.Close()
			}
			if !errors.Is(err, want) {
				t.Errorf("%d to %s: %v, want %v", code, path, err, want)
			}
			redirected.Close()
		}
	}
	if elsewhere.Load() != 0 {
		t.Errorf("another host was asked %d times", elsewhere.Load())
	}
}
