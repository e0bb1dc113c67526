package aftercheck

import (
	"fmt"
	"strings"
)

// Requester is who asked for something, as the connection shows it: a process
// behind the unix socket, or the bearer of a token over TCP. It is never taken
// from what a request says of itself. The zero Requester means that the
// connection shows nothing.
type Requester struct {
	UID     *uint32 `json:"uid,omitempty" doc:"Effective user ID of the process that connected to the socket. Absent: it came over TCP."`
	GID     *uint32 `json:"gid,omitempty" doc:"Its effective group ID."`
	PID     *int32  `json:"pid,omitempty" doc:"Its process ID as the sidecar sees it; 0 if it lives where the sidecar cannot see processes."`
	Token   string  `json:"token,omitempty" doc:"Name of the token that it brought over TCP, never the token. Absent: it brought none."`
	Address string  `json:"address,omitempty" doc:"IP address that it called from over TCP."`
}

// Client names whose requests count together where one client's share is
// bounded: a user of the machine, else a token, else an address. It is empty
// for the zero Requester and for nil.
func (r *Requester) Client() string {
	switch {
	case r == nil:
		return ""
	case r.UID != nil:
		return fmt.Sprintf("uid %d", *r.UID)
	case r.Token != "":
		return "token " + r.Token
	case r.Address != "":
		return "address " + r.Address
	}
	return ""
}

// String returns everything that is known, for people and logs; "unknown" for
// the zero Requester and for nil.
func (r *Requester) String() string {
	var parts []string
	if client := r.Client(); client != "" {
		parts = append(parts, client)
	}
	if r != nil && r.GID != nil {
		parts = append(parts, fmt.Sprintf("gid %d", *r.GID))
	}
	if r != nil && r.PID != nil {
		parts = append(parts, fmt.Sprintf("pid %d", *r.PID))
	}
	if r != nil && r.Token != "" && r.Address != "" {
		parts = append(parts, "address "+r.Address)
	}
	if len(parts) == 0 {
		return "unknown"
	}
	return strings.Join(parts, " ")
}
