package verify_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/verify"
)

func user(uid uint32) *aftercheck.Requester { return &aftercheck.Requester{UID: &uid} }

func requestOf(id string, uid uint32) aftercheck.VerificationRequest {
	r := request(id)
	r.RequestedBy = user(uid)
	return r
}

// TestOneClientLeavesRoomForOthers: a client that holds its share is refused,
// others are not, and what is sealed makes room.
func TestOneClientLeavesRoomForOthers(t *testing.T) {
	share := func(o *verify.Options) { o.MaxInFlight, o.MaxPerClient = 4, 2 }
	bubble(t, func() *house { return newHouse(withJudge(undecided), share) }, func(t *testing.T, h *house) {
		h.accept(t, requestOf("v1", 1000))
		h.accept(t, requestOf("v2", 1000))
		_, _, err := h.engine.Accept(context.Background(), requestOf("v3", 1000))
		var overloaded *verify.Overloaded
		if !errors.As(err, &overloaded) || overloaded.RetryAfter <= 0 {
			t.Errorf("beyond the share: %v", err)
		}
		if _, _, err := h.engine.Accept(context.Background(), requestOf("v1", 1000)); err != nil {
			t.Errorf("a repeated request, which adds nothing: %v", err)
		}
		h.accept(t, requestOf("v4", 1001))
		h.accept(t, request("v5")) // from whom is not known: only the whole is bounded
		if _, _, err := h.engine.Accept(context.Background(), requestOf("v6", 1001)); !errors.As(err, &overloaded) {
			t.Errorf("beyond the whole: %v", err)
		}
		for _, id := range []string{"v1", "v2", "v4", "v5"} {
			h.verdict(t, id)
		}
		synctest.Wait()
		for n := range 2 {
			h.accept(t, requestOf(fmt.Sprintf("again-%d", n), 1000))
		}
	})
}

// TestRequesterIsKept: the first who asked stands in the evidence, also where
// another repeats the request.
func TestRequesterIsKept(t *testing.T) {
	bubble(t, plain, func(t *testing.T, h *house) {
		s := h.capture(t, aftercheck.SnapshotRequest{ID: "s1", Incident: request("").Incident, RequestedBy: user(1000)})
		if diff := cmp.Diff(user(1000), s.RequestedBy); diff != "" {
			t.Error(diff)
		}
		h.accept(t, requestOf("v1", 1000))
		again, _, err := h.engine.Accept(context.Background(), requestOf("v1", 1001))
		if diff := cmp.Diff(user(1000), again.RequestedBy); err != nil || diff != "" {
			t.Error(err, diff)
		}
		if diff := cmp.Diff(user(1000), h.verdict(t, "v1").RequestedBy); diff != "" {
			t.Error(diff)
		}
	})
}
