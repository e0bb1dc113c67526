package config

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/aftercheck/aftercheck"
)

// MaxBytes is the size of the largest file that is read.
const MaxBytes = 1 << 20

// Config is the whole configuration, checked. Default gives it for an empty
// file.
type Config struct {
	DefaultNamespace string // namespace of an incident whose labels name none
	Listen           Listen
	Store            Store
	Limits           Limits
	DefaultPolicy    aftercheck.Policy
	Policies         []Policy // the named ones, in the file's order
	Sensors          Sensors
	SelfHealing      SelfHealing
	Metrics          Metrics
	SecretFiles      []string // files whose content is removed from every reading

	source source
}

// SelfHealing is about rollback proposals.
type SelfHealing struct {
	Enabled          bool     // false: nothing is proposed
	DryRun           bool     // nobody is told
	Alertmanagers    []string // base URLs of all the peers of one cluster; each is told
	Client           promconfig.HTTPClientConfig
	Timeout          time.Duration // of the request to one of them
	ResendInterval   time.Duration // how often an open proposal is told again
	ProposalLifetime time.Duration // how long a proposal stays open
	IncidentLabels   []string      // the incident's labels that the alert has too
}

// Metrics bounds the series of metrics whose labels callers fill.
type Metrics struct {
	MaxPlaybooks  int // playbooks with series of their own
	MaxAlertnames int // alert names with series of their own
}

// Limits bounds what the sidecar holds and asks.
type Limits struct {
	MaxInFlight      int     // verifications accepted and not sealed
	MaxReadingBytes  int     // bytes of a reading's raw text that are kept
	MaxEvidenceBytes int     // bytes of the readings of one verification together
	MaxConcurrent    int     // readings of one sensor that are under way
	MaxCalls         int     // calls of the API under way
	MaxBodyBytes     int64   // bytes of their bodies together
	ClientShare      float64 // how much of what is bounded one client may have, 0 to 1
	ClientRate       int     // calls of one client in a second
}

// Policy is a named policy and the incidents that it fits.
type Policy struct {
	aftercheck.Policy
	Match Match
}

// Match says which incidents something is for. The zero Match fits every one.
type Match struct {
	Alertname string   // regular expression on the whole alert name; empty: any
	Labels    []string // matchers such as namespace="shop", all of which must match
}

// Empty reports whether the match fits every incident.
func (m Match) Empty() bool { return m.Alertname == "" && len(m.Labels) == 0 }

// Load reads and checks a file. An empty path means the defaults. Relative
// paths in the file are relative to it. Errors name file, line and column, as
// *Error where the file's content is wrong.
func Load(path string) (*Config, error) {
	if path == "" {
		return Default(), nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading configuration: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading configuration: %w", err)
	}
	return parse(path, data)
}

// Parse checks a file's content. Relative paths in it stay as they are.
func Parse(data []byte) (*Config, error) { return parse("", data) }

func parse(path string, data []byte) (*Config, error) {
	src := source{file: path, data: data}
	var written rawConfig
	if err := src.decode(&written); err != nil {
		return nil, err
	}
	c := &checker{source: &src, directory: directoryOf(path)}
	checked := c.config(written)
	if err := c.err(); err != nil {
		return nil, err
	}
	checked.source = src
	return checked, nil
}

func directoryOf(path string) string {
	if path == "" {
		return ""
	}
	return filepath.Dir(path)
}

// namedKey is how other packages say which of their settings is wrong.
var namedKey = regexp.MustCompile(`^([a-z_0-9]+(?:\[[0-9]+\])?): (.+)$`)

// At says where in the file something is that another package found wrong.
// Path is a path of keys such as sensors.http[0]; keys that the error's text
// begins with, as in "healthy: want one", lengthen it. A nil error stays nil.
func (c *Config) At(path string, err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	for {
		parts := namedKey.FindStringSubmatch(text)
		if parts == nil {
			return c.source.problem(path, text)
		}
		path, text = path+"."+parts[1], parts[2]
	}
}
