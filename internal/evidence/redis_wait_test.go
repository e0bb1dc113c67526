package evidence_test

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// TestRedisWaitsForReplicas stops the one replica: what it does not have is not
// accepted, however often it is sent, and is there once it goes on.
func TestRedisWaitsForReplicas(t *testing.T) {
	master := testbed.Redis(t, "--repl-diskless-sync-delay", "0")
	host, port, _ := net.SplitHostPort(master)
	replica := testbed.StartRedis(t, "--replicaof", host, port)
	s := openRedis(t, evidence.RedisOptions{
		URL: "redis://sidecar@" + master, WaitReplicas: 1, PasswordFile: write(t, filepath.Join(t.TempDir(), "password"), "s3cret"),
	})
	admin(t, master, "ACL SETUSER sidecar on >s3cret "+evidence.RedisACL+" "+evidence.RedisWaitACL)
	testbed.Eventually(t, 20*time.Second, func() error { // until it has synchronised
		_, err := s.PutSnapshot(t.Context(), aftercheck.Snapshot{ID: "first"})
		return err
	})
	if err := evidencetest.Live(t.Context(), s, 0); err != nil {
		t.Fatal(err)
	}

	if err := replica.Pause(); err != nil {
		t.Fatal(err)
	}
	for range 3 { // the second finds it stored on the master
		_, _, err := s.Accept(t.Context(), evidencetest.Sample(1))
		if !errors.Is(err, aftercheck.ErrUnavailable) || !strings.Contains(fmt.Sprint(err), "0 of 1 replicas") {
			t.Fatalf("accepting without the replica: %v, want ErrUnavailable with 0 of 1 replicas", err)
		}
	}
	if err := s.Check(t.Context()); !errors.Is(err, aftercheck.ErrUnavailable) {
		t.Errorf("checking without the replica: %v, want ErrUnavailable", err)
	}
	if err := replica.Resume(); err != nil {
		t.Fatal(err)
	}
	testbed.Eventually(t, 10*time.Second, func() error { return evidencetest.Live(t.Context(), s, 1) })
}

// TestRedisWaitsOnACluster waits for replicas on the node that has the key: there
// are none.
func TestRedisWaitsOnACluster(t *testing.T) {
	s := openRedis(t, evidence.RedisOptions{URL: "redis://" + strings.Join(testbed.RedisCluster(t), ","), WaitReplicas: 1})
	for n := range 6 {
		_, _, err := s.Accept(t.Context(), evidencetest.Sample(n))
		if !errors.Is(err, aftercheck.ErrUnavailable) || !strings.Contains(fmt.Sprint(err), "0 of 1 replicas") {
			t.Errorf("accepting: %v, want ErrUnavailable with 0 of 1 replicas", err)
		}
		if v, err := s.Verification(t.Context(), evidencetest.Sample(n).ID); err != nil || v.Revision != 1 {
			t.Errorf("the master has revision %d, %v", v.Revision, err)
		}
	}
}
