package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/client"
)

// The exit codes of run where the command itself succeeded. A command that
// failed gives its own code, and 128 and the signal's number if one ended it.
const (
	exitDegraded   = 10
	exitFailed     = 11
	exitTimeout    = 12
	exitNoVerdict  = 13  // the sidecar could not be asked; --no-verdict-exit-code
	exitCannotRun  = 126 // the command is there and cannot be run
	exitNoCommand  = 127 // there is no such command
	exitSignalBase = 128
)

// callTimeout bounds each call of run but the wait, so that a sidecar that
// hangs does not keep the command from running.
const callTimeout = 20 * time.Second

// verdictCodes are the exit codes of the verdicts.
func verdictCodes() map[aftercheck.Verdict]int {
	return map[aftercheck.Verdict]int{
		aftercheck.Success: exitOK, aftercheck.Degraded: exitDegraded, aftercheck.Failed: exitFailed, aftercheck.Timeout: exitTimeout,
	}
}

// exitCode is the verdict's if it is asked for, else 0.
func exitCode(v aftercheck.Verification, asked bool) int {
	if !asked {
		return exitOK
	}
	if v.Assessment == nil {
		return exitNoVerdict
	}
	return verdictCodes()[v.Verdict]
}

// wrapped is a command that is captured before, run, and verified after.
type wrapped struct {
	*console
	sidecar   *caller
	incident  *aftercheck.Incident
	action    string // empty: the command line
	policy    string
	words     []string
	noVerdict int
}

func runCommand(app *kingpin.Application, c *console) command {
	clause := app.Command("run", `Capture, run a command, verify: aftercheck run --incident=INC-1 --alertname=PodDown --label=namespace=shop -- kubectl rollout undo deployment/api

Exits with 0 for success, 10 degraded, 11 failed, 12 timeout, 13 if there is no verdict, or the command's own code if the command failed. Trouble with the sidecar never keeps the command from running.`)
	w := &wrapped{console: c, sidecar: callerFlags(clause), incident: incidentFlags(clause)}
	clause.Flag("action", "What is done, in words; the command line, if absent.").StringVar(&w.action)
	clause.Flag("policy", "Name of a configured policy.").StringVar(&w.policy)
	clause.Flag("no-verdict-exit-code", "Exit code where the command succeeded and no verdict could be had.").Default("13").IntVar(&w.noVerdict)
	clause.Arg("command", "The command, after --.").Required().StringsVar(&w.words)
	return command{clause.FullCommand(), w.run}
}

func (w *wrapped) run(ctx context.Context) (int, error) {
	action := aftercheck.Action{Text: w.action}
	if action.Text == "" {
		action.Text = strings.Join(w.words, " ")
	}
	api, snapshot := w.before(ctx, action)
	if ctx.Err() != nil {
		return exitSignalBase + int(syscall.SIGINT), errors.New("interrupted before the command was run")
	}
	action.StartedAt = time.Now()
	code, err := w.execute()
	action.FinishedAt = time.Now()
	if err != nil {
		return code, err
	}
	if api == nil {
		return w.without(code), nil
	}
	v, err := w.after(ctx, api, aftercheck.VerificationRequest{
		Incident: *w.incident, Action: action, SnapshotID: snapshot, Policy: w.policy,
	}, code == exitOK)
	switch {
	case err != nil:
		w.warn("verifying", err)
		return w.without(code), nil
	case code != exitOK:
		fmt.Fprintf(w.err, "aftercheck: the command failed; verification %s goes on\n", line(v.ID))
		return code, nil
	}
	fmt.Fprintf(w.err, "aftercheck: %s (%s): %s\naftercheck: evidence: aftercheck show --socket=%s %s\n",
		line(string(v.Verdict)), line(string(v.Reason)), line(v.Explanation), w.sidecar.address, line(v.ID))
	return verdictCodes()[v.Verdict], nil
}

// without is the exit code where there is no verdict.
func (w *wrapped) without(code int) int {
	if code == exitOK {
		return w.noVerdict
	}
	return code
}

func (w *wrapped) warn(doing string, err error) {
	fmt.Fprintf(w.err, "aftercheck: warning: %s: %s\n", doing, line(err.Error()))
}

// before captures. Whatever is wrong is a warning; the client is nil if the
// sidecar cannot be reached at all.
func (w *wrapped) before(ctx context.Context, action aftercheck.Action) (*client.Client, string) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	api, err := w.sidecar.dial()
	if err != nil {
		w.warn("reaching the sidecar", err)
		return nil, ""
	}
	snapshot, err := api.Capture(ctx, aftercheck.SnapshotRequest{Incident: *w.incident, Action: action})
	if err != nil {
		w.warn("capturing the state before", err)
	}
	return api, snapshot.ID
}

// after asks for a verification, also after an interruption, and waits for its
// verdict if wait is set.
func (w *wrapped) after(ctx context.Context, api *client.Client, r aftercheck.VerificationRequest, wait bool) (aftercheck.Verification, error) {
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	v, err := api.Verify(asking, r, 0)
	if err != nil || !wait {
		return v, err
	}
	return w.await(ctx, api, v)
}

// execute runs the command with this process's own streams, and hands signals
// on to it. The error is set if the command could not be run.
func (w *wrapped) execute() (int, error) {
	child := exec.Command(w.words[0], w.words[1:]...) //nolint:gosec,noctx // running it is what the user asks for; it ends when it ends
	child.Stdin, child.Stdout, child.Stderr = w.in, w.out, w.err
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, forwarded(isTerminal(w.in))...)
	defer signal.Stop(signals)
	if err := child.Start(); err != nil {
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
			return exitNoCommand, fmt.Errorf("running the command: %w", err)
		}
		return exitCannotRun, fmt.Errorf("running the command: %w", err)
	}
	done := make(chan struct{})
	go func() {
		for {
			select {
			case s := <-signals:
				_ = child.Process.Signal(s) // it may have ended just now
			case <-done:
				return
			}
		}
	}()
	err := child.Wait()
	close(done)
	return childCode(child, err), nil
}

// forwarded lists the signals to hand on. A terminal sends its own to the
// command already.
func forwarded(terminal bool) []os.Signal {
	signals := []os.Signal{syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2}
	if !terminal {
		signals = append(signals, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT)
	}
	return signals
}

func childCode(child *exec.Cmd, err error) int {
	if err == nil {
		return exitOK
	}
	if status, ok := child.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exitSignalBase + int(status.Signal())
	}
	if code := child.ProcessState.ExitCode(); code > 0 {
		return code
	}
	return exitTrouble
}
