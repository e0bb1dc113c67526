//go:build docker

package docker

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
	"github.com/aftercheck/aftercheck/internal/collect"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// patience is how long a container may take to come into a state.
const patience = 90 * time.Second

// set asks the shared engine.
func set(t *testing.T) *collect.Set {
	t.Helper()
	sensor, err := New(Config{Name: "web-1", URL: "unix://" + shared.Socket, Only: true, Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	return collect.NewSet([]collect.Sensor{sensor}, collect.Options{})
}

func about(name string) collect.Question {
	return collect.Question{Incident: aftercheck.Incident{ID: "i", Alertname: "DockerContainerDown", Labels: map[string]string{"host": "web-1", "container_name": name}}}
}

// ask takes one reading, which must succeed.
func ask(t *testing.T, s *collect.Set, q collect.Question) aftercheck.Reading {
	t.Helper()
	readings := s.Ask(t.Context(), q)
	if len(readings) != 1 || readings[0].Outcome != aftercheck.ReadingOK {
		t.Fatalf("readings: %+v", readings)
	}
	return readings[0]
}

// command makes a container of busybox that runs a script. More are keys of the
// Engine API, of HostConfig behind a dot.
func command(script string, more map[string]any) map[string]any {
	host := map[string]any{"NetworkMode": "none"}
	config := map[string]any{"Cmd": []string{"sh", "-c", script}, "HostConfig": host}
	for key, value := range more {
		if below, is := strings.CutPrefix(key, "HostConfig."); is {
			host[below] = value
		} else {
			config[key] = value
		}
	}
	return config
}

// always is a restart policy.
var always = map[string]any{"HostConfig.RestartPolicy": map[string]any{"Name": "always"}}

// stays runs until it is asked to end, which it does at once.
const stays = `trap "exit 0" TERM; while true; do sleep 1 & wait $!; done`

// awaitReason waits until the container's health has the reason, and returns that
// reading.
func awaitReason(t *testing.T, s *collect.Set, q collect.Question, state aftercheck.State, reason string) aftercheck.Reading {
	t.Helper()
	var seen aftercheck.Reading
	testbed.Eventually(t, patience, func() error {
		seen = ask(t, s, q)
		for _, f := range seen.Findings {
			if f.Scope == aftercheck.ScopeTarget && f.State == state && f.Reason == reason {
				return nil
			}
		}
		return fmt.Errorf("no finding %s/%s among %+v", state, reason, seen.Findings)
	})
	return seen
}

// find returns the finding of a check about a subject's name.
func find(r aftercheck.Reading, check aftercheck.Check, name string) *aftercheck.Finding {
	for i, f := range r.Findings {
		if f.Check == check && f.Subject.Name == name {
			return &r.Findings[i]
		}
	}
	return nil
}

// verdictOf judges a reading before an action and readings after it.
func verdictOf(q collect.Question, action aftercheck.Action, before aftercheck.Reading, after ...aftercheck.Reading) assess.Judgement {
	policy := aftercheck.DefaultPolicy()
	c := assess.Case{Incident: q.Incident, Action: action, Policy: policy}
	c.Evidence.PreState = &aftercheck.Snapshot{Readings: []aftercheck.Reading{before}}
	for _, r := range after {
		c.Evidence.Rounds = append(c.Evidence.Rounds, aftercheck.Round{At: r.At, Readings: []aftercheck.Reading{r}})
	}
	return assess.Judge(c, after[len(after)-1].At.Add(time.Second))
}

// afterAction asks as often as the default policy wants it.
func afterAction(t *testing.T, s *collect.Set, q collect.Question, action aftercheck.Action) []aftercheck.Reading {
	t.Helper()
	q.Action, q.After = action, action.FinishedAt
	var rounds []aftercheck.Reading
	for range aftercheck.DefaultPolicy().Rounds {
		rounds = append(rounds, ask(t, s, q))
	}
	return rounds
}

// comesTo asks until the verdict and its reason are those wanted: a target must
// also outlive its crashes, which on a busy machine takes a while.
func comesTo(t *testing.T, s *collect.Set, q collect.Question, action aftercheck.Action, before aftercheck.Reading, verdict aftercheck.Verdict, reason aftercheck.Reason) assess.Judgement {
	t.Helper()
	var rounds []aftercheck.Reading
	var j assess.Judgement
	testbed.Eventually(t, patience, func() error {
		rounds = append(rounds, afterAction(t, s, q, action)...)
		if j = verdictOf(q, action, before, rounds...); j.Verdict != verdict || j.Reason != reason {
			return fmt.Errorf("got %s/%s (%s), want %s/%s", j.Verdict, j.Reason, j.Explanation, verdict, reason)
		}
		return nil
	})
	return j
}

// act does what an executor does, and says when.
func act(text string, do func()) aftercheck.Action {
	began := time.Now().UTC()
	do()
	return aftercheck.Action{Text: text, StartedAt: began, FinishedAt: time.Now().UTC()}
}
