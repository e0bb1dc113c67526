package kube

import (
	"fmt"
	"io"
	"net/http"
)

// limitResponses returns a wrapper of transports that fails the reading of a
// response body beyond so many bytes.
func limitResponses(most int64) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper { return limiter{next, most} }
}

type limiter struct {
	next http.RoundTripper
	most int64
}

// RoundTrip implements http.RoundTripper.
func (l limiter) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := l.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	response.Body = &limitedBody{response.Body, l.most, l.most}
	return response, nil
}

// limitedBody fails once more than its bytes were read.
type limitedBody struct {
	io.ReadCloser
	left, most int64
}

// Read implements io.Reader.
func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return 0, fmt.Errorf("the answer of the API server is longer than %d bytes", b.most)
	}
	return n, err
}
