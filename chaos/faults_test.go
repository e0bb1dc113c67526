//go:build chaos

package chaos

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// fault does something bad to the world until the context ends: the time of the
// load. It leaves everything whole.
type fault func(ctx context.Context, w *world, p *place)

// waves does harm for a while, undoes it, and lets things go well for a while,
// again and again.
func waves(harm, peace time.Duration, do, undo func(context.Context, *world, *place) error) fault {
	return func(ctx context.Context, w *world, p *place) {
		for pause(ctx, peace) {
			w.must(do(ctx, w, p))
			pause(ctx, harm)
			w.must(undo(context.WithoutCancel(ctx), w, p))
		}
	}
}

// must notes an error of the harness itself, unless the time is over.
func (w *world) must(err error) {
	if err != nil {
		w.ledger.fault("the harness: %v", err)
	}
}

func partition(ctx context.Context, _ *world, p *place) error {
	return p.way.poison(ctx, "timeout", map[string]any{"timeout": 0})
}

func slow(by time.Duration) func(context.Context, *world, *place) error {
	return func(ctx context.Context, _ *world, p *place) error { return p.way.delay(ctx, by) }
}

func cutOff(ctx context.Context, _ *world, p *place) error {
	return p.way.poison(ctx, "reset_peer", map[string]any{"timeout": 0})
}

// cutMidway lets some bytes of each connection through, so that answers break
// off after their command was served.
func cutMidway(ctx context.Context, w *world, p *place) error {
	toxic := map[string]any{
		"name": "midway", "type": "limit_data", "stream": "downstream",
		"attributes": map[string]any{"bytes": 100 + w.random.IntN(3000)},
	}
	return p.way.call(ctx, "POST", "/proxies/way/toxics", toxic)
}

func cured(ctx context.Context, _ *world, p *place) error { return p.way.cure(ctx) }

// readOnly makes the server a replica of nothing: it answers READONLY to writes.
func readOnly(ctx context.Context, w *world, p *place) error {
	return admin(w.t, p.servers[0].Addr).ReplicaOf(ctx, "127.0.0.1", "1").Err()
}

func writable(ctx context.Context, w *world, p *place) error {
	return admin(w.t, p.servers[0].Addr).ReplicaOf(ctx, "NO", "ONE").Err()
}

// full makes the server answer OOM to whatever takes memory.
func full(ctx context.Context, w *world, p *place) error {
	return admin(w.t, p.servers[0].Addr).ConfigSet(ctx, "maxmemory", "1").Err()
}

func emptied(ctx context.Context, w *world, p *place) error {
	return admin(w.t, p.servers[0].Addr).ConfigSet(ctx, "maxmemory", "0").Err()
}

// redisDown kills the nth server, and redisUp starts it again.
func redisDown(_ context.Context, w *world, p *place) error {
	p.servers[w.random.IntN(len(p.servers))].Kill()
	return nil
}

func redisUp(_ context.Context, w *world, p *place) error {
	for _, server := range p.servers {
		select {
		case <-server.Exited():
			server.Restart(w.t)
		default:
		}
	}
	return nil
}

// masterDown kills whichever server is the master now.
func masterDown(ctx context.Context, _ *world, p *place) error {
	at, err := p.master(ctx)
	for _, server := range p.servers {
		if server.Addr == at {
			server.Kill()
		}
	}
	return err
}

// followed starts what was killed and waits until every replica follows the
// master: only then a second failure is one that a failover is promised to
// survive, whichever of them the sentinels choose.
func followed(ctx context.Context, w *world, p *place) error {
	if err := redisUp(ctx, w, p); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 40*time.Second)
	defer cancel()
	for {
		at, err := p.master(ctx)
		if err != nil {
			return err
		}
		info, err := admin(w.t, at).Info(ctx, "replication").Result()
		if err == nil && strings.Contains(info, "role:master") && strings.Count(info, "state=online") == len(p.servers)-1 {
			return nil
		}
		if !pause(ctx, 200*time.Millisecond) {
			return fmt.Errorf("not all replicas follow %s: %w", at, ctx.Err())
		}
	}
}

// diskFull fills the disk, and diskFree frees it.
func diskFull(_ context.Context, _ *world, p *place) error {
	_, err := fill(filepath.Dir(p.storage))
	return err
}

func diskFree(_ context.Context, _ *world, p *place) error {
	return os.Remove(filepath.Join(filepath.Dir(p.storage), "filler"))
}

// kills kills sidecars and Redis so many times in all, at random moments spread
// over the load.
func kills(sidecars, servers int, over time.Duration) fault {
	return func(ctx context.Context, w *world, p *place) {
		total := sidecars + servers
		for n := range total {
			if !pause(ctx, time.Duration((0.5+w.random.Float64())*float64(over)/float64(total))) {
				w.ledger.fault("the load was over after %d of %d kills", n, total)
				return
			}
			if n%(total/max(servers, 1)) == 1 && servers > 0 {
				w.must(redisDown(ctx, w, p))
				pause(ctx, time.Duration(w.random.Int64N(int64(time.Second))))
				w.must(redisUp(ctx, w, p))
				continue
			}
			w.must(w.sidecars[w.random.IntN(len(w.sidecars))].restart(context.WithoutCancel(ctx)))
		}
	}
}
