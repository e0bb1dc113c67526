//go:build chaos

package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
)

// kubernetesGrace is the grace period of a pod that sets none.
const kubernetesGrace = 30 * time.Second

// TestStopUnderLoad stops a sidecar as Kubernetes does while verifications,
// callers that wait and a sensor that hangs keep it busy.
func TestStopUnderLoad(t *testing.T) {
	w := newWorld(t, scenario{name: "stop-under-load", sidecars: 1}, single(t))
	w.load(t.Context(), 30, 60)
	s := w.sidecars[0]
	v, err := s.api.Verify(t.Context(), aftercheck.VerificationRequest{
		ID: "hangs", Incident: aftercheck.Incident{ID: "i", Labels: map[string]string{"service": silentService}},
		Action: aftercheck.Action{Text: "apply_fix:silent"},
	}, 0)
	if err != nil {
		t.Fatal(err)
	}
	var waiting sync.WaitGroup
	waiting.Go(func() {
		if err := s.hold(t.Context(), v.ID); err != nil {
			t.Errorf("a caller that waited was cut off: %v", err)
		}
	})
	pause(t.Context(), 700*time.Millisecond) // the silent service is being asked
	began := time.Now()
	s.process.Stop(kubernetesGrace)
	took := time.Since(began)
	waiting.Wait()
	if took > 20*time.Second || !strings.Contains(s.process.LogTail(5), "stopped") {
		t.Errorf("stopping took %s; the log ends with\n%s", took, s.process.LogTail(5))
	}
	if _, err := os.Stat(s.socket); err == nil {
		t.Error("the socket is still there")
	}
	if err := s.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.settle(t.Context())
	w.check(true)
}

// hold has the sidecar hold one call for a verdict. Unlike the client it asks no
// second time when it is answered early.
func (s *sidecar) hold(ctx context.Context, id string) error {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", s.socket)
	}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://sidecar/v1/verifications/"+id+"?wait=20s", http.NoBody)
	if err != nil {
		return err
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// TestSensorsGone judges repairs with nothing but a Prometheus that is not
// there: no verdict may rest on that, and nobody may be told of it.
func TestSensorsGone(t *testing.T) {
	w := &world{t: t, name: "sensors-gone", random: random("sensors-gone"), around: newSurroundings(t), ledger: newLedger(), shared: true}
	w.avoid.Store(-1)
	settings := strings.Replace(w.settings(single(t).settings), `  http:
    - {name: service,`, `  prometheus: {url: "http://127.0.0.1:1", built_in_queries: false, queries: [{name: up, expr: up, healthy: "== 1"}]}
  http:
    - {name: service, match: {alertname: Never},`, 1)
	w.sidecars = []*sidecar{newSidecar(t, "sidecar", settings, "")}
	w.load(t.Context(), either(60, 30), 10)
	w.settle(t.Context())
	for _, id := range w.ledger.accepted() {
		v, err := w.sidecars[0].api.Get(t.Context(), id)
		if err != nil || v.Verdict != aftercheck.Degraded || v.Reason != aftercheck.ReasonInsufficientEvidence {
			w.ledger.fault("%s: %s (%s), %v", id, v.Verdict, v.Reason, err)
		}
		if late := v.SealedAt.Sub(v.DeadlineAt); late > sealLimit {
			w.ledger.fault("%s was sealed %s after its deadline", id, late)
		}
	}
	if len(w.around.told) > 0 {
		w.ledger.fault("%d rollbacks were proposed without any evidence", len(w.around.told))
	}
	samples, err := w.sidecars[0].page(t.Context())
	for _, sensor := range []string{"prometheus", "alerts"} {
		if name := fmt.Sprintf("aftercheck_sensor_breaker_open{sensor=%q}", sensor); err != nil || samples[name] != 1 {
			w.ledger.fault("%s is %v, %v", name, samples[name], err)
		}
	}
	w.check(false)
}
