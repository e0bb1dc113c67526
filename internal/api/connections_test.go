package api

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestConnectionsAreBounded on a real socket: what is too much is told so and
// closed, and one that ends makes room.
func TestConnectionsAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	inner, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	l := countConnections(inner, 10, 2)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, l, ok(), time.Second, slog.New(slog.DiscardHandler)) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	first, second := dialed(t, path), dialed(t, path)
	wantStatus(t, first, http.StatusOK) // both are accepted, and kept
	wantStatus(t, second, http.StatusOK)
	refused := wantAnswer(t, dialed(t, path), http.StatusTooManyRequests)
	if refused.Header.Get("Retry-After") == "" || !refused.Close {
		t.Errorf("headers %v", refused.Header)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	for { // the sidecar notices soon
		third := dialed(t, path)
		if got := answerOf(t, third).StatusCode; got == http.StatusOK {
			break
		}
	}
}

func dialed(t *testing.T, path string) net.Conn {
	t.Helper()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// answerOf asks for something and reads the answer.
func answerOf(t *testing.T, conn net.Conn) *http.Response {
	t.Helper()
	_, _ = io.WriteString(conn, "GET /v1/verifications HTTP/1.1\r\nHost: x\r\n\r\n") // a refused one may be closed already
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	return response
}

func wantStatus(t *testing.T, conn net.Conn, want int) { t.Helper(); wantAnswer(t, conn, want) }

func wantAnswer(t *testing.T, conn net.Conn, want int) *http.Response {
	t.Helper()
	response := answerOf(t, conn)
	if response.StatusCode != want {
		t.Fatalf("status %d, want %d", response.StatusCode, want)
	}
	return response
}

// oneConnection is a listener with a single connection in memory.
type oneConnection struct {
	conns chan net.Conn
	over  chan struct{}
}

func (l *oneConnection) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.over:
		return nil, net.ErrClosed
	}
}

func (l *oneConnection) Close() error   { close(l.over); return nil }
func (l *oneConnection) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// TestWhoDoesNotReadTheAnswerIsCut: the answer's time is bounded, so that a
// caller which stops reading holds nothing.
func TestWhoDoesNotReadTheAnswerIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		l := &oneConnection{make(chan net.Conn, 1), make(chan struct{})}
		l.conns <- far
		large := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("x", 1<<20))
		})
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		handler := &front{mux: http.NewServeMux(), log: slog.New(slog.DiscardHandler), timeout: time.Minute}
		handler.mux.Handle("GET /", large)
		go func() { ended <- Serve(ctx, l, handler, time.Hour, slog.New(slog.DiscardHandler)) }()
		if _, err := io.WriteString(near, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		stop() // with an hour of grace, the end waits for the call
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took > answerTimeout+time.Second {
			t.Errorf("the call was held for %s", took)
		}
		_ = near.Close()
	})
}
