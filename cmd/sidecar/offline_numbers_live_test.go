//go:build !race

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
	"github.com/aftercheck/aftercheck/internal/collect"
	"github.com/aftercheck/aftercheck/internal/collect/prom"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// liveIncidents are some that a sensor sees as the files do: a glance at a newest
// value is no window, so that these have little noise.
func liveIncidents() []incident {
	views := []view{
		{"criterion", true, 15 * time.Second, 0, 20 * time.Minute, 15 * time.Minute},
		{"days before", false, time.Minute, 5 * 24 * time.Hour, time.Hour, 30 * time.Minute},
	}
	chosen := map[string]bool{"dead letters": true, "replicas": true, "disk": true, "cache hits": true}
	var all []incident
	for _, of := range services() {
		if !chosen[of.name] {
			continue
		}
		for _, seen := range views {
			for _, end := range []string{"recovered", "recovered slowly", "partly", "unchanged", "worse", "healthy all along"} {
				all = append(all, incident{of, seen, end, uint64(len(all))})
			}
		}
	}
	return all
}

// recordingServer starts a Prometheus that has recorded the incidents: until the action,
// or until a while after it. In both the newest sample is of now.
func recordingServer(t *testing.T, all []incident, now time.Time, acted bool) string {
	t.Helper()
	var text strings.Builder
	text.WriteString("# TYPE live gauge\n")
	for k, i := range all {
		start, source := now.Add(-i.view.incident), rand.New(rand.NewPCG(i.seed, 11))
		if acted {
			start = start.Add(-i.view.after)
		}
		before, after := i.record(start, source)
		if acted {
			before = append(before, after...)
		}
		for _, s := range before {
			fmt.Fprintf(&text, "live{incident=\"%d\"} %g %d\n", k, s.Value, s.At.Unix())
		}
	}
	text.WriteString("# EOF\n")
	return testbed.Prometheus(t, "", "", testbed.Backfill(t, text.String()), "--storage.tsdb.retention.time=60d")
}

// liveReadings are what the metrics sensor answers about one incident.
func liveReadings(t *testing.T, url string, k int, i incident, startsAt, after time.Time) []aftercheck.Reading {
	t.Helper()
	o := i.options()
	sensors, err := prom.New(prom.Config{URL: url, NoBuiltIn: true, Alerts: prom.AlertsConfig{Disabled: true}, Queries: []prom.Query{{
		Name: i.service.metric, Expr: `live{incident="$incident"}`, Better: o.Better, Healthy: o.Healthy, Unit: o.Unit,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	q := collect.Question{Incident: liveIncident(k, startsAt), After: after}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return collect.NewSet(sensors, collect.Options{}).Ask(ctx, q)
}

func liveIncident(k int, startsAt time.Time) aftercheck.Incident {
	return aftercheck.Incident{ID: "i-1", Alertname: "Live", Labels: map[string]string{"incident": strconv.Itoa(k)}, StartsAt: startsAt}
}

// TestSensorAndFilesAgree judges incidents twice: as the metrics sensor sees them
// on a real server, before and after, and as files that were recorded there.
func TestSensorAndFilesAgree(t *testing.T) {
	t.Parallel()
	all, now := liveIncidents(), time.Now().Truncate(time.Second)
	before, after := recordingServer(t, all, now, false), recordingServer(t, all, now, true)
	for k, i := range all {
		acted := now.Add(-i.view.after)
		c := assess.Case{Policy: aftercheck.DefaultPolicy(), Incident: liveIncident(k, now.Add(-i.view.incident))}
		c.Action = aftercheck.Action{Text: "kubectl rollout undo deployment/api", FinishedAt: acted}
		c.Evidence.PreState = &aftercheck.Snapshot{Readings: liveReadings(t, before, k, i, now.Add(-i.view.incident), time.Time{})}
		for range c.Policy.Rounds {
			readings := liveReadings(t, after, k, i, acted.Add(-i.view.incident), acted)
			c.Evidence.Rounds = append(c.Evidence.Rounds, aftercheck.Round{At: readings[0].At, EndedAt: readings[0].At, Readings: readings})
		}
		live := assess.Judge(c, c.DeadlineAt)

		was, is := i.record(acted.Add(-i.view.incident), rand.New(rand.NewPCG(i.seed, 11)))
		files := judgeFiles(t, i.answer(was), i.answer(is), i.options())
		if live.Verdict != i.want() || files.Verdict != i.want() {
			t.Errorf("%s; %s; %s: want %s: by the sensor %s (%s): %s; by files %s (%s): %s", i.service.name, i.view.name, i.end, i.want(),
				live.Verdict, live.Reason, live.Explanation, files.Verdict, files.Reason, files.Explanation)
		}
	}
}
