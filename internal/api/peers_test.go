package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/api"
	"github.com/aftercheck/aftercheck/internal/api/apitest"
)

// openDirectory is a directory that every user may enter.
func openDirectory(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, path := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// stranger is a user other than root that callers run as, if this test may
// choose; else it is the test's own.
func stranger() (uid, gid uint32, attributes *syscall.SysProcAttr) {
	if os.Geteuid() != 0 {
		return uint32(os.Geteuid()), uint32(os.Getegid()), nil
	}
	return 54321, 54322, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 54321, Gid: 54322}}
}

// callAs runs this test's binary as a caller under the stranger.
func callAs(t *testing.T, dir, socket string) called {
	t.Helper()
	caller := filepath.Join(dir, "caller")
	if _, err := os.Stat(caller); err != nil {
		binary, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		copyFile(t, binary, caller)
	}
	command := exec.CommandContext(t.Context(), caller)
	command.Env, command.Dir = []string{callSocket + "=" + socket}, dir
	_, _, command.SysProcAttr = stranger()
	var complaint bytes.Buffer
	command.Stderr = &complaint
	out, err := command.Output()
	if err != nil {
		t.Fatalf("calling: %v: %s", err, complaint.String())
	}
	var got called
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// serveGuarded serves on a socket in the directory that every user may open.
func serveGuarded(t *testing.T, dir string, handler http.Handler) string {
	t.Helper()
	path := filepath.Join(dir, "s")
	l, err := api.ListenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- api.Serve(ctx, l, handler, time.Second, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return path
}

// TestSocketKnowsItsPeers has a real process of another user call a real
// socket: the allow-list decides, and the kernel's word on who called stands in
// the evidence.
func TestSocketKnowsItsPeers(t *testing.T) {
	uid, gid, _ := stranger()
	other := uid + 7
	for name, test := range map[string]struct {
		allowed api.Peers
		status  int
	}{
		"no list":       {api.Peers{}, http.StatusAccepted},
		"its user":      {api.Peers{UIDs: []uint32{other, uid}}, http.StatusAccepted},
		"its group":     {api.Peers{UIDs: []uint32{other}, GIDs: []uint32{gid}}, http.StatusAccepted},
		"another user":  {api.Peers{UIDs: []uint32{other}}, http.StatusForbidden},
		"another group": {api.Peers{GIDs: []uint32{gid + 7}}, http.StatusForbidden},
		// The number of a user is none of a group, and the other way round.
		"crosswise": {api.Peers{UIDs: []uint32{gid + 7}, GIDs: []uint32{uid + 7}}, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			dir, logged := openDirectory(t), &api.LogLines{}
			engine := &apitest.Engine{}
			guarded := api.GuardSocket(api.New(api.Options{Engine: engine}), test.allowed, slog.New(slog.NewTextHandler(logged, nil)))
			got := callAs(t, dir, serveGuarded(t, dir, guarded))
			if got.Status != test.status {
				t.Fatalf("status %d, want %d: %s", got.Status, test.status, got.Body)
			}
			if test.status == http.StatusForbidden {
				wantRefused(t, got.Body, uid, logged.String())
				if engine.Calls("Accept") != 0 {
					t.Error("a refused caller reached the engine")
				}
				return
			}
			var v aftercheck.Verification
			if err := json.Unmarshal([]byte(got.Body), &v); err != nil {
				t.Fatal(err)
			}
			by := v.RequestedBy
			if by == nil || *by.UID != uid || *by.GID != gid || *by.PID == 0 || int(*by.PID) == os.Getpid() || by.Token != "" {
				t.Errorf("requested by %s", by)
			}
		})
	}
}

func wantRefused(t *testing.T, body string, uid uint32, logged string) {
	t.Helper()
	who := (&aftercheck.Requester{UID: &uid}).String()
	var p api.Problem
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatal(err)
	}
	if p.Status != http.StatusForbidden || !strings.Contains(p.Detail, "listen.unix") || !strings.Contains(p.Detail, who) {
		t.Errorf("problem %+v", p)
	}
	if !strings.Contains(logged, "refused a caller") || !strings.Contains(logged, who) {
		t.Errorf("logged %q", logged)
	}
}

// TestEverybodyMayAskForLife: who may not call may still ask whether the sidecar
// lives, as the kubelet does.
func TestEverybodyMayAskForLife(t *testing.T) {
	uid := uint32(os.Geteuid()) + 7
	guarded := api.GuardSocket(api.New(api.Options{Engine: &apitest.Engine{}}), api.Peers{UIDs: []uint32{uid}}, slog.New(slog.DiscardHandler))
	c := callerOf(t, serveGuarded(t, openDirectory(t), guarded))
	for path, want := range map[string]int{"/-/healthy": 200, "/-/ready": 200, "/v1/verifications": 403, "/openapi.yaml": 403, "/-/reload": 403, "/nowhere": 403} {
		if got := c.do("GET", path, ""); got.status != want {
			t.Errorf("%s: status %d, want %d", path, got.status, want)
		}
	}
}

// TestNoBodySaysWhoAsked: a body that names a requester is refused.
func TestNoBodySaysWhoAsked(t *testing.T) {
	c := serve(t, &apitest.Engine{})
	for _, path := range []string{"/v1/verifications", "/v1/snapshots"} {
		got := c.do("POST", path, `{"incident":{"id":"a"},"action":{"text":"x"},"requested_by":{"uid":0}}`)
		if p := got.problem(t); p.Status != http.StatusUnprocessableEntity || p.Errors[0].Location != "body.requested_by" {
			t.Errorf("%s: %s", path, got.body)
		}
	}
	var s aftercheck.Snapshot
	c.want(http.StatusCreated, &s, "POST", "/v1/snapshots", snapshotBody)
	if by := s.RequestedBy; by == nil || int(*by.UID) != os.Geteuid() || int(*by.PID) != os.Getpid() {
		t.Errorf("the snapshot was requested by %s", s.RequestedBy)
	}
}
