package main

import (
	"context"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/aftercheck/aftercheck"
)

func verifyCommand(app *kingpin.Application, c *console) command {
	clause := app.Command("verify", "Ask whether an action worked, and wait for the verdict.")
	sidecar, incident, output := callerFlags(clause), incidentFlags(clause), outputFlag(clause)
	request := aftercheck.VerificationRequest{}
	clause.Flag("action", "What was done.").Required().StringVar(&request.Action.Text)
	clause.Flag("started-at", "When the action began.").SetValue((*moment)(&request.Action.StartedAt))
	clause.Flag("finished-at", "When the action ended; now, if absent.").SetValue((*moment)(&request.Action.FinishedAt))
	clause.Flag("snapshot", "Identifier of the snapshot that capture gave.").StringVar(&request.SnapshotID)
	clause.Flag("id", "Your identifier of the verification.").StringVar(&request.ID)
	asked := askedFlags(clause)
	wait := clause.Flag("wait", "Wait for the verdict; --no-wait returns at once.").Default("true").Bool()
	judged := clause.Flag("exit-code", "Exit with 0 for success, 10 degraded, 11 failed, 12 timeout.").Bool()
	return command{clause.FullCommand(), func(ctx context.Context) (int, error) {
		api, err := sidecar.dial()
		if err != nil {
			return exitTrouble, err
		}
		request.Incident, request.Policy, request.Warmup, request.Deadline = *incident, asked.policy, asked.warmup.set, asked.deadline.set
		v, err := api.Verify(ctx, request, 0)
		if err == nil && *wait {
			v, err = c.await(ctx, api, v)
		}
		if err != nil {
			return exitTrouble, err
		}
		return exitCode(v, *judged), c.printVerification(v, *output)
	}}
}

func showCommand(app *kingpin.Application, c *console) command {
	clause := app.Command("show", "Show a verification with its evidence.")
	sidecar, output := callerFlags(clause), outputFlag(clause)
	id := clause.Arg("id", "Identifier of the verification.").Required().String()
	wait := clause.Flag("wait", "Wait for the verdict.").Bool()
	return command{clause.FullCommand(), func(ctx context.Context) (int, error) {
		api, err := sidecar.dial()
		if err != nil {
			return exitTrouble, err
		}
		v, err := api.Get(ctx, *id)
		if err == nil && *wait {
			v, err = c.await(ctx, api, v)
		}
		if err != nil {
			return exitTrouble, err
		}
		return exitOK, c.printVerification(v, *output)
	}}
}

func listCommand(app *kingpin.Application, c *console) command {
	clause := app.Command("list", "List verifications, newest first.")
	sidecar, output := callerFlags(clause), outputFlag(clause)
	var filter aftercheck.Filter
	clause.Flag("incident", "Of this incident alone.").StringVar(&filter.IncidentID)
	verdict := clause.Flag("verdict", "With this verdict alone.").Enum("", string(aftercheck.Success), string(aftercheck.Degraded), string(aftercheck.Failed), string(aftercheck.Timeout))
	clause.Flag("playbook", "Of this playbook alone.").StringVar(&filter.Playbook)
	since := clause.Flag("since", "Accepted within this time, such as 24h.").Duration()
	clause.Flag("limit", "At most so many, 1 to 500.").Default("50").IntVar(&filter.Limit)
	clause.Flag("cursor", "Go on where the page before ended.").StringVar(&filter.Cursor)
	return command{clause.FullCommand(), func(ctx context.Context) (int, error) {
		api, err := sidecar.dial()
		if err != nil {
			return exitTrouble, err
		}
		filter.Verdict = aftercheck.Verdict(*verdict)
		if *since > 0 {
			filter.Since = time.Now().Add(-*since)
		}
		page, err := api.List(ctx, filter)
		if err != nil {
			return exitTrouble, err
		}
		if *output == "json" {
			return exitOK, printJSON(c.out, page)
		}
		return exitOK, printPage(c.out, page)
	}}
}
