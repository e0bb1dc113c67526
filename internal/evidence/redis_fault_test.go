package evidence_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

var errWire = errors.New("connection lost")

// wire breaks the nth request to Redis, a command or a pipeline, before it is
// sent or after it was answered.
type wire struct {
	count atomic.Int64
	nth   int64
	after bool
}

func (w *wire) through(send func() error) error {
	if w.count.Add(1) != w.nth {
		return send()
	}
	if w.after {
		_ = send()
	}
	return errWire
}

func (w *wire) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (w *wire) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := w.through(func() error { return next(ctx, cmd) })
		if errors.Is(err, errWire) {
			cmd.SetErr(err)
		}
		return err
	}
}

func (w *wire) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := w.through(func() error { return next(ctx, cmds) })
		if errors.Is(err, errWire) {
			for _, cmd := range cmds {
				cmd.SetErr(err)
			}
		}
		return err
	}
}

// TestRedisBrokenAtEveryCommand breaks each request in turn that a whole life
// makes, on a server that knows no script yet. A caller that asks again finds
// the world as if nothing had happened.
func TestRedisBrokenAtEveryCommand(t *testing.T) {
	model := evidencetest.NewModel()
	if err := evidencetest.Live(t.Context(), model, 0); err != nil {
		t.Fatal(err)
	}
	want, err := evidencetest.World(t.Context(), model, evidencetest.LifeSnapshots(1)...)
	if err != nil {
		t.Fatal(err)
	}
	addr := testbed.Redis(t)
	reached := int64(0)
	for nth := int64(1); nth == 1 || reached >= nth-1; nth++ {
		for _, after := range []bool{false, true} {
			s := openRedis(t, evidence.RedisOptions{URL: "redis://" + addr, Prefix: freshPrefix()})
			if err := s.Client().ScriptFlush(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
			w := &wire{nth: nth, after: after}
			s.Client().AddHook(w)
			if err := evidencetest.LiveStubbornly(t.Context(), s, 0); err != nil {
				t.Fatalf("request %d broken, after it was answered %v: %v", nth, after, err)
			}
			reached, w.nth = w.count.Load(), 0
			if err := s.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			got, err := evidencetest.World(t.Context(), s, evidencetest.LifeSnapshots(1)...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("request %d broken, after it was answered %v (-want +got):\n%s", nth, after, diff)
			}
		}
	}
	if reached < 9 {
		t.Errorf("a life made %d requests, so the test broke too few", reached)
	}
}

// TestRedisCrashWithoutRetry breaks each request and lets nobody ask again, as
// when the sidecar is killed there: whatever is accepted is listed and pending,
// and what is left over is shown nowhere.
func TestRedisCrashWithoutRetry(t *testing.T) {
	addr := testbed.Redis(t)
	for nth := int64(1); nth <= 14; nth++ {
		for _, after := range []bool{false, true} {
			s := openRedis(t, evidence.RedisOptions{URL: "redis://" + addr, Prefix: freshPrefix()})
			w := &wire{nth: nth, after: after}
			s.Client().AddHook(w)
			_ = evidencetest.Live(t.Context(), s, 0) // ends where it breaks
			w.nth = 0
			if err := whole(t.Context(), s, evidencetest.Sample(0).ID); err != nil {
				t.Errorf("request %d broken, after it was answered %v: %v", nth, after, err)
			}
		}
	}
}

// whole checks that a record, if it is there, is listed, and pending exactly
// until it is settled.
func whole(ctx context.Context, s evidence.Store, id string) error {
	if _, err := evidencetest.World(ctx, s); err != nil {
		return err
	}
	pending, err := evidencetest.PendingAll(ctx, s)
	if err != nil {
		return err
	}
	page, err := s.List(ctx, aftercheck.Filter{})
	if err != nil {
		return err
	}
	v, err := s.Verification(ctx, id)
	stored := err == nil
	_, lead := s.Lead(ctx, id)
	_, isPending := pending[id]
	if len(page.Verifications) == 1 != stored || isPending != (lead == nil) || isPending && !stored {
		return fmt.Errorf("stored %v, state %s, %d listed, pending %v", stored, v.State, len(page.Verifications), isPending)
	}
	return nil
}
