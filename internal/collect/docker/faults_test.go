package docker

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

// answers serves what a path is answered with. A nil answer is none at all.
type answers map[string]http.HandlerFunc

func say200(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

func status(code int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code); _, _ = io.WriteString(w, text) }
}

// endless goes on until nobody listens any more.
func endless(text string) http.HandlerFunc { return endlessly("", text) }

func endlessly(begins, goesOn string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, begins)
		for {
			if _, err := io.WriteString(w, goesOn); err != nil {
				return
			}
		}
	}
}

func silent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

const (
	oneListed = `[{"Id":"1","Names":["/api"],"Labels":{}}]`
	oneRuns   = `{"Id":"1","Name":"/api","State":{"Status":"running","StartedAt":"2026-05-04T12:00:00Z"},"Config":{"Image":"api:1"}}`
)

// fake asks a server that fails on command, which a real engine does not.
func fake(t *testing.T, a answers, timeout time.Duration) aftercheck.Reading {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			t.Errorf("%s %s: only GET is sent", r.Method, r.URL.Path)
		}
		answer := a[r.URL.Path]
		if answer == nil {
			t.Errorf("%s is asked, which no proxy would let through", r.URL.Path)
			answer = http.NotFound
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	sensor, err := New(Config{Name: "web-1", URL: server.URL, Only: true, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	q := collect.Question{Incident: aftercheck.Incident{Labels: map[string]string{"container_name": "api"}}}
	readings := collect.NewSet([]collect.Sensor{sensor}, collect.Options{}).Ask(context.Background(), q)
	if len(readings) != 1 {
		t.Fatalf("%d readings", len(readings))
	}
	return readings[0]
}

func TestFaults(t *testing.T) {
	const long = time.Minute
	for name, c := range map[string]struct {
		answers answers
		timeout time.Duration
		outcome aftercheck.ReadingOutcome
		says    string
	}{
		"a list that is none":           {answers{"/containers/json": say200("<html>")}, long, aftercheck.ReadingError, "reading the answer"},
		"a list cut midway":             {answers{"/containers/json": say200(`[{"Id":"1"`)}, long, aftercheck.ReadingError, "unexpected EOF"},
		"an engine that fails":          {answers{"/containers/json": status(500, `{"message":"no such graph driver"}`)}, long, aftercheck.ReadingError, "500 Internal Server Error: no such graph driver"},
		"a proxy that refuses":          {answers{"/containers/json": status(403, "Forbidden by rule")}, long, aftercheck.ReadingError, "403 Forbidden: Forbidden by rule"},
		"a refusal without end":         {answers{"/containers/json": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(502); endless("no ")(w, r) }}, long, aftercheck.ReadingError, "502 Bad Gateway"},
		"gigabytes of containers":       {answers{"/containers/json": endlessly("[", `{"Id":"1","Names":["/`+strings.Repeat("x", 4096)+`"]},`)}, long, aftercheck.ReadingError, "want an answer of at most"},
		"an engine that is silent":      {answers{"/containers/json": silent}, 300 * time.Millisecond, aftercheck.ReadingTimeout, ""},
		"silence about one container":   {answers{"/containers/json": say200(oneListed), "/containers/1/json": silent}, 300 * time.Millisecond, aftercheck.ReadingTimeout, ""},
		"a redirect to somebody else":   {answers{"/containers/json": http.RedirectHandler("http://127.0.0.2:1/", http.StatusFound).ServeHTTP}, long, aftercheck.ReadingError, "redirected to another host"},
		"an engine that is too chatty":  {answers{"/containers/json": say200(oneListed), "/containers/1/json": endless("[")}, long, aftercheck.ReadingError, "inspecting container 1"},
		"silence about what happened":   {answers{"/containers/json": say200(oneListed), "/containers/1/json": say200(oneRuns), "/events": silent}, 300 * time.Millisecond, aftercheck.ReadingTimeout, ""},
		"a container that is gone then": {answers{"/containers/json": say200(oneListed), "/containers/1/json": status(404, "")}, long, aftercheck.ReadingOK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := fake(t, c.answers, c.timeout)
			if r.Outcome != c.outcome || !strings.Contains(r.Error, c.says) {
				t.Errorf("%s: %s", r.Outcome, r.Error)
			}
			if r.Outcome == aftercheck.ReadingOK {
				if f := r.Findings; len(f) != 1 || f[0].Reason != aftercheck.ReasonNotFound {
					t.Errorf("findings: %+v", f)
				}
			}
		})
	}
}

// TestEventsUnread: without events the state is known, and the past is not.
func TestEventsUnread(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"refused":  status(403, "not by this proxy"),
		"garbage":  say200("{]"),
		"too many": say200(strings.Repeat(`{"Action":"oom"}`, maxEvents+1)),
		"endless":  endless(`{"Action":"` + strings.Repeat("x", 4096) + `"}`),
	} {
		t.Run(name, func(t *testing.T) {
			r := fake(t, answers{"/containers/json": say200(oneListed), "/containers/1/json": say200(oneRuns), "/events": answer}, time.Minute)
			var told []string
			for _, f := range r.Findings {
				if f.State != "" {
					told = append(told, fmt.Sprintf("%s %s %s", f.Check, f.State, f.Reason))
				}
			}
			if got, want := strings.Join(told, ", "), "health healthy Running, events unknown EventsUnread"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	for url, want := range map[string]string{
		"unix:///run/docker.sock": "", "http://127.0.0.1:2375": "", "tcp://127.0.0.1:2375/": "",
		"": "url: want", "unix://docker.sock": "url: want", "http://127.0.0.1/v1.41": "url: want", "npipe:////./pipe/docker": "url: want",
		"http://u:p@127.0.0.1": "url: want", "ssh://web-1": "ssh://user@host", "ssh://u:p@web-1": "without a password",
		"ssh://u@web-1": "identity_file", "http://[::1": "url: want",
	} {
		_, err := New(Config{Name: "web-1", URL: url})
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", url, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: got %v, want %s", url, err, want)
		}
	}
}
