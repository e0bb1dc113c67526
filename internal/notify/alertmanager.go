package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/aftercheck/aftercheck"
)

// Options makes an Alertmanager.
type Options struct {
	// URLs are the base URLs of all the peers of one Alertmanager cluster: each
	// is told, as Prometheus does it, and they deduplicate among themselves.
	URLs []string
	// Client sends the requests, with TLS and credentials as configured. Nil:
	// a plain one. Unless it says how redirects are followed, they are followed to
	// the same peer alone.
	Client *http.Client
	// Timeout bounds the request to one peer. Zero: 5 s.
	Timeout time.Duration
	// Lifetime is how long a proposal stands before Alertmanager resolves it.
	// Zero: 1 h.
	Lifetime time.Duration
	// Redact removes secrets from a text before it is sent. Nil: nothing is
	// removed.
	Redact func(string) string
}

// Alertmanager sends proposals to Alertmanager's API v2.
type Alertmanager struct {
	options Options
	peers   []*url.URL
}

// New returns an Alertmanager, or an error if there is no URL or one is not
// http or https with a host. It connects to nobody.
func New(o Options) (*Alertmanager, error) {
	if len(o.URLs) == 0 {
		return nil, errors.New("alertmanager URLs: want at least one")
	}
	a := &Alertmanager{options: o}
	for i, text := range o.URLs {
		base, err := url.Parse(text)
		if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" {
			return nil, fmt.Errorf("alertmanager URL %d: want http or https with a host, such as http://alertmanager:9093", i+1)
		}
		a.peers = append(a.peers, base.JoinPath("api/v2/alerts"))
	}
	if a.options.Timeout <= 0 {
		a.options.Timeout = 5 * time.Second
	}
	client := http.Client{Timeout: a.options.Timeout}
	if a.options.Client != nil {
		client = *a.options.Client
	}
	if client.CheckRedirect == nil {
		client.CheckRedirect = samePeer
	}
	a.options.Client = &client
	if a.options.Lifetime <= 0 {
		a.options.Lifetime = time.Hour
	}
	if a.options.Redact == nil {
		a.options.Redact = func(text string) string { return text }
	}
	return a, nil
}

// samePeer follows a redirect that sends the proposal once more to the same
// peer. Another host is the configuration's to name, and what turns the request
// into another, as a 302 does, would be taken for a proposal that has arrived.
func samePeer(next *http.Request, via []*http.Request) error {
	first := via[0]
	if next.URL.Scheme != first.URL.Scheme || next.URL.Host != first.URL.Host || next.Method != first.Method || len(via) > 5 {
		return errRedirected
	}
	return nil
}

var errRedirected = errors.New("redirected elsewhere, which is not followed; want the peer's own address")

// Notify sends the proposal of a rollback to all peers, side by side and once
// each, if the verdict calls for one (Decide); otherwise it does nothing. The
// error names each peer that did not take it, without credentials; the others
// have.
func (a *Alertmanager) Notify(ctx context.Context, v aftercheck.Verification) error {
	if Decide(v) != DecisionPropose {
		return nil
	}
	v.Action.Text = a.options.Redact(v.Action.Text) // whole: half a secret is not recognised
	body, err := json.Marshal([]alert{a.redacted(newAlert(v, time.Now(), a.options.Lifetime))})
	if err != nil {
		return fmt.Errorf("encoding the proposal: %w", err)
	}
	errs := make([]error, len(a.peers))
	var all sync.WaitGroup
	for i, peer := range a.peers {
		all.Go(func() { errs[i] = a.post(ctx, peer, body) })
	}
	all.Wait()
	return errors.Join(errs...)
}

func (a *Alertmanager) redacted(proposal alert) alert {
	for name, text := range proposal.Annotations {
		proposal.Annotations[name] = a.options.Redact(text)
	}
	return proposal
}

// maxAnswer bounds what is read of a peer's complaint, in bytes.
const maxAnswer = 512

func (a *Alertmanager) post(ctx context.Context, peer *url.URL, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, a.options.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, peer.String(), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("proposing to alertmanager %s: %w", peer.Host, err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := a.options.Client.Do(request)
	if err != nil {
		return fmt.Errorf("proposing to alertmanager %s: %w", peer.Host, withoutURL(err))
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		complaint, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
		return fmt.Errorf("proposing to alertmanager %s: status %d: %s", peer.Host, answer.StatusCode, strings.TrimSpace(string(complaint)))
	}
	return nil
}

// withoutURL drops the URL, which may hold credentials, from a client's error.
func withoutURL(err error) error {
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
