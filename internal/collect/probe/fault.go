package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

// fault is why a request got no answer, and whether that says something of the
// endpoint.
type fault struct {
	state  aftercheck.State
	reason string
}

// faultOf reads the error of a request. It reports false for one that is the
// sensor's own trouble and no finding.
func faultOf(err error) (fault, bool) {
	for _, known := range []func(error) (fault, bool){redirectFault, proxyFault, nameFault, certificateFault, connectionFault, timeFault, protocolFault} {
		if f, ok := known(err); ok {
			return f, true
		}
	}
	return fault{}, false
}

func unhealthy(reason string) (fault, bool) {
	return fault{aftercheck.StateUnhealthy, reason}, true
}

func unknown(reason string) (fault, bool) {
	return fault{aftercheck.StateUnknown, reason}, true
}

func redirectFault(err error) (fault, bool) {
	switch {
	case errors.Is(err, collect.ErrElsewhere):
		return unknown(ReasonRedirectRefused)
	case errors.Is(err, collect.ErrRedirectLoop):
		return unhealthy(ReasonRedirectLoop)
	}
	return fault{}, false
}

// proxyFault comes before what happened on the way to the proxy.
func proxyFault(err error) (fault, bool) {
	if op := new(net.OpError); errors.As(err, &op) && op.Op == "proxyconnect" {
		return unknown(ReasonProxyFailed)
	}
	return fault{}, false
}

// nameFault comes before the time-out that it may be.
func nameFault(err error) (fault, bool) {
	if lookup := new(net.DNSError); errors.As(err, &lookup) {
		return unknown(ReasonHostNotFound)
	}
	return fault{}, false
}

func certificateFault(err error) (fault, bool) {
	if invalid := (x509.CertificateInvalidError{}); errors.As(err, &invalid) && invalid.Reason == x509.Expired {
		return unhealthy(ReasonCertificateExpired)
	}
	verification, alert, header := new(tls.CertificateVerificationError), tls.AlertError(0), tls.RecordHeaderError{}
	if errors.As(err, &verification) || errors.As(err, &alert) || errors.As(err, &header) {
		return unknown(ReasonTLSFailure)
	}
	return fault{}, false
}

func connectionFault(err error) (fault, bool) {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return unhealthy(ReasonConnectionRefused)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return unknown(ReasonHostUnreachable)
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return unhealthy(ReasonConnectionReset)
	}
	return fault{}, false
}

func timeFault(err error) (fault, bool) {
	if timeout := net.Error(nil); errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		return unhealthy(ReasonTimeout)
	}
	return fault{}, false
}

// protocolFault knows most of its errors by their texts, for net/http exports
// none. What broke a body that had begun, and is none of the faults before, is
// its form.
func protocolFault(err error) (fault, bool) {
	text := err.Error()
	switch {
	case strings.Contains(text, "server gave HTTP response to HTTPS client"):
		return unknown(ReasonTLSFailure)
	case errors.Is(err, errBody), strings.Contains(text, "malformed HTTP"), strings.Contains(text, "net/http: HTTP/1.x transport connection broken"):
		return unhealthy(ReasonMalformedResponse)
	}
	return fault{}, false
}
