package main

import (
	"context"
	"fmt"
	"io"

	"github.com/alecthomas/kingpin/v2"

	"github.com/aftercheck/aftercheck"
)

// proposalCommands are "proposals", which lists, and "proposals acknowledge".
func proposalCommands(app *kingpin.Application, c *console) []command {
	clause := app.Command("proposals", "Rollback proposals: what people are asked to decide.")
	return []command{listProposalsCommand(clause, c), acknowledgeCommand(clause, c)}
}

func listProposalsCommand(parent *kingpin.CmdClause, c *console) command {
	clause := parent.Command("list", "List proposals, newest first.").Default()
	sidecar, output := callerFlags(clause), outputFlag(clause)
	var filter aftercheck.ProposalFilter
	states := []string{""}
	for _, state := range aftercheck.ProposalStates() {
		states = append(states, string(state))
	}
	state := clause.Flag("state", "In this state alone: open, resolved, acknowledged or expired.").Enum(states...)
	clause.Flag("incident", "About this incident alone.").StringVar(&filter.IncidentID)
	clause.Flag("limit", "At most so many, 1 to 500.").Default("50").IntVar(&filter.Limit)
	clause.Flag("cursor", "Go on where the page before ended.").StringVar(&filter.Cursor)
	return command{clause.FullCommand(), func(ctx context.Context) (int, error) {
		api, err := sidecar.dial()
		if err != nil {
			return exitTrouble, err
		}
		filter.State = aftercheck.ProposalState(*state)
		page, err := api.Proposals(ctx, filter)
		if err != nil {
			return exitTrouble, err
		}
		if *output == "json" {
			return exitOK, printJSON(c.out, page)
		}
		return exitOK, printProposals(c.out, page)
	}}
}

func acknowledgeCommand(parent *kingpin.CmdClause, c *console) command {
	clause := parent.Command("acknowledge", "Take a proposal over: its alert is resolved, and not sent any more. Nothing is rolled back.")
	sidecar, output := callerFlags(clause), outputFlag(clause)
	id := clause.Arg("id", "Identifier of the proposal.").Required().String()
	var request aftercheck.AcknowledgementRequest
	clause.Flag("by", "Who takes it over.").StringVar(&request.By)
	clause.Flag("comment", "Why, or what is done about it.").StringVar(&request.Comment)
	return command{clause.FullCommand(), func(ctx context.Context) (int, error) {
		api, err := sidecar.dial()
		if err != nil {
			return exitTrouble, err
		}
		p, err := api.Acknowledge(ctx, *id, request)
		if err != nil {
			return exitTrouble, err
		}
		if *output == "json" {
			return exitOK, printJSON(c.out, p)
		}
		return exitOK, printProposals(c.out, aftercheck.ProposalPage{Proposals: []aftercheck.Proposal{p}})
	}}
}

func printProposals(w io.Writer, p aftercheck.ProposalPage) error {
	rows := [][]string{{"OPENED", "ID", "STATE", "INCIDENT", "VERDICT", "SCORE", "DELIVERED", "VERIFICATION", "ACTION"}}
	for _, one := range p.Proposals {
		delivered := "no"
		if !one.DeliveredAt.IsZero() {
			delivered = clockText(one.DeliveredAt)
		}
		rows = append(rows, []string{
			clockText(one.OpenedAt), one.ID, string(one.State), one.IncidentID, string(one.Verdict), fmt.Sprintf("%.2f", one.Score),
			delivered, one.VerificationID, one.Annotations["action"],
		})
	}
	if err := table(w, rows); err != nil {
		return err
	}
	if p.NextCursor != "" {
		fmt.Fprintf(w, "more: --cursor=%s\n", line(p.NextCursor))
	}
	return nil
}
