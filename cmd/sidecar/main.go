// Command aftercheck is the sidecar beside an executor, and its command line:
// it remembers the state before a repair, and judges with evidence whether the
// repair worked.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	promslogflag "github.com/prometheus/common/promslog/flag"
	"github.com/prometheus/common/version"

	"github.com/aftercheck/aftercheck/internal/config"
)

// The exit codes of all subcommands. Those of run are in run.go.
const (
	exitOK      = 0
	exitTrouble = 1
	exitUsage   = 2
)

// console is what a subcommand talks to.
type console struct {
	in       io.Reader
	out, err io.Writer
	log      *promslog.Config
}

// command is a subcommand: its name as it is parsed, and what it does. It
// returns the exit code, and an error where something is to be said about it.
type command struct {
	name string
	run  func(context.Context) (exit int, err error)
}

func main() {
	os.Exit(run(os.Args[1:], &console{in: os.Stdin, out: os.Stdout, err: os.Stderr, log: &promslog.Config{}}))
}

// run parses the command line and runs the subcommand in it.
func run(args []string, c *console) int {
	app := kingpin.New("aftercheck", "Did the fix work? Remembers the state before a repair and judges, with evidence, the state after it.")
	app.UsageWriter(c.out).ErrorWriter(c.err)
	app.Version(version.Print("aftercheck"))
	app.HelpFlag.Short('h')
	promslogflag.AddFlags(app, c.log)

	commands := []command{
		serveCommand(app, c),
		runCommand(app, c),
		captureCommand(app, c),
		verifyCommand(app, c),
		showCommand(app, c),
		listCommand(app, c),
		assessCommand(app, c),
		checkConfigCommand(app, c),
		healthcheckCommand(app, c),
		demoCommand(app, c),
		versionCommand(app, c),
	}
	commands = append(commands, proposalCommands(app, c)...)

	if slices.Equal(args, []string{helpMan}) {
		return c.execute(manPage(app, c))
	}
	parsed, err := app.Parse(args)
	if err != nil {
		fmt.Fprintf(c.err, "aftercheck: %v; try --help\n", err)
		return exitUsage
	}
	for _, candidate := range commands {
		if candidate.name == parsed {
			return c.execute(candidate)
		}
	}
	return exitUsage
}

// execute runs a subcommand under a context that ends with the first
// interruption; the second one ends the process.
func (c *console) execute(chosen command) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	exit, err := chosen.run(ctx)
	switch {
	case err == nil:
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(c.err, "aftercheck: interrupted")
	default:
		fmt.Fprintf(c.err, "aftercheck: %s\n", escapedLines(config.Explain(err)))
	}
	return exit
}

func versionCommand(app *kingpin.Application, c *console) command {
	clause := app.Command("version", "Print the version.")
	return command{clause.FullCommand(), func(context.Context) (int, error) {
		fmt.Fprintln(c.out, version.Print("aftercheck"))
		return exitOK, nil
	}}
}
