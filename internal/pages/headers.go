package pages

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/aftercheck/aftercheck"
)

// policy lets a page load its own style, script and icon and nothing else, and
// keeps scripts from making markup of text.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// secure sets what holds for every answer. Nothing is stored by a browser
// unless a handler says otherwise.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Cache-Control", "no-store")
}

// knownHost reports whether the request names a host that it may. On a loopback
// address any other name is one that a stranger's DNS server points to this
// machine, so that a web page of theirs could read the evidence. On other
// addresses names are the network's business.
func (s *server) knownHost(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok || !isLoopback(hostOf(local.String())) {
		return true
	}
	host := hostOf(r.Host)
	return isLoopback(host) || s.ExternalURL != nil && strings.EqualFold(host, s.ExternalURL.Hostname())
}

func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return strings.Trim(address, "[]")
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

// tag is the entity tag of what a verification looks like at one revision: it
// changes with the record, with how the proposal stands, and with this program.
func (s *server) tag(v aftercheck.Verification, form, proposal string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d %q %q %q", form, v.ID, v.Revision, s.assets.sum, s.Version, proposal))
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

// unchanged sets the entity tag, and answers 304 if the caller has that already.
func unchanged(w http.ResponseWriter, r *http.Request, tag string) bool {
	w.Header().Set("ETag", tag)
	for candidate := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if strings.TrimPrefix(strings.TrimSpace(candidate), "W/") == tag {
			w.WriteHeader(http.StatusNotModified)
			return true
		}
	}
	return false
}
