package exporter

import (
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/aftercheck/aftercheck"
)

// SetSensors replaces the set of sensors: new ones get their series, preset to
// 0, and those that are gone lose theirs. What a removed sensor still reports
// is not counted.
func (m *Metrics) SetSensors(names []string) { m.sensors.set(names) }

// SensorAsked records one reading by the sensor's name and its outcome. It
// implements collect.Observer together with SensorBreaker and Redacted.
func (m *Metrics) SensorAsked(sensor string, outcome aftercheck.ReadingOutcome, took time.Duration) {
	m.sensors.asked(sensor, outcome, took)
}

// SensorBreaker records whether calls are kept from the sensor's endpoint.
func (m *Metrics) SensorBreaker(sensor string, open bool) { m.sensors.broken(sensor, open) }

// readingOutcomes are the values of the label outcome of sensor_requests_total.
func readingOutcomes() []aftercheck.ReadingOutcome {
	return []aftercheck.ReadingOutcome{
		aftercheck.ReadingOK, aftercheck.ReadingError, aftercheck.ReadingTimeout, aftercheck.ReadingPanic,
	}
}

// sensorMetrics are the only series that come and go: with a reload.
type sensorMetrics struct {
	duration *prometheus.HistogramVec
	requests *prometheus.CounterVec
	up       *prometheus.GaugeVec
	breaker  *prometheus.GaugeVec

	mu    sync.Mutex
	known map[string]bool
}

func (s *sensorMetrics) set(names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name := range s.known {
		if !slices.Contains(names, name) {
			gone := prometheus.Labels{"sensor": name}
			s.duration.DeletePartialMatch(gone)
			s.requests.DeletePartialMatch(gone)
			s.up.DeletePartialMatch(gone)
			s.breaker.DeletePartialMatch(gone)
		}
	}
	s.known = make(map[string]bool, len(names))
	for _, name := range names {
		s.known[name] = true
		s.duration.WithLabelValues(name)
		s.breaker.WithLabelValues(name).Set(0) // a new set of sensors has new breakers
		for _, outcome := range readingOutcomes() {
			s.requests.WithLabelValues(name, string(outcome))
		}
	}
}

func (s *sensorMetrics) asked(name string, outcome aftercheck.ReadingOutcome, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.known[name] || !slices.Contains(readingOutcomes(), outcome) {
		return
	}
	s.duration.WithLabelValues(name).Observe(took.Seconds())
	s.requests.WithLabelValues(name, string(outcome)).Inc()
	up := 0.0
	if outcome == aftercheck.ReadingOK {
		up = 1
	}
	s.up.WithLabelValues(name).Set(up)
}

func (s *sensorMetrics) broken(name string, open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.known[name] {
		return
	}
	value := 0.0
	if open {
		value = 1
	}
	s.breaker.WithLabelValues(name).Set(value)
}
