package probe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

// The limits of a probe where its configuration leaves them zero.
const (
	DefaultTimeout  = 5 * time.Second
	DefaultMaxBytes = 64 << 10
)

// grace is how much longer than its endpoint a sensor is given, so that a silent
// endpoint is a finding and not a late sensor.
const grace = time.Second

// HTTPConfig describes a probe: what to ask, and which answer is healthy.
type HTTPConfig struct {
	// Name is the sensor's name; no two sensors share one.
	Name string
	// URL is asked. Its path and query may hold $name or ${name} for the
	// incident's label of that name; $$ is a dollar sign.
	URL string
	// Match says which incidents the probe is for.
	Match collect.Match
	// Method is GET, HEAD or OPTIONS, so that asking changes nothing. Empty: GET.
	Method string
	// Timeout is how long the endpoint has to answer whole; later is unhealthy.
	// Zero: DefaultTimeout.
	Timeout time.Duration
	// ExpectStatus lists the healthy statuses. Empty: 200 to 299.
	ExpectStatus []int
	// MaxLatency is the longest healthy time to answer. Zero: any within Timeout.
	MaxLatency time.Duration
	// BodyContains must stand in the first MaxBytes of the body. Empty: any body.
	BodyContains string
	// MaxBytes bounds what is read of the body. Zero: DefaultMaxBytes.
	MaxBytes int64
	// Client holds authentication and TLS. Redirects are followed within the
	// URL's scheme, host and port, and only if FollowRedirects is set and
	// ExpectStatus lists none.
	Client promconfig.HTTPClientConfig
	// Scope says whether the endpoint is the target's or a neighbour's. Empty:
	// the target's.
	Scope aftercheck.Scope
	// Signal says that the alert means this very endpoint, so that its recovery
	// clears the root cause.
	Signal bool
}

// prober is a checked HTTPConfig.
type prober struct {
	HTTPConfig
	address address
	client  *http.Client
}

// NewHTTP returns a sensor that asks an endpoint and makes one finding of its
// answer, with the time it took in seconds. It asks nothing yet. Errors name
// the setting and what would be right.
func NewHTTP(c HTTPConfig) (collect.Sensor, error) {
	if err := c.complete(); err != nil {
		return collect.Sensor{}, err
	}
	target, err := parseAddress(c.URL)
	if err != nil {
		return collect.Sensor{}, err
	}
	follow := c.Client.FollowRedirects && !slices.ContainsFunc(c.ExpectStatus, isRedirect)
	client, err := newClient(c.Name, c.Client, c.URL, follow)
	if err != nil {
		return collect.Sensor{}, err
	}
	p := &prober{HTTPConfig: c, address: target, client: client}
	return collect.Sensor{Name: c.Name, Timeout: c.Timeout + grace, Plan: p.plan}, nil
}

// complete checks the settings and fills in the defaults.
func (c *HTTPConfig) complete() error {
	if c.Method == "" {
		c.Method = http.MethodGet
	}
	switch {
	case c.Name == "":
		return errors.New("name: want one")
	case c.Method != http.MethodGet && c.Method != http.MethodHead && c.Method != http.MethodOptions:
		return errors.New("method: want GET, HEAD or OPTIONS, which change nothing")
	case c.Method == http.MethodHead && c.BodyContains != "":
		return errors.New("body_contains: want none with the method HEAD, whose answers have no body")
	case c.MaxLatency < 0:
		return errors.New("max_latency: want a duration that is not negative")
	case slices.ContainsFunc(c.ExpectStatus, func(status int) bool { return status < 100 || status > 599 }):
		return errors.New("expect_status: want numbers from 100 to 599")
	}
	if err := completeLimits(&c.Timeout, &c.MaxBytes, &c.Scope, DefaultMaxBytes); err != nil {
		return err
	}
	if c.MaxLatency > c.Timeout {
		return fmt.Errorf("max_latency: want no more than the timeout, %s", c.Timeout)
	}
	return nil
}

// completeLimits checks and fills in what both kinds of sensor have.
func completeLimits(timeout *time.Duration, maxBytes *int64, scope *aftercheck.Scope, bytes int64) error {
	if *timeout == 0 {
		*timeout = DefaultTimeout
	}
	if *maxBytes == 0 {
		*maxBytes = bytes
	}
	if *scope == "" {
		*scope = aftercheck.ScopeTarget
	}
	switch {
	case *timeout < 0:
		return errors.New("timeout: want a duration that is not negative")
	case *maxBytes < 0:
		return errors.New("max_bytes: want a number that is not negative")
	case *scope != aftercheck.ScopeTarget && *scope != aftercheck.ScopeNeighbour:
		return errors.New("scope: want target or neighbour")
	}
	return nil
}

func isRedirect(status int) bool { return status >= 300 && status < 400 }

func (p *prober) plan(q collect.Question) (collect.Plan, bool) {
	if !p.Match.Fits(q.Incident) {
		return collect.Plan{}, false
	}
	target, err := p.address.expand(labelsOf(q.Incident))
	if failed := (*labelError)(nil); errors.As(err, &failed) {
		return answering(p.finding(p.URL, fault{aftercheck.StateUnknown, failed.reason}, failed.message)), true
	}
	return collect.Plan{Key: target, Read: func(ctx context.Context) (collect.Answer, error) { return p.read(ctx, target) }}, true
}

// labelsOf returns the incident's labels, with its alert's name among them.
func labelsOf(i aftercheck.Incident) map[string]string {
	if i.Labels["alertname"] == i.Name() {
		return i.Labels
	}
	labels := map[string]string{"alertname": i.Name()}
	for name, value := range i.Labels {
		if name != "alertname" {
			labels[name] = value
		}
	}
	return labels
}

// answering is the plan of a reading that needs no request.
func answering(f aftercheck.Finding) collect.Plan {
	return collect.Plan{Read: func(context.Context) (collect.Answer, error) {
		f.At = time.Now().UTC()
		return collect.Answer{Findings: []aftercheck.Finding{f}}, nil
	}}
}

// read asks once.
func (p *prober) read(ctx context.Context, target string) (collect.Answer, error) {
	within, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	at := time.Now().UTC()
	answer, err := fetch(within, p.client, p.Method, target, "", p.MaxBytes)
	if ctx.Err() != nil {
		return collect.Answer{Raw: answer.body}, fmt.Errorf("probing: %w", ctx.Err())
	}
	if err != nil {
		seen, ok := faultOf(err)
		if !ok {
			return collect.Answer{Raw: answer.body}, fmt.Errorf("probing: %w", err)
		}
		finding := p.finding(target, seen, err.Error())
		finding.At = at
		return collect.Answer{Findings: []aftercheck.Finding{finding}, Raw: answer.body}, nil
	}
	seen, message := p.judge(answer)
	finding := p.finding(target, seen, message)
	finding.At = at
	finding.Value = &aftercheck.Value{Number: answer.took.Seconds(), Unit: "seconds"}
	return collect.Answer{Findings: []aftercheck.Finding{finding}, Raw: answer.body}, nil
}

func (p *prober) finding(target string, seen fault, message string) aftercheck.Finding {
	return aftercheck.Finding{
		Subject: aftercheck.Subject{Kind: "Endpoint", Name: p.Name},
		Check:   aftercheck.CheckProbe,
		Scope:   p.Scope,
		State:   seen.state,
		Reason:  seen.reason,
		Message: message,
		Wanted:  p.wanted(),
		Query:   p.Method + " " + target,
		Signal:  p.Signal,
	}
}

// judge reads an answer: first its status, then its body, then its time.
func (p *prober) judge(r response) (fault, string) {
	status := strings.TrimSpace(strconv.Itoa(r.status) + " " + http.StatusText(r.status))
	took := r.took.Round(time.Microsecond)
	switch {
	case !p.expected(r.status):
		return statusFault(r.status), fmt.Sprintf("answered %s in %s", status, took)
	case !strings.Contains(r.body, p.BodyContains) && r.truncated:
		return fault{aftercheck.StateUnknown, ReasonBodyTruncated}, fmt.Sprintf("answered %s, without the wanted text in the first %d bytes", status, p.MaxBytes)
	case !strings.Contains(r.body, p.BodyContains):
		return fault{aftercheck.StateUnhealthy, ReasonBodyMismatch}, fmt.Sprintf("answered %s, without the wanted text", status)
	case p.MaxLatency > 0 && r.took > p.MaxLatency:
		return fault{aftercheck.StateUnhealthy, ReasonSlow}, fmt.Sprintf("answered %s in %s", status, took)
	}
	return fault{aftercheck.StateHealthy, ReasonAnswered}, fmt.Sprintf("answered %s in %s", status, took)
}

func (p *prober) expected(status int) bool {
	if len(p.ExpectStatus) == 0 {
		return status >= 200 && status <= 299
	}
	return slices.Contains(p.ExpectStatus, status)
}

// statusFault tells an endpoint that is not well from one that does not want to
// talk to us.
func statusFault(status int) fault {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		return fault{aftercheck.StateUnknown, ReasonUnauthorized}
	case http.StatusTooManyRequests:
		return fault{aftercheck.StateUnknown, ReasonRateLimited}
	}
	return fault{aftercheck.StateUnhealthy, ReasonUnexpectedStatus}
}

// wanted says what would be healthy.
func (p *prober) wanted() string {
	var wanted strings.Builder
	wanted.WriteString("status 200..299")
	if len(p.ExpectStatus) > 0 {
		wanted.Reset()
		wanted.WriteString("status")
		for i, status := range p.ExpectStatus {
			if i > 0 {
				wanted.WriteString(" or")
			}
			wanted.WriteString(" " + strconv.Itoa(status))
		}
	}
	if p.MaxLatency > 0 {
		wanted.WriteString(" within " + p.MaxLatency.String())
	}
	if p.BodyContains != "" {
		wanted.WriteString(" with the wanted text")
	}
	return wanted.String()
}
