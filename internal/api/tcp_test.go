package api

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTCPIsLoopbackOnlyWithoutAToken(t *testing.T) {
	for address, ok := range map[string]bool{
		"127.0.0.1:0":          true,
		"127.8.8.8:0":          true,
		"localhost:0":          true,
		"[::ffff:127.0.0.1]:0": true,
		"0.0.0.0:0":            false,
		":0":                   false,
		"[::]:0":               false,
		"192.0.2.1:0":          false,
		"example.com:0":        false,
		"127.0.0.1.nip.io:0":   false,
		"127.0.0.1":            false,
		"":                     false,
	} {
		l, err := ListenTCP(address, false)
		if (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
		if err == nil {
			_ = l.Close()
		} else if !strings.Contains(err.Error(), "want") {
			t.Errorf("%q does not say what would be right: %v", address, err)
		}
	}
	l, err := ListenTCP("0.0.0.0:0", true)
	if err != nil {
		t.Fatalf("with a token: %v", err)
	}
	_ = l.Close()
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
	writeToken(t, path, "second")
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
