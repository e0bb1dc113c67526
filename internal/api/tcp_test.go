package api

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func someTokens() ([]Token, error) { return []Token{{Name: "test", Text: "right"}}, nil }

// TestTCPLetsNobodyInByMistake: only what the configuration says in so many
// words is open, and no token crosses a network in the clear.
func TestTCPLetsNobodyInByMistake(t *testing.T) {
	secured := &tls.Config{MinVersion: tls.VersionTLS12}
	for address, local := range map[string]bool{
		"127.0.0.1:0": true, "127.8.8.8:0": true, "localhost:0": true, "[::ffff:127.0.0.1]:0": true,
		"0.0.0.0:0": false, ":0": false, "[::]:0": false,
	} {
		for _, test := range []struct {
			tcp TCP
			ok  bool
		}{
			{TCP{}, false},
			{TCP{TLS: secured}, false},
			{TCP{WithoutToken: true}, local},
			{TCP{WithoutToken: true, TLS: secured}, local},
			{TCP{Tokens: someTokens}, local},
			{TCP{Tokens: someTokens, WithoutToken: true}, local},
			{TCP{Tokens: someTokens, TLS: secured}, true},
		} {
			test.tcp.Address = address
			wantListening(t, test.tcp, test.ok)
		}
	}
	for _, address := range []string{"192.0.2.1:0", "example.com:0", "127.0.0.1.nip.io:0", "127.0.0.1", ""} {
		wantListening(t, TCP{Address: address, WithoutToken: true}, false)
	}
}

func wantListening(t *testing.T, o TCP, ok bool) {
	t.Helper()
	l, err := ListenTCP(o)
	if (err == nil) != ok {
		t.Errorf("%q, tokens %v, without %v, TLS %v: %v", o.Address, o.Tokens != nil, o.WithoutToken, o.TLS != nil, err)
	}
	if err == nil {
		_ = l.Close()
	} else if !strings.Contains(err.Error(), "want") {
		t.Errorf("%q does not say what would be right: %v", o.Address, err)
	}
}

func writeToken(t *testing.T, path, token string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
}

// guarded asks a guard before a handler that answers 200, and returns the status.
func guarded(g http.Handler, host, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "http://"+host+path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w
}

func ok() http.Handler { return http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}) }

func TestGuardAsksForTheToken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	if _, err := TokenFile(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a file: %v", err)
	}
	writeToken(t, path, " \n")
	if _, err := TokenFile(path); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Errorf("with an empty file: %v", err)
	}
	writeToken(t, path, "first\n")
	token, err := TokenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	g := Guard(ok(), token, slog.New(slog.DiscardHandler))
	check := func(header string, want int) {
		t.Helper()
		got := guarded(g, "example.com", "/v1/snapshots", "Authorization", header)
		if got.Code != want {
			t.Errorf("%q: status %d, want %d", header, got.Code, want)
		}
		if want == http.StatusUnauthorized && (!strings.HasPrefix(got.Header().Get("WWW-Authenticate"), "Bearer") || got.Header().Get("Content-Type") != "application/problem+json") {
			t.Errorf("%q: headers %v", header, got.Header())
		}
		if body := got.Body.String(); strings.Contains(body, "first") || strings.Contains(body, "wrong") {
			t.Errorf("%q: %s", header, body)
		}
	}
	for _, header := range []string{"", "Bearer", "Bearer ", "Bearer wrong", "Bearer firs", "Bearer first2", "Basic first", "first"} {
		check(header, http.StatusUnauthorized)
	}
	check("Bearer first", http.StatusOK)
	check("bearer first", http.StatusOK)
	writeToken(t, path, "# both, until all have the second\nold first\nnew second\n") // they overlap
	check("Bearer first", http.StatusOK)
	check("Bearer second", http.StatusOK)
	check("Bearer old", http.StatusUnauthorized)
	check("Bearer old first", http.StatusUnauthorized)
	writeToken(t, path, "new second")
	check("Bearer first", http.StatusUnauthorized)
	check("Bearer second", http.StatusOK)
	writeToken(t, path, "")
	check("Bearer ", http.StatusServiceUnavailable)
	for _, path := range []string{"/-/healthy", "/-/ready"} {
		if got := guarded(g, "example.com", path); got.Code != http.StatusOK {
			t.Errorf("%s asks for a token", path)
		}
	}
	if got := guarded(g, "example.com", "/-/reload"); got.Code == http.StatusOK {
		t.Error("/-/reload asks for no token")
	}
}

func TestGuardKeepsWebPagesOut(t *testing.T) {
	g := Guard(ok(), nil, slog.New(slog.DiscardHandler))
	for host, want := range map[string]int{
		"localhost:8077": 200, "127.0.0.1:8077": 200, "[::1]:8077": 200, "127.0.0.1": 200,
		"rebound.example.com:8077": 403, "192.0.2.1:8077": 403,
	} {
		if got := guarded(g, host, "/v1/snapshots"); got.Code != want {
			t.Errorf("host %s: status %d, want %d", host, got.Code, want)
		}
	}
	if got := guarded(g, "localhost:8077", "/-/reload", "Origin", "https://example.com", "Sec-Fetch-Site", "cross-site"); got.Code != 403 {
		t.Errorf("a page of another origin: status %d", got.Code)
	}
}
