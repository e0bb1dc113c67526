package main

import (
	"context"

	"github.com/alecthomas/kingpin/v2"

	"github.com/aftercheck/aftercheck"
)

func captureCommand(app *kingpin.Application, c *console) command {
	clause := app.Command("capture", "Remember the state before an action.")
	sidecar, incident, output := callerFlags(clause), incidentFlags(clause), outputFlag(clause)
	request := aftercheck.SnapshotRequest{}
	clause.Flag("action", "What is about to be done.").StringVar(&request.Action.Text)
	clause.Flag("id", "Your identifier of the snapshot.").StringVar(&request.ID)
	return command{clause.FullCommand(), func(ctx context.Context) (int, error) {
		api, err := sidecar.dial()
		if err != nil {
			return exitTrouble, err
		}
		request.Incident = *incident
		snapshot, err := api.Capture(ctx, request)
		if err != nil {
			return exitTrouble, err
		}
		if *output == "json" {
			return exitOK, printJSON(c.out, snapshot)
		}
		return exitOK, printSnapshot(c.out, snapshot)
	}}
}
