package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// systemSocket is where the socket is if its directory can be written.
const systemSocket = "/run/aftercheck/aftercheck.sock"

// maxSocketPath is how long a path the kernel takes, in bytes.
const maxSocketPath = 103

// dialTimeout is how long a dial may take before a socket file is taken as that
// of a sidecar which is there but busy.
const dialTimeout = time.Second

// DefaultSocket returns where the socket is if nobody says otherwise, for the
// sidecar and its callers alike: /run/aftercheck/aftercheck.sock if it is there
// or can be made, else aftercheck/aftercheck.sock under $XDG_RUNTIME_DIR. If
// that variable is empty it is the former, so that the error names it. It only
// looks and makes nothing.
func DefaultSocket() string {
	return defaultSocket(systemSocket, os.Getenv("XDG_RUNTIME_DIR"))
}

func defaultSocket(system, runtimeDir string) string {
	if _, err := os.Lstat(system); err == nil || runtimeDir == "" || canMake(system) {
		return system
	}
	return filepath.Join(runtimeDir, "aftercheck", "aftercheck.sock")
}

// canMake reports whether the file, and its directory if that is missing, could
// be made by us.
func canMake(path string) bool {
	const write, search = 2, 1
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		dir = filepath.Dir(dir)
	}
	return syscall.Access(dir, write|search) == nil
}

// ListenUnix listens on a unix socket at the path, with mode 0660; its
// directory is made if it is missing. A socket file that nobody answers on any
// more is replaced. It is an error if another sidecar answers there, or if what
// is there is no socket. Closing the listener removes the file.
func ListenUnix(path string) (net.Listener, error) {
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("listening on %s: want a path of at most %d bytes", path, maxSocketPath)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("making the socket's directory: %w", err)
	}
	if err := removeStale(path); err != nil {
		return nil, err
	}
	l, err := listenPrivately(path)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", path, err)
	}
	return l, nil
}

// removeStale removes a socket file that nobody answers on.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("looking at the socket file: %w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s is there and is no socket; want another path, or the file removed", path)
	}
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(context.Background(), "unix", path)
	switch {
	case err == nil:
		_ = conn.Close()
		return fmt.Errorf("another sidecar serves on %s", path)
	case !errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("asking who serves on the socket: %w", err)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("removing a stale socket file: %w", err)
	}
	return nil
}

// listenPrivately binds the socket in a directory that nobody else can enter,
// sets its mode there and only then links it to its path, so that at no moment
// anybody may connect who should not. The link fails if another sidecar was
// faster.
func listenPrivately(path string) (net.Listener, error) {
	private, err := os.MkdirTemp(filepath.Dir(path), ".")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(private) }()
	inside := filepath.Join(private, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: inside, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // it would remove the name that is not used any more
	if err := errors.Join(os.Chmod(inside, 0o660), os.Link(inside, path)); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return newSocket(l, path)
}

// socket is a listener that removes its file when it is closed, unless another
// sidecar has put its own there. It knows who connects.
type socket struct {
	net.Listener
	path string
	file fs.FileInfo
}

func newSocket(l net.Listener, path string) (net.Listener, error) {
	file, err := os.Lstat(path)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return &socket{countConnections(l, maxConnections, maxConnectionsPerClient), path, file}, nil
}

// Addr returns the path.
func (s *socket) Addr() net.Addr { return &net.UnixAddr{Name: s.path, Net: "unix"} }

// Close stops listening and removes the socket file.
func (s *socket) Close() error {
	if now, err := os.Lstat(s.path); err == nil && os.SameFile(now, s.file) {
		_ = os.Remove(s.path) // the next sidecar finds it stale
	}
	return s.Listener.Close()
}
