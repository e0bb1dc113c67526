package config

// The raw types are the file as it is written. Durations are text, numbers are
// pointers where zero is not "absent", and numbers of things are floats so that
// 1.5 of them is noticed.

type rawConfig struct {
	DefaultNamespace string         `yaml:"default_namespace"`
	Listen           rawListen      `yaml:"listen"`
	Store            rawStore       `yaml:"store"`
	Limits           rawLimits      `yaml:"limits"`
	DefaultPolicy    rawSettings    `yaml:"default_policy"`
	Policies         []rawPolicy    `yaml:"policies"`
	Redaction        rawRedaction   `yaml:"redaction"`
	Sensors          rawSensors     `yaml:"sensors"`
	SelfHealing      rawSelfHealing `yaml:"self_healing"`
	Metrics          rawMetrics     `yaml:"metrics"`
}

type rawMetrics struct {
	MaxPlaybooks  *float64 `yaml:"max_playbooks"`
	MaxAlertnames *float64 `yaml:"max_alertnames"`
}

type rawStore struct {
	Retention string     `yaml:"retention"`
	Redis     *rawRedis  `yaml:"redis"`
	Journal   rawJournal `yaml:"journal"`
}

type rawJournal struct {
	Enabled    *bool    `yaml:"enabled"`
	Path       string   `yaml:"path"`
	MaxEntries *float64 `yaml:"max_entries"`
}

type rawRedis struct {
	URL                  string      `yaml:"url"`
	PasswordFile         string      `yaml:"password_file"`
	Cluster              bool        `yaml:"cluster"`
	SentinelMaster       string      `yaml:"sentinel_master"`
	SentinelUsername     string      `yaml:"sentinel_username"`
	SentinelPasswordFile string      `yaml:"sentinel_password_file"`
	KeyPrefix            string      `yaml:"key_prefix"`
	Group                string      `yaml:"group"`
	Identity             string      `yaml:"identity"`
	Lease                string      `yaml:"lease"`
	WaitReplicas         *float64    `yaml:"wait_replicas"`
	PoolSize             *float64    `yaml:"pool_size"`
	TLS                  rawRedisTLS `yaml:"tls_config"`
}

type rawRedisTLS struct {
	CAFile     string `yaml:"ca_file"`
	CertFile   string `yaml:"cert_file"`
	KeyFile    string `yaml:"key_file"`
	ServerName string `yaml:"server_name"`
}

type rawLimits struct {
	MaxInFlight      *float64 `yaml:"max_in_flight"`
	MaxReadingBytes  *float64 `yaml:"max_reading_bytes"`
	MaxEvidenceBytes *float64 `yaml:"max_evidence_bytes"`
	MaxConcurrent    *float64 `yaml:"max_concurrent_readings_per_sensor"`
	MaxCalls         *float64 `yaml:"max_calls"`
	MaxBodyBytes     *float64 `yaml:"max_body_bytes"`
	ClientShare      *float64 `yaml:"client_share"`
	ClientRate       *float64 `yaml:"client_calls_per_second"`
}

type rawRedaction struct {
	SecretFiles []string `yaml:"secret_files"`
}

// rawSettings are the settings of a policy; absent ones are those of the
// policy that it is based on.
type rawSettings struct {
	Warmup            string             `yaml:"warmup"`
	Deadline          string             `yaml:"deadline"`
	MaxWait           string             `yaml:"max_wait"`
	Interval          string             `yaml:"interval"`
	SensorTimeout     string             `yaml:"sensor_timeout"`
	CaptureTimeout    string             `yaml:"capture_timeout"`
	Rounds            *float64           `yaml:"rounds"`
	SettleTime        string             `yaml:"settle_time"`
	CrashLoopLimit    string             `yaml:"crash_loop_limit"`
	MinCoverage       *float64           `yaml:"min_coverage"`
	ProposalThreshold *float64           `yaml:"proposal_threshold"`
	Weights           map[string]float64 `yaml:"weights"`
}

type rawPolicy struct {
	Name     string      `yaml:"name"`
	Match    rawMatch    `yaml:"match"`
	Settings rawSettings `yaml:",inline"`
}

type rawMatch struct {
	Alertname string   `yaml:"alertname"`
	Labels    []string `yaml:"labels"`
}

type rawSelfHealing struct {
	Enabled          *bool     `yaml:"enabled"`
	DryRun           bool      `yaml:"dry_run"`
	Alertmanagers    []string  `yaml:"alertmanagers"`
	Timeout          string    `yaml:"timeout"`
	ResendInterval   string    `yaml:"resend_interval"`
	ProposalLifetime string    `yaml:"proposal_lifetime"`
	IncidentLabels   []string  `yaml:"incident_labels"`
	Client           rawClient `yaml:",inline"`
}

type rawSensors struct {
	Kubernetes rawKubernetes `yaml:"kubernetes"`
	Prometheus rawPrometheus `yaml:"prometheus"`
	Docker     []rawDocker   `yaml:"docker"`
	HTTP       []rawHTTP     `yaml:"http"`
	Scrape     []rawScrape   `yaml:"scrape"`
}

type rawKubernetes struct {
	Enabled       string   `yaml:"enabled"`
	Kubeconfig    string   `yaml:"kubeconfig"`
	Context       string   `yaml:"context"`
	Timeout       string   `yaml:"timeout"`
	Neighbours    *bool    `yaml:"neighbours"`
	MaxPods       *float64 `yaml:"max_pods"`
	MaxNeighbours *float64 `yaml:"max_neighbours"`
}

type rawPrometheus struct {
	URL              string      `yaml:"url"`
	Timeout          string      `yaml:"timeout"`
	MaxResponseBytes *float64    `yaml:"max_response_bytes"`
	BuiltInQueries   *bool       `yaml:"built_in_queries"`
	Window           string      `yaml:"window"`
	Baseline         rawBaseline `yaml:"baseline"`
	Queries          []rawQuery  `yaml:"queries"`
	Alerts           rawAlerts   `yaml:"alerts"`
	Client           rawClient   `yaml:",inline"`
}

// rawBaseline is how a number's own history is read; absent keys of a query's
// are those of all queries.
type rawBaseline struct {
	Enabled string   `yaml:"enabled"`
	History string   `yaml:"history"`
	Season  string   `yaml:"season"`
	Step    string   `yaml:"step"`
	Width   *float64 `yaml:"width"`
}

type rawQuery struct {
	Name         string      `yaml:"name"`
	Expr         string      `yaml:"expr"`
	Match        rawMatch    `yaml:"match"`
	Aggregation  string      `yaml:"aggregation"`
	MaxSampleAge string      `yaml:"max_sample_age"`
	Baseline     rawBaseline `yaml:"baseline"`
	Reading      rawReading  `yaml:",inline"`
}

// rawReading is how a sensor's number or answer is to be read.
type rawReading struct {
	Better  string `yaml:"better"`
	Healthy string `yaml:"healthy"`
	Unit    string `yaml:"unit"`
	Scope   string `yaml:"scope"`
	Signal  bool   `yaml:"signal"`
}

type rawAlerts struct {
	Enabled         *bool    `yaml:"enabled"`
	Ignore          string   `yaml:"ignore"`
	NeighbourLabels []string `yaml:"neighbour_labels"`
	UnstableLabels  []string `yaml:"unstable_labels"`
	MaxNeighbours   *float64 `yaml:"max_neighbours"`
}

type rawHTTP struct {
	Name         string    `yaml:"name"`
	URL          string    `yaml:"url"`
	Match        rawMatch  `yaml:"match"`
	Method       string    `yaml:"method"`
	Timeout      string    `yaml:"timeout"`
	ExpectStatus []float64 `yaml:"expect_status"`
	MaxLatency   string    `yaml:"max_latency"`
	BodyContains string    `yaml:"body_contains"`
	MaxBytes     *float64  `yaml:"max_bytes"`
	Scope        string    `yaml:"scope"`
	Signal       bool      `yaml:"signal"`
	Client       rawClient `yaml:",inline"`
}

type rawScrape struct {
	Name        string     `yaml:"name"`
	URL         string     `yaml:"url"`
	Match       rawMatch   `yaml:"match"`
	Metric      string     `yaml:"metric"`
	Labels      []string   `yaml:"labels"`
	Aggregation string     `yaml:"aggregation"`
	Timeout     string     `yaml:"timeout"`
	MaxBytes    *float64   `yaml:"max_bytes"`
	Reading     rawReading `yaml:",inline"`
	Client      rawClient  `yaml:",inline"`
}

type rawDocker struct {
	Name          string   `yaml:"name"`
	URL           string   `yaml:"url"`
	Instances     []string `yaml:"instances"`
	Match         rawMatch `yaml:"match"`
	Timeout       string   `yaml:"timeout"`
	MaxNeighbours *float64 `yaml:"max_neighbours"`
	TLS           rawTLS   `yaml:"tls_config"`
	SSH           rawSSH   `yaml:"ssh"`
}

type rawSSH struct {
	IdentityFile   string `yaml:"identity_file"`
	KnownHostsFile string `yaml:"known_hosts_file"`
}

// rawClient is Prometheus' http_config without the keys that would put a
// secret into the file.
type rawClient struct {
	BasicAuth            *rawBasicAuth        `yaml:"basic_auth"`
	Authorization        *rawAuthorization    `yaml:"authorization"`
	OAuth2               *rawOAuth2           `yaml:"oauth2"`
	TLS                  rawTLS               `yaml:"tls_config"`
	FollowRedirects      *bool                `yaml:"follow_redirects"`
	EnableHTTP2          *bool                `yaml:"enable_http2"`
	ProxyURL             string               `yaml:"proxy_url"`
	NoProxy              string               `yaml:"no_proxy"`
	ProxyFromEnvironment bool                 `yaml:"proxy_from_environment"`
	HTTPHeaders          map[string]rawHeader `yaml:"http_headers"`
}

type rawBasicAuth struct {
	Username     string `yaml:"username"`
	UsernameFile string `yaml:"username_file"`
	PasswordFile string `yaml:"password_file"`
}

type rawAuthorization struct {
	Type            string `yaml:"type"`
	CredentialsFile string `yaml:"credentials_file"`
}

type rawOAuth2 struct {
	ClientID         string            `yaml:"client_id"`
	ClientSecretFile string            `yaml:"client_secret_file"`
	TokenURL         string            `yaml:"token_url"`
	Scopes           []string          `yaml:"scopes"`
	EndpointParams   map[string]string `yaml:"endpoint_params"`
	TLS              rawTLS            `yaml:"tls_config"`
}

type rawTLS struct {
	CAFile             string `yaml:"ca_file"`
	CertFile           string `yaml:"cert_file"`
	KeyFile            string `yaml:"key_file"`
	ServerName         string `yaml:"server_name"`
	InsecureSkipVerify bool   `yaml:"insecure_skip_verify"`
	MinVersion         string `yaml:"min_version"`
}

type rawHeader struct {
	Values []string `yaml:"values"`
	Files  []string `yaml:"files"`
}
