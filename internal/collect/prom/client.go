package prom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	promconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"github.com/aftercheck/aftercheck/internal/collect"
)

// client asks one server.
type client struct {
	http     api.Client
	v1       v1.API
	recorded cached[recordings]
	scraped  cached[scrapes]
}

func newClient(c Config) (*client, error) {
	address, err := url.Parse(c.URL)
	if err != nil || address.Host == "" || (address.Scheme != "http" && address.Scheme != "https") {
		return nil, fmt.Errorf("url: want an address such as http://prometheus:9090")
	}
	if err := c.HTTP.Validate(); err != nil {
		return nil, fmt.Errorf("http: %w", err)
	}
	httpClient, err := promconfig.NewClientFromConfig(c.HTTP, MetricsSensor, collect.TokensStay(c.HTTP, c.URL)...)
	if err != nil {
		return nil, fmt.Errorf("http: %w", err)
	}
	limit := c.MaxResponseBytes
	if limit < 0 {
		return nil, fmt.Errorf("max_response_bytes: want a number that is not negative")
	}
	if limit == 0 {
		limit = DefaultMaxResponseBytes
	}
	if c.HTTP.FollowRedirects { // else the client follows none
		httpClient.CheckRedirect = collect.WithinHost
	}
	httpClient.Transport = &limitedTransport{next: collect.Watch(httpClient.Transport), limit: limit}
	inner, err := api.NewClient(api.Config{Address: c.URL, Client: httpClient})
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	return &client{http: inner, v1: v1.NewAPI(inner)}, nil
}

// result is one query's answer.
type result struct {
	value    model.Value
	warnings []string
}

// query evaluates an expression at one time. It lets the server give up a
// little before the context does, so that the server's reason arrives.
func (c *client) query(ctx context.Context, expr string, at time.Time) (result, error) {
	var options []v1.Option
	if deadline, ok := ctx.Deadline(); ok {
		options = append(options, v1.WithTimeout(serverTimeout(time.Until(deadline))))
	}
	value, warnings, _, err := c.v1.Query(ctx, expr, at, options...)
	if err != nil {
		return result{}, fmt.Errorf("querying: %w", cause(ctx, err))
	}
	switch value.(type) {
	case model.Vector, *model.Scalar:
		return result{value: value, warnings: warnings}, nil
	}
	return result{}, fmt.Errorf("querying: the server answered neither a vector nor a scalar")
}

// serverTimeout is a little less than what is left. Servers read no fractions of
// seconds, which Go writes, so it is in whole seconds, or milliseconds under one.
func serverTimeout(left time.Duration) time.Duration {
	left = left * 9 / 10
	if left >= time.Second {
		return left.Truncate(time.Second)
	}
	return max(left.Truncate(time.Millisecond), time.Millisecond)
}

// get decodes the data of one of the API's GET answers.
func (c *client) get(ctx context.Context, path string, parameters url.Values, into any) error {
	address := c.http.URL(path, nil)
	address.RawQuery = parameters.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return fmt.Errorf("asking %s: %w", path, err)
	}
	response, body, err := c.http.Do(ctx, request)
	if err != nil {
		return fmt.Errorf("asking %s: %w", path, cause(ctx, err))
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("asking %s: the server answered %s", path, response.Status)
	}
	envelope := struct {
		Status   string          `json:"status"`
		Data     json.RawMessage `json:"data"`
		Warnings []string        `json:"warnings"`
	}{}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return fmt.Errorf("decoding %s: %w", path, err)
	}
	if envelope.Status != "success" {
		return fmt.Errorf("decoding %s: want the status success", path)
	}
	if len(envelope.Warnings) > 0 {
		return fmt.Errorf("asking %s: the answer is partial: %s", path, strings.Join(envelope.Warnings, "; "))
	}
	if err := json.Unmarshal(envelope.Data, into); err != nil {
		return fmt.Errorf("decoding %s: %w", path, err)
	}
	return nil
}

// cause returns the context's error where that is why a call failed, so that a
// time-out can be told from a broken server.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		return fmt.Errorf("%w (%w)", ctx.Err(), err)
	}
	return err
}

// errTooLarge is the error of a response that is longer than the limit.
var errTooLarge = errors.New("the response is larger than the limit")

// limitedTransport bounds the bodies of responses.
type limitedTransport struct {
	next  http.RoundTripper
	limit int64
}

// RoundTrip implements http.RoundTripper.
func (t *limitedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	response.Body = &limitedBody{ReadCloser: response.Body, left: t.limit}
	return response, nil
}

type limitedBody struct {
	io.ReadCloser
	left int64
}

// Read implements io.Reader. Unlike io.LimitReader it does not pretend that the
// body ended.
func (b *limitedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}
