package config

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/aftercheck/aftercheck"
)

func (c *checker) config(written rawConfig) *Config {
	checked := Default()
	text(&checked.DefaultNamespace, written.DefaultNamespace)
	c.store(&checked.Store, written.Store)
	c.listen(&checked.Listen, written.Listen)
	c.limits(&checked.Limits, written.Limits)
	c.settings("default_policy", &checked.DefaultPolicy, written.DefaultPolicy)
	checked.Policies = c.policies(checked.DefaultPolicy, written.Policies)
	checked.SecretFiles = c.files(written.Redaction.SecretFiles)
	c.sensors(&checked.Sensors, written.Sensors)
	c.selfHealing(&checked.SelfHealing, written.SelfHealing)
	c.metrics(&checked.Metrics, written.Metrics)
	return checked
}

func (c *checker) limits(into *Limits, written rawLimits) {
	count(c, "limits.max_in_flight", &into.MaxInFlight, written.MaxInFlight, 1, 10_000_000)
	count(c, "limits.max_reading_bytes", &into.MaxReadingBytes, written.MaxReadingBytes, 1024, 16<<20)
	count(c, "limits.max_evidence_bytes", &into.MaxEvidenceBytes, written.MaxEvidenceBytes, 256<<10, 256<<20)
	count(c, "limits.max_concurrent_readings_per_sensor", &into.MaxConcurrent, written.MaxConcurrent, 1, 1024)
	count(c, "limits.max_calls", &into.MaxCalls, written.MaxCalls, 1, 1_000_000)
	count(c, "limits.max_body_bytes", &into.MaxBodyBytes, written.MaxBodyBytes, 16<<20, 64<<30)
	count(c, "limits.client_calls_per_second", &into.ClientRate, written.ClientRate, 1, 1_000_000)
	c.share("limits.client_share", &into.ClientShare, written.ClientShare)
	if into.ClientShare <= 0 {
		c.wrong("limits.client_share", "want a number above 0, up to 1")
	}
}

func (c *checker) metrics(into *Metrics, written rawMetrics) {
	count(c, "metrics.max_playbooks", &into.MaxPlaybooks, written.MaxPlaybooks, 0, 1000)
	count(c, "metrics.max_alertnames", &into.MaxAlertnames, written.MaxAlertnames, 0, 1000)
}

// The bounds of who is told of proposals, and of what.
const (
	maxAlertmanagers  = 16
	maxIncidentLabels = 10
	shortestResend    = time.Second
)

// labelForm is a name that every Alertmanager takes.
var labelForm = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

func (c *checker) selfHealing(into *SelfHealing, written rawSelfHealing) {
	const path = "self_healing"
	if written.Enabled != nil {
		into.Enabled = *written.Enabled
	}
	into.DryRun, into.Alertmanagers, into.IncidentLabels = written.DryRun, written.Alertmanagers, written.IncidentLabels
	if len(written.IncidentLabels) > maxIncidentLabels {
		c.wrong(path+".incident_labels", fmt.Sprintf("want at most %d labels", maxIncidentLabels))
	}
	for i, name := range written.IncidentLabels {
		if !labelForm.MatchString(name) {
			c.wrong(fmt.Sprintf("%s.incident_labels[%d]", path, i), "want the name of a label: letters, digits and _, no digit first")
		}
	}
	for i, address := range written.Alertmanagers {
		c.url(fmt.Sprintf("%s.alertmanagers[%d]", path, i), address)
	}
	if len(written.Alertmanagers) > maxAlertmanagers {
		c.wrong(path+".alertmanagers", fmt.Sprintf("want at most %d addresses", maxAlertmanagers))
	}
	c.positive(path+".timeout", &into.Timeout, written.Timeout)
	c.positive(path+".resend_interval", &into.ResendInterval, written.ResendInterval)
	if into.ResendInterval < shortestResend {
		c.wrong(path+".resend_interval", "want "+shortestResend.String()+" or more")
	}
	c.positive(path+".proposal_lifetime", &into.ProposalLifetime, written.ProposalLifetime)
	into.Client = c.client(path, written.Client)
}

func (c *checker) store(into *Store, written rawStore) {
	c.positive("store.retention", &into.Retention, written.Retention)
	if written.Journal.Enabled != nil {
		into.Journal.Enabled = *written.Journal.Enabled
	}
	into.Journal.Path = c.file(written.Journal.Path)
	count(c, "store.journal.max_entries", &into.Journal.MaxEntries, written.Journal.MaxEntries, 1, 1_000_000)
	if written.Redis == nil {
		return
	}
	r := *written.Redis
	redis := defaultRedis()
	redis.URL, redis.Cluster, redis.SentinelMaster, redis.SentinelUsername = r.URL, r.Cluster, r.SentinelMaster, r.SentinelUsername
	redis.PasswordFile, redis.SentinelPasswordFile = c.file(r.PasswordFile), c.file(r.SentinelPasswordFile)
	redis.CAFile, redis.CertFile, redis.KeyFile = c.file(r.TLS.CAFile), c.file(r.TLS.CertFile), c.file(r.TLS.KeyFile)
	redis.ServerName = r.TLS.ServerName
	text(&redis.KeyPrefix, r.KeyPrefix)
	c.fleet(&redis, r)
	count(c, "store.redis.pool_size", &redis.PoolSize, r.PoolSize, 1, 10_000)
	if !strings.HasPrefix(r.URL, "redis://") && !strings.HasPrefix(r.URL, "rediss://") {
		c.wrong("store.redis.url", "want redis:// or rediss:// and an address, such as redis://127.0.0.1:6379/0")
	}
	into.Redis = &redis
}

// shortestLease leaves time for a second try at renewing it.
const shortestLease = time.Second

// memberForm is what names a group and a sidecar in it.
var memberForm = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._:-]{0,127}$`)

// fleet checks how sidecars share a Redis.
func (c *checker) fleet(into *Redis, written rawRedis) {
	member := func(path string, into *string, written string) {
		if written != "" && !memberForm.MatchString(written) {
			c.wrong(path, "want 1 to 128 letters, digits and . _ : -, a letter or digit first")
		}
		text(into, written)
	}
	member("store.redis.group", &into.Group, written.Group)
	member("store.redis.identity", &into.Identity, written.Identity)
	c.positive("store.redis.lease", &into.Lease, written.Lease)
	if into.Lease < shortestLease {
		c.wrong("store.redis.lease", "want "+shortestLease.String()+" or more")
	}
	count(c, "store.redis.wait_replicas", &into.WaitReplicas, written.WaitReplicas, 0, 5)
}

// settings changes a policy by what is written.
func (c *checker) settings(path string, p *aftercheck.Policy, written rawSettings) {
	positive := func(key string, into *aftercheck.Duration, written string) {
		c.positive(path+"."+key, (*time.Duration)(into), written)
	}
	c.duration(path+".warmup", (*time.Duration)(&p.Warmup), written.Warmup)
	positive("deadline", &p.Deadline, written.Deadline)
	positive("max_wait", &p.MaxWait, written.MaxWait)
	p.FollowDelays = follows(p.FollowDelays, written)
	positive("interval", &p.Interval, written.Interval)
	positive("sensor_timeout", &p.SensorTimeout, written.SensorTimeout)
	positive("capture_timeout", &p.CaptureTimeout, written.CaptureTimeout)
	count(c, path+".rounds", &p.Rounds, written.Rounds, 1, aftercheck.MaxRounds)
	c.duration(path+".settle_time", (*time.Duration)(&p.SettleTime), written.SettleTime)
	c.duration(path+".crash_loop_limit", (*time.Duration)(&p.CrashLoopLimit), written.CrashLoopLimit)
	c.share(path+".min_coverage", &p.MinCoverage, written.MinCoverage)
	c.share(path+".proposal_threshold", &p.ProposalThreshold, written.ProposalThreshold)
	c.weights(path+".weights", p, written.Weights)
	c.roundsFit(path, *p)
}

// follows reports whether the deadline follows from the signals' delays: not
// where it is written, again where a policy that is based on such a one writes
// only how long at the most, else as before.
func follows(before bool, written rawSettings) bool {
	switch {
	case written.Deadline != "":
		return false
	case written.MaxWait != "":
		return true
	}
	return before
}

// weights replaces single weights; the others stay.
func (c *checker) weights(path string, p *aftercheck.Policy, written map[string]float64) {
	weights, total := map[string]float64{}, 0.0
	for part, weight := range p.Weights {
		weights[part] = weight
	}
	for part, weight := range written {
		if _, known := weights[part]; !known {
			c.wrong(path+"."+part, "want one of "+list([]string{
				aftercheck.PartRootCause, aftercheck.PartTargetHealth, aftercheck.PartStability,
				aftercheck.PartMetrics, aftercheck.PartRegressions,
			}))
		}
		if !(weight >= 0) || math.IsInf(weight, 0) {
			c.wrong(path+"."+part, "want a finite number that is not negative")
		}
		weights[part] = weight
	}
	for _, weight := range weights {
		total += weight
	}
	if total <= 0 {
		c.wrong(path, "want at least one weight above zero")
	}
	p.Weights = weights
}

// roundsFit rejects a policy under which nothing could ever be a success.
func (c *checker) roundsFit(path string, p aftercheck.Policy) {
	needed := time.Duration(p.Rounds-1) * p.RoundInterval()
	if time.Duration(p.Deadline) < max(needed, time.Duration(p.SettleTime)) {
		c.wrong(path+".deadline", fmt.Sprintf("want at least %s: the time of %d rounds and the settle time",
			max(needed, time.Duration(p.SettleTime)), p.Rounds))
	}
}

// policies checks the named policies, each based on the default one.
func (c *checker) policies(base aftercheck.Policy, written []rawPolicy) []Policy {
	var policies []Policy
	taken := map[string]bool{base.Name: true}
	for i, w := range written {
		path := fmt.Sprintf("policies[%d]", i)
		p := Policy{Policy: base, Match: c.match(path+".match", w.Match)}
		p.Name = w.Name
		c.name(path+".name", w.Name, taken)
		c.settings(path, &p.Policy, w.Settings)
		policies = append(policies, p)
	}
	return policies
}

// match checks the regular expression; matchers are checked where they are
// compiled.
func (c *checker) match(path string, written rawMatch) Match {
	if _, err := regexp.Compile(written.Alertname); err != nil {
		c.wrong(path+".alertname", "want a regular expression (RE2) for the whole alert name")
	}
	return Match(written)
}
