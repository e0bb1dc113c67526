// This is an executor in Go that has its repair verified.
//
//	go run ./examples/go SOCKET INCIDENT COMMAND [ARGUMENT...]
//
// It runs the command as the repair of the incident, and exits 0 if the sidecar
// found that it worked, 1 if not, 2 if there is no verdict.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/client"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 4 {
		log.Fatal("want SOCKET INCIDENT COMMAND [ARGUMENT...]")
	}
	v, err := repair(context.Background(), os.Args[1], os.Args[2], os.Args[3:])
	switch {
	case err != nil:
		log.Print(err)
		os.Exit(2)
	case v.Verdict != aftercheck.Success:
		defer os.Exit(1)
	}
	fmt.Printf("%s (%s): %s\n", v.Verdict, v.Reason, v.Explanation)
}

// repair captures, runs the command and verifies. It runs the command also if
// there is no sidecar.
func repair(ctx context.Context, socket, incidentID string, command []string) (aftercheck.Verification, error) {
	sidecar, err := client.New(socket)
	if err != nil {
		return aftercheck.Verification{}, err
	}
	incident := aftercheck.Incident{ID: incidentID}
	action := aftercheck.Action{Text: strings.Join(command, " ")}

	before, err := sidecar.Capture(ctx, aftercheck.SnapshotRequest{Incident: incident, Action: action})
	if err != nil {
		log.Printf("going on without a pre-state: %v", err)
	}

	action.StartedAt = time.Now()
	run := exec.CommandContext(ctx, command[0], command[1:]...)
	run.Stdout, run.Stderr = os.Stderr, os.Stderr
	if err := run.Run(); err != nil {
		log.Printf("the repair itself failed: %v", err)
	}
	action.FinishedAt = time.Now()

	request := aftercheck.VerificationRequest{Incident: incident, Action: action, SnapshotID: before.ID}
	v, err := sidecar.Verify(ctx, request, 2*time.Minute)
	if err == nil && !v.Sealed() {
		err = errors.New("no verdict yet; ask for " + v.ID + " later")
	}
	return v, err
}
