package api

import (
	"net"
	"syscall"

	"github.com/aftercheck/aftercheck"
)

// peerOf asks the kernel which process connected to the socket (SO_PEERCRED):
// its effective IDs at that moment, which it cannot choose. Supplementary groups
// are not among them. It is nil if the kernel does not answer.
func peerOf(c *net.UnixConn) *aftercheck.Requester {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	var peer *syscall.Ucred
	var failed error
	err = raw.Control(func(fd uintptr) {
		peer, failed = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err != nil || failed != nil {
		return nil
	}
	return &aftercheck.Requester{UID: &peer.Uid, GID: &peer.Gid, PID: &peer.Pid}
}
