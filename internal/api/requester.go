package api

import (
	"context"
	"crypto/tls"
	"net"

	"github.com/aftercheck/aftercheck"
)

// requesterKey is where a request's context holds its *aftercheck.Requester.
type requesterKey struct{}

// requesterOf is who sent the request, or nil if its connection does not show.
func requesterOf(ctx context.Context) *aftercheck.Requester {
	who, _ := ctx.Value(requesterKey{}).(*aftercheck.Requester)
	return who
}

func withRequester(ctx context.Context, who *aftercheck.Requester) context.Context {
	return context.WithValue(ctx, requesterKey{}, who)
}

// identify puts who connected into the context of all requests of a connection.
// It is an http.Server's ConnContext.
func identify(ctx context.Context, c net.Conn) context.Context {
	if secured, ok := c.(*tls.Conn); ok {
		c = secured.NetConn()
	}
	if ours, ok := c.(*connection); ok {
		return withRequester(ctx, ours.requester)
	}
	return ctx
}

// connected is who is at the other end of a new connection, as the kernel has
// it; nil if it does not say.
func connected(c net.Conn) *aftercheck.Requester {
	switch c := c.(type) {
	case *net.UnixConn:
		return peerOf(c)
	case *net.TCPConn:
		if host, _, err := net.SplitHostPort(c.RemoteAddr().String()); err == nil {
			return &aftercheck.Requester{Address: host}
		}
	}
	return nil
}
