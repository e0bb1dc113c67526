//go:build chaos

package chaos

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aftercheck/aftercheck/internal/testbed"
)

// durable makes a Redis server keep what it has answered, also through SIGKILL.
var durable = []string{"--appendonly", "yes", "--appendfsync", "always"}

// place is where a scenario's verifications are stored.
type place struct {
	settings string // the section store of the configuration; empty: a file
	servers  []*testbed.Server
	way      *proxy // between the sidecars and the first server; nil: there is none
	storage  string // the file's path; empty: the sidecar's own directory
	master   func(context.Context) (string, error)
}

// admin returns a client that goes to a server directly.
func admin(t *testing.T, address string) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: address, MaxRetries: -1, DialTimeout: 2 * time.Second})
	t.Cleanup(func() { c.Close() })
	return c
}

// single is one durable Redis.
func single(t *testing.T) *place {
	t.Helper()
	server := testbed.StartRedis(t, durable...)
	return &place{settings: "store: {redis: {url: redis://" + server.Addr + "}}", servers: []*testbed.Server{server}}
}

// proxied is one durable Redis behind a proxy.
func proxied(t *testing.T) *place {
	t.Helper()
	server := testbed.StartRedis(t, durable...)
	way := newProxy(t, server.Addr)
	return &place{settings: "store: {redis: {url: redis://" + way.Addr + "}}", servers: []*testbed.Server{server}, way: way}
}

// clustered is a Redis Cluster of three durable masters.
func clustered(t *testing.T) *place {
	t.Helper()
	p := &place{}
	var addresses []string
	for range 3 {
		bus := strconv.Itoa(testbed.FreePort(t))
		server := testbed.StartRedis(t, append([]string{"--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
			"--cluster-node-timeout", "2000", "--cluster-require-full-coverage", "no", "--cluster-port", bus}, durable...)...)
		p.servers, addresses = append(p.servers, server), append(addresses, server.Addr)
		if err := introduce(t, len(addresses)-1, server.Addr, addresses[0], bus); err != nil {
			t.Fatal(err)
		}
	}
	for _, address := range addresses {
		testbed.Eventually(t, 30*time.Second, func() error { return whole(t.Context(), admin(t, address)) })
	}
	p.settings = fmt.Sprintf("store: {redis: {url: \"redis://%s\", cluster: true}}", strings.Join(addresses, ","))
	return p
}

// introduce gives the nth node its third of the slots and has it meet the first.
func introduce(t *testing.T, n int, address, first, bus string) error {
	t.Helper()
	ctx, node := t.Context(), admin(t, address)
	const slots = 16384
	if err := node.Do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", n+1).Err(); err != nil {
		return err
	}
	if err := node.ClusterAddSlotsRange(ctx, n*slots/3, (n+1)*slots/3-1).Err(); err != nil || n == 0 {
		return err
	}
	host, port, _ := strings.Cut(address, ":")
	return admin(t, first).Do(ctx, "CLUSTER", "MEET", host, port, bus).Err()
}

func whole(ctx context.Context, node *redis.Client) error {
	info, err := node.ClusterInfo(ctx).Result()
	if err != nil {
		return err
	}
	for _, want := range []string{"cluster_state:ok", "cluster_slots_ok:16384", "cluster_known_nodes:3"} {
		if !strings.Contains(info, want) {
			return fmt.Errorf("no %s in:\n%s", want, info)
		}
	}
	return nil
}

// guarded is a durable master with two durable replicas, under three sentinels.
// A write counts as stored once a replica has it too: without that, what was
// answered just before the master dies may be lost, and nobody promises more.
func guarded(t *testing.T) *place {
	t.Helper()
	master := testbed.StartRedis(t, durable...)
	host, port, _ := strings.Cut(master.Addr, ":")
	p := &place{servers: []*testbed.Server{master}}
	for range 2 {
		replica := testbed.StartRedis(t, append([]string{"--replicaof", host + " " + port}, durable...)...)
		testbed.Eventually(t, 20*time.Second, func() error {
			info, err := admin(t, replica.Addr).Info(t.Context(), "replication").Result()
			if err == nil && !strings.Contains(info, "master_link_status:up") {
				err = fmt.Errorf("the replica does not follow:\n%s", info)
			}
			return err
		})
		p.servers = append(p.servers, replica)
	}
	var addresses []string
	for range 3 {
		addresses = append(addresses, sentinel(t, host, port))
	}
	p.settings = fmt.Sprintf("store: {redis: {url: \"redis://%s\", sentinel_master: chaos, wait_replicas: 1}}", strings.Join(addresses, ","))
	watch := redis.NewSentinelClient(&redis.Options{Addr: addresses[0]})
	t.Cleanup(func() { watch.Close() })
	testbed.Eventually(t, 20*time.Second, func() error {
		return watch.CkQuorum(t.Context(), "chaos").Err()
	})
	testbed.Eventually(t, 20*time.Second, func() error {
		replicas, err := watch.Replicas(t.Context(), "chaos").Result()
		if err == nil && len(replicas) < 2 {
			err = fmt.Errorf("the sentinels know %d of two replicas", len(replicas))
		}
		return err
	})
	p.master = func(ctx context.Context) (string, error) {
		at, err := watch.GetMasterAddrByName(ctx, "chaos").Result()
		return strings.Join(at, ":"), err
	}
	return p
}

// sentinel starts one of the three that watch the master, and returns its
// address.
func sentinel(t *testing.T, host, port string) string {
	t.Helper()
	dir, own := t.TempDir(), strconv.Itoa(testbed.FreePort(t))
	config := filepath.Join(dir, "sentinel.conf")
	text := fmt.Sprintf("bind 127.0.0.1\nport %s\ndir %s\nsentinel monitor chaos %s %s 2\n"+
		"sentinel down-after-milliseconds chaos 1000\nsentinel failover-timeout chaos 5000\n", own, dir, host, port)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	process, err := testbed.Launch(testbed.Command{
		Name: "sentinel", Path: redisServer(t), Args: []string{config, "--sentinel"}, Dir: dir,
		Ready: func(ctx context.Context) error { return admin(t, "127.0.0.1:"+own).Ping(ctx).Err() },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(process.Kill)
	return "127.0.0.1:" + own
}

func redisServer(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("redis-server is not installed: run `make deps`")
	}
	return path
}
