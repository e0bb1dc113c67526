//go:build !race

package main

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/aftercheck/aftercheck/internal/collect/prom"
)

// service is one metric as a running service has it: without an incident, and
// with so much of one.
type service struct {
	name    string
	metric  string // one that ends in _total is recorded as a counter
	options prom.RecordedOptions
	// partly and worse are how much of the incident is left after it was partly
	// mended, where there is a criterion, and after it got worse; zero means a
	// half, and twice as much. A worse of 1 means that it cannot get worse.
	partly, worse float64
	// best says that the metric is normally the best that it can be; byDay that
	// its criterion is one for working hours.
	best, byDay bool
	// begin returns the metric at a time, with so much of the incident: 0 is none,
	// 1 is as much as before the action. It is asked in the order of time.
	begin func(source *rand.Rand) func(at time.Time, left float64) float64
}

func hourOf(at time.Time) float64 {
	return float64(at.Hour()) + float64(at.Minute())/60 + float64(at.Second())/3600
}

// daily is a load of people by day, 0.2 to 1, and less at the weekend.
func daily(at time.Time) float64 {
	load := 0.6 - 0.35*math.Cos(2*math.Pi*(hourOf(at)-3)/24) - 0.05*math.Cos(4*math.Pi*(hourOf(at)-1)/24)
	if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
		load *= 0.75
	}
	return load
}

// wander returns noise that remembers itself: an autoregressive series of the
// first order, with a deviation of one.
func wander(source *rand.Rand, memory float64) func() float64 {
	last := source.NormFloat64()
	return func() float64 {
		last = memory*last + math.Sqrt(1-memory*memory)*source.NormFloat64()
		return last
	}
}

// events is a number of events where so many are usual: Poisson's distribution.
func events(source *rand.Rand, usual float64) float64 {
	if usual > 50 {
		return math.Max(0, math.Round(usual+math.Sqrt(usual)*source.NormFloat64()))
	}
	n, product := 0.0, source.Float64()
	for ; product > math.Exp(-usual); n++ {
		product *= source.Float64()
	}
	return n
}

// share is how many of so many requests have what the given share of them has.
func share(source *rand.Rand, requests, of float64) float64 {
	return math.Min(1, events(source, requests*of)/requests)
}

func clamp(v float64) float64 { return math.Min(1, math.Max(0, v)) }

// services are what a platform's dashboards show. The levels of each are drawn.
func services() []service {
	return append(traffic(), resources()...)
}

func traffic() []service {
	return []service{
		{name: "requests by day", metric: "rps", options: prom.RecordedOptions{Better: "higher", Healthy: ">= 500"}, partly: 0.85, worse: 1.35, byDay: true,
			begin: func(source *rand.Rand) func(time.Time, float64) float64 {
				peak, noise := 900+300*source.Float64(), wander(source, 0.6)
				return func(at time.Time, left float64) float64 {
					load := peak * daily(at) * math.Max(0, 1-0.7*left)
					return math.Max(0, load+0.8*math.Pow(load, 0.7)*noise())
				}
			}},
		{name: "error ratio", metric: "error_ratio", options: prom.RecordedOptions{Better: "lower", Healthy: "< 0.05", Unit: "ratio"},
			begin: func(source *rand.Rand) func(time.Time, float64) float64 {
				requests, usual, broken := 200+900*source.Float64(), 0.001+0.004*source.Float64(), 0.2+0.2*source.Float64()
				return func(at time.Time, left float64) float64 {
					if source.Float64() < 0.01 {
						return share(source, requests*daily(at), usual+0.03*source.ExpFloat64()+broken*left)
					}
					return share(source, requests*daily(at), usual+broken*left)
				}
			}},
		{name: "availability", metric: "success_ratio", options: prom.RecordedOptions{Better: "higher", Healthy: ">= 0.99", Unit: "ratio"},
			begin: func(source *rand.Rand) func(time.Time, float64) float64 {
				requests, lost := 2000+5000*source.Float64(), 0.06+0.3*source.Float64()
				return func(at time.Time, left float64) float64 {
					return 1 - share(source, requests*daily(at), 0.0006+lost*left)
				}
			}},
		{name: "latency of the slowest", metric: "p99_seconds", options: prom.RecordedOptions{Better: "lower", Healthy: "< 0.8", Unit: "seconds"},
			begin: func(source *rand.Rand) func(time.Time, float64) float64 {
				usual, slow, noise := 0.15+0.15*source.Float64(), 2+3*source.Float64(), wander(source, 0.5)
				return func(_ time.Time, left float64) float64 {
					v := (usual + slow*left) * math.Exp(0.18*noise())
					if source.Float64() < 0.02 {
						v *= 1 + source.ExpFloat64()
					}
					return v
				}
			}},
		{name: "latency of most", metric: "p50_milliseconds", options: prom.RecordedOptions{Better: "lower", Healthy: "<= 80"},
			begin: func(source *rand.Rand) func(time.Time, float64) float64 {
				usual, slow := 40+10*source.Float64(), 100+200*source.Float64()
				return func(at time.Time, left float64) float64 {
					return (usual+slow*left)*(1+0.05*source.NormFloat64()) + 8*daily(at)
				}
			}},
		{name: "errors counted", metric: "http_errors_total", options: prom.RecordedOptions{Better: "lower", Healthy: "< 0.5"}, worse: 2.5,
			begin: func(source *rand.Rand) func(time.Time, float64) float64 {
				usual, broken := 0.01+0.04*source.Float64(), 3+10*source.Float64()
				return func(_ time.Time, left float64) float64 { return usual + broken*left }
			}},
		{name: "probe", metric: "probe_success", options: prom.RecordedOptions{Better: "higher", Healthy: ">= 1", Unit: "ratio"}, partly: 0.45, worse: 1, best: true,
			begin: func(source *rand.Rand) func(time.Time, float64) float64 {
				return func(_ time.Time, left float64) float64 {
					if source.Float64() < left {
						return 0
					}
					return 1
				}
			}},
		{name: "queue", metric: "queue_messages", options: prom.RecordedOptions{Better: "lower", Healthy: "< 200"},
			begin: func(source *rand.Rand) func(time.Time, float64) float64 {
				usual, stuck, noise := 5+15*source.Float64(), 3000+5000*source.Float64(), wander(source, 0.8)
				return func(_ time.Time, left float64) float64 {
					v := events(source, usual*math.Exp(0.5*noise()))
					if source.Float64() < 0.02 {
						v += 60 * source.Float64()
					}
					return v + math.Round(stuck*left*(1+0.04*noise()))
				}
			}},
		{name: "dead letters", metric: "dead_letters", options: prom.RecordedOptions{Better: "lower", Healthy: "== 0"}, best: true,
			begin: func(source *rand.Rand) func(time.Time, float64) float64 {
				stuck := 40 + 400*source.Float64()
				return func(_ time.Time, left float64) float64 {
					return math.Round(stuck * left * (1 + 0.02*source.NormFloat64()))
				}
			}},
		{name: "replication lag", metric: "lag_seconds", options: prom.RecordedOptions{Better: "lower", Healthy: "< 10", Unit: "seconds"},
			begin: func(source *rand.Rand) func(time.Time, float64) float64 {
				behind := 60 + 600*source.Float64()
				return func(_ time.Time, left float64) float64 {
					v := math.Floor(1.4 * source.Float64())
					return v + math.Round(behind*left*(1+0.05*source.NormFloat64()))
				}
			}},
	}
}

func resources() []service {
	return []service{
		{name: "CPU with cron jobs", metric: "cpu_ratio", options: prom.RecordedOptions{Better: "lower", Healthy: "< 0.85", Unit: "ratio"}, partly: 0.85, worse: 1,
			begin: func(source *rand.Rand) func(time.Time, float64) float64 {
				usual, noise := 0.2+0.15*source.Float64(), wander(source, 0.7)
				return func(at time.Time, left float64) float64 {
					v := usual + 0.15*daily(at) + 0.03*noise()
					if at.Minute() < 5 {
						v += 0.25
					}
					return clamp(v + (0.97-v)*left + 0.01*noise())
				}
			}},
		{name: "load average", metric: "load1", options: prom.RecordedOptions{Better: "lower", Healthy: "< 8"},
			begin: func(source *rand.Rand) func(time.Time, float64) float64 {
				usual, broken, noise := 1+2*source.Float64(), 20+30*source.Float64(), wander(source, 0.85)
				return func(at time.Time, left float64) float64 {
					return math.Max(0.01, (usual*(0.5+daily(at))+broken*left)*math.Exp(0.2*noise()))
				}
			}},
		{name: "memory that leaks", metric: "memory_bytes", options: prom.RecordedOptions{Better: "lower", Healthy: "< 1.7e9", Unit: "bytes"}, partly: 0.85, worse: 1.5,
			begin: func(source *rand.Rand) func(time.Time, float64) float64 {
				hours, phase := 20+20*source.Float64(), source.Float64()
				return func(at time.Time, left float64) float64 {
					_, saw := math.Modf(float64(at.Unix())/3600/hours + phase)
					return 1e9*(0.85+0.1*saw) + 1.1e9*left + 1e7*source.NormFloat64()
				}
			}},
		{name: "disk", metric: "disk_used_ratio", options: prom.RecordedOptions{Better: "lower", Healthy: "< 0.8", Unit: "ratio"}, partly: 0.75, worse: 1.15,
			begin: func(source *rand.Rand) func(time.Time, float64) float64 {
				first, used := int64(0), 0.55+0.05*source.Float64()
				return func(at time.Time, left float64) float64 {
					if first == 0 {
						first = at.Unix()
					}
					grown := 0.003 * float64(at.Unix()-first) / 86400
					return clamp(used + grown + 0.37*left + 0.0005*source.NormFloat64())
				}
			}},
		{name: "replicas", metric: "replicas_available", options: prom.RecordedOptions{Better: "higher", Healthy: ">= 6"}, worse: 2,
			begin: func(*rand.Rand) func(time.Time, float64) float64 {
				return func(_ time.Time, left float64) float64 { return math.Max(0, 6-math.Round(3*left)) }
			}},
		{name: "restarts counted", metric: "restarts_total", options: prom.RecordedOptions{Better: "lower", Healthy: "<= 0.001"}, partly: 0.4, best: true,
			begin: func(source *rand.Rand) func(time.Time, float64) float64 {
				often := 0.01 + 0.01*source.Float64()
				return func(_ time.Time, left float64) float64 { return often * left }
			}},
		{name: "threads", metric: "pool_busy", options: prom.RecordedOptions{Better: "lower", Healthy: "< 40"}, partly: 0.55, worse: 1.9,
			begin: func(source *rand.Rand) func(time.Time, float64) float64 {
				usual, broken := 6+6*source.Float64(), 70+20*source.Float64()
				return func(at time.Time, left float64) float64 {
					return events(source, usual*daily(at)+broken*left)
				}
			}},
		{name: "cache hits", metric: "hit_ratio", options: prom.RecordedOptions{Better: "higher", Healthy: ">= 0.8", Unit: "ratio"}, worse: 1.8,
			begin: func(source *rand.Rand) func(time.Time, float64) float64 {
				usual, lost, noise := 0.9+0.05*source.Float64(), 0.3+0.2*source.Float64(), wander(source, 0.5)
				return func(_ time.Time, left float64) float64 { return clamp(usual - lost*left + 0.01*noise()) }
			}},
		{name: "temperature", metric: "temperature_celsius", options: prom.RecordedOptions{Better: "lower", Healthy: "10..75"}, partly: 0.8, worse: 1.7,
			begin: func(source *rand.Rand) func(time.Time, float64) float64 {
				usual, hot, noise := 48+8*source.Float64(), 35+8*source.Float64(), wander(source, 0.9)
				return func(at time.Time, left float64) float64 {
					return math.Round(2*(usual+5*daily(at)+hot*left+noise())) / 2
				}
			}},
		{name: "throughput", metric: "bytes_per_second", options: prom.RecordedOptions{Better: "higher", Healthy: ">= 2e6"}, partly: 0.75, worse: 1.15,
			begin: func(source *rand.Rand) func(time.Time, float64) float64 {
				usual, noise := 4e6+1e6*source.Float64(), wander(source, 0.4)
				return func(_ time.Time, left float64) float64 {
					return math.Max(0, usual*(1-0.85*left)*math.Exp(0.12*noise()))
				}
			}},
	}
}
