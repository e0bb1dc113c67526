//go:build docker

package docker

import (
	"fmt"
	"os"
	"testing"

	"github.com/aftercheck/aftercheck/internal/testbed"
)

// shared is the engine of all these tests; each has container names of its own.
// It serves on sharedTLS too, with the certificates that are files in sharedFiles.
var (
	shared                 *testbed.Docker
	sharedTLS, sharedFiles string
)

func TestMain(m *testing.M) {
	code, err := withEngine(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func withEngine(m *testing.M) (int, error) {
	var err error
	if sharedFiles, err = os.MkdirTemp("", "docker-tls-"); err != nil {
		return 0, err
	}
	defer os.RemoveAll(sharedFiles)
	if err := certify(sharedFiles); err != nil {
		return 0, fmt.Errorf("making certificates: %w", err)
	}
	ports, err := testbed.FreePorts(1)
	if err != nil {
		return 0, err
	}
	sharedTLS = fmt.Sprintf("127.0.0.1:%d", ports[0])
	shared, err = testbed.StartDocker("--host=tcp://"+sharedTLS, "--tlsverify", "--tlscacert="+sharedFiles+"/ca.crt",
		"--tlscert="+sharedFiles+"/server.crt", "--tlskey="+sharedFiles+"/server.key")
	if err != nil {
		return 0, fmt.Errorf("starting the engine: %w", err)
	}
	defer shared.End()
	return m.Run(), nil
}
