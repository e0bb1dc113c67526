package main

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/aftercheck/aftercheck/internal/collect"
	"github.com/aftercheck/aftercheck/internal/collect/docker"
	"github.com/aftercheck/aftercheck/internal/collect/kube"
	"github.com/aftercheck/aftercheck/internal/collect/probe"
	"github.com/aftercheck/aftercheck/internal/collect/prom"
	"github.com/aftercheck/aftercheck/internal/config"
)

// buildSensors makes every sensor that is configured. Errors say where in the
// configuration file.
func buildSensors(c *config.Config, log *slog.Logger) ([]collect.Sensor, error) {
	sensors, err := kubernetesSensor(c, log)
	if err != nil {
		return nil, err
	}
	if c.Sensors.Prometheus.URL != "" {
		pair, err := prometheusSensors(c)
		if err != nil {
			return nil, err
		}
		sensors = append(sensors, pair...)
	}
	for i, h := range c.Sensors.Docker {
		sensor, err := dockerSensor(h, len(c.Sensors.Docker) == 1)
		if err != nil {
			return nil, c.At(fmt.Sprintf("sensors.docker[%d]", i), err)
		}
		sensors = append(sensors, sensor)
	}
	for i, p := range c.Sensors.HTTP {
		sensor, err := httpSensor(p)
		if err != nil {
			return nil, c.At(fmt.Sprintf("sensors.http[%d]", i), err)
		}
		sensors = append(sensors, sensor)
	}
	for i, s := range c.Sensors.Scrape {
		sensor, err := scrapeSensor(s)
		if err != nil {
			return nil, c.At(fmt.Sprintf("sensors.scrape[%d]", i), err)
		}
		sensors = append(sensors, sensor)
	}
	return sensors, nil
}

// kubernetesSensor makes the sensor where it is wanted. Where it is merely not
// refused, having no cluster is no error.
func kubernetesSensor(c *config.Config, log *slog.Logger) ([]collect.Sensor, error) {
	k := c.Sensors.Kubernetes
	if k.Enabled == config.SwitchOff {
		return nil, nil
	}
	sensor, err := kube.New(kube.Config{
		Kubeconfig: k.Kubeconfig, Context: k.Context, DefaultNamespace: c.DefaultNamespace, Timeout: k.Timeout,
		NoNeighbours: !k.Neighbours, MaxPods: k.MaxPods, MaxNeighbours: k.MaxNeighbours, MaxRaw: c.Limits.MaxReadingBytes,
	})
	switch {
	case err == nil:
		return []collect.Sensor{sensor}, nil
	case k.Enabled == config.SwitchOn || k.Kubeconfig != "" || k.Context != "":
		return nil, c.At("sensors.kubernetes", err)
	case !errors.Is(err, kube.ErrNoCluster):
		log.Warn("going without the Kubernetes sensor", "err", err)
	}
	return nil, nil
}

func prometheusSensors(c *config.Config) ([]collect.Sensor, error) {
	p := c.Sensors.Prometheus
	settings := prom.Config{
		URL: p.URL, HTTP: p.Client, Timeout: p.Timeout, MaxResponseBytes: p.MaxResponseBytes,
		DefaultNamespace: c.DefaultNamespace, NoBuiltIn: !p.BuiltInQueries, Window: p.Window, Baseline: baselineOf(p.Baseline),
		Alerts: prom.AlertsConfig{
			Disabled: !p.Alerts.Enabled, Ignore: p.Alerts.Ignore, NeighbourLabels: p.Alerts.NeighbourLabels,
			UnstableLabels: p.Alerts.UnstableLabels, MaxNeighbours: p.Alerts.MaxNeighbours,
		},
	}
	for i, q := range p.Queries {
		match, err := collect.NewMatch(q.Match.Alertname, q.Match.Labels...)
		if err != nil {
			return nil, c.At(fmt.Sprintf("sensors.prometheus.queries[%d].match", i), err)
		}
		settings.Queries = append(settings.Queries, prom.Query{
			Name: q.Name, Expr: q.Expr, Match: match, Better: q.Better, Healthy: q.Healthy, Unit: q.Unit,
			Aggregation: prom.Aggregation(q.Aggregation), Signal: q.Signal, Scope: q.Scope, MaxSampleAge: q.MaxSampleAge,
			Baseline: baselineOf(q.Baseline),
		})
	}
	sensors, err := prom.New(settings)
	return sensors, c.At("sensors.prometheus", err)
}

func baselineOf(b config.Baseline) prom.Baseline {
	uses := map[config.Switch]prom.BaselineUse{config.SwitchAuto: prom.BaselineAuto, config.SwitchOn: prom.BaselineOn, config.SwitchOff: prom.BaselineOff}
	return prom.Baseline{Use: uses[b.Enabled], History: b.History, Season: b.Season, Step: b.Step, Width: b.Width}
}

func dockerSensor(h config.DockerHost, only bool) (collect.Sensor, error) {
	match, err := collect.NewMatch(h.Match.Alertname, h.Match.Labels...)
	if err != nil {
		return collect.Sensor{}, fmt.Errorf("match: %w", err)
	}
	return docker.New(docker.Config{
		Name: h.Name, URL: h.URL, TLS: h.TLS, IdentityFile: h.SSHIdentityFile, KnownHostsFile: h.SSHKnownHostsFile,
		Instances: h.Instances, Only: only, Match: match, Matched: !h.Match.Empty(), Timeout: h.Timeout, MaxNeighbours: h.MaxNeighbours,
	})
}

func httpSensor(p config.HTTPProbe) (collect.Sensor, error) {
	match, err := collect.NewMatch(p.Match.Alertname, p.Match.Labels...)
	if err != nil {
		return collect.Sensor{}, fmt.Errorf("match: %w", err)
	}
	return probe.NewHTTP(probe.HTTPConfig{
		Name: p.Name, URL: p.URL, Match: match, Method: p.Method, Timeout: p.Timeout, ExpectStatus: p.ExpectStatus,
		MaxLatency: p.MaxLatency, BodyContains: p.BodyContains, MaxBytes: p.MaxBytes, Client: p.Client, Scope: p.Scope, Signal: p.Signal,
	})
}

func scrapeSensor(s config.Scrape) (collect.Sensor, error) {
	match, err := collect.NewMatch(s.Match.Alertname, s.Match.Labels...)
	if err != nil {
		return collect.Sensor{}, fmt.Errorf("match: %w", err)
	}
	aggregate := probe.Aggregation(s.Aggregation)
	if s.Aggregation == "none" {
		aggregate = probe.AggregateNone
	}
	return probe.NewScrape(probe.ScrapeConfig{
		Name: s.Name, URL: s.URL, Match: match, Metric: s.Metric, Labels: s.Labels, Aggregate: aggregate,
		Better: s.Better, Healthy: s.Healthy, Unit: s.Unit, Timeout: s.Timeout, MaxBytes: s.MaxBytes,
		Client: s.Client, Scope: s.Scope, Signal: s.Signal,
	})
}
