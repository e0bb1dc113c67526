// Package testbed starts real servers for tests: Redis, Prometheus and
// Alertmanager, each a child process on a free loopback port with a directory
// of its own. A server has answered before its constructor returns, and it dies
// with the test, also where the test binary itself is killed.
//
// A binary that is not installed fails the test and names the command that
// installs it. The package is for tests alone.
package testbed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// Command describes a server to start.
type Command struct {
	// Name names the server in errors and its log file.
	Name string
	// Path is the executable.
	Path string
	// Args are its arguments, without the executable.
	Args []string
	// Dir is an existing directory: the server's working directory and the
	// place of its log, Name.log.
	Dir string
	// Env is the environment; nil means the caller's.
	Env []string
	// Ready is asked until it returns nil. Nil means that the server is ready
	// once it is started.
	Ready func(context.Context) error
	// Gentle asks the server to end (SIGTERM) where the calling process dies,
	// for one with children of its own to take along. Otherwise it is killed.
	Gentle bool
	// Within bounds the wait for Ready; zero means 30 seconds.
	Within time.Duration
}

// Process is a running server.
type Process struct {
	command Command
	logPath string
	process *os.Process
	exited  chan struct{}
}

// errExited is what Launch's error wraps if the server ended before it was
// ready.
var errExited = errors.New("exited before it was ready")

// Launch starts a server and returns once it is ready. Its error holds the end
// of the server's log. The server is killed if the calling process dies.
func Launch(c Command) (*Process, error) {
	if c.Within == 0 {
		c.Within = 30 * time.Second
	}
	p := &Process{command: c, logPath: filepath.Join(c.Dir, c.Name+".log"), exited: make(chan struct{})}
	if err := p.start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.Name, err)
	}
	if err := p.awaitReady(); err != nil {
		p.Kill()
		return nil, fmt.Errorf("waiting for %s: %w\n%s", c.Name, err, p.LogTail(30))
	}
	return p, nil
}

// start runs the command on a thread that lives as long as the command: the
// kernel kills the child when the thread that started it ends, not only when
// the whole process does.
func (p *Process) start() error {
	log, err := os.OpenFile(p.logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.exited)
		defer log.Close()
		cmd := exec.Command(p.command.Path, p.command.Args...)
		cmd.Dir, cmd.Env = p.command.Dir, p.command.Env
		cmd.Stdout, cmd.Stderr = log, log
		cmd.SysProcAttr = dieWithParent(p.command.Gentle)
		err := cmd.Start()
		p.process = cmd.Process
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended stands in its log
		}
	}()
	return <-started
}

func (p *Process) awaitReady() error {
	if p.command.Ready == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), p.command.Within)
	defer cancel()
	return poll(ctx, func() error {
		select {
		case <-p.exited:
			return errExited
		default:
			return p.command.Ready(ctx)
		}
	})
}

// Stop asks the server to end (SIGTERM) and kills it when it is still there
// after grace. It returns when the server is gone, and may be called twice.
func (p *Process) Stop(grace time.Duration) {
	_ = p.process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(grace):
		p.Kill()
	}
}

// Kill ends the server at once (SIGKILL) and returns when it is gone. It may
// be called twice.
func (p *Process) Kill() {
	_ = p.process.Kill()
	<-p.exited
}

// Pause stops the server's clockwork (SIGSTOP): its sockets stay open and
// nothing answers until Resume.
func (p *Process) Pause() error { return p.process.Signal(syscall.SIGSTOP) }

// Resume ends a Pause.
func (p *Process) Resume() error { return p.process.Signal(syscall.SIGCONT) }

// Exited is closed when the server is gone.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// LogTail returns the last lines of what the server printed.
func (p *Process) LogTail(lines int) string {
	printed, err := os.ReadFile(p.logPath)
	if err != nil {
		return err.Error()
	}
	all := bytes.Split(bytes.TrimRight(printed, "\n"), []byte("\n"))
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return fmt.Sprintf("--- last lines of %s ---\n%s", p.logPath, bytes.Join(all, []byte("\n")))
}
