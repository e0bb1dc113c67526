// Package client is the executor's side: it asks a sidecar to capture the state
// before a repair, and to verify after it.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxAnswer bounds an answer in bytes.
const maxAnswer = 256 << 20

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
	c := &Client{}
	switch path, isURL := strings.CutPrefix(address, "unix://"); {
	case isURL || strings.HasPrefix(address, "/") || strings.HasPrefix(address, "."):
		c.base, c.http = "http://aftercheck", overSocket(path)
	default:
		parsed, err := url.Parse(address)
		if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "" {
			return nil, errors.New("address of the sidecar: want the path of its socket, unix:///path, or http://host:port")
		}
		c.base, c.http = strings.TrimSuffix(parsed.Scheme+"://"+parsed.Host+parsed.Path, "/"), &http.Client{}
	}
	for _, option := range options {
		option(c)
	}
	return c, nil
}

func overSocket(path string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		},
		MaxIdleConnsPerHost: 16,
		IdleConnTimeout:     time.Minute,
	}}
}

// call sends a request and decodes the answer into out, unless that is nil. An
// answer of 400 or above is a *Problem.
func (c *Client) call(ctx context.Context, method, path string, query url.Values, in, out any) error {
	var body io.Reader = http.NoBody
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("writing the request: %w", err)
		}
		body = bytes.NewReader(data)
	}
	address := c.base + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return fmt.Errorf("making the request: %w", err)
	}
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	return decode(response, answer, out)
}

func decode(response *http.Response, answer []byte, out any) error {
	if response.StatusCode >= http.StatusBadRequest {
		return problemOf(response, answer)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	return nil
}

// again repeats a call that is safe to repeat once, if the connection failed
// before there was an answer.
func again(ctx context.Context, call func() error) error {
	err := call()
	var unsent *url.Error
	if !errors.As(err, &unsent) || ctx.Err() != nil {
		return err
	}
	return call()
}
