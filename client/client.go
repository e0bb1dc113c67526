// Package client is the executor's side: it asks a sidecar to capture the state
// before a repair, and to verify after it.
//
// Around does all of it and never fails its executor; Capture and Verify are its
// parts. Every call may be given any context, is bounded without one (two
// minutes, beside the time that it waits for a verdict), and is repeated a
// bounded number of times where that is safe and may help: after a lost
// connection, and after 429, 502, 503 and 504, as late as Retry-After asks for.
// The IDs of captures and verifications are chosen before the first attempt, so
// that what is sent again is the same request.
//
// docs/executors.md says what to do with each answer.
package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aftercheck/aftercheck"
)

const (
	// maxAnswer bounds an answer in bytes.
	maxAnswer = 256 << 20
	// patience bounds a call whose context has no deadline, beside the time
	// that it waits for a verdict: an executor must not hang on its sidecar.
	patience = 2 * time.Minute
	// maxAttempts bounds how often one call is sent.
	maxAttempts = 4
	// firstPause is the pause before the second attempt; each is twice the one
	// before, up to longestPause. A Retry-After that is longer is left to the
	// caller.
	firstPause, longestPause = time.Second / 10, 2 * time.Second
)

// Client talks to one sidecar. It may be used concurrently, and holds no
// connection that would have to be closed.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// Option changes a new Client.
type Option func(*Client)

// WithToken sends the bearer token with every call, as TCP addresses other than
// loopback want it.
func WithToken(token string) Option { return func(c *Client) { c.token = token } }

// WithHTTPClient sends calls by this client instead of its own. The address
// must be a URL of http or https then.
func WithHTTPClient(h *http.Client) Option { return func(c *Client) { c.http = h } }

// New returns a client of the sidecar at the address: the path of its unix
// socket, the same as unix:///path, or http://host:port. It does not connect.
func New(address string, options ...Option) (*Client, error) {
	c := &Client{base: "http://localhost"}
	path, isSocket := strings.CutPrefix(address, "unix://")
	switch {
	case path == "":
		return nil, errAddress
	case isSocket || strings.HasPrefix(address, "/") || strings.HasPrefix(address, "."):
		c.http = overSocket(path)
	default:
		parsed, err := url.Parse(address)
		if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "" {
			return nil, errAddress
		}
		c.base, c.http = strings.TrimSuffix(parsed.Scheme+"://"+parsed.Host+parsed.Path, "/"), &http.Client{}
	}
	for _, option := range options {
		option(c)
	}
	return c, nil
}

var errAddress = errors.New("address of the sidecar: want the path of its socket, unix:///path, or http://host:port")

func overSocket(path string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		},
		MaxIdleConnsPerHost: 16,
		IdleConnTimeout:     time.Minute,
	}}
}

// request is one call of the API.
type request struct {
	method, path string
	query        url.Values
	wait         time.Duration // how long the sidecar may hold the answer
	body         any           // nil: none
	attempts     int           // how often it is sent at the most; zero means maxAttempts
}

// call sends a request and decodes the answer into out, unless that is nil. A
// refusal is a *Problem; no answer at all is an aftercheck.ErrUnavailable. Both
// come after further attempts where those may help: all calls are safe to
// repeat, since their IDs are chosen before the first. Nothing above this
// repeats a call, but Wait, whose calls are sent once.
func (c *Client) call(ctx context.Context, r request, out any) error {
	if r.wait > 0 {
		r.query = url.Values{"wait": {r.wait.String()}}
	}
	if _, bounded := ctx.Deadline(); !bounded {
		bounded, cancel := context.WithTimeout(ctx, patience+r.wait)
		defer cancel()
		ctx = bounded
	}
	data, err := json.Marshal(r.body)
	if err != nil {
		return fmt.Errorf("writing the request: %w", err)
	}
	answer, err := c.attempt(ctx, r, data)
	for attempt := 1; attempt < cmp.Or(r.attempts, maxAttempts) && retryable(err); attempt++ {
		if !pauseBefore(ctx, attempt, err) {
			return err
		}
		answer, err = c.attempt(ctx, r, data)
	}
	switch {
	case err != nil:
		return err
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	return nil
}

// attempt sends the request once, and makes errors of refusals and of silence.
func (c *Client) attempt(ctx context.Context, r request, data []byte) ([]byte, error) {
	status, header, answer, err := c.send(ctx, r, data)
	switch {
	case err != nil:
		return nil, &unreachable{err}
	case status >= http.StatusBadRequest:
		return nil, problemOf(status, header, answer)
	}
	return answer, nil
}

// retryable reports whether the same call may fare better in a moment.
func retryable(err error) bool {
	return errors.Is(err, aftercheck.ErrUnavailable) && !errors.Is(err, context.Canceled)
}

// pauseBefore waits before the next attempt, as long as the sidecar asks for or
// as the attempts so far suggest. It is false, without a wait, if the context
// would end meanwhile or the sidecar asks for more than a short pause.
func pauseBefore(ctx context.Context, attempts int, err error) bool {
	wait := min(firstPause<<(attempts-1), longestPause)
	wait -= time.Duration(rand.Int64N(int64(wait) / 2)) // so that not all come back at once
	if problem := (*Problem)(nil); errors.As(err, &problem) {
		wait = max(wait, problem.RetryAfter)
	}
	if over, bounded := ctx.Deadline(); wait > longestPause || bounded && time.Until(over) < wait {
		return false
	}
	return pause(ctx, wait)
}

// send sends the request once; the error is that there is no whole answer.
func (c *Client) send(ctx context.Context, r request, data []byte) (status int, header http.Header, answer []byte, err error) {
	address := c.base + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	var body io.Reader = http.NoBody
	if r.body != nil {
		body = bytes.NewReader(data)
	}
	request, err := http.NewRequestWithContext(ctx, r.method, address, body)
	if err != nil {
		return 0, nil, nil, err
	}
	if r.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return response.StatusCode, response.Header, answer, err
}

// pause waits; false if the context ended before.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
