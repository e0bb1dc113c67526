// Package prom asks a Prometheus server, or anything with its HTTP API: what
// metrics say of an incident's target, and which alerts fire.
//
// Its sensors read instant values at one moment. Everything that makes a number
// doubtful is a reason of its own and never a number: see the Reason constants.
package prom

import (
	"cmp"
	"fmt"
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/aftercheck/aftercheck/internal/collect"
)

// The names of the package's sensors.
const (
	MetricsSensor = "prometheus"
	AlertsSensor  = "alerts"
)

// Config describes the server and what to ask it.
type Config struct {
	// URL is the server's address with its path prefix, such as
	// http://prometheus.monitoring:9090. It must be http or https.
	URL string
	// HTTP holds authentication and TLS. Start from
	// promconfig.DefaultHTTPClientConfig: the zero value follows no redirects.
	HTTP promconfig.HTTPClientConfig
	// Timeout bounds one reading of either sensor; zero means the Set's.
	Timeout time.Duration
	// MaxResponseBytes bounds one response's body after decompression; zero
	// means DefaultMaxResponseBytes. A longer one is the reading's error.
	MaxResponseBytes int64
	// DefaultNamespace is the namespace of an incident without the label, in
	// built-in queries alone; empty means "default".
	DefaultNamespace string
	// NoBuiltIn turns the built-in queries off. They are asked only for an
	// incident that no configured query fits.
	NoBuiltIn bool
	// Baseline is how the built-in queries' own history tells what is usual.
	// BaselineAuto means that it does not: they guess what the alert is about,
	// and a CPU that warms up after a restart is no illness.
	Baseline Baseline
	// Window is how far back the samples reach that are compared between before
	// and after; zero means DefaultWindow.
	Window time.Duration
	// Queries are the configured queries. Every one that fits is asked.
	Queries []Query
	// Alerts configures the alerts sensor.
	Alerts AlertsConfig
}

// DefaultMaxResponseBytes is the limit of one response: 8 MiB, some ten
// thousand alerts.
const DefaultMaxResponseBytes = 8 << 20

// New returns the metrics sensor and, unless it is disabled, the alerts sensor.
// It asks nothing. Errors name the setting and what would be right.
func New(c Config) ([]collect.Sensor, error) {
	client, err := newClient(c)
	if err != nil {
		return nil, err
	}
	if err := c.Baseline.check(); err != nil {
		return nil, err
	}
	if c.Window < 0 {
		return nil, fmt.Errorf("window: want a duration that is not negative")
	}
	m := metrics{
		client: client, defaultNamespace: c.DefaultNamespace, builtIn: !c.NoBuiltIn,
		baseline: c.Baseline, window: cmp.Or(c.Window, DefaultWindow), histories: newHistories(),
	}
	if m.baseline.Use == BaselineAuto {
		m.baseline.Use = BaselineOff
	}
	if m.defaultNamespace == "" {
		m.defaultNamespace = "default"
	}
	names := map[string]bool{}
	for i, q := range c.Queries {
		compiled, err := compile(q)
		if err != nil {
			return nil, fmt.Errorf("queries[%d]: %w", i, err)
		}
		if names[q.Name] {
			return nil, fmt.Errorf("queries[%d]: name: want a name that no other query has", i)
		}
		names[q.Name] = true
		m.queries = append(m.queries, compiled)
	}
	sensors := []collect.Sensor{{Name: MetricsSensor, Timeout: c.Timeout, Plan: m.plan}}
	if c.Alerts.Disabled {
		return sensors, nil
	}
	a, err := newAlerts(client, c.Alerts)
	if err != nil {
		return nil, fmt.Errorf("alerts: %w", err)
	}
	return append(sensors, collect.Sensor{Name: AlertsSensor, Timeout: c.Timeout, Plan: a.plan}), nil
}
