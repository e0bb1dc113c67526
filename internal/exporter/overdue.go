package exporter

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// Overdue names who counts the verifications that are accepted and not sealed
// although their deadline has passed. It is asked at each scrape, so that the
// number is right also when nothing moves any more; it must be quick and may be
// called concurrently. Until it is named the number is 0.
func (m *Metrics) Overdue(count func() int) { m.overdue.count.Store(&count) }

// countedWhenAsked is a gauge that is counted when the page is asked for.
type countedWhenAsked struct {
	*prometheus.GaugeVec
	count atomic.Pointer[func() int]
}

// Collect implements prometheus.Collector.
func (c *countedWhenAsked) Collect(metrics chan<- prometheus.Metric) {
	now := 0.0
	if count := c.count.Load(); count != nil {
		now = float64((*count)())
	}
	c.WithLabelValues().Set(now)
	c.GaugeVec.Collect(metrics)
}
