package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/client"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"aftercheck": main})
}

// TestScripts runs testdata/script: the binary itself, over real sockets, with
// a patient that each script makes ill and well.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Setup:               setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"patient": patientIs,
			"signal":  signalLast,
			"ready":   waitReady,
			"fetch":   fetch,
			"expand":  expand,
			"judged":  judged,
		},
	})
}

// patient is a service that answers with the status that it is told.
type patient struct{ status atomic.Int64 }

func (p *patient) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(int(p.status.Load()))
}

func setUp(env *testscript.Env) error {
	p := &patient{}
	p.status.Store(http.StatusOK)
	server := httptest.NewServer(p)
	env.Defer(server.Close)
	env.Values["patient"] = p
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	env.Setenv("METRICS", l.Addr().String())
	env.Setenv("PATIENT", server.URL)
	env.Setenv("XDG_STATE_HOME", env.WorkDir+"/state")
	env.Setenv("SOCKET", env.WorkDir+"/s.sock")
	return l.Close()
}

// patientIs makes the patient answer with a status.
func patientIs(ts *testscript.TestScript, _ bool, args []string) {
	var status int64
	if _, err := fmt.Sscan(strings.Join(args, " "), &status); err != nil {
		ts.Fatalf("patient: want a status")
	}
	ts.Value("patient").(*patient).status.Store(status)
}

// signalLast sends a signal to the command that went to the background last:
// signal TERM.
func signalLast(ts *testscript.TestScript, _ bool, args []string) {
	signals := map[string]os.Signal{"TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}
	running := ts.BackgroundCmds()
	if len(args) != 1 || signals[args[0]] == nil || len(running) == 0 {
		ts.Fatalf("signal: want TERM or HUP, and a command in the background")
	}
	ts.Check(running[len(running)-1].Process.Signal(signals[args[0]]))
}

// waitReady waits until the sidecar on $SOCKET is ready.
func waitReady(ts *testscript.TestScript, _ bool, _ []string) {
	eventually(ts, func() error {
		c, err := client.New(ts.Getenv("SOCKET"))
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		return c.Ready(ctx)
	})
}

// fetch asks an address until its page holds a text: fetch http://… text.
func fetch(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("fetch: want an address and a text")
	}
	eventually(ts, func() error {
		response, err := http.Get(args[0])
		if err != nil {
			return err
		}
		defer response.Body.Close()
		var page strings.Builder
		if err := response.Write(&page); err != nil {
			return err
		}
		if !strings.Contains(page.String(), args[1]) {
			return fmt.Errorf("%s is not in\n%s", args[1], page.String())
		}
		return nil
	})
}

// expand writes a file with the script's variables put in: expand from to.
func expand(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("expand: want two files")
	}
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

// eventually repeats a check until it holds, or ten seconds are over.
func eventually(ts *testscript.TestScript, check func() error) {
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			ts.Fatalf("%v", err)
		case <-tick.C:
		}
	}
}

// judged asks the sidecar on $SOCKET to judge what a file brings: judged
// request.json reason.
func judged(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("judged: want a file and a reason")
	}
	var request aftercheck.AssessmentRequest
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &request))
	c, err := client.New(ts.Getenv("SOCKET"))
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	assessment, err := c.Assess(ctx, request)
	ts.Check(err)
	if string(assessment.Reason) != args[1] {
		ts.Fatalf("judged %s (%s), want %s", assessment.Reason, assessment.Explanation, args[1])
	}
}
