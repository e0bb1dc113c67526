package testbed

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// Ports are taken from below the range that the kernel gives to outgoing
// connections, so that no client takes one between the look and the listen.
const (
	firstPort = 20000
	lastPort  = 32000
)

// FreePort returns a TCP port on which nothing listens on loopback. Nothing
// reserves it.
func FreePort(t testing.TB) int {
	t.Helper()
	ports, err := FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	return ports[0]
}

// FreePorts returns n different ports as FreePort does, for where there is no
// test.
func FreePorts(n int) ([]int, error) {
	var ports []int
	for tries := 0; len(ports) < n; tries++ {
		if tries == 100+n {
			return nil, fmt.Errorf("finding %d free ports between %d and %d on loopback: found %d", n, firstPort, lastPort, len(ports))
		}
		port := firstPort + rand.IntN(lastPort-firstPort)
		listener, err := net.Listen("tcp", loopback(port))
		if err != nil {
			continue
		}
		defer listener.Close() // held until all are found, so that they differ
		ports = append(ports, port)
	}
	return ports, nil
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
