package assess_test

import (
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
)

// The clock of all scenarios: the action runs from began to ended.
var (
	began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ended = began.Add(20 * time.Second)
)

const (
	healthy     = aftercheck.StateHealthy
	unhealthy   = aftercheck.StateUnhealthy
	progressing = aftercheck.StateProgressing
	unknown     = aftercheck.StateUnknown
)

var deployment = aftercheck.Subject{Kind: "Deployment", Namespace: "shop", Name: "api"}

// sees is one reading of the sensor that resolves the target.
func sees(findings ...aftercheck.Finding) aftercheck.Reading {
	return aftercheck.Reading{
		Sensor: "kubernetes", Outcome: aftercheck.ReadingOK, Findings: findings,
		Target: aftercheck.Target{Kind: "Deployment", Namespace: "shop", Name: "api"},
	}
}

func silent(sensor string) aftercheck.Reading {
	return aftercheck.Reading{Sensor: sensor, Outcome: aftercheck.ReadingTimeout, Error: "late"}
}

func health(state aftercheck.State, reason string) aftercheck.Finding {
	return aftercheck.Finding{Subject: deployment, Check: aftercheck.CheckHealth, Scope: aftercheck.ScopeTarget, State: state, Reason: reason}
}

func neighbour(name string, state aftercheck.State) aftercheck.Finding {
	f := health(state, "")
	f.Subject.Name, f.Scope = name, aftercheck.ScopeNeighbour
	return f
}

func replicas(n float64) aftercheck.Finding {
	return aftercheck.Finding{
		Subject: deployment, Check: aftercheck.CheckReplicas, Scope: aftercheck.ScopeTarget,
		Value: &aftercheck.Value{Number: n, Unit: "replicas"},
	}
}

func generation(n float64) aftercheck.Finding {
	return aftercheck.Finding{
		Subject: deployment, Check: aftercheck.CheckGeneration, Scope: aftercheck.ScopeTarget,
		Value: &aftercheck.Value{Number: n},
	}
}

func podOf(uid string) aftercheck.Subject {
	return aftercheck.Subject{Kind: "Pod", Namespace: "shop", Name: "api-" + uid, UID: uid, Owner: "Deployment/api"}
}

func pod(uid string, state aftercheck.State, reason string) aftercheck.Finding {
	return aftercheck.Finding{Subject: podOf(uid), Check: aftercheck.CheckHealth, Scope: aftercheck.ScopeTarget, State: state, Reason: reason}
}

func restarts(uid string, n float64, since time.Time) aftercheck.Finding {
	return aftercheck.Finding{
		Subject: podOf(uid), Check: aftercheck.CheckRestarts, Scope: aftercheck.ScopeTarget, Since: since,
		Value: &aftercheck.Value{Number: n, Unit: "restarts"},
	}
}

func alert(state aftercheck.State, reason string) aftercheck.Finding {
	return aftercheck.Finding{
		Subject: aftercheck.Subject{Kind: "Alert", Name: "ApiDown"}, Check: aftercheck.CheckAlert,
		Scope: aftercheck.ScopeTarget, State: state, Reason: reason, Signal: true,
	}
}

func metric(name string, state aftercheck.State) aftercheck.Finding {
	return aftercheck.Finding{
		Subject: aftercheck.Subject{Kind: "Metric", Name: name}, Check: aftercheck.CheckMetric,
		Scope: aftercheck.ScopeTarget, State: state, Query: name, Value: &aftercheck.Value{Number: 1},
	}
}

// compared is a number without a criterion.
func compared(value float64, better string) aftercheck.Finding {
	f := metric("queue_length", "")
	f.Value, f.Wanted = &aftercheck.Value{Number: value, Unit: "jobs"}, better
	return f
}

func gone() aftercheck.Finding {
	return aftercheck.Finding{
		Subject: deployment, Check: aftercheck.CheckPresence, Scope: aftercheck.ScopeTarget,
		State: unhealthy, Reason: aftercheck.ReasonNotFound,
	}
}

// world builds a case: a pre-state, then one round every five seconds.
type world struct {
	text   string
	before []aftercheck.Reading // nil: no pre-state
	rounds [][]aftercheck.Reading
	held   bool
	away   bool
}

func (w world) build() assess.Case {
	c := assess.Case{
		Incident:   aftercheck.Incident{ID: "i", Alertname: "ApiDown"},
		Action:     aftercheck.Action{Text: w.text, StartedAt: began, FinishedAt: ended},
		Policy:     aftercheck.DefaultPolicy(),
		DeadlineAt: ended.Add(40 * time.Second),
		Away:       w.away,
	}
	c.Evidence.Held = w.held
	if w.before != nil {
		c.Evidence.PreState = &aftercheck.Snapshot{CapturedAt: began, Readings: at(began, w.before)}
	}
	for i, readings := range w.rounds {
		when := ended.Add(10*time.Second + time.Duration(i)*5*time.Second)
		c.Evidence.Rounds = append(c.Evidence.Rounds, aftercheck.Round{At: when, EndedAt: when, Readings: at(when, readings)})
	}
	return c
}

func at(when time.Time, readings []aftercheck.Reading) []aftercheck.Reading {
	out := make([]aftercheck.Reading, len(readings))
	for i, r := range readings {
		r.At = when
		out[i] = r
	}
	return out
}

func one(r ...aftercheck.Reading) []aftercheck.Reading { return r }

func times(n int, r ...aftercheck.Reading) [][]aftercheck.Reading {
	var out [][]aftercheck.Reading
	for range n {
		out = append(out, r)
	}
	return out
}

func inTurn(parts ...[][]aftercheck.Reading) [][]aftercheck.Reading {
	var out [][]aftercheck.Reading
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func probe(state aftercheck.State, reason string) aftercheck.Finding {
	return aftercheck.Finding{
		Subject: aftercheck.Subject{Kind: "Endpoint", Name: "health"}, Check: aftercheck.CheckProbe,
		Scope: aftercheck.ScopeTarget, State: state, Reason: reason,
	}
}

// previousLife is how long the last life of a pod's container was that crashed.
func previousLife(uid string, seconds float64) aftercheck.Finding {
	return fact(podOf(uid), aftercheck.CheckPreviousLife, seconds, "seconds")
}

func fact(about aftercheck.Subject, check aftercheck.Check, number float64, unit string) aftercheck.Finding {
	return aftercheck.Finding{Subject: about, Check: check, Scope: aftercheck.ScopeTarget, Value: &aftercheck.Value{Number: number, Unit: unit}}
}

func limit(resource string, number float64) aftercheck.Finding {
	f := fact(deployment, aftercheck.CheckLimits, number, "")
	f.Query = resource
	return f
}

func oomKills(uid string, newest time.Time) aftercheck.Finding {
	f := fact(podOf(uid), aftercheck.CheckOOMKills, 1, "kills")
	f.Since = newest
	return f
}

func nearReplicas(n float64) aftercheck.Finding {
	f := replicas(n)
	f.Subject.Name, f.Scope = "cart", aftercheck.ScopeNeighbour
	return f
}

// named is a pod of which nothing is known but its name.
func named(pod string) aftercheck.Finding {
	return aftercheck.Finding{Subject: aftercheck.Subject{Kind: "Pod", Name: pod}, Check: aftercheck.CheckPresence, Scope: aftercheck.ScopeTarget}
}

// forGood is a Job that does not change any more.
func forGood() aftercheck.Finding {
	f := health(unhealthy, "BackoffLimitExceeded")
	f.Subject.Kind, f.Final = "Job", true
	return f
}

func asSignal(f aftercheck.Finding) aftercheck.Finding {
	f.Signal = true
	return f
}
