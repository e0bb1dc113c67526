package pages_test

import (
	"fmt"
	"math"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
)

// night is when the stories happen.
var night = time.Date(2026, 11, 24, 2, 14, 7, 0, time.UTC)

// story is a verification that is told in the test: what was seen, so that the
// judge's own verdict stands on the page.
type story struct {
	id, incident, alertname, action string
	labels                          map[string]string
	before                          []aftercheck.Reading
	rounds                          [][]aftercheck.Reading // nil: none
	every                           time.Duration          // between rounds; 0: 5 s
	unsealed                        bool
}

func (s story) tell() aftercheck.Verification {
	finished := night.Add(4 * time.Second)
	uid, pid := uint32(1000), int32(4711)
	policy := aftercheck.DefaultPolicy()
	every := s.every
	if every == 0 {
		every = 5 * time.Second
	}
	v := aftercheck.Verification{
		ID: s.id, State: aftercheck.StateWaiting, SnapshotID: "snap-" + s.id, Policy: policy,
		Incident:    aftercheck.Incident{ID: s.incident, Alertname: s.alertname, Labels: s.labels, StartsAt: night.Add(-9 * time.Minute)},
		Action:      aftercheck.Action{Text: s.action, StartedAt: night, FinishedAt: finished},
		RequestedBy: &aftercheck.Requester{UID: &uid, GID: &uid, PID: &pid},
		AcceptedAt:  finished.Add(300 * time.Millisecond), ObserveFrom: finished.Add(10 * time.Second), DeadlineAt: finished.Add(90 * time.Second),
		RequestDigest: "digest", Evidence: &aftercheck.Evidence{SchemaVersion: aftercheck.SchemaVersion},
	}
	v.Playbook = v.Action.Playbook()
	v.NextRoundAt = v.ObserveFrom
	v.Wait = &aftercheck.Wait{
		Delays: []aftercheck.Delay{{Of: "alert " + s.alertname, Parts: []aftercheck.DelayPart{
			{Name: "scrape_interval", Duration: aftercheck.Duration(15 * time.Second)}, {Name: "range", Duration: aftercheck.Duration(time.Minute)},
		}}},
		Parts: []aftercheck.WaitPart{
			{Name: "warmup", Duration: policy.Warmup}, {Name: "delay", Duration: aftercheck.Duration(75 * time.Second)}, {Name: "rounds", Duration: aftercheck.Duration(15 * time.Second)},
		},
		Total: aftercheck.Duration(100 * time.Second), DeadlineAt: v.DeadlineAt,
	}
	if s.before != nil {
		v.Evidence.PreState = &aftercheck.Snapshot{ID: v.SnapshotID, Incident: v.Incident, Action: v.Action, CapturedAt: night.Add(-2 * time.Second), Readings: dated(s.before, night.Add(-2*time.Second))}
	}
	for i, readings := range s.rounds {
		at := v.ObserveFrom.Add(time.Duration(i) * every)
		v.Evidence.Rounds = append(v.Evidence.Rounds, aftercheck.Round{At: at, EndedAt: at.Add(230 * time.Millisecond), Readings: dated(readings, at)})
		v.State, v.NextRoundAt = aftercheck.StateObserving, at.Add(every)
	}
	if s.unsealed {
		return v
	}
	v.State, v.SealedAt, v.NextRoundAt = aftercheck.StateSealed, v.DeadlineAt, time.Time{}
	if n := len(v.Evidence.Rounds); n > 0 {
		v.SealedAt = v.Evidence.Rounds[n-1].EndedAt
	}
	judged := assess.Judge(assess.Case{
		Incident: v.Incident, Action: v.Action, Policy: v.Policy, DeadlineAt: v.DeadlineAt, Evidence: *v.Evidence,
	}, v.DeadlineAt)
	v.Assessment = &judged.Assessment
	return v
}

// dated gives readings and findings their time.
func dated(readings []aftercheck.Reading, at time.Time) []aftercheck.Reading {
	out := make([]aftercheck.Reading, len(readings))
	for i, r := range readings {
		r.At = at
		findings := make([]aftercheck.Finding, len(r.Findings))
		for j, f := range r.Findings {
			if f.At = at; f.State == aftercheck.StateUnhealthy {
				f.Since = f.At.Add(-time.Second)
			}
			findings[j] = f
		}
		r.Findings = findings
		out[i] = r
	}
	return out
}

// The readings of the stories.

const ratioQuery = `sum(rate(http_requests_total{namespace="shop",code=~"5.."}[1m])) / sum(rate(http_requests_total{namespace="shop"}[1m]))`

var api = aftercheck.Subject{Kind: "Deployment", Namespace: "shop", Name: "api", UID: "d-1"}

func kubernetes(ready int, podReason string, pods ...string) aftercheck.Reading {
	state, reason, message := aftercheck.StateHealthy, "", ""
	if ready < 3 {
		state, reason, message = aftercheck.StateUnhealthy, podReason, fmt.Sprintf("%d of 3 replicas are ready; container api: back-off 40s restarting failed container", ready)
	}
	r := aftercheck.Reading{
		Sensor: "kubernetes", DurationSeconds: 0.043, Outcome: aftercheck.ReadingOK,
		Target: aftercheck.Target{Group: "apps", Kind: "Deployment", Namespace: "shop", Name: "api", UID: "d-1"},
		Findings: []aftercheck.Finding{
			{Subject: api, Check: aftercheck.CheckHealth, Scope: aftercheck.ScopeTarget, State: state, Reason: reason, Message: message, Value: &aftercheck.Value{Number: float64(ready), Unit: "replicas"}, Wanted: "3 replicas"},
			{Subject: api, Check: aftercheck.CheckReplicas, Scope: aftercheck.ScopeTarget, Value: &aftercheck.Value{Number: 3, Unit: "replicas"}},
		},
		Raw:        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api\n  namespace: shop\nspec:\n  template:\n    spec:\n      containers:\n      - name: api\n        env:\n        - name: DB_PASSWORD\n          value: <redacted>\nstatus:\n  readyReplicas: " + fmt.Sprint(ready) + "\n",
		Redactions: map[string]int{"environment": 1},
	}
	for _, pod := range pods {
		r.Findings = append(r.Findings, aftercheck.Finding{
			Subject: aftercheck.Subject{Kind: "Pod", Namespace: "shop", Name: pod, UID: "u-" + pod, Owner: "Deployment/api"},
			Check:   aftercheck.CheckHealth, Scope: aftercheck.ScopeTarget, State: state, Reason: reason,
		})
	}
	return r
}

func prometheus(ratio, latency float64, samples func(i int) float64) aftercheck.Reading {
	state := aftercheck.StateHealthy
	if ratio >= 0.05 {
		state = aftercheck.StateUnhealthy
	}
	values := make([]float64, 24)
	for i := range values {
		values[i] = samples(i)
	}
	usual := aftercheck.StateHealthy
	if latency > 0.31 {
		usual = aftercheck.StateUnhealthy
	}
	slow := make([]float64, len(values))
	for i := range slow {
		slow[i] = latency * (1 + 0.06*math.Sin(float64(i)))
	}
	return aftercheck.Reading{
		Sensor: "prometheus", DurationSeconds: 0.0184, Outcome: aftercheck.ReadingOK,
		Findings: []aftercheck.Finding{
			{
				Subject: aftercheck.Subject{Kind: "Metric", Namespace: "shop", Name: "error_ratio"}, Check: aftercheck.CheckMetric, Scope: aftercheck.ScopeTarget, Signal: true,
				State: state, Value: &aftercheck.Value{Number: ratio, Unit: "ratio"}, Wanted: "< 0.05", Query: ratioQuery, Samples: values,
			},
			{
				Subject: aftercheck.Subject{Kind: "Metric", Namespace: "shop", Name: "latency_p99"}, Check: aftercheck.CheckMetric, Scope: aftercheck.ScopeTarget,
				State: usual, Value: &aftercheck.Value{Number: latency, Unit: "seconds"}, Wanted: "0.18 to 0.31, usual at this hour",
				Query: `histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{namespace="shop"}[1m])))`, Samples: slow,
			},
		},
	}
}

func alerts(name string, firing bool) aftercheck.Reading {
	f := aftercheck.Finding{
		Subject: aftercheck.Subject{Kind: "Alert", Namespace: "shop", Name: name}, Check: aftercheck.CheckAlert, Scope: aftercheck.ScopeTarget,
		State: aftercheck.StateHealthy, Reason: "Inactive", Wanted: "inactive",
	}
	if firing {
		f.State, f.Reason, f.Message = aftercheck.StateUnhealthy, "Firing", "firing since 02:05:07 UTC"
	}
	return aftercheck.Reading{Sensor: "alerts", DurationSeconds: 0.0072, Outcome: aftercheck.ReadingOK, Findings: []aftercheck.Finding{f}}
}

func neighbour(state aftercheck.State, reason string) aftercheck.Reading {
	return aftercheck.Reading{Sensor: "cart_health", DurationSeconds: 0.0031, Outcome: aftercheck.ReadingOK, Findings: []aftercheck.Finding{{
		Subject: aftercheck.Subject{Kind: "Endpoint", Namespace: "shop", Name: "cart"}, Check: aftercheck.CheckProbe, Scope: aftercheck.ScopeNeighbour,
		State: state, Reason: reason, Query: "http://cart.shop:8080/healthz",
	}}}
}

func silent(sensor, message string) aftercheck.Reading {
	return aftercheck.Reading{Sensor: sensor, Outcome: aftercheck.ReadingError, Error: message}
}

func ill(i int) float64  { return 0.42 + 0.05*math.Sin(float64(i)/2) }
func well(i int) float64 { return 0.004 + 0.003*math.Sin(float64(i)/2) }

var (
	shop      = map[string]string{"namespace": "shop", "deployment": "api", "severity": "critical", "alertname": "ApiErrorsHigh"}
	broken    = []aftercheck.Reading{kubernetes(1, "CrashLoopBackOff", "api-6d5f7c9b4-2xk8p", "api-6d5f7c9b4-9qwzt"), prometheus(0.42, 1.9, ill), alerts("ApiErrorsHigh", true), neighbour(aftercheck.StateHealthy, "")}
	arriving  = []aftercheck.Reading{kubernetes(2, "MinimumReplicasUnavailable", "api-84b9f6d77-lm4vz"), prometheus(0.11, 0.41, func(i int) float64 { return 0.4 / float64(i+1) }), alerts("ApiErrorsHigh", true), neighbour(aftercheck.StateHealthy, "")}
	recovered = []aftercheck.Reading{kubernetes(3, "", "api-84b9f6d77-lm4vz", "api-84b9f6d77-t7hdc"), prometheus(0.004, 0.22, well), alerts("ApiErrorsHigh", false), neighbour(aftercheck.StateHealthy, "")}
	starved   = append(recovered[:3:3], neighbour(aftercheck.StateUnhealthy, "status 503"))
	blind     = []aftercheck.Reading{silent("kubernetes", "asking the API server: dial tcp 10.96.0.1:443: connect: connection refused"), silent("prometheus", "not asked: breaker open since 02:13:31 UTC, last error: Post \"http://prometheus:9090/api/v1/query\": context deadline exceeded"), silent("alerts", "not asked: breaker open since 02:13:31 UTC, last error: Get \"http://prometheus:9090/api/v1/rules\": context deadline exceeded")}
)

func theRecovery() story {
	return story{
		id: "019ab3f2-6c1e-7d44-9a51-2f0c6e1b8d01", incident: "inc-2026-1124-017", alertname: "ApiErrorsHigh", labels: shop,
		action: "kubectl -n shop rollout undo deployment/api", before: broken,
		rounds: [][]aftercheck.Reading{broken, arriving, arriving, recovered, recovered, recovered},
	}
}

func theRegression() story {
	return story{
		id: "019ab3f2-6c1e-7d44-9a51-2f0c6e1b8d02", incident: "inc-2026-1124-016", alertname: "ApiErrorsHigh", labels: shop,
		action: "auto_repair_playbook:api-scale-up:step-2", before: broken, rounds: [][]aftercheck.Reading{arriving, recovered, starved, starved, starved},
	}
}

func theFailure() story {
	return story{
		id: "019ab3f2-6c1e-7d44-9a51-2f0c6e1b8d03", incident: "inc-2026-1124-015", alertname: "ApiErrorsHigh", labels: shop,
		action: "auto_repair_playbook:api-restart:restart", before: broken, rounds: [][]aftercheck.Reading{broken, broken, broken, broken},
	}
}

func theOutage() story {
	return story{
		id: "019ab3f2-6c1e-7d44-9a51-2f0c6e1b8d04", incident: "inc-2026-1124-014", alertname: "ApiErrorsHigh", labels: shop,
		action: "restart_service:api", before: broken, rounds: [][]aftercheck.Reading{blind, blind, blind},
	}
}

func theTimeout() story {
	return story{
		id: "019ab3f2-6c1e-7d44-9a51-2f0c6e1b8d05", incident: "inc-2026-1124-013", alertname: "NodeDiskFull", labels: map[string]string{"instance": "node-3"},
		action: "auto_repair_playbook:node-disk:prune",
	}
}

func theWait() story {
	s := theRecovery()
	s.id, s.incident, s.unsealed, s.rounds = "019ab3f2-6c1e-7d44-9a51-2f0c6e1b8d06", "inc-2026-1124-018", true, s.rounds[:2]
	return s
}
