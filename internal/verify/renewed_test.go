package verify_test

import (
	"context"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/verify"
)

// lagging answers what it read a while ago.
type lagging struct{ verify.Store }

// Lead implements verify.Store.
func (l lagging) Lead(ctx context.Context, id string) (aftercheck.Verification, error) {
	v, err := l.Store.Lead(ctx, id)
	pass(100 * time.Millisecond)
	return v, err
}

// A request whose write failed is looked for when it would be due. One that is
// sent again in that very moment, and stored, must not be forgotten with it.
func TestARepeatedAcceptWhileTheFirstIsLookedFor(t *testing.T) {
	bubble(t, func() *house { return newHouse(func(o *verify.Options) { o.Store = lagging{o.Store} }) }, func(t *testing.T, h *house) {
		h.store.setFault(down("accept", false))
		r := request("v")
		warmup := aftercheck.Duration(10 * time.Second)
		r.Warmup = &warmup
		if _, _, err := h.engine.Accept(context.Background(), r); err == nil {
			t.Fatal("accepted by a store that fails")
		}
		pass(time.Duration(warmup) + 50*time.Millisecond)
		h.store.setFault(nil)
		h.accept(t, r)
		v, err := h.engine.Wait(context.Background(), "v", time.Hour)
		if err != nil || !v.Sealed() {
			t.Errorf("after an hour: %s, %v", v.State, err)
		}
	})
}
