//go:build chaos

package chaos

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// cost is what Redis had done and held at one moment.
type cost struct {
	scripts, commands float64 // served so far; the commands are those inside of scripts too
	processor         float64 // seconds of the server's processor time so far, all told
	in, out           float64 // bytes so far
	memory            float64 // held now, in bytes
	connections       float64 // now
}

// TestFleet measures what one Redis does for the executors of a fleet, as ratios
// that docs/scaling.md reckons with: they do not depend on how busy the machine
// is, as times and rates would.
func TestFleet(t *testing.T) {
	p := single(t)
	w := newWorld(t, scenario{name: "fleet", sidecars: 4}, p)
	ctx, server := t.Context(), admin(t, p.servers[0].Addr)
	pause(ctx, 2*time.Second)

	const idleFor = 20 * time.Second
	before := w.cost(ctx, server)
	pause(ctx, idleFor)
	after := w.cost(ctx, server)
	const own = 1 // command: our look
	idle := (after.commands - before.commands - own) / idleFor.Seconds() / float64(len(w.sidecars))
	fmt.Printf("fleet: idle, a sidecar: %.2f commands and %.0f µs of Redis' processor a second, %.1f connections\n",
		idle, 1e6*(after.processor-before.processor)/idleFor.Seconds()/float64(len(w.sidecars)), (after.connections-1)/float64(len(w.sidecars)))
	if idle >= 1 {
		w.ledger.fault("an idle sidecar sends %.2f commands a second", idle)
	}

	many := either(1000, 300)
	first := w.expense(ctx, server, 0, many)
	second := w.expense(ctx, server, many, many)
	if second.commands > 1.2*first.commands {
		w.ledger.fault("a verification costs %.1f commands, and %.1f after as many again", first.commands, second.commands)
	}
	w.check(false)
}

// expense sends so many repairs at once, and returns and prints what each cost.
func (w *world) expense(ctx context.Context, server *redis.Client, from, many int) cost {
	before := w.cost(ctx, server)
	w.loadFrom(ctx, from, many, 1000)
	at := w.cost(ctx, server)
	until := time.Now().Add(sealLimit)
	counted, err := w.counted(ctx)
	for counted < float64(from+many) && time.Now().Before(until) {
		pause(ctx, 200*time.Millisecond)
		counted, err = w.counted(ctx)
	}
	w.must(err)
	w.readAll(ctx, w.ledger.unsealed(), 0)
	after := w.cost(ctx, server)
	n := float64(many)
	each := cost{
		scripts: (after.scripts - before.scripts) / n, commands: (after.commands - before.commands) / n, processor: (after.processor - before.processor) / n,
		in: (after.in - before.in) / n, out: (after.out - before.out) / n, memory: (after.memory - before.memory) / n,
		connections: at.connections,
	}
	fmt.Printf("fleet: %d executors at once, each verification: %.1f scripts, %.1f commands, %.2f ms of Redis' processor, %.0f bytes in, %.0f out, %.0f kept, for %.1f rounds; %.0f connections of each sidecar\n",
		many, each.scripts, each.commands, 1000*each.processor, each.in, each.out, each.memory, w.ledger.rounds(), (each.connections-1)/float64(len(w.sidecars)))
	return each
}

// cost reads what Redis says of itself.
func (w *world) cost(ctx context.Context, server *redis.Client) cost {
	info, err := server.Info(ctx, "stats", "memory", "clients", "cpu", "commandstats").Result()
	w.must(err)
	c := cost{
		commands: field(info, "total_commands_processed"),
		in:       field(info, "total_net_input_bytes"), out: field(info, "total_net_output_bytes"),
		memory: field(info, "used_memory_dataset"), connections: field(info, "connected_clients"),
	}
	for _, part := range []string{"used_cpu_user", "used_cpu_sys"} {
		c.processor += field(info, part)
	}
	_, scripts, _ := strings.Cut(info, "cmdstat_evalsha:calls=")
	scripts, _, _ = strings.Cut(scripts, ",")
	c.scripts, _ = strconv.ParseFloat(scripts, 64) // none were called: 0
	return c
}

// field reads a number out of what INFO answers.
func field(info, name string) float64 {
	_, rest, _ := strings.Cut("\n"+info, "\n"+name+":")
	text, _, _ := strings.Cut(rest, "\r")
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return value
}
