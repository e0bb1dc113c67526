package config

import (
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/aftercheck/aftercheck"
)

// Sensors are the sensors that are configured.
type Sensors struct {
	Kubernetes Kubernetes
	Prometheus Prometheus
	Docker     []DockerHost
	HTTP       []HTTPProbe
	Scrape     []Scrape
}

// Switch is on, off, or auto: on where the sidecar finds what it needs.
type Switch string

// The positions of a Switch.
const (
	SwitchAuto Switch = "auto"
	SwitchOn   Switch = "true"
	SwitchOff  Switch = "false"
)

// Kubernetes is the sensor for Kubernetes objects.
type Kubernetes struct {
	Enabled                Switch        // auto: where there is a cluster to read
	Kubeconfig             string        // empty: the pod's own account, else $KUBECONFIG or ~/.kube/config
	Context                string        // empty: the kubeconfig's current one
	Timeout                time.Duration // of one reading; 0: the policy's sensor_timeout
	Neighbours             bool          // look at the other workloads of the namespace too
	MaxPods, MaxNeighbours int           // objects in one reading
}

// Prometheus is the sensors for metrics and alerts. An empty URL means none.
type Prometheus struct {
	URL              string
	Client           promconfig.HTTPClientConfig
	Timeout          time.Duration // of one reading; 0: the policy's sensor_timeout
	MaxResponseBytes int64
	BuiltInQueries   bool
	Window           time.Duration // how far back the samples reach that are compared
	Baseline         Baseline      // of the built-in queries
	Queries          []Query
	Alerts           Alerts
}

// Alerts is the sensor for the alert that opened the incident and its
// neighbours.
type Alerts struct {
	Enabled         bool
	Ignore          string // regular expression on whole names of alerts that always fire
	NeighbourLabels []string
	UnstableLabels  []string
	MaxNeighbours   int
}

// Reading is how a number is read.
type Reading struct {
	Better  string // lower, higher or empty
	Healthy string // a criterion such as "< 0.05", or empty: only compared
	Unit    string // base unit
	Scope   aftercheck.Scope
	Signal  bool // it decides whether the root cause is cleared
}

// Query is one configured PromQL query.
type Query struct {
	Name, Expr   string
	Match        Match
	Aggregation  string
	MaxSampleAge time.Duration // 0: the server's look-back
	Baseline     Baseline
	Reading
}

// Baseline is how a number's own history tells what is usual.
type Baseline struct {
	Enabled Switch        // auto: where there is no criterion
	History time.Duration // how far back is read
	Season  time.Duration // what repeats; 0: found in the history
	Step    time.Duration // between the samples that are read; 0: by the history's length
	Width   float64       // of the band to either side, in standard deviations
}

// HTTPProbe asks an endpoint.
type HTTPProbe struct {
	Name, URL    string
	Match        Match
	Method       string
	Timeout      time.Duration
	ExpectStatus []int         // empty: 200 to 299
	MaxLatency   time.Duration // 0: any within Timeout
	BodyContains string
	MaxBytes     int64
	Scope        aftercheck.Scope
	Signal       bool
	Client       promconfig.HTTPClientConfig
}

// Scrape reads one number off a page of metrics.
type Scrape struct {
	Name, URL   string
	Match       Match
	Metric      string
	Labels      []string
	Aggregation string
	Timeout     time.Duration
	MaxBytes    int64
	Reading
	Client promconfig.HTTPClientConfig
}

// DockerHost is a host whose containers are read through its engine.
type DockerHost struct {
	Name, URL                          string
	Instances                          []string      // values of the labels host and instance that mean it; empty: its name
	Match                              Match         // empty: what names a container and no pod or namespace
	Timeout                            time.Duration // of one reading; 0: the policy's sensor_timeout
	MaxNeighbours                      int
	TLS                                promconfig.TLSConfig
	SSHIdentityFile, SSHKnownHostsFile string
}
