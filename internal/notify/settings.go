package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/aftercheck/aftercheck"
)

// Store keeps proposals. evidence.Store is one, and its comments are the contract.
type Store interface {
	PutErrand(ctx context.Context, e aftercheck.Errand) (stored aftercheck.Errand, created bool, err error)
	UpdateErrand(ctx context.Context, e aftercheck.Errand) (aftercheck.Errand, error)
	ClaimErrands(ctx context.Context, kind string, lease time.Duration, limit int) ([]aftercheck.Errand, error)
	NextErrand(ctx context.Context, kind string) (time.Time, error)
	Errand(ctx context.Context, kind, id string) (aftercheck.Errand, error)
	ListErrands(ctx context.Context, f aftercheck.ErrandFilter) (aftercheck.ErrandPage, error)
	CountErrands(ctx context.Context, kind string, tags ...string) ([]int, error)
}

// Metrics is told what becomes of proposals.
type Metrics interface {
	// ProposalOpened counts one that was opened.
	ProposalOpened()
	// ProposalClosed counts one that was closed, by the state that it has then.
	ProposalClosed(outcome string)
	// Proposals sets how many are open in the whole store, and how many of them no
	// Alertmanager has taken.
	Proposals(open, undelivered int)
	// Notified counts a request to an Alertmanager.
	Notified(alertmanager string, failed bool)
	// SetAlertmanagers names those that there are.
	SetAlertmanagers(names []string)
}

// Settings are what a reload may change.
type Settings struct {
	// Disabled: nothing is proposed, and what is open is not sent any more.
	Disabled bool
	// DryRun: all but the sending, which is logged instead.
	DryRun bool
	// URLs are the base URLs of all the peers of one Alertmanager cluster: each
	// is told, as Prometheus does it, and they deduplicate among themselves.
	// None: proposals are kept and listed.
	URLs []string
	// Client sends the requests, with TLS and credentials as configured. Nil:
	// a plain one. Unless it says how redirects are followed, they are followed to
	// the same peer alone.
	Client *http.Client
	// Timeout bounds the request to one peer. Zero: 5 s.
	Timeout time.Duration
	// Resend is how often an open proposal is told again. Zero: 1 min.
	Resend time.Duration
	// Lifetime is how long a proposal stays open. Zero: 24 h.
	Lifetime time.Duration
	// IncidentLabels are the incident's labels that the alert has too.
	IncidentLabels []string
	// Redact removes secrets from a text before it is kept and sent. Nil:
	// nothing is removed.
	Redact func(string) string
}

// Options makes a Proposer. Store is required.
type Options struct {
	Store    Store
	Settings Settings
	// ExternalURL is where the evidence pages are, without a slash at its end.
	// Empty: alerts have no link.
	ExternalURL string
	// Keep is how long a closed proposal can be read. Zero: 30 days.
	Keep time.Duration
	// Succeeded reports whether a verification of the incident was sealed as a
	// success after a time. Nil: what is told late is not known to be over.
	Succeeded func(ctx context.Context, incident string, after time.Time) (bool, error)
	Metrics   Metrics      // nil: nobody counts
	Logger    *slog.Logger // nil: nothing is logged
}

func (o Options) withDefaults() Options {
	o.Settings = o.Settings.withDefaults()
	if o.Keep <= 0 {
		o.Keep = 30 * 24 * time.Hour
	}
	if o.Succeeded == nil {
		o.Succeeded = func(context.Context, string, time.Time) (bool, error) { return false, nil }
	}
	if o.Metrics == nil {
		o.Metrics = nobody{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func (s Settings) withDefaults() Settings {
	for field, value := range map[*time.Duration]time.Duration{&s.Timeout: 5 * time.Second, &s.Resend: time.Minute, &s.Lifetime: 24 * time.Hour} {
		if *field <= 0 {
			*field = value
		}
	}
	client := http.Client{Timeout: s.Timeout}
	if s.Client != nil {
		client = *s.Client
	}
	if client.CheckRedirect == nil {
		client.CheckRedirect = samePeer
	}
	s.Client = &client
	if s.Redact == nil {
		s.Redact = func(text string) string { return text }
	}
	return s
}

// Check returns an error if a URL is not http or https with a host.
func (s Settings) Check() error {
	_, err := s.addresses()
	return err
}

// sends reports whether somebody is told of proposals.
func (s Settings) sends() bool { return !s.DryRun && len(s.URLs) > 0 }

func (s Settings) addresses() ([]*url.URL, error) {
	var out []*url.URL
	for i, text := range s.URLs {
		base, err := url.Parse(text)
		if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" {
			return nil, fmt.Errorf("alertmanagers[%d]: want http or https with a host, such as http://alertmanager:9093", i)
		}
		out = append(out, base)
	}
	return out, nil
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

// nobody is the Metrics of who was given none.
type nobody struct{}

func (nobody) ProposalOpened()           {}
func (nobody) ProposalClosed(string)     {}
func (nobody) Proposals(int, int)        {}
func (nobody) Notified(string, bool)     {}
func (nobody) SetAlertmanagers([]string) {}
