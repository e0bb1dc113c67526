package main

import (
	"context"
	"fmt"
	"os"

	"github.com/alecthomas/kingpin/v2"

	"github.com/aftercheck/aftercheck/internal/demo"
)

func demoCommand(app *kingpin.Application, c *console) command {
	clause := app.Command("demo", "Break a real service on this machine five ways, repair it, and see each repair judged.")
	keep := clause.Flag("keep", "Stay up afterwards, until interrupted.").Bool()
	return command{clause.FullCommand(), func(ctx context.Context) (int, error) {
		binary, err := os.Executable()
		if err != nil {
			return exitTrouble, fmt.Errorf("finding the own binary: %w", err)
		}
		if err := demo.Run(ctx, demo.Options{Binary: binary, Out: c.out, Keep: *keep}); err != nil {
			return exitTrouble, err
		}
		return exitOK, nil
	}}
}
