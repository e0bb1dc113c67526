package main

import (
	"fmt"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect/prom"
)

// numberFlags are the flags that say how recorded numbers are read.
func numberFlags(clause *kingpin.CmdClause, o *prom.RecordedOptions) {
	clause.Flag("better", "Of recorded numbers: lower or higher is better. It follows from --healthy where that is < <= > or >=.").StringVar(&o.Better)
	clause.Flag("healthy", `Of recorded numbers: what is healthy, such as "< 0.05", ">= 1" or "0..0.5". Without it a number is held against its own history, or compared.`).StringVar(&o.Healthy)
	clause.Flag("unit", "Of recorded numbers: their unit, a base unit such as ratio, seconds or bytes.").StringVar(&o.Unit)
	clause.Flag("aggregation", "Of recorded numbers: how several series become one: none, sum, max, min or avg.").
		EnumVar((*string)(&o.Aggregation), string(prom.AggregateNone), string(prom.AggregateSum), string(prom.AggregateMax), string(prom.AggregateMin), string(prom.AggregateAvg))
	clause.Flag("metric", "Of recorded numbers: only series of this name.").StringVar(&o.Metric)
}

// recordedReadings gives pictures of recorded numbers their readings. Each is
// read with the other beside it: the one before holds what was usual.
func (o offlineOptions) recordedReadings(pre, post *picture) error {
	if o.Numbers.Healthy == "" && o.Numbers.Better == "" && onlyFlags(post) && (pre == nil || onlyFlags(pre)) {
		post.inFlags()
		pre.inFlags()
	}
	if post.numbers == nil && (pre == nil || pre.numbers == nil) {
		return nil
	}
	var before []byte
	if pre != nil {
		before = pre.numbers
	}
	was, is, err := prom.Recorded(before, post.numbers, o.Numbers)
	if err != nil {
		return fmt.Errorf("reading recorded numbers: %w", err)
	}
	if pre != nil && pre.numbers != nil {
		pre.readings = recordedReading(was, o.Now)
	}
	if post.numbers != nil {
		post.readings = recordedReading(is, o.Now)
	}
	return nil
}

// recordedReading is the reading that a sensor would have made. Without a time
// of its own it is of the newest sample.
func recordedReading(findings []aftercheck.Finding, now time.Time) []aftercheck.Reading {
	for _, f := range findings {
		if now.IsZero() || f.At.After(now) {
			now = f.At
		}
	}
	return []aftercheck.Reading{{Sensor: prom.MetricsSensor, At: now, Outcome: aftercheck.ReadingOK, Findings: findings}}
}
