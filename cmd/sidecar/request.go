package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/model"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/client"
	"github.com/aftercheck/aftercheck/internal/api"
)

// flagged is what flags are added to: a subcommand.
type flagged interface {
	Flag(name, help string) *kingpin.FlagClause
}

// caller is how a subcommand reaches the sidecar.
type caller struct {
	address   string
	tokenFile string
	caFile    string
}

// callerFlags adds them. What they are on a machine or in a pod may stand in its
// environment, where the client in Python looks too.
func callerFlags(f flagged) *caller {
	c := &caller{}
	f.Flag("socket", "Unix socket of the sidecar, or the URL of its TCP listener.").Envar("AFTERCHECK_ADDRESS").Default(api.DefaultSocket()).StringVar(&c.address)
	f.Flag("api.bearer-token-file", "File with the token for a TCP listener; the first of several.").Envar("AFTERCHECK_TOKEN_FILE").StringVar(&c.tokenFile)
	f.Flag("api.ca-file", "File with the authority that signed the TCP listener's certificate; the system's, if absent.").Envar("AFTERCHECK_CA_FILE").StringVar(&c.caFile)
	return c
}

// dial makes a client; it connects when it is first used.
func (c *caller) dial() (*client.Client, error) {
	var options []client.Option
	if c.tokenFile != "" {
		read, err := api.TokenFile(c.tokenFile)
		if err != nil {
			return nil, err
		}
		tokens, err := read()
		if err != nil {
			return nil, err
		}
		options = append(options, client.WithToken(tokens[0].Text))
	}
	if c.caFile != "" && strings.HasPrefix(c.address, "https://") {
		trusting, err := trusting(c.caFile)
		if err != nil {
			return nil, err
		}
		options = append(options, client.WithHTTPClient(trusting))
	}
	return client.New(c.address, options...)
}

// trusting is an HTTP client that trusts the authorities in a file alone.
func trusting(file string) (*http.Client, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("reading the authority: no certificate in PEM form in " + file)
	}
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true,
	}}, nil
}

// incidentFlags add what names an incident.
func incidentFlags(f flagged) *aftercheck.Incident {
	i := &aftercheck.Incident{}
	incidentFlagsOf(f, i, f.Flag("incident", "Your identifier of the incident.").Required())
	return i
}

func incidentFlagsOf(f flagged, i *aftercheck.Incident, id *kingpin.FlagClause) {
	id.StringVar(&i.ID)
	labelFlags(f, &i.Alertname, &i.Labels)
	f.Flag("starts-at", "When the incident began, as 2006-01-02T15:04:05Z.").SetValue((*moment)(&i.StartsAt))
}

// named gives an incident without an identifier one that is the same for the
// same alert, so that what is done about an alert is listed together.
func named(i *aftercheck.Incident) error {
	switch {
	case i.ID != "":
	case i.Alertname == "" && len(i.Labels) == 0:
		return errors.New("want --incident, or what the alert is: --alertname or --label")
	default:
		labels := model.LabelSet{model.AlertNameLabel: model.LabelValue(i.Alertname)}
		for name, value := range i.Labels {
			labels[model.LabelName(name)] = model.LabelValue(value)
		}
		i.ID = strings.TrimPrefix(i.Name()+"-"+labels.Fingerprint().String(), "-")
	}
	return nil
}

// asked is what a verification may be asked for beside the incident.
type asked struct {
	policy           string
	warmup, deadline span
}

func askedFlags(f flagged) *asked {
	a := &asked{}
	f.Flag("policy", "Name of a configured policy.").StringVar(&a.policy)
	f.Flag("warmup", "Instead of the policy's, such as 10s.").SetValue(&a.warmup)
	f.Flag("deadline", "Instead of the policy's, such as 1m.").SetValue(&a.deadline)
	return a
}

func labelFlags(f flagged, alertname *string, labels *map[string]string) {
	f.Flag("alertname", "Name of the alert.").StringVar(alertname)
	*labels = map[string]string{}
	f.Flag("label", "Label of the alert, as name=value. Repeatable.").PlaceHolder("NAME=VALUE").SetValue(labelValues(*labels))
}

func outputFlag(f flagged) *string {
	return f.Flag("output", "text for people, json for programs.").Short('o').Default("text").Enum("text", "json")
}

// labelValues are repeated name=value flags.
type labelValues map[string]string

// Set implements kingpin.Value.
func (l labelValues) Set(text string) error {
	name, value, found := strings.Cut(text, "=")
	if !found || name == "" {
		return errors.New("want name=value, such as namespace=shop")
	}
	l[name] = value
	return nil
}

// String implements kingpin.Value.
func (l labelValues) String() string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(l)) {
		pairs = append(pairs, name+"="+l[name])
	}
	return strings.Join(pairs, ",")
}

// IsCumulative tells kingpin that the flag may be repeated.
func (l labelValues) IsCumulative() bool { return true }

// verdicts are repeated flags, each with verdicts between commas.
type verdicts []aftercheck.Verdict

// Set implements kingpin.Value.
func (v *verdicts) Set(text string) error {
	for _, name := range strings.Split(text, ",") {
		verdict := aftercheck.Verdict(strings.TrimSpace(name))
		if code := verdictCodes()[verdict]; code == exitOK {
			return errors.New("want degraded, failed or timeout, with commas between them")
		}
		*v = append(*v, verdict)
	}
	return nil
}

// String implements kingpin.Value.
func (v *verdicts) String() string {
	var names []string
	for _, verdict := range *v {
		names = append(names, string(verdict))
	}
	return strings.Join(names, ",")
}

// IsCumulative tells kingpin that the flag may be repeated.
func (v *verdicts) IsCumulative() bool { return true }

// moment is a time on the command line.
type moment time.Time

// Set implements kingpin.Value.
func (m *moment) Set(text string) error {
	parsed, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return errors.New("want a time as RFC 3339 writes it, such as 2006-01-02T15:04:05Z")
	}
	*m = moment(parsed)
	return nil
}

// String implements kingpin.Value.
func (m *moment) String() string {
	if t := time.Time(*m); !t.IsZero() {
		return t.Format(time.RFC3339Nano)
	}
	return ""
}

// span is a duration on the command line that may be absent.
type span struct{ set *aftercheck.Duration }

// Set implements kingpin.Value.
func (s *span) Set(text string) error {
	var d aftercheck.Duration
	if err := d.UnmarshalText([]byte(text)); err != nil {
		return err
	}
	s.set = &d
	return nil
}

// String implements kingpin.Value.
func (s *span) String() string {
	if s.set == nil {
		return ""
	}
	return s.set.String()
}

func printJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("printing JSON: %w", err)
	}
	return nil
}
