package evidence_test

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// sentinelOf starts a sentinel that has seen a master and its replica.
func sentinelOf(t *testing.T, master string) string {
	t.Helper()
	host, port, _ := net.SplitHostPort(master)
	dir, at := t.TempDir(), fmt.Sprint(testbed.FreePort(t))
	config := write(t, filepath.Join(dir, "sentinel.conf"), fmt.Sprintf(
		"sentinel monitor shop %s %s 1\nsentinel down-after-milliseconds shop 500\nsentinel failover-timeout shop 3000\n", host, port))
	sentinel, err := testbed.Launch(testbed.Command{
		Name: "sentinel", Path: "/usr/bin/redis-server", Dir: dir,
		Args: []string{config, "--sentinel", "--port", at, "--bind", "127.0.0.1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sentinel.Kill)
	client := redis.NewSentinelClient(&redis.Options{Addr: "127.0.0.1:" + at})
	defer client.Close()
	testbed.Eventually(t, 20*time.Second, func() error {
		replicas, err := client.Replicas(t.Context(), "shop").Result()
		if err == nil && len(replicas) != 1 {
			err = errors.New("the sentinel has not seen the replica")
		}
		return err
	})
	return "127.0.0.1:" + at
}

// TestRedisFailover kills a master. What was accepted with a replica's word is
// there after the failover, and the sidecar that led it goes on with it.
func TestRedisFailover(t *testing.T) {
	master := testbed.StartRedis(t, "--repl-diskless-sync-delay", "0")
	host, port, _ := net.SplitHostPort(master.Addr)
	testbed.Redis(t, "--replicaof", host, port)
	o := evidence.RedisOptions{URL: "redis://" + master.Addr, WaitReplicas: 1, Identity: "one"}
	before := openRedis(t, o)
	testbed.Eventually(t, 20*time.Second, func() error { return before.Check(t.Context()) })
	o.URL, o.SentinelMaster = "redis://"+sentinelOf(t, master.Addr), "shop"
	awaiting := openRedis(t, o)
	v := evidencetest.Sample(1)
	if _, _, err := awaiting.Accept(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	o.WaitReplicas = 0 // there will be none
	s := openRedis(t, o)
	if got := pendingIDs(t, s); len(got) != 1 { // the same sidecar, started again
		t.Fatalf("led are %v", got)
	}
	if err := awaiting.Check(t.Context()); err != nil { // the replica has all of it
		t.Fatal(err)
	}
	master.Kill()
	testbed.Eventually(t, 30*time.Second, func() error { return s.Check(t.Context()) })
	if _, err := s.Lead(t.Context(), v.ID); err != nil {
		t.Errorf("leading after the failover: %v", err)
	}
	if _, err := s.Seal(t.Context(), v.ID, 1, evidencetest.SampleAssessment("success"), v.DeadlineAt); err != nil {
		t.Errorf("sealing after the failover: %v", err)
	}
}
