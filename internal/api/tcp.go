package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
)

// ListenTCP listens on a TCP address, host:port with an IP address or localhost
// as the host. Any but a loopback address is refused unless callers have to
// bring a token.
func ListenTCP(address string, withToken bool) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: want host:port, such as 127.0.0.1:8077", address)
	}
	if !withToken && !loopback(host) {
		return nil, fmt.Errorf("listening on %s: want a loopback address, such as 127.0.0.1, or a bearer token file", address)
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", address, err)
	}
	return l, nil
}

// loopback reports whether the host is this machine's own, by name or address.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

// TokenFile returns a function that reads the bearer token from the file anew
// each time, so that it can be rotated; white space around it does not count.
// It fails at once, and later each time, if there is no token in the file.
func TokenFile(path string) (func() (string, error), error) {
	read := func() (string, error) {
		content, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("reading the token file: %w", err)
		}
		token := strings.TrimSpace(string(content))
		if token == "" {
			return "", errors.New("reading the token file: want a token in it; it is empty")
		}
		return token, nil
	}
	_, err := read()
	return read, err
}

// Guard is what stands before the handler on TCP: callers bring the token,
// unless it is nil, except for /-/healthy and /-/ready; and web pages that a
// browser on this machine has open cannot reach it.
func Guard(next http.Handler, token func() (string, error), log *slog.Logger) http.Handler {
	g := &guard{next: next, token: token, log: log}
	g.origins.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		newProblem(http.StatusForbidden, "want a caller that is no web page of another origin").write(w)
	}))
	return g.origins.Handler(g)
}

type guard struct {
	next    http.Handler
	token   func() (string, error)
	log     *slog.Logger
	origins http.CrossOriginProtection
}

// ServeHTTP implements http.Handler.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if problem := g.refuse(r); problem != nil {
		if problem.Status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Bearer realm="aftercheck"`)
		}
		problem.write(w)
		return
	}
	g.next.ServeHTTP(w, r)
}

func (g *guard) refuse(r *http.Request) *Problem {
	switch {
	case r.URL.Path == healthy().Path, r.URL.Path == ready().Path:
		return nil
	case g.token != nil:
		return g.authenticate(r)
	case !loopback(hostOf(r)):
		// A name that an attacker's DNS server points to this machine.
		return newProblem(http.StatusForbidden, "want localhost or a loopback address as the host")
	}
	return nil
}

func hostOf(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.Host); err == nil {
		return host
	}
	return strings.Trim(r.Host, "[]")
}

// authenticate compares hashes, so that neither content nor length of the token
// shows in the time that it takes.
func (g *guard) authenticate(r *http.Request) *Problem {
	want, err := g.token()
	if err != nil {
		g.log.ErrorContext(r.Context(), "checking a bearer token", "err", err)
		return later(http.StatusServiceUnavailable, "the sidecar cannot check tokens just now; its log says why", 0)
	}
	scheme, got, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	wantSum, gotSum := sha256.Sum256([]byte(want)), sha256.Sum256([]byte(strings.TrimSpace(got)))
	if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(wantSum[:], gotSum[:]) != 1 {
		return newProblem(http.StatusUnauthorized, "", ProblemField{"header.Authorization", "want Bearer and the token that the sidecar is configured with"})
	}
	return nil
}
