package evidence_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// TestRedisTakeoverBrokenAtEveryCommand breaks each request of a takeover in
// turn, before it is sent or after it was answered. Whether the same sidecar goes
// on or is gone as well and a third comes: in the end one leads everything.
func TestRedisTakeoverBrokenAtEveryCommand(t *testing.T) {
	addr := testbed.Redis(t)
	reached := int64(0)
	for nth := int64(1); nth == 1 || reached >= nth-1; nth++ {
		for _, after := range []bool{false, true} {
			for _, gone := range []bool{false, true} {
				o := evidence.RedisOptions{URL: "redis://" + addr, Prefix: freshPrefix()}
				first, heir, third := openRedis(t, o), openRedis(t, o), openRedis(t, o)
				for n := range 3 {
					if _, _, err := first.Accept(t.Context(), evidencetest.Sample(n)); err != nil {
						t.Fatal(err)
					}
				}
				session, want := first.Session(), pendingIDs(t, first)
				if err := first.Close(); err != nil {
					t.Fatal(err)
				}
				w := &wire{nth: nth, after: after}
				heir.Client().AddHook(w)
				_ = heir.TakeOver(t.Context(), session, func(string, time.Time) {}) // ends where it breaks
				reached, w.nth = w.count.Load(), 0
				last := heir
				if gone {
					own := heir.Session()
					if err := heir.Close(); err != nil {
						t.Fatal(err)
					}
					last = third
					takeOver(t, third, own)
				}
				takeOver(t, last, session)
				if got := pendingIDs(t, last); !slices.Equal(got, want) {
					t.Errorf("request %d broken, after it was answered %v, heir gone %v: led are %v, want %v", nth, after, gone, got, want)
				}
			}
		}
	}
	if reached < 8 {
		t.Errorf("a takeover made %d requests, so the test broke too few", reached)
	}
}

func takeOver(t *testing.T, s *evidence.Redis, session string) {
	t.Helper()
	if err := s.TakeOver(t.Context(), session, func(string, time.Time) {}); err != nil {
		t.Fatal(err)
	}
}

func pendingIDs(t *testing.T, s evidence.Store) []string {
	t.Helper()
	pending, err := evidencetest.PendingAll(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(pending))
}

// TestRedisOutageMovesNothing stops the server for longer than the lease. All
// leases have expired when it goes on; each sidecar keeps its own work.
func TestRedisOutageMovesNothing(t *testing.T) {
	server := testbed.StartRedis(t)
	o := evidence.RedisOptions{URL: "redis://" + server.Addr, Lease: 2 * time.Second}
	var taken atomic.Int64
	sidecars := []*evidence.Redis{openRedis(t, o), openRedis(t, o)}
	for n, s := range sidecars {
		running(t, s, func(string, time.Time) { taken.Add(1) })
		if _, _, err := s.Accept(t.Context(), evidencetest.Sample(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := server.Pause(); err != nil {
		t.Fatal(err)
	}
	pass(t, 3*time.Second)
	if err := server.Resume(); err != nil {
		t.Fatal(err)
	}
	pass(t, 3*time.Second)
	for n, s := range sidecars {
		if got, want := pendingIDs(t, s), []string{evidencetest.Sample(n).ID}; !slices.Equal(got, want) {
			t.Errorf("after the outage sidecar %d leads %v, want %v", n, got, want)
		}
	}
	if got := taken.Load(); got != 0 {
		t.Errorf("%d were taken over", got)
	}
}

func pass(t *testing.T, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	<-ctx.Done()
}

// running runs a store to the end of the test.
func running(t *testing.T, s *evidence.Redis, adopt func(string, time.Time)) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, adopt) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
}

// TestRedisFailoverThatForgotTheTakeover has a record whose owner the group does
// not know, as after a failover to a replica that was behind: whoever is asked
// about it leads it.
func TestRedisFailoverThatForgotTheTakeover(t *testing.T) {
	s := openRedis(t, evidence.RedisOptions{URL: "redis://" + testbed.Redis(t)})
	v := evidencetest.Sample(1)
	if _, _, err := s.Accept(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	if err := s.Overwrite(v.ID, "owner", "default/nobody/knows"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Lead(t.Context(), v.ID); err != nil {
		t.Errorf("leading what nobody leads: %v", err)
	}
	if _, err := s.AddRound(t.Context(), v.ID, 1, evidencetest.SampleRound(v, 0), v.DeadlineAt); err != nil {
		t.Errorf("adding a round: %v", err)
	}
}

// TestRedisForgetsEndedSessions lets a session be taken over: the group knows it
// for a lease more, in which its process may still accept, and then no more.
func TestRedisForgetsEndedSessions(t *testing.T) {
	o := evidence.RedisOptions{URL: "redis://" + testbed.Redis(t), Lease: time.Second}
	heir, gone := openRedis(t, o), openRedis(t, o)
	running(t, heir, func(string, time.Time) {})
	if _, _, err := gone.Accept(t.Context(), evidencetest.Sample(1)); err != nil {
		t.Fatal(err)
	}
	ended := "!" + gone.Session()
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	known := func() []string { return heir.Client().ZRange(t.Context(), "aftercheck:group:default", 0, -1).Val() }
	if !slices.Contains(known(), ended) {
		t.Errorf("the group knows %v, want %s among them", known(), ended)
	}
	testbed.Eventually(t, 10*time.Second, func() error {
		if got := known(); !slices.Equal(got, []string{heir.Session()}) {
			return fmt.Errorf("the group knows %v, want %s alone", got, heir.Session())
		}
		return nil
	})
	if got := pendingIDs(t, heir); len(got) != 1 {
		t.Errorf("the heir leads %v", got)
	}
}

// TestRedisGroupsKeepApart has two groups under one prefix: neither leads what
// the other accepted, also where that one is gone.
func TestRedisGroupsKeepApart(t *testing.T) {
	o := evidence.RedisOptions{URL: "redis://" + testbed.Redis(t), Lease: evidencetest.LeaseOfFleet}
	first := openRedis(t, o)
	o.Group = "another"
	other := openRedis(t, o)
	var taken atomic.Int64
	running(t, other, func(string, time.Time) { taken.Add(1) })
	v := evidencetest.Sample(1)
	if _, _, err := first.Accept(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	pass(t, 4*evidencetest.LeaseOfFleet) // the lease has expired
	if _, err := other.Lead(t.Context(), v.ID); !errors.Is(err, aftercheck.ErrFenced) || taken.Load() != 0 {
		t.Errorf("led by another group: %v, %d taken over; want ErrFenced and none", err, taken.Load())
	}
	if _, err := first.Lead(t.Context(), v.ID); err != nil {
		t.Errorf("led by its own: %v", err)
	}
}

// commands returns how often the server ran each command since its start, those
// within scripts included, and the bytes that it was sent.
func commands(t *testing.T, s *evidence.Redis) (calls map[string]int, bytes int) {
	t.Helper()
	info, err := s.Client().InfoMap(t.Context(), "commandstats", "stats").Result()
	if err != nil {
		t.Fatal(err)
	}
	calls = map[string]int{}
	for name, stat := range info["Commandstats"] {
		count, _, _ := strings.Cut(strings.TrimPrefix(stat, "calls="), ",")
		n, err := strconv.Atoi(count)
		if err != nil {
			t.Fatal(err)
		}
		if command := strings.TrimPrefix(name, "cmdstat_"); command != "info" {
			calls[command] = n
		}
	}
	bytes, err = strconv.Atoi(info["Stats"]["total_net_input_bytes"])
	if err != nil {
		t.Fatal(err)
	}
	return calls, bytes
}

func since(before, after map[string]int) (total int, each map[string]int) {
	each = map[string]int{}
	for name, n := range after {
		if n > before[name] {
			each[name] = n - before[name]
			total += n - before[name]
		}
	}
	return total, each
}

// TestRedisIdleCost counts what one renewal of the lease costs, those commands
// included that its script runs, while hundreds of verifications wait: at the
// default lease it is less than a command a second.
func TestRedisIdleCost(t *testing.T) {
	s := openRedis(t, evidence.RedisOptions{URL: "redis://" + testbed.Redis(t), Lease: time.Second})
	running(t, s, func(string, time.Time) {}) // first, so that the lease is renewed meanwhile
	for n := range 300 {
		if _, _, err := s.Accept(t.Context(), evidencetest.Sample(n)); err != nil {
			t.Fatal(err)
		}
	}
	pass(t, time.Second) // the sweep at the start is over
	before, _ := commands(t, s)
	testbed.Eventually(t, 20*time.Second, func() error {
		after, _ := commands(t, s)
		if renewals := after["evalsha"] - before["evalsha"]; renewals < 4 {
			return fmt.Errorf("%d renewals", renewals)
		}
		return nil
	})
	after, _ := commands(t, s)
	total, each := since(before, after)
	a := float64(total) / float64(each["evalsha"]) / evidence.RenewEvery().Seconds()
	t.Logf("%d renewals made %v: %.2f commands a second", each["evalsha"], each, a)
	if a >= 1 {
		t.Errorf("idle, a sidecar costs %.2f commands a second (%v), want less than 1", a, each)
	}
}

// TestRedisCostOfAVerification measures a whole life with three rounds. What it
// costs does not grow with what is stored.
func TestRedisCostOfAVerification(t *testing.T) {
	const many = 100
	s := openRedis(t, evidence.RedisOptions{URL: "redis://" + testbed.Redis(t)})
	costs := func(from int) (sent, ran, bytes int) {
		before, bytesBefore := commands(t, s)
		for n := from; n < from+many; n++ {
			if err := evidencetest.Live(t.Context(), s, n); err != nil {
				t.Fatal(err)
			}
		}
		after, bytesAfter := commands(t, s)
		total, each := since(before, after)
		direct := each["evalsha"] + each["eval"] + each["zrem"] + each["zscore"] + each["hgetall"] - many // one HGETALL of Seal
		return direct / many, total / many, (bytesAfter - bytesBefore) / many
	}
	costs(0) // the scripts become known
	sent, ran, bytes := costs(many)
	t.Logf("a verification of three rounds sends %d commands and %d bytes, and the server runs %d", sent, bytes, ran)
	if sent > 14 || ran > 50 || bytes > 40_000 {
		t.Errorf("a verification costs %d commands, %d with those in scripts, and %d bytes", sent, ran, bytes)
	}
	for n := range 10 {
		sentLater, ranLater, bytesLater := costs((n + 2) * many)
		if sentLater > sent || ranLater > ran || bytesLater > bytes*101/100 {
			t.Errorf("after %d more: %d commands, %d with those in scripts, %d bytes; want no more than %d, %d, %d",
				n*many, sentLater, ranLater, bytesLater, sent, ran, bytes)
		}
	}
}
