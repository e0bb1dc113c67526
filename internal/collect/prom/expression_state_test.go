package prom

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

// rulesOnly is a server that tells of its rules and evaluates nothing.
func rulesOnly(t *testing.T, rules string) string {
	return answering(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/rules" || r.FormValue("type") != "alert" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = io.WriteString(w, `{"status":"success","data":{"groups":[{"interval":15,"rules":[`+rules+`]}]}}`)
	})
}

// TestWithoutTheExpressionTheStateTells: of a rule whose expression cannot be
// evaluated the alert's own state is read, and its own times count.
func TestWithoutTheExpressionTheStateTells(t *testing.T) {
	end := time.Now().Add(-time.Minute)
	told := func(query, alerts string, evaluated time.Time) string {
		return fmt.Sprintf(`{"name":"A","type":"alerting","query":%q,"duration":60,"keepFiringFor":300,"health":"ok","lastEvaluation":%q,"alerts":[%s]}`,
			query, evaluated.Format(time.RFC3339Nano), alerts)
	}
	firing := fmt.Sprintf(`{"labels":{"alertname":"A","pod":"p"},"state":"firing","activeAt":%q`, end.Add(-time.Hour).Format(time.RFC3339))
	for name, c := range map[string]struct {
		rule   string
		state  aftercheck.State
		reason string
		window string
	}{
		"inactive":               {told("x > 0", "", time.Now()), aftercheck.StateHealthy, ReasonInactive, ""},
		"firing":                 {told("x > 0", firing+"}", time.Now()), aftercheck.StateUnhealthy, ReasonFiring, ""},
		"kept firing":            {told("x > 0", firing+fmt.Sprintf(`,"keepFiringSince":%q}`, end.Format(time.RFC3339)), time.Now()), aftercheck.StateProgressing, ReasonKeptFiring, ""},
		"not evaluated since":    {told("x > 0", firing+"}", end), aftercheck.StateUnknown, ReasonNotYetEvaluated, ""},
		"over an old window":     {told("rate(x[5m]) > 0", firing+"}", time.Now()), aftercheck.StateUnknown, ReasonWindowReachesBack, "range 5m0s, "},
		"not of this parser":     {told("x{ keep_last", firing+"}", time.Now()), aftercheck.StateUnhealthy, ReasonFiring, ""},
		"more selectors than 16": {told("a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q > 0", "", time.Now()), aftercheck.StateHealthy, ReasonInactive, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := sensors(t, Config{URL: rulesOnly(t, c.rule)})
			answer, err := read(t, s, collect.Question{Incident: incident("A", "pod", "p"), After: end})
			if err != nil {
				t.Fatal(err)
			}
			if f, err := find(answer, "A"); err != nil || f.State != c.state || f.Reason != c.reason {
				t.Errorf("got %+v, %v; want %s with %s", f, err, c.state, c.reason)
			}
			if got, want := written(answer.Delays[0]), c.window+"evaluation_interval 15s, for 1m0s, keep_firing_for 5m0s"; got != want {
				t.Errorf("the delay is %s, want %s", got, want)
			}
		})
	}
}

// TestSlowExpressionLeavesTheState: a server that tells of its rules and does not
// come to an end with a query is no server that does not answer.
func TestSlowExpressionLeavesTheState(t *testing.T) {
	release := make(chan struct{})
	url := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/query" {
			_, _ = io.Copy(io.Discard, r.Body)
			select {
			case <-release:
			case <-r.Context().Done():
			}
			return
		}
		_, _ = fmt.Fprintf(w, `{"status":"success","data":{"groups":[{"interval":15,"rules":[{"name":"A","type":"alerting","query":"x","health":"ok","lastEvaluation":%q}]}],"activeTargets":[],"alerts":[]}}`,
			time.Now().Format(time.RFC3339Nano))
	})
	defer close(release)
	_, s := sensors(t, Config{URL: url})
	plan, _ := s.Plan(shop)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	answer, err := plan.Read(ctx)
	if err != nil || ctx.Err() != nil {
		t.Fatalf("got %v, %v", err, ctx.Err())
	}
	if f, err := find(plan.Interpret(answer), "A"); err != nil || f.State != aftercheck.StateHealthy || f.Reason != ReasonInactive {
		t.Errorf("got %+v, %v", f, err)
	}
}
