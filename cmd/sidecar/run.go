package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/client"
)

// The exit codes of run where the command itself succeeded, for the verdicts
// that --fail-on names; 0 for all else. A command that failed gives its own
// code, and 128 and the signal's number if one ended it. verify --exit-code has
// the same codes.
const (
	exitDegraded   = 10
	exitFailed     = 11
	exitTimeout    = 12
	exitNoVerdict  = 13  // of verify --exit-code
	exitCannotRun  = 126 // the command is there and cannot be run
	exitNoCommand  = 127 // there is no such command
	exitSignalBase = 128
)

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
	sidecar        *caller
	incident       *aftercheck.Incident
	asked          *asked
	action         string // empty: the command line
	captureTimeout time.Duration
	wait           bool
	failOn         verdicts
	file           string // of the verification; empty: none
	verdictFile    string // of the verdict alone
	noVerdict      int
	words          []string
}

const runHelp = `Capture, run a command, verify: aftercheck run --alertname=PodDown --label=namespace=shop -- kubectl rollout undo deployment/api

Exits with the command's own code if the command failed, else with 0. With --fail-on=failed,timeout it exits with 10 for degraded, 11 failed, 12 timeout if the verdict is among those named. Trouble with the sidecar is a warning: it neither keeps the command from running nor changes the exit code.`

func runCommand(app *kingpin.Application, c *console) command {
	clause := app.Command("run", runHelp)
	w := &wrapped{console: c, sidecar: callerFlags(clause), incident: &aftercheck.Incident{}}
	incidentFlagsOf(clause, w.incident, clause.Flag("incident", "Your identifier of the incident; the alert's name with a sum of its labels, if absent."))
	clause.Flag("action", "What is done, in words; the command line, if absent.").StringVar(&w.action)
	w.asked = askedFlags(clause)
	clause.Flag("capture-timeout", "How long the command may be kept waiting for the state before to be captured; 0s captures nothing.").Default("10s").DurationVar(&w.captureTimeout)
	clause.Flag("wait", "Wait for the verdict; --no-wait asks for it and exits.").Default("true").BoolVar(&w.wait)
	clause.Flag("fail-on", "Verdicts that make a command fail which itself succeeded: degraded, failed, timeout. Repeatable, or with commas.").PlaceHolder("VERDICTS").SetValue(&w.failOn)
	clause.Flag("no-verdict-exit-code", "Exit code where the command succeeded and no verdict could be had.").Default("0").IntVar(&w.noVerdict)
	clause.Flag("verification-file", "Write the verification to this file, as verify --output=json prints it.").PlaceHolder("FILE").StringVar(&w.file)
	clause.Flag("verdict-file", "Write the verdict to this file, one word; none if there is none.").PlaceHolder("FILE").StringVar(&w.verdictFile)
	clause.Arg("command", "The command, after --.").Required().StringsVar(&w.words)
	clause.Validate(func(*kingpin.CmdClause) error { return named(w.incident) })
	return command{clause.FullCommand(), w.run}
}

func (w *wrapped) run(ctx context.Context) (int, error) {
	code, v, err := w.around(ctx)
	if kept := w.keep(v); kept != nil {
		w.warn("keeping the verification", kept)
	}
	return code, err
}

// around captures, runs the command and verifies, and returns the exit code. The
// verification is zero if there is none.
func (w *wrapped) around(ctx context.Context) (int, aftercheck.Verification, error) {
	api, err := w.sidecar.dial()
	if err != nil {
		w.warn("reaching the sidecar", err)
		code, err := w.execute()
		return w.without(code), aftercheck.Verification{}, err
	}
	code, cannotRun := -1, error(nil)
	v, _ := api.Around(ctx, *w.incident, aftercheck.Action{Text: w.text()}, func(context.Context) error {
		code, cannotRun = w.execute()
		switch {
		case cannotRun != nil:
			return client.ErrNothingDone
		case code != exitOK:
			return errors.New("the command failed")
		}
		return nil
	}, client.WithPolicy(w.asked.policy), client.WithTimes(w.asked.warmup.set, w.asked.deadline.set),
		client.WithCaptureTimeout(w.captureTimeout), client.WithoutWait())
	if v.Trouble != nil {
		w.warn("the sidecar", v.Trouble)
	}
	switch {
	case code < 0:
		return exitSignalBase + int(syscall.SIGINT), v.Verification, errors.New("interrupted before the command was run")
	case cannotRun != nil || v.ID == "":
		return w.without(code), v.Verification, cannotRun
	}
	code, last := w.after(ctx, api, v.Verification, code)
	return code, last, nil
}

// text is what is done, at most as long as the API takes it.
func (w *wrapped) text() string {
	const longest = 4096
	text := cmp.Or(w.action, strings.Join(w.words, " "))
	return strings.ToValidUTF8(text[:min(len(text), longest)], "")
}

// after waits for the verdict if the command succeeded, says what came of it, and
// returns the exit code and the verification as it was last seen.
func (w *wrapped) after(ctx context.Context, api *client.Client, v aftercheck.Verification, code int) (int, aftercheck.Verification) {
	if code == exitOK && w.wait {
		later, err := w.await(ctx, api, v)
		if err != nil {
			w.warn("no verdict", err)
		}
		if later.ID != "" {
			v = later
		}
	}
	state := string(v.State)
	if v.Assessment != nil {
		state = fmt.Sprintf("%s (%s): %s", v.Verdict, v.Reason, v.Explanation)
	} else if code != exitOK {
		state = "the command failed; its verification goes on"
	}
	fmt.Fprintf(w.err, "aftercheck: %s\naftercheck: evidence: aftercheck show --socket=%s %s\n", line(state), line(w.sidecar.address), line(v.ID))
	switch {
	case code != exitOK || !w.wait:
		return code, v
	case v.Assessment == nil:
		return w.without(code), v
	case !slices.Contains(w.failOn, v.Verdict):
		return exitOK, v
	}
	return verdictCodes()[v.Verdict], v
}

// keep writes the verification and its verdict to the files that are asked for.
func (w *wrapped) keep(v aftercheck.Verification) error {
	verdict := "none"
	if v.Assessment != nil {
		verdict = string(v.Verdict)
	}
	var text bytes.Buffer
	if err := printJSON(&text, v); err != nil {
		return err
	}
	var errs []error
	for file, content := range map[string]string{w.verdictFile: verdict + "\n", w.file: text.String()} {
		if file != "" {
			errs = append(errs, os.WriteFile(file, []byte(content), 0o600))
		}
	}
	return errors.Join(errs...)
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
