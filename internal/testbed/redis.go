package testbed

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Redis starts an empty redis-server without persistence and returns its
// address. The arguments are redis-server's own, such as "--appendonly", "yes";
// they win over those of the testbed.
func Redis(t testing.TB, args ...string) string {
	t.Helper()
	return StartRedis(t, args...).Addr
}

// StartRedis is Redis for tests that also kill, pause or restart the server.
// Data outlives a restart only with "--appendonly", "yes", and outlives Kill
// for certain only with "--appendfsync", "always" as well.
func StartRedis(t testing.TB, args ...string) *Server {
	t.Helper()
	path := executable(t, "redis-server")
	return start(t, func(port int) Command {
		dir := t.TempDir()
		base := []string{"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", dir,
			"--save", "", "--appendonly", "no", "--daemonize", "no"}
		return Command{Name: "redis-server", Path: path, Args: append(base, args...), Dir: dir, Ready: pong(loopback(port))}
	})
}

// slots is the number of hash slots of a Redis Cluster.
const slots = 16384

// RedisCluster starts a Redis Cluster of three masters without replicas and
// returns their addresses once each of them sees the whole cluster.
func RedisCluster(t testing.TB) []string {
	t.Helper()
	var addrs []string
	var buses []int
	for range 3 {
		bus := FreePort(t)
		addrs = append(addrs, Redis(t, "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
			"--cluster-node-timeout", "2000", "--cluster-port", strconv.Itoa(bus)))
		buses = append(buses, bus)
	}
	for n, addr := range addrs {
		command(t, addr, fmt.Sprintf("CLUSTER SET-CONFIG-EPOCH %d", n+1))
		command(t, addr, fmt.Sprintf("CLUSTER ADDSLOTSRANGE %d %d", n*slots/3, (n+1)*slots/3-1))
	}
	for n, addr := range addrs[1:] {
		host, port, _ := net.SplitHostPort(addr)
		command(t, addrs[0], fmt.Sprintf("CLUSTER MEET %s %s %d", host, port, buses[n+1]))
	}
	for _, addr := range addrs {
		Eventually(t, 30*time.Second, func() error { return clusterWhole(t.Context(), addr) })
	}
	return addrs
}

func clusterWhole(ctx context.Context, addr string) error {
	info, err := ask(ctx, addr, "CLUSTER INFO")
	if err != nil {
		return err
	}
	for _, want := range []string{"cluster_state:ok", "cluster_slots_ok:16384", "cluster_known_nodes:3", "cluster_size:3"} {
		if !strings.Contains(info, want+"\r\n") {
			return fmt.Errorf("%s: no %s in CLUSTER INFO:\n%s", addr, want, info)
		}
	}
	return nil
}

func command(t testing.TB, addr, line string) {
	t.Helper()
	if _, err := ask(t.Context(), addr, line); err != nil {
		t.Fatalf("%s: %s: %v", addr, line, err)
	}
}

// pong is ready when the server answers PING, if only that it wants a
// password.
func pong(addr string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := ask(ctx, addr, "PING")
		if err != nil && strings.Contains(err.Error(), "NOAUTH") {
			return nil
		}
		return err
	}
}

// ask sends one inline command on a connection of its own and returns the
// reply: a status, a number or a bulk string.
func ask(ctx context.Context, addr, line string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return "", err
	}
	if _, err := io.WriteString(conn, line+"\r\n"); err != nil {
		return "", err
	}
	return readReply(bufio.NewReader(conn))
}

func readReply(r *bufio.Reader) (string, error) {
	head, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	head = strings.TrimRight(head, "\r\n")
	switch {
	case strings.HasPrefix(head, "-"):
		return "", fmt.Errorf("redis answered %s", head)
	case strings.HasPrefix(head, "$"):
		length, err := strconv.Atoi(head[1:])
		if err != nil || length < 0 {
			return "", fmt.Errorf("redis answered a length of %q", head)
		}
		bulk := make([]byte, length)
		_, err = io.ReadFull(r, bulk)
		return string(bulk), err
	default:
		return strings.TrimLeft(head, "+:"), nil
	}
}
