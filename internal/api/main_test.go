package api_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// callSocket, in the environment, makes this binary a caller of that socket, so
// that a test can have one under another user.
const callSocket = "AFTERCHECK_TEST_CALL_SOCKET"

// called is what such a caller prints of its one call.
type called struct {
	Status int
	Body   string
}

func TestMain(m *testing.M) {
	if path := os.Getenv(callSocket); path != "" {
		os.Exit(callOnce(path))
	}
	goleak.VerifyTestMain(m)
}

// callOnce accepts a verification and prints the answer.
func callOnce(path string) (exit int) {
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}}
	response, err := client.Post("http://localhost/v1/verifications", "application/json", strings.NewReader(verificationBody))
	if err != nil {
		_, _ = io.WriteString(os.Stderr, err.Error())
		return 1
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || json.NewEncoder(os.Stdout).Encode(called{response.StatusCode, string(body)}) != nil {
		return 1
	}
	return 0
}
