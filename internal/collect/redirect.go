package collect

import (
	"errors"
	"fmt"
	"net/http"
)

// maxRedirects bounds the redirects of one request within its host.
const maxRedirects = 5

// The errors of WithinHost.
var (
	// ErrElsewhere: the endpoint redirected to another scheme, host or port.
	ErrElsewhere = errors.New("redirected to another host")
	// ErrRedirectLoop: it redirected within its host, again and again.
	ErrRedirectLoop = fmt.Errorf("redirected more than %d times", maxRedirects)
)

// WithinHost is an http.Client's CheckRedirect that follows redirects within the
// scheme, host and port of the first request alone: whom sensors talk to is the
// configuration's to say, and no endpoint's.
func WithinHost(next *http.Request, via []*http.Request) error {
	switch first := via[0].URL; {
	case next.URL.Scheme != first.Scheme || next.URL.Host != first.Host:
		return ErrElsewhere
	case len(via) > maxRedirects:
		return ErrRedirectLoop
	}
	return nil
}
