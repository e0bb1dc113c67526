package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/aftercheck/aftercheck/internal/collect"
)

var errBody = errors.New("reading body")

// newClient makes a client of the target, a URL, that connects anew for each request, so that an
// endpoint which accepts no connections any more is seen, and that follows
// redirects within the host only, or none.
func newClient(name string, c promconfig.HTTPClientConfig, target string, follow bool) (*http.Client, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("http client: %w", err)
	}
	client, err := promconfig.NewClientFromConfig(c, name,
		append(collect.TokensStay(c, target), promconfig.WithKeepAlivesDisabled(), promconfig.WithUserAgent("aftercheck"))...)
	if err != nil {
		return nil, fmt.Errorf("http client: %w", err)
	}
	client.Transport = collect.WatchProbed(client.Transport)
	if !follow {
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		return client, nil
	}
	client.CheckRedirect = collect.WithinHost
	return client, nil
}

// response is what one request gave.
type response struct {
	status    int
	body      string
	truncated bool // the body goes on
	took      time.Duration
}

// fetch makes one request and reads at most limit bytes of the body.
func fetch(ctx context.Context, client *http.Client, method, target, accept string, limit int64) (response, error) {
	request, err := http.NewRequestWithContext(ctx, method, target, nil)
	if err != nil {
		return response{}, fmt.Errorf("making request: %w", err)
	}
	if accept != "" {
		request.Header.Set("Accept", accept)
	}
	begun := time.Now()
	answer, err := client.Do(request)
	if err != nil {
		return response{took: time.Since(begun)}, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	r := response{status: answer.StatusCode, took: time.Since(begun)}
	if int64(len(body)) > limit {
		body, r.truncated = body[:limit], true
	}
	r.body = string(body)
	if err != nil {
		return r, fmt.Errorf("%w: %w", errBody, err)
	}
	return r, nil
}
