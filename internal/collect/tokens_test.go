package collect_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	promconfig "github.com/prometheus/common/config"

	"github.com/aftercheck/aftercheck/internal/collect"
)

// TestTokenEndpointsLeadNowhereElse has a token endpoint that answers, redirects
// within its host, and redirects to another one, which is never reached.
func TestTokenEndpointsLeadNowhereElse(t *testing.T) {
	token := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"t0ken","token_type":"Bearer"}`)
	}
	var reached atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		token(w, r)
	}))
	t.Cleanup(other.Close)
	mux := http.NewServeMux()
	mux.HandleFunc("/token", token)
	mux.Handle("/moved", http.RedirectHandler("/token", http.StatusTemporaryRedirect))
	mux.Handle("/elsewhere", http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	endpoint := httptest.NewServer(mux)
	t.Cleanup(endpoint.Close)
	asked := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer t0ken" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(asked.Close)
	for path, want := range map[string]error{"/token": nil, "/moved": nil, "/elsewhere": collect.ErrElsewhere} {
		c := promconfig.DefaultHTTPClientConfig
		c.OAuth2 = &promconfig.OAuth2{ClientID: "sidecar", ClientSecret: "s3cret", TokenURL: endpoint.URL + path}
		client, err := promconfig.NewClientFromConfig(c, "test", append(collect.TokensStay(c, asked.URL), promconfig.WithKeepAlivesDisabled())...)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Get(asked.URL)
		if !errors.Is(err, want) || err == nil && response.StatusCode != http.StatusOK {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
		if err == nil {
			_ = response.Body.Close()
		}
		client.CloseIdleConnections()
	}
	if reached.Load() != 0 {
		t.Error("the other host was asked")
	}
}
