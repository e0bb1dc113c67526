package api_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aftercheck/aftercheck/internal/api"
	"github.com/aftercheck/aftercheck/internal/api/apitest"
)

// pipes is a listener on in-memory connections, for synctest bubbles.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) dial() net.Conn {
	near, far := net.Pipe()
	p.accepted <- far
	return near
}

// Accept implements net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accepted:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipes) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

// Addr implements net.Listener.
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// inBubble serves the engine on pipes, in a bubble whose clock runs as fast as
// everybody waits.
func inBubble(t *testing.T, engine api.Engine, test func(t *testing.T, dial func() net.Conn)) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipes()
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() {
			ended <- api.Serve(ctx, l, api.New(api.Options{Engine: engine}), time.Second, slog.New(slog.DiscardHandler))
		}()
		test(t, l.dial)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// feed writes to the connection meanwhile, as the function does it; the function
// that it returns closes the connection and waits for the writer.
func feed(conn net.Conn, write func(io.Writer)) (done func()) {
	written := make(chan struct{})
	go func() {
		defer close(written)
		write(conn)
	}()
	return func() {
		_ = conn.Close()
		<-written
	}
}

// trickle writes a byte each second until it cannot.
func trickle(w io.Writer) {
	for {
		if _, err := io.WriteString(w, " "); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}

func TestSlowHeadersAreCut(t *testing.T) {
	inBubble(t, &apitest.Engine{}, func(t *testing.T, dial func() net.Conn) {
		conn := dial()
		began := time.Now()
		defer feed(conn, func(w io.Writer) {
			_, _ = io.WriteString(w, "GET /-/healthy HTTP/1.1\r\nX:")
			trickle(w)
		})()
		_, _ = io.ReadAll(conn)
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("cut after %s", took)
		}
	})
}

func TestSlowBodiesAreRefused(t *testing.T) {
	slowBody(t, "/v1/snapshots", http.StatusRequestTimeout)
	slowBody(t, "/nothing/here", http.StatusNotFound)
	slowBody(t, "/v1/snapshots?colour=red", http.StatusUnprocessableEntity)
}

func slowBody(t *testing.T, path string, status int) {
	t.Helper()
	inBubble(t, &apitest.Engine{}, func(t *testing.T, dial func() net.Conn) {
		conn := dial()
		began := time.Now()
		defer feed(conn, func(w io.Writer) {
			_, _ = io.WriteString(w, "POST "+path+" HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
			trickle(w)
		})()
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if took := time.Since(began); response.StatusCode != status || took > 15*time.Second {
			t.Errorf("%s: status %d after %s", path, response.StatusCode, took)
		}
	})
}

// TestLongWaitOutlivesTheDeadlineOfItsBody guards against a read deadline that
// is left on the connection: it would end the wait as if the caller had left.
func TestLongWaitOutlivesTheDeadlineOfItsBody(t *testing.T) {
	engine := &apitest.Engine{}
	inBubble(t, engine, func(t *testing.T, dial func() net.Conn) {
		conn := dial()
		began := time.Now()
		defer feed(conn, func(w io.Writer) {
			_, _ = io.WriteString(w, "POST /v1/verifications?wait=10m HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "+
				strconv.Itoa(len(verificationBody))+"\r\n\r\n"+verificationBody)
			time.Sleep(9 * time.Minute)
			engine.Seal("v1", success())
		})()
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if took := time.Since(began); err != nil || took != 9*time.Minute || !strings.Contains(string(body), `"sealed"`) {
			t.Errorf("after %s: %v %s", took, err, body)
		}
	})
}

func TestSleepyEngineAnswersInTime(t *testing.T) {
	inBubble(t, &stuck{&apitest.Engine{}}, func(t *testing.T, dial func() net.Conn) {
		conn := dial()
		began := time.Now()
		defer feed(conn, func(w io.Writer) {
			_, _ = io.WriteString(w, "POST /v1/snapshots HTTP/1.1\r\nHost: x\r\nContent-Length: "+strconv.Itoa(len(snapshotBody))+"\r\n\r\n"+snapshotBody)
		})()
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if took := time.Since(began); took != 30*time.Second || response.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("status %d after %s", response.StatusCode, took)
		}
	})
}

// TestRawBytes sends what no HTTP client would.
func TestRawBytes(t *testing.T) {
	c := serve(t, &apitest.Engine{})
	for name, raw := range map[string]string{
		"no HTTP":              "\x16\x03\x01\x02\x00" + secret + "\r\n\r\n",
		"no host":              "GET /v1/verifications HTTP/1.1\r\n\r\n",
		"old HTTP":             "GET /v1/verifications/" + secret + " HTTP/1.0\r\n\r\n",
		"body cut":             "POST /v1/snapshots HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"" + secret,
		"two lengths":          "POST /v1/snapshots HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}" + secret,
		"length and chunks":    "POST /v1/snapshots HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + secret,
		"bad chunk":            "POST /v1/snapshots HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz" + secret + "\r\n",
		"a length beyond all":  "POST /v1/snapshots HTTP/1.1\r\nHost: x\r\nContent-Length: 9223372036854775807\r\n\r\n" + secret,
		"huge header":          "GET /-/healthy HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat(secret, 20_000) + "\r\n\r\n",
		"proxy":                "GET http://" + secret + "/v1/snapshots/x HTTP/1.1\r\nHost: x\r\n\r\n",
		"connect":              "CONNECT " + secret + ":443 HTTP/1.1\r\nHost: x\r\n\r\n",
		"options of all":       "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
		"a method of its own":  secret + " /v1/snapshots HTTP/1.1\r\nHost: x\r\n\r\n",
		"upgrade":              "GET /v1/verifications HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: " + secret + "\r\n\r\n",
		"slashes in the path":  "GET /v1/verifications/..%2f" + secret + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"zero byte in an ID":   "GET /v1/verifications/%00" + secret + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"an empty ID":          "GET /v1/snapshots/ HTTP/1.1\r\nHost: x\r\n\r\n",
		"expects the unlikely": "POST /v1/snapshots HTTP/1.1\r\nHost: x\r\nExpect: " + secret + "\r\nContent-Length: 2\r\n\r\n{}",
	} {
		t.Run(name, func(t *testing.T) {
			answer := c.raw(raw)
			if !strings.HasPrefix(answer, "HTTP/1.") {
				t.Fatalf("answered %q", answer)
			}
			// Who closes its direction before the answer may count as gone: 503.
			status := answer[len("HTTP/1.1 "):]
			broken := strings.HasPrefix(status, "5") && !strings.HasPrefix(status, "503") && name != "old HTTP"
			if broken || strings.Contains(answer, secret) {
				t.Errorf("answered %q", answer)
			}
		})
	}
	c.want(http.StatusCreated, nil, "POST", "/v1/snapshots", snapshotBody)
}

// raw writes the bytes, closes that direction and returns all that comes back.
func (c *caller) raw(bytes string) string {
	c.t.Helper()
	conn, err := new(net.Dialer).DialContext(c.t.Context(), "unix", c.socket)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = io.WriteString(conn, bytes) // it may be cut while it is written
	_ = conn.(*net.UnixConn).CloseWrite()
	answer, err := io.ReadAll(conn)
	if err != nil && !errors.Is(err, net.ErrClosed) && len(answer) == 0 {
		c.t.Fatal(err)
	}
	return string(answer)
}

// FuzzRequests sends noise to every path: it is refused or taken, never the
// sidecar's fault, and never repeated.
func FuzzRequests(f *testing.F) {
	for _, r := range refusals() {
		f.Add(r.method, r.path, r.body)
	}
	for _, body := range []string{snapshotBody, verificationBody, assessmentBody} {
		f.Add("POST", "/v1/verifications?wait=1ms", body)
	}
	handler := api.New(api.Options{Engine: &apitest.Engine{}})
	f.Fuzz(func(t *testing.T, method, path, body string) {
		status, answer, ok := ask(handler, method, path, body)
		if !ok {
			return
		}
		if status >= 500 && path != "/-/ready" {
			t.Errorf("%q %q %q: status %d: %s", method, path, body, status, answer)
		}
		if status >= 400 && strings.Contains(answer, secret) {
			t.Errorf("%q %q %q is repeated: %s", method, path, body, answer)
		}
	})
}
