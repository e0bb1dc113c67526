package config

import (
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/aftercheck/aftercheck"
)

// Default is the configuration of an empty file: no sensor but Kubernetes, and
// that only where there is a cluster.
func Default() *Config {
	return &Config{
		DefaultNamespace: "default",
		Store:            Store{Retention: 30 * 24 * time.Hour, Journal: Journal{Enabled: true, MaxEntries: 10_000}},
		Limits:           defaultLimits(),
		DefaultPolicy:    aftercheck.DefaultPolicy(),
		Sensors: Sensors{
			Kubernetes: Kubernetes{Enabled: SwitchAuto, Neighbours: true, MaxPods: 5000, MaxNeighbours: 500},
			Prometheus: defaultPrometheus(),
		},
		Metrics: Metrics{MaxPlaybooks: 50, MaxAlertnames: 50},
		SelfHealing: SelfHealing{
			Enabled: true, Client: defaultClient(), Timeout: 5 * time.Second,
			ResendInterval: time.Minute, ProposalLifetime: 24 * time.Hour,
		},
	}
}

func defaultLimits() Limits {
	return Limits{
		MaxInFlight: 100_000, MaxReadingBytes: 64 << 10, MaxEvidenceBytes: 8 << 20, MaxConcurrent: 16,
		MaxCalls: 4096, MaxBodyBytes: 128 << 20, ClientShare: 0.8, ClientRate: 1000,
	}
}

func defaultPrometheus() Prometheus {
	return Prometheus{
		Client:           defaultClient(),
		MaxResponseBytes: 8 << 20,
		BuiltInQueries:   true,
		Window:           5 * time.Minute,
		Baseline:         Baseline{Enabled: SwitchAuto, History: 14 * 24 * time.Hour, Width: 3},
		Alerts: Alerts{
			Enabled:         true,
			Ignore:          "Watchdog|InfoInhibitor|DeadMansSwitch",
			NeighbourLabels: []string{"namespace", "node", "instance"},
			UnstableLabels:  []string{"prometheus", "prometheus_replica", "replica", "severity"},
			MaxNeighbours:   50,
		},
	}
}

func defaultRedis() Redis {
	return Redis{KeyPrefix: "aftercheck", Group: "default", Lease: 8 * time.Second, PoolSize: 32}
}

const defaultDockerNeighbours = 50

func defaultHTTP() HTTPProbe {
	return HTTPProbe{
		Method: "GET", Timeout: 5 * time.Second, MaxBytes: 64 << 10,
		Scope: aftercheck.ScopeTarget, Client: defaultClient(),
	}
}

func defaultScrape() Scrape {
	return Scrape{
		Timeout: 5 * time.Second, MaxBytes: 4 << 20, Aggregation: "none",
		Reading: Reading{Scope: aftercheck.ScopeTarget}, Client: defaultClient(),
	}
}

func defaultClient() promconfig.HTTPClientConfig { return promconfig.DefaultHTTPClientConfig }
