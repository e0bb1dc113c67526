package evidence_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// crowd is the stores of a whole fleet, each of its own identity, with a small
// pool, in one group on one server.
type crowd struct {
	stores  []*evidence.Redis
	lease   time.Duration
	kill    func() // ends the work of the first tenth, which gives nothing back
	victims int

	mu      sync.Mutex
	adopted map[string]int // how often each verification was taken over
}

// crowdLease is the lease of a fleet in the tests: longer than a busy machine
// takes to renew those of all.
const crowdLease = 4 * time.Second

// newCrowd opens so many stores and runs them.
func newCrowd(tb testing.TB, many int, lease time.Duration, server ...string) *crowd {
	tb.Helper()
	url := "redis://" + testbed.Redis(tb, server...)
	c := &crowd{lease: lease, victims: many / 10, adopted: map[string]int{}}
	dying, kill := context.WithCancel(context.Background())
	living, stop := context.WithCancel(context.Background())
	c.kill = kill
	var all sync.WaitGroup
	tb.Cleanup(func() { kill(); stop(); all.Wait() })
	for n := range many {
		s := openRedis(tb, evidence.RedisOptions{URL: url, Identity: fmt.Sprintf("sidecar-%d", n), PoolSize: 4, Lease: lease})
		ctx := living
		if n < c.victims {
			ctx = dying
		}
		all.Go(func() { _ = s.Run(ctx, c.adopt) })
		c.stores = append(c.stores, s)
	}
	return c
}

func (c *crowd) adopt(id string, _ time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.adopted[id]++
}

// bill is what the server says that it has done, and holds.
type bill struct {
	commands, renewals, in, out, connections, memory, processor float64
}

func (b bill) minus(o bill) bill {
	return bill{b.commands - o.commands, b.renewals - o.renewals, b.in - o.in, b.out - o.out, b.connections, b.memory - o.memory, b.processor - o.processor}
}

// bill asks the server; commands within scripts count, and the asking does not.
func (c *crowd) bill(tb testing.TB) bill {
	tb.Helper()
	s := c.stores[len(c.stores)-1]
	info, err := s.Client().InfoMap(context.Background(), "commandstats", "stats", "clients", "memory", "cpu").Result()
	if err != nil {
		tb.Fatal(err)
	}
	number := func(section, name string) float64 {
		v, err := strconv.ParseFloat(info[section][name], 64)
		if err != nil {
			tb.Fatalf("%s of the server: %v", name, err)
		}
		return v
	}
	b := bill{
		in: number("Stats", "total_net_input_bytes"), out: number("Stats", "total_net_output_bytes"),
		connections: number("Clients", "connected_clients"), memory: number("Memory", "used_memory_dataset"),
		processor: number("CPU", "used_cpu_user") + number("CPU", "used_cpu_sys"),
	}
	calls := func(command string) float64 {
		count, _, _ := strings.Cut(strings.TrimPrefix(info["Commandstats"]["cmdstat_"+command], "calls="), ",")
		n, _ := strconv.ParseFloat(count, 64) // absent: never called
		return n
	}
	for name := range info["Commandstats"] {
		if command := strings.TrimPrefix(name, "cmdstat_"); command != "info" {
			b.commands += calls(command)
		}
	}
	b.renewals = calls("evalsha")
	return b
}

// gather waits until all have joined the group and nothing else is going on.
func (c *crowd) gather(tb testing.TB) {
	tb.Helper()
	testbed.Eventually(tb, time.Minute, func() error {
		known, err := c.stores[0].Client().ZCard(tb.Context(), "aftercheck:group:default").Result()
		if err == nil && known < int64(len(c.stores)) {
			err = fmt.Errorf("%d of %d have joined", known, len(c.stores))
		}
		return err
	})
	quiet, cancel := context.WithTimeout(tb.Context(), c.lease) // the sweeps at the start end
	defer cancel()
	<-quiet.Done()
}

// idle lets nothing happen for so many renewals of each, and returns what that
// cost a sidecar in a second, at the default lease.
func (c *crowd) idle(tb testing.TB, renewals float64) (commands float64, spent bill) {
	tb.Helper()
	before := c.bill(tb)
	testbed.Eventually(tb, time.Minute, func() error {
		if got := c.bill(tb).renewals - before.renewals; got < renewals*float64(len(c.stores)) {
			return fmt.Errorf("%v renewals", got)
		}
		return nil
	})
	spent = c.bill(tb).minus(before)
	return spent.commands / spent.renewals / evidence.RenewEvery().Seconds(), spent
}

// work has each store take one verification through its whole life, all at once.
func (c *crowd) work(tb testing.TB, from int) (spent bill, slowest time.Duration) {
	tb.Helper()
	before := c.bill(tb)
	var all sync.WaitGroup
	var mu sync.Mutex
	for n, s := range c.stores {
		all.Go(func() {
			began := time.Now()
			if err := evidencetest.Live(tb.Context(), s, from+n); err != nil {
				tb.Errorf("sidecar %d: %v", n, err)
			}
			mu.Lock()
			defer mu.Unlock()
			slowest = max(slowest, time.Since(began))
		})
	}
	all.Wait()
	spent = c.bill(tb).minus(before)
	return spent, slowest
}

// die has a tenth accept something each and fall silent. It returns what the
// takeover cost, and how long after their death the last of it was led by another.
func (c *crowd) die(tb testing.TB, from int) (spent bill, took time.Duration) {
	tb.Helper()
	for n := range c.victims {
		if err := evidencetest.LiveSteps(tb.Context(), c.stores[n], from+n, 0, 3); err != nil {
			tb.Fatal(err)
		}
	}
	before := c.bill(tb)
	died := time.Now()
	c.kill()
	testbed.Eventually(tb, 2*time.Minute, func() error {
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(c.adopted) < c.victims {
			return fmt.Errorf("%d of %d were taken over", len(c.adopted), c.victims)
		}
		return nil
	})
	took = time.Since(died)
	spent = c.bill(tb).minus(before)
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, times := range c.adopted {
		if times != 1 {
			tb.Errorf("%s was taken over %d times", id, times)
		}
	}
	return spent, took
}

// TestRedisCrowd holds a fleet of fifty to what one sidecar costs: what one does
// must not grow with how many there are.
func TestRedisCrowd(t *testing.T) {
	c := newCrowd(t, 50, crowdLease)
	c.gather(t)
	commands, _ := c.idle(t, 2)
	if commands >= 1 {
		t.Errorf("idle, a sidecar of fifty costs %.2f commands a second, want less than one", commands)
	}
	c.work(t, 0) // the scripts become known
	spent, _ := c.work(t, 1000)
	if each := spent.commands / 50; each > 50 {
		t.Errorf("a verification in a fleet of fifty costs %.1f commands, want what it costs alone", each)
	}
	if spent.connections > 50*4 {
		t.Errorf("%v connections, want 4 for each at the most", spent.connections)
	}
	c.die(t, 2000)
}

// BenchmarkRedisCrowd measures fleets of 1 to 1,000 sidecars on one server, for
// docs/scaling.md.
func BenchmarkRedisCrowd(b *testing.B) {
	for _, many := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("sidecars=%d", many), func(b *testing.B) {
			for b.Loop() {
				c := newCrowd(b, many, 8*time.Second, "--appendonly", "yes", "--appendfsync", "always")
				c.gather(b)
				commands, idle := c.idle(b, 3)
				b.ReportMetric(commands, "idle-commands/s/sidecar")
				b.ReportMetric(1e6*idle.processor/idle.renewals/evidence.RenewEvery().Seconds(), "idle-µs/s/sidecar")
				c.work(b, 0)
				spent, slowest := c.work(b, many)
				n := float64(many)
				b.ReportMetric(spent.commands/n, "commands/verification")
				b.ReportMetric(spent.in/n, "B-in/verification")
				b.ReportMetric(spent.out/n, "B-out/verification")
				b.ReportMetric(1000*spent.processor/n, "redis-ms/verification")
				b.ReportMetric(spent.connections/n, "connections/sidecar")
				b.ReportMetric(slowest.Seconds(), "s-slowest-life")
				if many < 10 {
					continue
				}
				spent, took := c.die(b, 2*many)
				b.ReportMetric(took.Seconds(), "s-takeover")
				b.ReportMetric(spent.commands/float64(c.victims), "commands/dead-sidecar")
				b.ReportMetric(1000*spent.processor/float64(c.victims), "redis-ms/dead-sidecar")
			}
		})
	}
}
