package client_test

import (
	"context"
	"log"
	"os/exec"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/client"
)

func ExampleClient_Around() {
	sidecar, err := client.New("/run/aftercheck/aftercheck.sock")
	if err != nil {
		log.Fatal(err) // the address is wrong; whether a sidecar is there shows later
	}
	incident := aftercheck.Incident{
		ID: "inc-2041", Alertname: "KubePodCrashLooping",
		Labels: map[string]string{"namespace": "shop", "deployment": "api"},
	}
	action := aftercheck.Action{Text: "kubectl -n shop rollout undo deployment/api"}

	v, err := sidecar.Around(context.Background(), incident, action, func(ctx context.Context) error {
		return exec.CommandContext(ctx, "kubectl", "-n", "shop", "rollout", "undo", "deployment/api").Run()
	})
	switch {
	case err != nil:
		log.Printf("the repair failed: %v; verification %s goes on", err, v.ID)
	case !v.Sealed():
		log.Printf("nobody knows yet: %v", v.Trouble)
	case v.Verdict == aftercheck.Success:
		log.Printf("resolved: %s", v.Explanation)
	default:
		log.Printf("look at it: %s (%s): %s", v.Verdict, v.Reason, v.Explanation)
	}
}
