package kube

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/aftercheck/aftercheck/internal/collect"
)

// TestRedirectsToAnotherHostAreRefused: the account's token goes to the API
// server alone.
func TestRedirectsToAnotherHostAreRefused(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	s := apiServer(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
	})
	if answer, err := ask(t, s, about("deployment", "api")); !errors.Is(err, collect.ErrElsewhere) {
		t.Errorf("error %v, findings %v", err, answer.Findings)
	}
	if elsewhere.Load() != 0 {
		t.Errorf("another host was asked %d times", elsewhere.Load())
	}
}
