package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/client"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"aftercheck": main})
}

// TestScripts runs testdata/script: the binary itself, over real sockets, with
// a patient that each script makes ill and well.
func TestScripts(t *testing.T) {
	redis, alertmanager := testbed.Redis(t), testbed.Alertmanager(t, "")
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("REDIS", redis)
			if err := setGate(env, alertmanager); err != nil {
				return err
			}
			return setUp(env)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"patient": patientIs,
			"signal":  signalLast,
			"ready":   waitReady,
			"fetch":   fetch,
			"expand":  expand,
			"judged":  judged,
			"gate":    gateIs,
			"alerts":  alertsAre,
		},
	})
}

// patient is a service that answers with the status that it is told, or with
// 200 once the file is there that cures it.
type patient struct {
	status atomic.Int64
	cure   atomic.Value
}

func (p *patient) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	if file, _ := p.cure.Load().(string); file != "" {
		if _, err := os.Stat(file); err == nil {
			return
		}
	}
	w.WriteHeader(int(p.status.Load()))
}

func setUp(env *testscript.Env) error {
	p := &patient{}
	p.status.Store(http.StatusOK)
	server := httptest.NewServer(p)
	env.Defer(server.Close)
	env.Values["patient"] = p
	for _, name := range []string{"METRICS", "METRICS2"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close() // held until both are found, so that they differ
		env.Setenv(name, l.Addr().String())
	}
	env.Setenv("PATIENT", server.URL)
	env.Setenv("XDG_STATE_HOME", env.WorkDir+"/state")
	env.Setenv("SOCKET", env.WorkDir+"/s.sock")
	return nil
}

// patientIs makes the patient answer with a status, or be well once a file is
// there: patient 500, patient later FILE.
func patientIs(ts *testscript.TestScript, _ bool, args []string) {
	p := ts.Value("patient").(*patient)
	if len(args) == 2 && args[0] == "later" {
		p.cure.Store(args[1])
		return
	}
	p.cure.Store("")
	var status int64
	if _, err := fmt.Sscan(strings.Join(args, " "), &status); err != nil {
		ts.Fatalf("patient: want a status")
	}
	p.status.Store(status)
}

// signalLast sends a signal to the command that went to the background last, or
// the nth, from 0: signal TERM, signal STOP 0.
func signalLast(ts *testscript.TestScript, _ bool, args []string) {
	signals := map[string]os.Signal{
		"TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "KILL": syscall.SIGKILL, "STOP": syscall.SIGSTOP, "CONT": syscall.SIGCONT,
	}
	running := ts.BackgroundCmds()
	chosen, err := len(running)-1, error(nil)
	if len(args) == 2 {
		chosen, err = strconv.Atoi(args[1])
	}
	if len(args) == 0 || err != nil || signals[args[0]] == nil || chosen < 0 || chosen >= len(running) {
		ts.Fatalf("signal: want TERM, HUP, KILL, STOP or CONT, and a command in the background")
	}
	ts.Check(running[chosen].Process.Signal(signals[args[0]]))
}

// waitReady waits until the sidecar on a socket, $SOCKET without one, is ready.
func waitReady(ts *testscript.TestScript, _ bool, args []string) {
	socket := append(args, ts.Getenv("SOCKET"))[0]
	eventually(ts, func() error {
		c, err := client.New(socket)
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
