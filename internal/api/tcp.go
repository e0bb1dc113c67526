package api

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/aftercheck/aftercheck"
)

// TCP is how the API is served over TCP.
type TCP struct {
	// Address is host:port with an IP address or localhost as the host.
	Address string
	// Tokens are those that callers bring. Nil: they bring none, which wants a
	// loopback address and WithoutToken.
	Tokens Tokens
	// WithoutToken says that callers need no token: every process of this
	// machine, of whichever user, may call then.
	WithoutToken bool
	// TLS secures the connections; see TLSConfig. Nil: they are in the clear,
	// which wants a loopback address.
	TLS *tls.Config
}

// ListenTCP listens on a TCP address. It refuses what would let anybody in, or
// send a token over a network in the clear.
func ListenTCP(o TCP) (net.Listener, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("listening on %s: %w", o.Address, err)
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", o.Address)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", o.Address, err)
	}
	l = countConnections(l, maxConnections, maxConnectionsPerClient)
	if o.TLS != nil {
		l = tls.NewListener(l, o.TLS)
	}
	return l, nil
}

func (o TCP) check() error {
	host, _, err := net.SplitHostPort(o.Address)
	switch {
	case err != nil:
		return errors.New("want host:port, such as 127.0.0.1:8077")
	case o.Tokens == nil && !loopback(host):
		return errors.New("want a loopback address, such as 127.0.0.1, or a bearer token file and a certificate")
	case o.Tokens == nil && !o.WithoutToken:
		return errors.New("want a bearer token file, or listen.tcp.without_token in the configuration, which lets in every process of this machine")
	case o.TLS == nil && !loopback(host):
		return errors.New("want a certificate (listen.tcp.tls_config in the configuration), so that tokens do not cross a network in the clear")
	}
	return nil
}

// loopback reports whether the host is this machine's own, by name or address.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

// Guard is what stands before the handler on TCP: callers bring one of the
// tokens, unless they are nil, except for /-/healthy and /-/ready; and web pages that a
// browser on this machine has open cannot reach it.
func Guard(next http.Handler, tokens Tokens, log *slog.Logger) http.Handler {
	g := &guard{next: next, tokens: tokens, log: log}
	g.origins.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		newProblem(http.StatusForbidden, "want a caller that is no web page of another origin").write(w)
	}))
	return g.origins.Handler(g)
}

type guard struct {
	next    http.Handler
	tokens  Tokens
	log     *slog.Logger
	origins http.CrossOriginProtection
}

// ServeHTTP implements http.Handler.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	who, problem := g.admit(r)
	if problem != nil {
		if problem.Status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Bearer realm="aftercheck"`)
		}
		problem.write(w)
		return
	}
	g.next.ServeHTTP(w, r.WithContext(withRequester(r.Context(), who)))
}

// admit returns who calls, or why they may not.
func (g *guard) admit(r *http.Request) (*aftercheck.Requester, *Problem) {
	who := requesterOf(r.Context())
	switch {
	case isProbe(r):
		return who, nil
	case g.tokens != nil:
		return g.authenticate(r, who)
	case !loopback(hostOf(r)):
		// A name that an attacker's DNS server points to this machine.
		return nil, newProblem(http.StatusForbidden, "want localhost or a loopback address as the host")
	}
	return who, nil
}

func hostOf(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.Host); err == nil {
		return host
	}
	return strings.Trim(r.Host, "[]")
}

// authenticate adds the token's name to who calls.
func (g *guard) authenticate(r *http.Request, who *aftercheck.Requester) (*aftercheck.Requester, *Problem) {
	tokens, err := g.tokens()
	if err != nil {
		g.log.ErrorContext(r.Context(), "checking a bearer token", "err", err)
		return nil, later(http.StatusServiceUnavailable, "the sidecar cannot check tokens just now; its log says why", 0)
	}
	scheme, brought, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	name, ok := match(tokens, strings.TrimSpace(brought))
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return nil, newProblem(http.StatusUnauthorized, "", ProblemField{"header.Authorization", "want Bearer and a token that the sidecar is configured with"})
	}
	bearer := aftercheck.Requester{Token: name}
	if who != nil {
		bearer.Address = who.Address
	}
	return &bearer, nil
}
