package verify_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/verify"
)

func (h *house) capture(t testing.TB, r aftercheck.SnapshotRequest) aftercheck.Snapshot {
	t.Helper()
	s, err := h.engine.Capture(context.Background(), r)
	if err != nil {
		t.Fatalf("Capture: %v", err)
	}
	return s
}

func (h *house) captures(t testing.TB, outcome string) float64 {
	t.Helper()
	families, err := h.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if family.GetName() == "captures_total" && metric.GetLabel()[0].GetValue() == outcome {
				return metric.GetCounter().GetValue()
			}
		}
	}
	t.Fatalf("no captures with outcome %s", outcome)
	return 0
}

func TestCaptureAlwaysYieldsASnapshot(t *testing.T) {
	bubble(t, plain, func(t *testing.T, h *house) {
		r := aftercheck.SnapshotRequest{Incident: request("").Incident, Action: aftercheck.Action{Text: "x", StartedAt: time.Now().Add(time.Hour)}}
		if s := h.capture(t, r); len(s.Readings) != 1 || s.ID == "" || !h.eyes.queries[0].After.IsZero() {
			t.Errorf("snapshot %+v", s)
		}
		h.eyes.mute = true
		began := time.Now()
		if s := h.capture(t, r); s.Readings[0].Outcome != aftercheck.ReadingTimeout || time.Since(began) != 8*time.Second {
			t.Errorf("mute sensors: %+v after %s", s.Readings, time.Since(began))
		}
		if complete, empty := h.captures(t, "complete"), h.captures(t, "empty"); complete != 1 || empty != 1 {
			t.Errorf("%v complete, %v empty", complete, empty)
		}
	})
}

func TestFirstCaptureStands(t *testing.T) {
	bubble(t, plain, func(t *testing.T, h *house) {
		r := aftercheck.SnapshotRequest{ID: "s1", Incident: request("").Incident, Action: request("").Action}
		first := h.capture(t, r)
		pass(time.Minute)
		if again := h.capture(t, r); !again.CapturedAt.Equal(first.CapturedAt) {
			t.Error("a repeated capture replaced the first")
		}
		if len(h.eyes.asked) != 1 || h.captures(t, "complete") != 1 {
			t.Errorf("sensors asked %d times, %v captures counted", len(h.eyes.asked), h.captures(t, "complete"))
		}
		r.Incident.ID = "inc-2"
		if _, err := h.engine.Capture(context.Background(), r); !errors.Is(err, aftercheck.ErrConflict) {
			t.Errorf("the same ID for another incident: %v", err)
		}
	})
}

func TestCaptureWithoutAStore(t *testing.T) {
	bubble(t, plain, func(t *testing.T, h *house) {
		h.store.setFault(down("", false))
		_, err := h.engine.Capture(context.Background(), aftercheck.SnapshotRequest{ID: "s1", Incident: request("").Incident})
		if !errors.Is(err, aftercheck.ErrUnavailable) || h.captures(t, "store_error") != 1 {
			t.Errorf("%v, counted %v", err, h.captures(t, "store_error"))
		}
		lost := true // the first answer only
		h.store.setFault(func(operation string) (bool, bool) {
			fails := lost && operation == "put_snapshot"
			lost = lost && !fails
			return fails, true
		})
		s := h.capture(t, aftercheck.SnapshotRequest{ID: "s2", Incident: request("").Incident})
		if _, found := h.store.snapshots[s.ID]; !found || h.captures(t, "complete") != 1 {
			t.Error("a capture whose first answer was lost is not kept")
		}
	})
}

func TestCaptureNamesTheWrongField(t *testing.T) {
	h := newHouse()
	for want, r := range map[string]aftercheck.SnapshotRequest{
		"id":          {ID: "a b", Incident: request("").Incident},
		"incident.id": {},
		"action.text": {Incident: request("").Incident, Action: aftercheck.Action{Text: strings.Repeat("x", 5000)}},
	} {
		if _, err := h.engine.Capture(context.Background(), r); field(err) != want {
			t.Errorf("field %s, want %s", field(err), want)
		}
	}
}

func TestCapturesAreBounded(t *testing.T) {
	few := func(o *verify.Options) { o.MaxCaptures = 2 }
	bubble(t, func() *house { return newHouse(few) }, func(t *testing.T, h *house) {
		h.eyes.mute = true
		ends := make(chan error, 5)
		for range 5 {
			go func() {
				_, err := h.engine.Capture(context.Background(), aftercheck.SnapshotRequest{Incident: request("").Incident})
				ends <- err
			}()
		}
		refused := 0
		for range 5 {
			var overloaded *verify.Overloaded
			if errors.As(<-ends, &overloaded) {
				refused++
			}
		}
		if refused != 3 {
			t.Errorf("%d of 5 refused, want 3", refused)
		}
	})
}
