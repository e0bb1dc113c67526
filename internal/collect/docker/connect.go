package docker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	promconfig "github.com/prometheus/common/config"

	"github.com/aftercheck/aftercheck/internal/collect"
)

// defaultSocket is the engine's socket on the far side of ssh.
const defaultSocket = "/var/run/docker.sock"

// dial connects to an engine.
type dial func(ctx context.Context) (net.Conn, error)

// connect makes the engine of a configuration, without connecting.
func connect(c Config) (*engine, error) {
	address, err := url.Parse(c.URL)
	if err != nil || address.User != nil && address.Scheme != "ssh" {
		return nil, errAddress
	}
	if address.Scheme != "ssh" && (c.IdentityFile != "" || c.KnownHostsFile != "") {
		return nil, errors.New("ssh: want it with an address of ssh:// alone")
	}
	transport := &http.Transport{
		MaxConnsPerHost: atOnce, MaxIdleConnsPerHost: atOnce, IdleConnTimeout: time.Minute, DisableCompression: true,
		MaxResponseHeaderBytes: 64 << 10,
	}
	e := &engine{base: "http://docker"}
	switch {
	case address.Scheme == "unix" && address.Host == "" && address.Path != "":
		transport.DialContext = through(func(ctx context.Context) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", address.Path)
		})
	case address.Scheme == "ssh" && address.Hostname() != "":
		far, err := newSSH(address, c.IdentityFile, c.KnownHostsFile)
		if err != nil {
			return nil, err
		}
		transport.DialContext = through(far)
	case address.Hostname() == "" || address.Path != "" && address.Path != "/":
		return nil, errAddress
	case address.Scheme == "https", address.Scheme == "tcp" && c.TLS != (promconfig.TLSConfig{}):
		if transport.TLSClientConfig, err = promconfig.NewTLSConfig(&c.TLS); err != nil {
			return nil, fmt.Errorf("tls_config: %w", err)
		}
		e.base = "https://" + address.Host
	case address.Scheme == "http", address.Scheme == "tcp":
		e.base = "http://" + address.Host
	default:
		return nil, errAddress
	}
	e.client = &http.Client{Transport: collect.Watch(transport), CheckRedirect: collect.WithinHost}
	return e, nil
}

var errAddress = errors.New("url: want unix:///var/run/docker.sock, https://host:2376, http://host:2375 or ssh://user@host")

func through(d dial) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) { return d(ctx) }
}
