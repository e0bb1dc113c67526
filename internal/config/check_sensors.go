package config

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/aftercheck/aftercheck"
)

func (c *checker) sensors(into *Sensors, written rawSensors) {
	oneOf(c, "sensors.kubernetes.enabled", &into.Kubernetes.Enabled, written.Kubernetes.Enabled, SwitchAuto, SwitchOn, SwitchOff)
	into.Kubernetes.Kubeconfig = c.file(written.Kubernetes.Kubeconfig)
	into.Kubernetes.Context = written.Kubernetes.Context
	c.positive("sensors.kubernetes.timeout", &into.Kubernetes.Timeout, written.Kubernetes.Timeout)
	set(&into.Kubernetes.Neighbours, written.Kubernetes.Neighbours)
	count(c, "sensors.kubernetes.max_pods", &into.Kubernetes.MaxPods, written.Kubernetes.MaxPods, 1, 1_000_000)
	count(c, "sensors.kubernetes.max_neighbours", &into.Kubernetes.MaxNeighbours, written.Kubernetes.MaxNeighbours, 1, 1_000_000)
	c.prometheus(&into.Prometheus, written.Prometheus)

	taken := map[string]bool{"kubernetes": true, "prometheus": true, "alerts": true}
	for i, w := range written.Docker {
		into.Docker = append(into.Docker, c.docker(fmt.Sprintf("sensors.docker[%d]", i), w, taken))
	}
	for i, w := range written.HTTP {
		into.HTTP = append(into.HTTP, c.http(fmt.Sprintf("sensors.http[%d]", i), w, taken))
	}
	for i, w := range written.Scrape {
		into.Scrape = append(into.Scrape, c.scrape(fmt.Sprintf("sensors.scrape[%d]", i), w, taken))
	}
}

func (c *checker) prometheus(into *Prometheus, written rawPrometheus) {
	const path = "sensors.prometheus"
	if written.URL != "" {
		c.url(path+".url", written.URL)
	} else if len(written.Queries) > 0 {
		c.wrong(path+".url", "want the address of a Prometheus server for the queries")
	}
	into.URL = written.URL
	c.positive(path+".timeout", &into.Timeout, written.Timeout)
	count(c, path+".max_response_bytes", &into.MaxResponseBytes, written.MaxResponseBytes, 1024, 1<<30)
	into.Client = c.client(path, written.Client)
	set(&into.BuiltInQueries, written.BuiltInQueries)
	c.positive(path+".window", &into.Window, written.Window)
	c.baseline(path+".baseline", &into.Baseline, written.Baseline)
	taken := map[string]bool{}
	for i, w := range written.Queries {
		into.Queries = append(into.Queries, c.query(fmt.Sprintf("%s.queries[%d]", path, i), w, into.Baseline, taken))
	}
	c.alerts(path+".alerts", &into.Alerts, written.Alerts)
}

func (c *checker) alerts(path string, into *Alerts, written rawAlerts) {
	set(&into.Enabled, written.Enabled)
	text(&into.Ignore, written.Ignore)
	if written.NeighbourLabels != nil {
		into.NeighbourLabels = written.NeighbourLabels
	}
	if written.UnstableLabels != nil {
		into.UnstableLabels = written.UnstableLabels
	}
	count(c, path+".max_neighbours", &into.MaxNeighbours, written.MaxNeighbours, 1, 10_000)
}

func (c *checker) query(path string, w rawQuery, usual Baseline, taken map[string]bool) Query {
	q := Query{
		Name: w.Name, Expr: w.Expr, Match: c.match(path+".match", w.Match),
		Aggregation: "none", Reading: c.reading(path, w.Reading), Baseline: usual,
	}
	c.baseline(path+".baseline", &q.Baseline, w.Baseline)
	c.name(path+".name", w.Name, taken)
	if w.Expr == "" {
		c.wrong(path+".expr", "want a PromQL expression")
	}
	c.aggregation(path, &q.Aggregation, w.Aggregation)
	c.duration(path+".max_sample_age", &q.MaxSampleAge, w.MaxSampleAge)
	return q
}

// baseline changes a baseline by what is written. A season must be seen three
// times at the least to be told from chance.
func (c *checker) baseline(path string, into *Baseline, written rawBaseline) {
	oneOf(c, path+".enabled", &into.Enabled, written.Enabled, SwitchAuto, SwitchOn, SwitchOff)
	c.positive(path+".history", &into.History, written.History)
	c.positive(path+".step", &into.Step, written.Step)
	if written.Season == "auto" {
		into.Season = 0
	} else {
		c.positive(path+".season", &into.Season, written.Season)
	}
	if w := written.Width; w != nil && !(*w > 0 && *w <= 100) {
		c.wrong(path+".width", "want a number above 0, up to 100")
	} else if w != nil {
		into.Width = *w
	}
	if into.History < 3*into.Season {
		c.wrong(path+".history", "want at least three seasons")
	}
}

func (c *checker) http(path string, w rawHTTP, taken map[string]bool) HTTPProbe {
	p := defaultHTTP()
	p.Name, p.URL, p.BodyContains, p.Signal = w.Name, w.URL, w.BodyContains, w.Signal
	p.Match = c.match(path+".match", w.Match)
	c.name(path+".name", w.Name, taken)
	c.url(path+".url", w.URL)
	oneOf(c, path+".method", &p.Method, w.Method, "GET", "HEAD", "OPTIONS")
	c.positive(path+".timeout", &p.Timeout, w.Timeout)
	c.duration(path+".max_latency", &p.MaxLatency, w.MaxLatency)
	count(c, path+".max_bytes", &p.MaxBytes, w.MaxBytes, 1, 1<<30)
	c.scope(path, &p.Scope, w.Scope)
	for i := range w.ExpectStatus {
		status := 0
		count(c, fmt.Sprintf("%s.expect_status[%d]", path, i), &status, &w.ExpectStatus[i], 100, 599)
		p.ExpectStatus = append(p.ExpectStatus, status)
	}
	p.Client = c.client(path, w.Client)
	return p
}

func (c *checker) scrape(path string, w rawScrape, taken map[string]bool) Scrape {
	s := defaultScrape()
	s.Name, s.URL, s.Metric, s.Labels = w.Name, w.URL, w.Metric, slices.Clone(w.Labels)
	s.Match = c.match(path+".match", w.Match)
	c.name(path+".name", w.Name, taken)
	c.url(path+".url", w.URL)
	if w.Metric == "" {
		c.wrong(path+".metric", "want the name of a metric")
	}
	c.aggregation(path, &s.Aggregation, w.Aggregation)
	c.positive(path+".timeout", &s.Timeout, w.Timeout)
	count(c, path+".max_bytes", &s.MaxBytes, w.MaxBytes, 1, 1<<30)
	s.Reading = c.reading(path, w.Reading)
	s.Client = c.client(path, w.Client)
	return s
}

func (c *checker) reading(path string, w rawReading) Reading {
	r := Reading{Healthy: w.Healthy, Unit: w.Unit, Scope: aftercheck.ScopeTarget, Signal: w.Signal}
	oneOf(c, path+".better", &r.Better, w.Better, "lower", "higher")
	c.scope(path, &r.Scope, w.Scope)
	return r
}

func (c *checker) scope(path string, into *aftercheck.Scope, written string) {
	oneOf(c, path+".scope", into, written, aftercheck.ScopeTarget, aftercheck.ScopeNeighbour)
}

func (c *checker) aggregation(path string, into *string, written string) {
	oneOf(c, path+".aggregation", into, written, "none", "sum", "max", "min", "avg")
}

// url checks the form of an address. Placeholders for labels are checked by the
// sensor.
func (c *checker) url(path, written string) {
	parsed, err := url.Parse(written)
	switch {
	case err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "":
		c.wrong(path, "want an address such as http://127.0.0.1:8080/health")
	case parsed.User != nil:
		c.wrong(path, "want no user or password in the address: basic_auth takes the password from a file")
	}
}

// set sets a switch unless it is absent.
func set(into, written *bool) {
	if written != nil {
		*into = *written
	}
}
