package testbed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Server is a server that a test may also ill-treat.
type Server struct {
	// Addr is host:port on loopback; it stays the same over restarts.
	Addr string
	// Dir is the server's directory, with its data and its log.
	Dir string

	*Process
}

// Restart kills the server if it still runs, and starts it again on the same
// address and directory.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Kill()
	again, err := Launch(s.command)
	if err != nil {
		t.Fatal(err)
	}
	s.Process = again
}

// start launches what describe returns for a fresh port, three times at most: a
// port may be taken by another test between the look and the listen.
func start(t testing.TB, describe func(port int) Command) *Server {
	t.Helper()
	for attempt := 1; ; attempt++ {
		port := FreePort(t)
		command := describe(port)
		process, err := Launch(command)
		if err == nil {
			server := &Server{Addr: loopback(port), Dir: command.Dir, Process: process}
			t.Cleanup(func() { server.end(t) })
			return server
		}
		if attempt == 3 || !errors.Is(err, errExited) {
			t.Fatal(err)
		}
	}
}

func (s *Server) end(t testing.TB) {
	s.Kill()
	if t.Failed() {
		t.Log(s.LogTail(30))
	}
}

// executable finds the first of the names on the PATH.
func executable(t testing.TB, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("%s is not installed: run `make deps`", strings.Join(names, " or "))
	return ""
}

func writeFile(t testing.TB, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// withDefaults returns the flags, and those defaults whose names are not among
// them.
func withDefaults(flags []string, defaults ...string) []string {
	given := map[string]bool{}
	for _, flag := range flags {
		name, _, _ := strings.Cut(flag, "=")
		given[name] = true
	}
	for _, flag := range defaults {
		if name, _, _ := strings.Cut(flag, "="); !given[name] {
			flags = append(flags, flag)
		}
	}
	return flags
}

// answersOK is ready when a GET of the URL answers 200.
func answersOK(url string) func(context.Context) error {
	return askedOK(&http.Client{Timeout: 2 * time.Second}, url)
}

// askedOK is ready when a GET of the URL by this client answers 200.
func askedOK(client *http.Client, url string) func(context.Context) error {
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		_, _ = io.Copy(io.Discard, response.Body)
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("GET %s: status %d", url, response.StatusCode)
		}
		return nil
	}
}
