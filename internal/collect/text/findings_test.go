package text_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect/text"
)

func asked(action string, labels map[string]string) aftercheck.Question {
	return aftercheck.Question{Incident: aftercheck.Incident{Alertname: "ApiDown", Labels: labels}, Action: aftercheck.Action{Text: action}}
}

func TestFactsOfAPod(t *testing.T) {
	target, got := text.Read("NAME READY STATUS RESTARTS AGE\napi-1 0/1 CrashLoopBackOff 7 (2m ago) 3h", asked("restart_service:api", nil), now)
	pod := aftercheck.Subject{Kind: "Pod", Name: "api-1"}
	base := aftercheck.Finding{Subject: pod, Scope: aftercheck.ScopeTarget, At: now, Since: now.Add(-3 * time.Hour)}
	presence, restarts, health := base, base, base
	presence.Check = aftercheck.CheckPresence
	restarts.Check, restarts.Value = aftercheck.CheckRestarts, &aftercheck.Value{Number: 7, Unit: "restarts"}
	health.Check, health.State, health.Reason = aftercheck.CheckHealth, aftercheck.StateUnhealthy, "CrashLoopBackOff"
	if diff := cmp.Diff([]aftercheck.Finding{presence, restarts, health}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if target != (aftercheck.Target{Name: "api"}) {
		t.Errorf("target %v", target)
	}
}

// outline is a finding in one line.
func outline(f aftercheck.Finding) string {
	words := []string{f.Subject.String(), string(f.Check), string(f.Scope), string(f.State), f.Reason, f.Subject.Owner}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

func outlines(findings []aftercheck.Finding, checks ...aftercheck.Check) []string {
	var out []string
	for _, f := range findings {
		if slices.Contains(checks, f.Check) {
			out = append(out, outline(f))
		}
	}
	return out
}

func TestWhoIsTheTarget(t *testing.T) {
	table := "NAMES STATUS\napi Up 5 seconds\nshop-api-1 Up 5 seconds\napi-gateway Up 2 days\nweb Exited (1) 2 days ago"
	for name, c := range map[string]struct {
		q    aftercheck.Question
		want []string
	}{
		"nobody is named": {asked("restart", nil), []string{"api target", "shop-api-1 target", "api-gateway target", "web target"}},
		"by the action":   {asked("docker restart api", nil), []string{"api target", "shop-api-1 target", "api-gateway neighbour", "web neighbour"}},
		"by a label":      {asked("docker restart api", map[string]string{"container": "web"}), []string{"api neighbour", "shop-api-1 neighbour", "api-gateway neighbour", "web target"}},
		"by a label that names nothing here": {
			asked("docker restart api", map[string]string{"container": "db", "instance": "web:9100"}),
			[]string{"api neighbour", "shop-api-1 neighbour", "api-gateway neighbour", "web target"},
		},
		"by what was known": {
			aftercheck.Question{Known: aftercheck.Target{Kind: "Container", Name: "db"}},
			[]string{"api neighbour", "shop-api-1 neighbour", "api-gateway neighbour", "web neighbour"},
		},
	} {
		_, findings := text.Read(table, c.q, now)
		var got []string
		for _, f := range findings {
			if f.Check == aftercheck.CheckPresence {
				got = append(got, f.Subject.Name+" "+string(f.Scope))
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

func TestShapesOfFindings(t *testing.T) {
	health := []aftercheck.Check{aftercheck.CheckHealth, aftercheck.CheckPresence, aftercheck.CheckReplicas, aftercheck.CheckAlert}
	for answer, want := range map[string][]string{
		"deployment.apps/api 0/0 0 0 9d": {
			"Deployment/api replicas target", "Deployment/api health target unknown ScaledDown",
		},
		`deployments.apps "api" not found (NotFound): Error from server (NotFound): deployments.apps "api" not found`: {
			"Deployment/api presence target unhealthy NotFound",
		},
		"pod/api-6c8b9d7f4f-9zt7m 1/1 Running 0 9s\ndeployment.apps/api 1/1 1 1 9d": {
			"Pod/api-6c8b9d7f4f-9zt7m presence target Deployment/api", "Pod/api-6c8b9d7f4f-9zt7m health target healthy Running Deployment/api",
			"Deployment/api replicas target", "Deployment/api health target healthy 1/1",
		},
		"pod/api-6c8b9d7f4f-9zt7m 1/1 Running 0 9s": {
			"Pod/api-6c8b9d7f4f-9zt7m presence target", "Pod/api-6c8b9d7f4f-9zt7m health target healthy Running",
		},
		`{"alerts": [{"labels": {"alertname": "ApiDown"}, "state": "firing"}, {"labels": {"alertname": "DiskFull"}, "state": "firing"}]}`: {
			"Alert/ApiDown alert target unhealthy Firing", "Alert/DiskFull alert neighbour unhealthy Firing",
		},
		"nginx.service loaded active running Web": {"Unit/nginx health target healthy active"},
		"2 running, 1 failed": {
			"Object/1 of 3 health target unhealthy Counted", "Object/2 of 3 health target healthy Counted", "Object/3 of 3 health target healthy Counted",
		},
		`{"success": false, "error": "connection refused"}`: {"Tool health target unknown ToolFailed"},
		"the quick brown fox":                               nil,
	} {
		_, findings := text.Read(answer, asked("restart", nil), now)
		if diff := cmp.Diff(want, outlines(findings, health...)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", answer, diff)
		}
	}
}

func TestTheSignalIsTheIncidentsAlert(t *testing.T) {
	_, findings := text.Read(`{"alerts": [{"labels": {"alertname": "ApiDown"}, "state": "firing"}, {"labels": {"alertname": "DiskFull"}, "state": "firing"}]}`, asked("restart", nil), now)
	for _, f := range findings {
		if f.Signal != (f.Subject.Name == "ApiDown") {
			t.Errorf("%s: signal %t", f.Subject, f.Signal)
		}
	}
}

func TestReadingsAreReadTogetherAndNotChanged(t *testing.T) {
	given := []aftercheck.Reading{
		{Sensor: "a", At: now, Raw: `{"success": true, "output": "ok"}`},
		{Sensor: "b", At: now, Outcome: aftercheck.ReadingOK, Raw: "api Up 5 seconds"},
		{Sensor: "c", At: now, Outcome: aftercheck.ReadingTimeout, Error: "late", Raw: "api Exited (1) 5 seconds ago"},
		{Sensor: "d", At: now, Raw: "web Exited (1) 5 seconds ago", Findings: []aftercheck.Finding{{Check: aftercheck.CheckProbe}}},
	}
	before := slices.Clone(given)
	got := text.ReadAll(given, asked("docker restart api", nil))
	if diff := cmp.Diff(before, given); diff != "" {
		t.Errorf("what was given was changed: %s", diff)
	}
	var told []int
	for _, r := range got {
		told = append(told, len(r.Findings))
	}
	if want := []int{0, 2, 0, 1}; !slices.Equal(told, want) {
		t.Errorf("findings %v, want %v", told, want)
	}
}

func TestAReportOfSuccessCountsOnlyAlone(t *testing.T) {
	report := aftercheck.Reading{Sensor: "a", At: now, Raw: `{"success": true, "output": "ok"}`}
	for name, c := range map[string]struct {
		other aftercheck.Reading
		want  bool
	}{
		"alone":                 {aftercheck.Reading{Sensor: "b", Raw: "nothing that says anything"}, true},
		"beside a failed one":   {aftercheck.Reading{Sensor: "b", Outcome: aftercheck.ReadingError, Error: "x"}, false},
		"beside findings":       {aftercheck.Reading{Sensor: "b", Findings: []aftercheck.Finding{{Check: aftercheck.CheckProbe}}}, false},
		"beside a state":        {aftercheck.Reading{Sensor: "b", Raw: "api-1 0/1 Pending"}, false},
		"beside a tool's error": {aftercheck.Reading{Sensor: "b", Raw: `{"success": false}`}, false},
	} {
		got := text.ReadAll([]aftercheck.Reading{report, c.other}, asked("restart", nil))
		if told := len(got[0].Findings) > 0; told != c.want {
			t.Errorf("%s: told %t", name, told)
		}
	}
}

func TestTruncatedAnswersSaySo(t *testing.T) {
	got := text.ReadAll([]aftercheck.Reading{{Raw: "api-1 1/1 Running", RawTruncated: true, At: now}}, asked("restart", nil))
	if last := got[0].Findings[len(got[0].Findings)-1]; last.Reason != text.ReasonTruncated || last.State != aftercheck.StateUnknown {
		t.Errorf("got %s", outline(last))
	}
}

func TestAgesGiveStarts(t *testing.T) {
	for answer, age := range map[string]time.Duration{
		"NAME READY STATUS RESTARTS AGE\napi-0 1/1 Running 0 2d3h": 51 * time.Hour,
		"api-0 1/1 Running 0 20s":                                  20 * time.Second,
		"api-0 1/1 Running 7 (2m ago) 3h":                          3 * time.Hour,
		"api Up 3 hours":                                           3 * time.Hour,
		"api Up About a minute":                                    time.Minute,
		"api Up Less than a second":                                0,
		`{"Name": "/api", "State": {"Status": "running", "StartedAt": "2026-06-01T11:59:00Z"}}`: time.Minute,
	} {
		_, findings := text.Read(answer, asked("restart", nil), now)
		for _, f := range findings {
			if got := now.Sub(f.Since); got != age {
				t.Errorf("%s: %s is %s old, want %s", answer, outline(f), got, age)
			}
		}
		if len(findings) == 0 {
			t.Errorf("%s: no findings", answer)
		}
	}
	_, findings := text.Read("api Up 3 hours", asked("restart", nil), time.Time{})
	for _, f := range findings {
		if !f.Since.IsZero() {
			t.Errorf("without a time, since %s", f.Since)
		}
	}
}
