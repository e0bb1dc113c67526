package dashboards_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
)

// repair is what an executor does about an ill service.
type repair struct {
	alertname, action string
	act               func(w *ward, service string)
	labels            map[string]string
}

// repairs are good ones and bad ones, with and without playbooks.
func repairs() []repair {
	return []repair{
		{"ServiceDown", "auto_repair_playbook:pb-restart:run", (*ward).recover, nil},
		{"ServiceDown", "auto_repair_playbook:pb-clear-cache:run", func(*ward, string) {}, nil},
		{"ServiceSlow", "restart_service:it", func(w *ward, service string) {
			w.recover(service)
			w.fallIll(service + "-neighbour")
		}, nil},
		{"", "kubectl logs deployment/it", func(*ward, string) {}, nil},
		{"ServiceBlind", "restart_service:it --token=ghp_0123456789abcdefghijABCDEFGHIJ012345", (*ward).recover, map[string]string{"blind": "yes"}},
	}
}

// load repairs one service after the other in every way, until the test ends.
func (w *world) load(t *testing.T) {
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var executors sync.WaitGroup
	for kind, r := range repairs() {
		executors.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if err := w.repairOnce(ctx, r, fmt.Sprintf("service-%d-%d", kind, n)); err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("%s: %v", r.action, err)
					return
				}
			}
		})
	}
	t.Cleanup(func() {
		stop()
		executors.Wait()
	})
}

func (w *world) repairOnce(ctx context.Context, r repair, service string) error {
	w.ward.fallIll(service)
	incident := aftercheck.Incident{ID: service, Alertname: r.alertname, Labels: map[string]string{"service": service}}
	for name, value := range r.labels {
		incident.Labels[name] = value
	}
	action := aftercheck.Action{Text: r.action}
	snapshot, err := w.sidecar.Capture(ctx, aftercheck.SnapshotRequest{Incident: incident, Action: action})
	if err != nil {
		return fmt.Errorf("capturing: %w", err)
	}
	r.act(w.ward, service)
	v, err := w.sidecar.Verify(ctx, aftercheck.VerificationRequest{Incident: incident, Action: action, SnapshotID: snapshot.ID}, 30*time.Second)
	if err == nil && !v.Sealed() {
		err = errors.New("there is no verdict")
	}
	return err
}
