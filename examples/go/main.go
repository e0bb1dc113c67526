// This is an executor in Go that has its repair verified.
//
//	go run ./examples/go SOCKET INCIDENT COMMAND [ARGUMENT...]
//
// It runs the command as the repair of the incident, and exits 0 if the sidecar
// found that it worked, 1 if not, 2 if there is no verdict.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"strings"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/client"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 4 {
		log.Fatal("want SOCKET INCIDENT COMMAND [ARGUMENT...]")
	}
	sidecar, err := client.New(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(repair(context.Background(), sidecar, os.Args[2], os.Args[3:]))
}

// repair captures, runs the command and verifies. It runs the command also if
// there is no sidecar.
func repair(ctx context.Context, sidecar *client.Client, incidentID string, command []string) int {
	incident := aftercheck.Incident{ID: incidentID}
	action := aftercheck.Action{Text: strings.Join(command, " ")}
	v, err := sidecar.Around(ctx, incident, action, func(ctx context.Context) error {
		run := exec.CommandContext(ctx, command[0], command[1:]...)
		run.Stdout, run.Stderr = os.Stderr, os.Stderr
		return run.Run()
	})
	switch {
	case err != nil:
		log.Printf("the repair itself failed: %v", err)
		return 1
	case !v.Sealed():
		log.Printf("no verdict: %v", v.Trouble)
		return 2
	}
	fmt.Printf("%s (%s): %s\n", v.Verdict, v.Reason, v.Explanation)
	if v.Verdict != aftercheck.Success {
		return 1
	}
	return 0
}
