package api

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/aftercheck/aftercheck"
)

const (
	// maxConnections bounds the open connections of one listener.
	maxConnections = 8192
	// maxConnectionsPerClient bounds those of one client, so that one that opens
	// many and says little on them leaves room for the others.
	maxConnectionsPerClient = maxConnections / 5 * 4
	// refusalTimeout bounds how long telling a refused caller may take; it fits
	// into the connection's buffer, so that nobody waits for the caller.
	refusalTimeout = time.Second
)

// connections is a listener that knows who connects, and closes what is too
// much with an answer that says so.
type connections struct {
	net.Listener
	most, share int

	mu   sync.Mutex
	open int
	held map[string]int // by client
}

func countConnections(l net.Listener, most, share int) *connections {
	return &connections{Listener: l, most: most, share: share, held: map[string]int{}}
}

// Accept implements net.Listener.
func (l *connections) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		who := connected(c)
		if !l.take(who.Client()) {
			refuseConnection(c)
			continue
		}
		return &connection{Conn: c, requester: who, release: sync.OnceFunc(func() { l.give(who.Client()) })}, nil
	}
}

// take counts a connection of the client, unless there are too many.
func (l *connections) take(client string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open >= l.most || client != "" && l.held[client] >= l.share {
		return false
	}
	l.open++
	l.held[client]++
	return true
}

func (l *connections) give(client string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.held[client]--; l.held[client] == 0 {
		delete(l.held, client)
	}
}

// refuseConnection says in one go, before anything is read, that there are too
// many, and closes.
func refuseConnection(c net.Conn) {
	const body = `{"title":"Too Many Requests","status":429,"detail":"too many connections are open; want the same request again later"}` + "\n"
	_ = c.SetDeadline(time.Now().Add(refusalTimeout))
	_, _ = fmt.Fprintf(c, "HTTP/1.1 %d %s\r\nContent-Type: application/problem+json\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s",
		http.StatusTooManyRequests, http.StatusText(http.StatusTooManyRequests), len(body), body) // who hung up does not read it
	_ = c.Close()
}

// connection is an accepted connection and who is at its other end.
type connection struct {
	net.Conn
	requester *aftercheck.Requester // nil: unknown
	release   func()
}

// Close implements net.Conn.
func (c *connection) Close() error {
	defer c.release()
	return c.Conn.Close()
}

// CloseWrite tells the other end that no more is coming, which net/http does
// before it closes, so that its last answer is not lost.
func (c *connection) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
