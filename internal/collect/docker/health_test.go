package docker

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// made decodes a container as the engine writes it, some time after its start.
func made(t *testing.T, ago time.Duration, text string) container {
	t.Helper()
	var c container
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	c.ID, c.Name, c.Created, c.State.StartedAt = "now", "/api", noon.Add(-ago), noon.Add(-ago)
	return c
}

// TestJudge are the states that a real engine does not show on command, beside
// those of TestStates.
func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		ago    time.Duration
		past   lives
		state  aftercheck.State
		reason string
	}{
		"dead":                               {`{"State":{"Status":"dead","Error":"busy"}}`, time.Hour, lives{}, aftercheck.StateUnhealthy, reasonDead},
		"removing":                           {`{"State":{"Status":"removing"}}`, time.Hour, lives{}, aftercheck.StateProgressing, reasonRemoving},
		"stopping, of Podman":                {`{"State":{"Status":"stopping"}}`, time.Hour, lives{}, aftercheck.StateProgressing, reasonStopping},
		"stopped, of Podman":                 {`{"State":{"Status":"stopped","ExitCode":2}}`, time.Hour, lives{}, aftercheck.StateUnhealthy, reasonError},
		"no healthcheck, of Podman":          {`{"State":{"Status":"running","Health":{"Status":"","FailingStreak":0,"Log":null}}}`, time.Hour, lives{}, aftercheck.StateHealthy, reasonRunning},
		"ended well, of Podman":              {`{"State":{"Status":"exited","Health":{"Status":""}}}`, time.Hour, lives{}, aftercheck.StateHealthy, reasonCompleted},
		"a state of tomorrow":                {`{"State":{"Status":"hibernating"}}`, time.Hour, lives{}, aftercheck.StateUnknown, reasonUnknownState},
		"no state":                           {`{}`, time.Hour, lives{}, aftercheck.StateUnknown, reasonUnknownState},
		"a health of tomorrow":               {`{"State":{"Status":"running","Health":{"Status":"feverish"}}}`, time.Hour, lives{}, aftercheck.StateUnknown, reasonUnknownState},
		"a healthcheck that is off":          {`{"State":{"Status":"running","Health":{"Status":"none"}}}`, time.Hour, lives{}, aftercheck.StateHealthy, reasonRunning},
		"created and forgotten":              {`{"State":{"Status":"created"}}`, time.Hour, lives{}, aftercheck.StateUnhealthy, reasonCreated},
		"created just now":                   {`{"State":{"Status":"created"}}`, time.Second, lives{}, aftercheck.StateProgressing, reasonCreated},
		"between two quick crashes":          {`{"RestartCount":5,"State":{"Status":"running"}}`, 3 * time.Second, lives{}, aftercheck.StateProgressing, reasonRecentlyRestarted},
		"between two slow crashes":           {`{"RestartCount":5,"State":{"Status":"running"}}`, time.Minute, lives{longest: 2 * time.Minute}, aftercheck.StateProgressing, reasonRecentlyRestarted},
		"outlived its crashes":               {`{"RestartCount":5,"State":{"Status":"running"}}`, 3 * time.Minute, lives{longest: 2 * time.Minute}, aftercheck.StateHealthy, reasonRunning},
		"crashes of one that it replaced":    {`{"State":{"Status":"running"}}`, 3 * time.Second, lives{crashes: 5, crashed: "before"}, aftercheck.StateHealthy, reasonRunning},
		"one crash is an accident":           {`{"RestartCount":1,"State":{"Status":"running"}}`, 3 * time.Second, lives{}, aftercheck.StateHealthy, reasonRunning},
		"unhealthy between two crashes":      {`{"RestartCount":5,"State":{"Status":"running","Health":{"Status":"unhealthy","FailingStreak":3}}}`, 3 * time.Second, lives{}, aftercheck.StateUnhealthy, reasonUnhealthy},
		"restarted once":                     {`{"State":{"Status":"restarting","ExitCode":1}}`, time.Second, lives{}, aftercheck.StateProgressing, reasonRestarting},
		"keeps ending well":                  {`{"RestartCount":2,"State":{"Status":"restarting"}}`, time.Second, lives{}, aftercheck.StateUnhealthy, reasonCrashLooping},
		"out of memory, to be restarted":     {`{"State":{"Status":"restarting","OOMKilled":true,"ExitCode":137}}`, time.Second, lives{}, aftercheck.StateUnhealthy, reasonOOMKilled},
		"ended well, made to stay by ports":  {`{"State":{"Status":"exited"},"Config":{"ExposedPorts":{"80/tcp":{}}}}`, time.Hour, lives{}, aftercheck.StateUnhealthy, reasonStopped},
		"ended well, made to stay by policy": {`{"State":{"Status":"exited"},"HostConfig":{"RestartPolicy":{"Name":"unless-stopped"}}}`, time.Hour, lives{}, aftercheck.StateUnhealthy, reasonStopped},
		"ended well, restarted on failure":   {`{"State":{"Status":"exited"},"HostConfig":{"RestartPolicy":{"Name":"on-failure"}}}`, time.Hour, lives{}, aftercheck.StateHealthy, reasonCompleted},
		"ended well, for it was asked to":    {`{"State":{"Status":"exited"}}`, time.Hour, lives{stopped: true}, aftercheck.StateUnhealthy, reasonStopped},
	} {
		t.Run(name, func(t *testing.T) {
			if v := judge(made(t, c.ago, c.text), c.past, noon); v.state != c.state || v.reason != c.reason || v.message == "" {
				t.Errorf("got %+v, want %s/%s", v, c.state, c.reason)
			}
		})
	}
}

func TestHealthcheckOutputIsBounded(t *testing.T) {
	c := made(t, time.Hour, `{"State":{"Status":"running","Health":{"Status":"unhealthy","Log":[{"ExitCode":1,"Output":"`+strings.Repeat("€", 5000)+`"},{"ExitCode":0,"Output":"fine"}]}}}`)
	if v := judge(c, lives{}, noon); len(v.message) > 400 || !strings.Contains(v.message, "€") || strings.Contains(v.message, "fine") {
		t.Errorf("message is %q", v.message)
	}
}

// happened makes the events of one container, a second apart.
func happened(id string, from time.Time, actions ...string) []event {
	var all []event
	for i, action := range actions {
		var e event
		e.Action, e.Actor.ID, e.TimeNano = action, id, from.Add(time.Duration(i)*time.Second).UnixNano()
		e.Actor.Attributes.Name, e.Actor.Attributes.ExitCode, e.Actor.Attributes.Signal = "api", "1", "15"
		all = append(all, e)
	}
	return all
}

func TestLives(t *testing.T) {
	for name, c := range map[string]struct {
		events []event
		from   time.Time
		want   lives
	}{
		"nothing":               {nil, time.Time{}, lives{}},
		"a crash":               {happened("a", noon, "start", "die"), time.Time{}, lives{crashes: 1, longest: time.Second, lastCrash: noon.Add(time.Second), crashed: "a"}},
		"a stop":                {happened("a", noon, "start", "kill", "die", "stop"), time.Time{}, lives{stopped: true}},
		"a stop and a start":    {happened("a", noon, "start", "kill", "die", "stop", "start"), time.Time{}, lives{}},
		"a crash before":        {happened("a", noon, "start", "die"), noon.Add(time.Minute), lives{}},
		"a crash of long ago":   {append(happened("a", noon.Add(-time.Hour), "start"), happened("a", noon, "die")...), time.Time{}, lives{crashes: 1, lastCrash: noon, crashed: "a"}},
		"killed for memory":     {happened("a", noon, "start", "oom"), time.Time{}, lives{kills: 1, lastKill: noon.Add(time.Second)}},
		"given up":              {happened("a", noon, "health_status: unhealthy"), time.Time{}, lives{sick: 1, lastSick: noon}},
		"a start that is lost":  {happened("a", noon, "die"), time.Time{}, lives{crashes: 1, lastCrash: noon, crashed: "a"}},
		"one after the other":   {append(happened("a", noon, "start", "die"), happened("b", noon.Add(time.Minute), "start", "oom", "die")...), time.Time{}, lives{crashes: 2, longest: 2 * time.Second, lastCrash: noon.Add(62 * time.Second), kills: 1, lastKill: noon.Add(61 * time.Second), crashed: "b"}},
		"a signal that is news": {hangup(happened("a", noon, "start", "kill", "die")), time.Time{}, lives{crashes: 1, longest: 2 * time.Second, lastCrash: noon.Add(2 * time.Second), crashed: "a"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := livesOf(c.events, "api", c.from); got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
			if got := livesOf(c.events, "web", c.from); got != (lives{}) {
				t.Errorf("of another name: %+v", got)
			}
		})
	}
}

// hangup makes the signal one that ends nothing.
func hangup(events []event) []event {
	for i := range events {
		events[i].Actor.Attributes.Signal = "1"
	}
	return events
}

// TestClocks: what an engine whose clock is wrong tells is put
// by ours.
func TestClocks(t *testing.T) {
	for _, ahead := range []time.Duration{0, time.Second, time.Hour, -time.Hour} {
		t.Run(ahead.String(), func(t *testing.T) {
			engine := noon.Add(-ahead)
			c := made(t, 0, `{"State":{"Status":"running"}}`)
			c.State.StartedAt = engine.Add(-time.Minute)
			o := observation{host: "web-1", wanted: wanted{name: "api"}, asked: noon, skew: skewOf(noon, engine), own: []container{c}}
			o.events = happened("now", engine.Add(-2*time.Minute), "start", "die")
			_, findings := o.findings(aftercheck.Incident{}, aftercheck.Action{FinishedAt: noon.Add(-90 * time.Second)})
			for _, f := range findings {
				if f.Check == aftercheck.CheckEvents {
					t.Errorf("the crash was before the action: %+v", f)
				}
				if !f.At.Equal(noon) || !f.Since.IsZero() && f.Since.Sub(noon.Add(-time.Minute)).Abs() > 3*time.Second {
					t.Errorf("at %s, since %s", f.At, f.Since)
				}
			}
		})
	}
}
