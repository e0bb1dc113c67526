//go:build chaos

package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck/internal/testbed"
)

// proxy is a toxiproxy with one way through it, from Addr to a server.
type proxy struct {
	Addr    string
	control string // URL of its API
}

func newProxy(t *testing.T, upstream string) *proxy {
	t.Helper()
	port, way := testbed.FreePort(t), testbed.FreePort(t)
	p := &proxy{Addr: "127.0.0.1:" + strconv.Itoa(way), control: "http://127.0.0.1:" + strconv.Itoa(port)}
	process, err := testbed.Launch(testbed.Command{
		Name: "toxiproxy", Path: proxyBinary, Args: []string{"-host", "127.0.0.1", "-port", strconv.Itoa(port)}, Dir: t.TempDir(),
		Ready: func(ctx context.Context) error { return p.call(ctx, http.MethodGet, "/version", nil) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(process.Kill)
	path := map[string]any{"name": "way", "listen": p.Addr, "upstream": upstream, "enabled": true}
	if err := p.call(t.Context(), http.MethodPost, "/proxies", path); err != nil {
		t.Fatal(err)
	}
	return p
}

// call sends one request to the proxy's API.
func (p *proxy) call(ctx context.Context, method, path string, body any) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, p.control+path, bytes.NewReader(encoded))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	said, _ := io.ReadAll(response.Body)
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("toxiproxy: %s %s: %s %s", method, path, response.Status, said)
	}
	return nil
}

// poison makes the way ill, in both directions, until cure. Attributes are the
// toxic's own: toxiproxy's documentation lists them.
func (p *proxy) poison(ctx context.Context, kind string, attributes map[string]any) error {
	for _, stream := range []string{"upstream", "downstream"} {
		toxic := map[string]any{"name": stream, "type": kind, "stream": stream, "attributes": attributes}
		if err := p.call(ctx, http.MethodPost, "/proxies/way/toxics", toxic); err != nil {
			return err
		}
	}
	return nil
}

// delay holds back what the server answers.
func (p *proxy) delay(ctx context.Context, by time.Duration) error {
	toxic := map[string]any{"name": "downstream", "type": "latency", "stream": "downstream", "attributes": map[string]any{"latency": by.Milliseconds()}}
	return p.call(ctx, http.MethodPost, "/proxies/way/toxics", toxic)
}

// cure ends every ill of the way.
func (p *proxy) cure(ctx context.Context) error { return p.call(ctx, http.MethodPost, "/reset", nil) }
