package notify_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aftercheck/aftercheck/internal/notify"
)

// TestProposalsAreNotRedirected: none goes to another host, and what turns the
// proposal into another request is not taken for its arrival.
func TestProposalsAreNotRedirected(t *testing.T) {
	var elsewhere, here atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	for _, test := range []struct {
		code    int
		to      string
		arrives bool
	}{
		{http.StatusFound, other.URL + "/new", false},
		{http.StatusTemporaryRedirect, other.URL + "/new", false},
		{http.StatusPermanentRedirect, other.URL + "/new", false},
		{http.StatusFound, "/new", false}, // it would become a GET
		{http.StatusTemporaryRedirect, "/new", true},
		{http.StatusTemporaryRedirect, "/api/v2/alerts", false}, // round and round
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/new" {
				here.Add(1)
				return
			}
			http.Redirect(w, r, test.to, test.code)
		}))
		t.Cleanup(server.Close)
		n, err := notify.New(notify.Options{URLs: []string{server.URL}, Client: server.Client()})
		if err != nil {
			t.Fatal(err)
		}
		err = n.Notify(t.Context(), lowScore())
		if test.arrives != (err == nil) || err != nil && !strings.Contains(err.Error(), "redirected elsewhere") {
			t.Errorf("%d to %s: %v", test.code, test.to, err)
		}
	}
	if elsewhere.Load() != 0 || here.Load() != 1 {
		t.Errorf("asked another host %d times, and arrived %d times", elsewhere.Load(), here.Load())
	}
}
