//go:build docker

package docker

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// seconds as the Engine API writes them.
func seconds(n float64) int { return int(n * float64(time.Second)) }

// TestStates brings real containers into each state that there is.
func TestStates(t *testing.T) {
	s := set(t)
	sick := map[string]any{"Healthcheck": map[string]any{
		"Test": []string{"CMD-SHELL", "echo no route to the database; exit 1"}, "Interval": seconds(0.3), "Retries": 2,
	}}
	for name, c := range map[string]struct {
		config map[string]any
		after  string // POST /containers/NAME/…
		state  aftercheck.State
		reason string
		says   string
		final  bool
	}{
		"running":    {config: command(stays, nil), state: aftercheck.StateHealthy, reason: reasonRunning},
		"well":       {config: command(stays, map[string]any{"Healthcheck": map[string]any{"Test": []string{"CMD-SHELL", "exit 0"}, "Interval": seconds(0.3)}}), state: aftercheck.StateHealthy, reason: reasonHealthy},
		"starting":   {config: command(stays, map[string]any{"Healthcheck": map[string]any{"Test": []string{"CMD-SHELL", "exit 0"}, "Interval": seconds(3600)}}), state: aftercheck.StateProgressing, reason: reasonStarting},
		"unhealthy":  {config: command(stays, sick), state: aftercheck.StateUnhealthy, reason: reasonUnhealthy, says: "no route to the database"},
		"completed":  {config: command("exit 0", nil), state: aftercheck.StateHealthy, reason: reasonCompleted},
		"failed":     {config: command("exit 3", nil), state: aftercheck.StateUnhealthy, reason: reasonError, says: "exit code 3", final: true},
		"stopped":    {config: command(stays, nil), after: "stop", state: aftercheck.StateUnhealthy, reason: reasonStopped, final: true},
		"paused":     {config: command(stays, nil), after: "pause", state: aftercheck.StateUnhealthy, reason: aftercheck.ReasonPaused},
		"no-program": {config: map[string]any{"Cmd": []string{"/none"}}, state: aftercheck.StateUnhealthy, reason: reasonStartError, says: "no such file"},
		"created":    {config: command(stays, nil), state: aftercheck.StateProgressing, reason: reasonCreated},
		"loop":       {config: command("sleep 0.2; exit 7", always), state: aftercheck.StateUnhealthy, reason: reasonCrashLooping, says: "exit code 7"},
		"oom": {config: command("x=a; while true; do x=$x$x; done", map[string]any{"HostConfig.Memory": 16 << 20, "HostConfig.MemorySwap": 16 << 20}),
			state: aftercheck.StateUnhealthy, reason: reasonOOMKilled, final: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := shared.Create(t, name, c.config)
			if name != "created" {
				// one that cannot be started says so, and is looked at all the same
				_, _ = shared.Ask(t.Context(), "POST", "/containers/"+id+"/start", nil)
			}
			if c.after != "" {
				shared.Post(t, "/containers/"+id+"/"+c.after)
			}
			r := awaitReason(t, s, about(name), c.state, c.reason)
			f := find(r, aftercheck.CheckHealth, name)
			want := aftercheck.Subject{Kind: "Container", Namespace: "web-1", Name: name, UID: id}
			if f.Subject != want || !strings.Contains(f.Message, c.says) || f.Final != c.final {
				t.Errorf("got %+v", f)
			}
			if r.Target != (aftercheck.Target{Kind: "Container", Namespace: "web-1", Name: name, UID: id}) {
				t.Errorf("target is %+v", r.Target)
			}
		})
	}
}

// TestCrashLoop: the restarts are counted, and so is how long a life was.
func TestCrashLoop(t *testing.T) {
	s := set(t)
	shared.Run(t, "looping", command("sleep 0.5; exit 1", always))
	r := awaitReason(t, s, about("looping"), aftercheck.StateUnhealthy, reasonCrashLooping)
	restarts, life := find(r, aftercheck.CheckRestarts, "looping"), find(r, aftercheck.CheckPreviousLife, "looping")
	if restarts == nil || restarts.Value.Number < loopRestarts || restarts.Value.Unit != "restarts" {
		t.Errorf("restarts: %+v", restarts)
	}
	if life == nil || life.Value.Number < 0.5 || life.Value.Number > 60 {
		t.Errorf("previous life: %+v", life)
	}
	if len(r.Delays) != 1 || r.Delays[0].Total() <= 0 {
		t.Errorf("delays: %+v", r.Delays)
	}
}

// TestOOMKilled: a kill that the container survives as a whole is counted too.
func TestOOMKilled(t *testing.T) {
	s := set(t)
	shared.Run(t, "hungry", command("while true; do sh -c 'x=a; while true; do x=$x$x; done'; sleep 1; done",
		map[string]any{"HostConfig.Memory": 16 << 20, "HostConfig.MemorySwap": 16 << 20, "HostConfig.NanoCpus": 500_000_000}))
	var r aftercheck.Reading
	testbed.Eventually(t, patience, func() error {
		r = ask(t, s, about("hungry"))
		if f := find(r, aftercheck.CheckOOMKills, "hungry"); f == nil || f.Value.Number < 1 || f.Since.IsZero() {
			return errNotYet
		}
		return nil
	})
	var limits []string
	for _, f := range r.Findings {
		if f.Check == aftercheck.CheckLimits {
			limits = append(limits, f.Query)
		}
	}
	if !slices.Equal(limits, []string{"HostConfig.NanoCpus", "HostConfig.Memory"}) {
		t.Errorf("limits: %v", limits)
	}
}

// TestMissing: what is not there is gone only if it must be here.
func TestMissing(t *testing.T) {
	s := set(t)
	r := ask(t, s, about("nobody"))
	if f := find(r, aftercheck.CheckPresence, "nobody"); f == nil || f.State != aftercheck.StateUnhealthy || f.Reason != aftercheck.ReasonNotFound {
		t.Errorf("findings: %+v", r.Findings)
	}
	q := about("nobody")
	q.Incident.Labels = map[string]string{"name": "nginx.service"}
	if r := ask(t, s, q); len(r.Findings) != 0 || !r.Target.IsZero() {
		t.Errorf("a label that may name anything: %+v", r.Findings)
	}
	q.Known = aftercheck.Target{Kind: "Container", Namespace: "web-1", Name: "nginx.service"}
	if r := ask(t, s, q); len(r.Findings) != 1 {
		t.Errorf("a container that was there: %+v", r.Findings)
	}
}

// TestSecretsStayOutside: nothing of the environment and the command line is
// taken in.
func TestSecretsStayOutside(t *testing.T) {
	s := set(t)
	const secret = "plain-words-nobody-recognises"
	shared.Run(t, "secretive", command(stays+" # "+secret, map[string]any{
		"Env": []string{"GREETING=" + secret}, "Labels": map[string]string{"note": secret},
	}))
	r := awaitReason(t, s, about("secretive"), aftercheck.StateHealthy, reasonRunning)
	if !strings.Contains(r.Raw, `"secretive"`) && !strings.Contains(r.Raw, `/secretive`) {
		t.Errorf("raw does not tell of the container:\n%s", r.Raw)
	}
	if strings.Contains(r.Raw, secret) {
		t.Errorf("raw repeats the secret:\n%s", r.Raw)
	}
}
