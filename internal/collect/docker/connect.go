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
	base := "http://docker" // whom a socket belongs to needs no name
	switch address.Scheme {
	case "unix":
		err = overSocket(transport, address)
	case "ssh":
		err = overSSH(transport, address, c)
	case "tcp", "http", "https":
		base, err = overTCP(transport, address, c.TLS)
	default:
		err = errAddress
	}
	if err != nil {
		return nil, err
	}
	return &engine{base: base, client: &http.Client{Transport: collect.Watch(transport), CheckRedirect: collect.WithinHost}}, nil
}

func overSocket(transport *http.Transport, address *url.URL) error {
	if address.Host != "" || address.Path == "" {
		return errAddress
	}
	transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", address.Path)
	}
	return nil
}

func overSSH(transport *http.Transport, address *url.URL, c Config) error {
	far, err := newSSH(address, c.IdentityFile, c.KnownHostsFile)
	if err != nil {
		return err
	}
	transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) { return far.dial(ctx) }
	return nil
}

// overTCP returns the address to ask. With tcp, as Docker writes it, TLS is used
// where there is anything to use.
func overTCP(transport *http.Transport, address *url.URL, settings promconfig.TLSConfig) (base string, err error) {
	if address.Hostname() == "" || address.Path != "" && address.Path != "/" {
		return "", errAddress
	}
	given := settings != promconfig.TLSConfig{}
	if address.Scheme == "http" || address.Scheme == "tcp" && !given {
		return "http://" + address.Host, nil
	}
	if transport.TLSClientConfig, err = promconfig.NewTLSConfig(&settings); err != nil {
		return "", fmt.Errorf("tls_config: %w", err)
	}
	return "https://" + address.Host, nil
}

var errAddress = errors.New("url: want unix:///var/run/docker.sock, https://host:2376, http://host:2375 or ssh://user@host")
