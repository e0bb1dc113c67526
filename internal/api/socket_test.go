package api

import (
	"context"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func listen(t *testing.T, path string) net.Listener {
	t.Helper()
	l, err := ListenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestSocketIsPrivateToOwnerAndGroup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "made", "aftercheck.sock")
	l := listen(t, path)
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != fs.ModeSocket|0o660 {
		t.Errorf("mode %s", info.Mode())
	}
	if l.Addr().String() != path {
		t.Errorf("address %s", l.Addr())
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the socket: %v, %v", entries, err)
	}
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("after closing: %v", err)
	}
}

func TestStaleSocketIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aftercheck.sock")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false) // as after a kill -9
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	listen(t, path)
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}

func TestSocketOfAnotherIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	live := filepath.Join(dir, "live.sock")
	listen(t, live)
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		live: "another sidecar serves on",
		file: "is no socket",
		link: "is no socket",
		dir:  "is no socket",
		filepath.Join(dir, strings.Repeat("x", 120)): "at most 103 bytes",
		filepath.Join(file, "below"):                 "making the socket's directory",
	} {
		if _, err := ListenUnix(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
	if content, err := os.ReadFile(file); err != nil || string(content) != "precious" {
		t.Errorf("the file holds %q, %v", content, err)
	}
	if conn, err := net.Dial("unix", live); err != nil {
		t.Errorf("the live socket: %v", err)
	} else {
		_ = conn.Close()
	}
}

func TestOnlyOneOfManySidecarsServes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aftercheck.sock")
	var running sync.WaitGroup
	served := make(chan net.Listener, 8)
	for range cap(served) {
		running.Go(func() {
			if l, err := ListenUnix(path); err == nil {
				served <- l
			}
		})
	}
	running.Wait()
	close(served)
	var listeners []net.Listener
	for l := range served {
		listeners = append(listeners, l)
	}
	if len(listeners) != 1 {
		t.Errorf("%d serve", len(listeners))
	}
	for _, l := range listeners {
		_ = l.Close()
	}
}

func TestClosingLeavesTheSuccessorsSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aftercheck.sock")
	first := listen(t, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	listen(t, path)
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the successor's socket: %v", err)
	}
}

func TestDefaultSocket(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	writable := filepath.Join(dir, "run", "aftercheck.sock")
	blocked := filepath.Join(file, "aftercheck", "aftercheck.sock")
	for _, example := range []struct{ system, runtimeDir, want string }{
		{writable, "/run/user/1", writable},
		{writable, "", writable},
		{blocked, "/run/user/1", "/run/user/1/aftercheck/aftercheck.sock"},
		{blocked, "", blocked},
		{"/proc/1/none/aftercheck.sock", "/run/user/1", "/run/user/1/aftercheck/aftercheck.sock"},
		{"/proc/self/status", "/run/user/1", "/proc/self/status"}, // it is there, though nobody could make it
	} {
		if got := defaultSocket(example.system, example.runtimeDir); got != example.want {
			t.Errorf("%+v: got %s", example, got)
		}
	}
	if _, err := os.Stat(filepath.Dir(writable)); !os.IsNotExist(err) {
		t.Errorf("looking made a directory: %v", err)
	}
}

func TestServeLetsCallsFinish(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aftercheck.sock")
	l := listen(t, path)
	began, finish := make(chan struct{}), make(chan struct{})
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(began)
		<-finish
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, l, handler, time.Minute, slog.New(slog.DiscardHandler)) }()
	answered := make(chan error, 1)
	go func() {
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
			return net.Dial("unix", path)
		}}}
		response, err := client.Get("http://localhost/")
		if err == nil {
			err = response.Body.Close()
		}
		answered <- err
	}()
	<-began
	stop()
	close(finish)
	if err := <-answered; err != nil {
		t.Errorf("the call under way: %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("serving: %v", err)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("after serving: %v", err)
	}
}

func TestServeCutsCallsAfterTheGraceTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aftercheck.sock")
	l := listen(t, path)
	began := make(chan struct{})
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, l, handler, 10*time.Millisecond, slog.New(slog.DiscardHandler)) }()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	<-began
	stop()
	if err := <-ended; err != nil {
		t.Errorf("serving: %v", err)
	}
}

func TestServeReportsAListenerThatBreaks(t *testing.T) {
	l := listen(t, filepath.Join(t.TempDir(), "aftercheck.sock"))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	err := Serve(t.Context(), l, http.NotFoundHandler(), time.Second, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "serving on") {
		t.Errorf("serving a closed listener: %v", err)
	}
}
