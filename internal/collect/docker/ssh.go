package docker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// farSide is an engine's socket behind an SSH server, which forwards to it. No
// program is started, here or there.
type farSide struct {
	user, address, socket    string
	identity, knownHostsFile string
}

// newSSH checks that both files can be used. They are read again for each
// connection, so that a key may be changed.
func newSSH(address *url.URL, identity, knownHosts string) (farSide, error) {
	f := farSide{address: address.Host, socket: address.Path, identity: identity, knownHostsFile: knownHosts}
	if address.User != nil {
		f.user = address.User.Username()
	}
	if _, set := address.User.Password(); f.user == "" || set {
		return farSide{}, errors.New("url: want ssh://user@host, without a password")
	}
	if address.Port() == "" {
		f.address = net.JoinHostPort(address.Hostname(), "22")
	}
	if f.socket == "" || f.socket == "/" {
		f.socket = defaultSocket
	}
	if _, err := f.settings(); err != nil {
		return farSide{}, err
	}
	return f, nil
}

// settings reads the key and the hosts that are known.
func (f farSide) settings() (*ssh.ClientConfig, error) {
	if f.identity == "" || f.knownHostsFile == "" {
		return nil, errors.New("ssh: want identity_file and known_hosts_file")
	}
	written, err := os.ReadFile(f.identity)
	if err != nil {
		return nil, fmt.Errorf("ssh.identity_file: %w", err)
	}
	key, err := ssh.ParsePrivateKey(written)
	if err != nil {
		return nil, fmt.Errorf("ssh.identity_file: want a private key without a passphrase: %w", err)
	}
	check, err := knownhosts.New(f.knownHostsFile)
	if err != nil {
		return nil, fmt.Errorf("ssh.known_hosts_file: %w", err)
	}
	algorithms, err := f.algorithms(check, key.PublicKey())
	if err != nil {
		return nil, err
	}
	return &ssh.ClientConfig{
		User: f.user, Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, HostKeyCallback: check, HostKeyAlgorithms: algorithms,
		ClientVersion: "SSH-2.0-aftercheck",
	}, nil
}

// algorithms are those of the host's known keys: a server that has several keys
// is to show one of these. The check is asked with a key that is hardly one of
// them, so that it tells which it wants.
func (f farSide) algorithms(check ssh.HostKeyCallback, other ssh.PublicKey) ([]string, error) {
	unknown := (*knownhosts.KeyError)(nil)
	err := check(f.address, &net.TCPAddr{}, other)
	if err == nil { // it is one of them after all: the host's own user logs in with the host's key
		return algorithmsOf(other), nil
	}
	if !errors.As(err, &unknown) || len(unknown.Want) == 0 {
		return nil, fmt.Errorf("ssh.known_hosts_file: want a key of %s in it, as ssh-keyscan prints it", f.address)
	}
	var algorithms []string
	for _, known := range unknown.Want {
		algorithms = append(algorithms, algorithmsOf(known.Key)...)
	}
	slices.Sort(algorithms)
	return slices.Compact(algorithms), nil
}

// algorithmsOf are those that a key can sign with, without SHA-1.
func algorithmsOf(key ssh.PublicKey) []string {
	if key.Type() == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return []string{key.Type()}
}

// dial logs in and connects to the socket on the far side.
func (f farSide) dial(ctx context.Context) (net.Conn, error) {
	settings, err := f.settings()
	if err != nil {
		return nil, err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", f.address)
	if err != nil {
		return nil, err
	}
	// What follows knows no context: the connection is closed under it.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if deadline, set := ctx.Deadline(); set {
		_ = conn.SetDeadline(deadline)
	}
	session, channels, requests, err := ssh.NewClientConn(conn, f.address, settings)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("logging in by ssh: %w", err)
	}
	client := ssh.NewClient(session, channels, requests)
	forwarded, err := client.DialContext(ctx, "unix", f.socket)
	if err != nil {
		_ = client.Close()
		return nil, fmt.Errorf("reaching %s behind ssh: %w", f.socket, err)
	}
	_ = conn.SetDeadline(time.Time{})
	return &farConn{Conn: forwarded, client: client}, nil
}

// farConn takes its SSH connection along when it is closed.
type farConn struct {
	net.Conn
	client *ssh.Client
}

// Close closes the connection and the one below.
func (c *farConn) Close() error { return errors.Join(c.Conn.Close(), c.client.Close()) }
