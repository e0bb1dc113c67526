//go:build docker

package docker

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	promconfig "github.com/prometheus/common/config"
	"golang.org/x/crypto/ssh"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

// reading asks about a container that is not there, by a configuration.
func reading(t *testing.T, c Config) aftercheck.Reading {
	t.Helper()
	c.Name, c.Only, c.Timeout = "web-1", true, patience
	sensor, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	readings := collect.NewSet([]collect.Sensor{sensor}, collect.Options{}).Ask(t.Context(), about("nobody"))
	if len(readings) != 1 {
		t.Fatalf("%d readings", len(readings))
	}
	return readings[0]
}

func answered(t *testing.T, r aftercheck.Reading) {
	t.Helper()
	if r.Outcome != aftercheck.ReadingOK || len(r.Findings) != 1 || r.Findings[0].Reason != aftercheck.ReasonNotFound {
		t.Errorf("%s %s %+v", r.Outcome, r.Error, r.Findings)
	}
}

func refused(t *testing.T, r aftercheck.Reading, why string) {
	t.Helper()
	if r.Outcome != aftercheck.ReadingError || !strings.Contains(r.Error, why) {
		t.Errorf("got %s %s, want %s", r.Outcome, r.Error, why)
	}
}

// TestTLS: both sides show a certificate.
func TestTLS(t *testing.T) {
	file := func(name string) string { return filepath.Join(sharedFiles, name) }
	mutual := promconfig.TLSConfig{CAFile: file("ca.crt"), CertFile: file("client.crt"), KeyFile: file("client.key")}
	answered(t, reading(t, Config{URL: "https://" + sharedTLS, TLS: mutual}))
	answered(t, reading(t, Config{URL: "tcp://" + sharedTLS, TLS: mutual}))
	refused(t, reading(t, Config{URL: "https://" + sharedTLS, TLS: promconfig.TLSConfig{CAFile: file("ca.crt")}}), "certificate")
	refused(t, reading(t, Config{URL: "https://" + sharedTLS, TLS: promconfig.TLSConfig{CertFile: file("client.crt"), KeyFile: file("client.key")}}), "unknown authority")
	refused(t, reading(t, Config{URL: "tcp://" + sharedTLS}), "HTTP request to an HTTPS server")
}

// TestSSH: the engine's socket behind a real SSH server, whose key must be the
// one that is known, and which forwards and runs no command.
func TestSSH(t *testing.T) {
	dir := t.TempDir()
	server := sshServer(t, dir)
	url := fmt.Sprintf("ssh://root@%s%s", server, shared.Socket)
	known := write(t, dir, "known_hosts", knownAs(t, server, filepath.Join(dir, "host")))
	identity := filepath.Join(dir, "user")
	answered(t, reading(t, Config{URL: url, IdentityFile: identity, KnownHostsFile: known}))
	refused(t, reading(t, Config{URL: url + ".none", IdentityFile: identity, KnownHostsFile: known}), "behind ssh")

	stranger := keyPair(t, dir, "stranger")
	refused(t, reading(t, Config{URL: url, IdentityFile: stranger, KnownHostsFile: known}), "unable to authenticate")
	other := write(t, dir, "known_others", knownAs(t, server, stranger))
	refused(t, reading(t, Config{URL: url, IdentityFile: identity, KnownHostsFile: other}), "key mismatch")
	elsewhere := write(t, dir, "known_elsewhere", knownAs(t, "127.0.0.9:22", filepath.Join(dir, "host")))
	if _, err := New(Config{Name: "web-1", URL: url, IdentityFile: identity, KnownHostsFile: elsewhere}); err == nil || !strings.Contains(err.Error(), "want a key of "+server) {
		t.Errorf("a host that nobody knows: %v", err)
	}
}

// TestReadOnlyProxy: docs/docker-proxy.cfg lets the sensor's questions through, and
// nothing else.
func TestReadOnlyProxy(t *testing.T) {
	const documented = "../../../docs/docker-proxy.cfg"
	settings, err := os.ReadFile(documented)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	socket := filepath.Join(dir, "docker.sock")
	here := strings.NewReplacer("/run/aftercheck-docker/docker.sock", socket, "/var/run/docker.sock", shared.Socket).Replace(string(settings))
	proxy, err := testbed.Launch(testbed.Command{
		Name: "haproxy", Path: "/usr/sbin/haproxy", Args: []string{"-db", "-f", write(t, dir, "haproxy.cfg", here)}, Dir: dir,
		Ready: func(context.Context) error { _, err := os.Stat(socket); return err },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Kill)
	shared.Run(t, "behind-a-proxy", command(stays, nil))
	sensor, err := New(Config{Name: "web-1", URL: "unix://" + socket, Only: true, Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	r := awaitReason(t, collect.NewSet([]collect.Sensor{sensor}, collect.Options{}), about("behind-a-proxy"), aftercheck.StateHealthy, reasonRunning)
	for _, f := range r.Findings {
		if f.State == aftercheck.StateUnknown {
			t.Errorf("not everything is let through: %+v", f)
		}
	}
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
	for path, method := range map[string]string{
		"/containers/behind-a-proxy/stop": http.MethodPost, "/containers/behind-a-proxy/json": http.MethodPost,
		"/containers/behind-a-proxy/archive?path=/": http.MethodGet, "/containers/behind-a-proxy/logs?stdout=1": http.MethodGet,
		"/containers/x/../behind-a-proxy/export": http.MethodGet, "/info": http.MethodGet, "/v1.41/images/json": http.MethodGet,
	} {
		request, err := http.NewRequestWithContext(t.Context(), method, "http://docker"+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusForbidden {
			t.Errorf("%s %s: %s", method, path, response.Status)
		}
	}
}

// sshServer starts sshd for one key, dir/user, and returns its address.
func sshServer(t *testing.T, dir string) string {
	t.Helper()
	keyPair(t, dir, "host")
	authorized, err := os.ReadFile(keyPair(t, dir, "user") + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "authorized", string(authorized))
	if err := os.MkdirAll("/run/sshd", 0o755); err != nil { // as sshd wants it
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", testbed.FreePort(t))
	settings := write(t, dir, "sshd_config", fmt.Sprintf(`ListenAddress %s
HostKey %[2]s/host
AuthorizedKeysFile %[2]s/authorized
PidFile none
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
ForceCommand /bin/false
`, address, dir))
	server, err := testbed.Launch(testbed.Command{
		Name: "sshd", Path: "/usr/sbin/sshd", Args: []string{"-D", "-e", "-f", settings}, Dir: dir,
		Ready: func(ctx context.Context) error {
			conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
			if err != nil {
				return err
			}
			return conn.Close()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Kill)
	return address
}

// keyPair writes a private key and its public one, and returns the former's path.
func keyPair(t *testing.T, dir, name string) string {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, name)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, name+".pub", string(ssh.MarshalAuthorizedKey(key)))
	return write(t, dir, name, string(pem.EncodeToMemory(block)))
}

// knownAs is the line of known_hosts for the public key beside a private one.
func knownAs(t *testing.T, address, key string) string {
	t.Helper()
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("[%s]:%s %s", host, port, public)
}

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// certify writes an authority, and certificates of a server on loopback and of a
// client.
func certify(dir string) error {
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	key, err := certificate(dir, "ca", authority, authority, nil)
	if err != nil {
		return err
	}
	_, forServer := certificate(dir, "server", &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "engine"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, authority, key)
	_, forClient := certificate(dir, "client", &x509.Certificate{
		SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "aftercheck"}, NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, authority, key)
	return errors.Join(forServer, forClient)
}

// certificate writes name.crt and name.key; without a signer's key it signs
// itself.
func certificate(dir, name string, of, by *x509.Certificate, signer *ecdsa.PrivateKey) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	if signer == nil {
		signer = key
	}
	signed, err := x509.CreateCertificate(rand.Reader, of, by, &key.PublicKey, signer)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	files := map[string]*pem.Block{".crt": {Type: "CERTIFICATE", Bytes: signed}, ".key": {Type: "PRIVATE KEY", Bytes: private}}
	for suffix, block := range files {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, name+suffix), pem.EncodeToMemory(block), 0o600))
	}
	return key, err
}
