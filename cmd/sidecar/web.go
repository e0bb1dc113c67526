package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web"
	"sigs.k8s.io/yaml"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/pages"
)

// webRoutes is what the metrics listener serves.
func (s *sidecar) webRoutes() (http.Handler, error) {
	links := []web.LandingLinks{
		{Address: "/metrics", Text: "Metrics"},
		{Address: "/-/healthy", Text: "Healthy"},
		{Address: "/-/ready", Text: "Ready"},
	}
	mux := http.NewServeMux()
	if !s.options.withoutPages {
		links = slices.Insert(links, 0, web.LandingLinks{Address: "/verifications", Text: "Verifications", Description: "verdicts and their evidence"})
		evidence := pages.New(pages.Options{Reader: s.engine, ExternalURL: s.externalURL, Proposal: s.proposalOf, Version: version.Version, Logger: s.log})
		mux.Handle("/verifications", evidence)
		mux.Handle("/verifications/", evidence)
	}
	landing, err := web.NewLandingPage(web.LandingConfig{
		Name: "Aftercheck", Description: "Did the fix work?", Version: version.Info(), Profiling: "false", Links: links,
		HeaderColor: "#1a56b4", // the accent of the evidence pages
	})
	if err != nil {
		return nil, fmt.Errorf("making the landing page: %w", err)
	}
	mux.Handle("GET /{$}", landing)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{
		Registry: s.registry, EnableOpenMetrics: true, MaxRequestsInFlight: 40, Timeout: 30 * time.Second,
	}))
	mux.Handle("GET /-/healthy", s.handler)
	mux.Handle("GET /-/ready", s.handler)
	return mux, nil
}

// evidenceURL is the base of links to the evidence pages; empty where there are
// none.
func (s *sidecar) evidenceURL() string {
	if s.options.withoutPages || s.externalURL == nil {
		return ""
	}
	return s.externalURL.String()
}

// proposalOf tells the pages of the rollback proposal that a verification called
// for.
func (s *sidecar) proposalOf(ctx context.Context, v aftercheck.Verification) (pages.Proposal, bool, error) {
	p, found, err := s.proposer.ProposalOf(ctx, v)
	since := p.OpenedAt
	if p.State != aftercheck.ProposalOpen {
		since = p.ClosedAt
	}
	return pages.Proposal{State: string(p.State), Since: since}, found, err
}

// externalURL is what --web.external-url says, or else the first address that
// is listened on; nil where there is none.
func externalURL(o serveOptions, listeners []net.Listener) (*url.URL, error) {
	if o.externalURL != "" {
		return parseExternalURL(o.externalURL)
	}
	if len(listeners) == 0 {
		return nil, nil
	}
	host, port, err := net.SplitHostPort(listeners[0].Addr().String())
	if err != nil {
		return nil, fmt.Errorf("making a link of the listen address: %w", err)
	}
	if address := net.ParseIP(host); address != nil && address.IsUnspecified() {
		if host, err = os.Hostname(); err != nil {
			return nil, fmt.Errorf("making a link of the listen address; --web.external-url can say one: %w", err)
		}
	}
	secure, err := servesTLS(o.webConfig)
	if err != nil {
		return nil, err
	}
	scheme := "http"
	if secure {
		scheme = "https"
	}
	return &url.URL{Scheme: scheme, Host: net.JoinHostPort(host, port)}, nil
}

func parseExternalURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("--web.external-url: want an http or https URL with a host and perhaps a path, such as https://aftercheck.example.com")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = ""
	return u, nil
}

// servesTLS reports whether the web configuration turns on TLS.
func servesTLS(file string) (bool, error) {
	if file == "" {
		return false, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return false, fmt.Errorf("reading the web configuration: %w", err)
	}
	var settings struct {
		TLS map[string]any `json:"tls_server_config"`
	}
	if err := yaml.Unmarshal(text, &settings); err != nil {
		return false, fmt.Errorf("reading the web configuration: %w", err)
	}
	return len(settings.TLS) > 0, nil
}
