package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/aftercheck/aftercheck/internal/config"
)

func checkConfigCommand(app *kingpin.Application, c *console) command {
	clause := app.Command("check-config", "Check a configuration file, asking nobody.")
	file := clause.Arg("file", "The file.").Required().String()
	return command{clause.FullCommand(), func(context.Context) (int, error) {
		settings, err := config.Load(*file)
		if err != nil {
			return exitTrouble, err
		}
		built, err := buildWorld(settings, nil, slog.New(slog.DiscardHandler))
		if err != nil {
			return exitTrouble, err
		}
		fmt.Fprintf(c.out, "%s is valid: %d named policies; sensors: %s\n", *file, len(settings.Policies), listed(built.sensors.Names()))
		return exitOK, nil
	}}
}

func healthcheckCommand(app *kingpin.Application, c *console) command {
	clause := app.Command("healthcheck", "Exit with 0 if the sidecar is ready, else with 1.")
	sidecar := callerFlags(clause)
	healthy := clause.Flag("healthy", "Ask whether it is alive, not whether it is ready.").Bool()
	timeout := clause.Flag("timeout", "How long it may take to answer.").Default("3s").Duration()
	return command{clause.FullCommand(), func(ctx context.Context) (int, error) {
		api, err := sidecar.dial()
		if err != nil {
			return exitTrouble, err
		}
		ctx, cancel := context.WithTimeout(ctx, max(*timeout, time.Millisecond))
		defer cancel()
		ask, state := api.Ready, "ready"
		if *healthy {
			ask, state = api.Healthy, "healthy"
		}
		if err := ask(ctx); err != nil {
			return exitTrouble, fmt.Errorf("not %s: %w", state, err)
		}
		fmt.Fprintln(c.out, state)
		return exitOK, nil
	}}
}
