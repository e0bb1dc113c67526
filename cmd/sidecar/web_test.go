package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/client"
	"github.com/aftercheck/aftercheck/internal/testbed"
	"github.com/aftercheck/aftercheck/internal/testbed/browser"
)

func TestExternalURL(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	anywhere, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer anywhere.Close()
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(anywhere.Addr().String())
	secure := filepath.Join(t.TempDir(), "web.yml")
	if err := os.WriteFile(secure, []byte("tls_server_config: {cert_file: a, key_file: b}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		options serveOptions
		listens []net.Listener
		want    string
	}{
		"said":             {serveOptions{externalURL: "https://aftercheck.example.com"}, nil, "https://aftercheck.example.com"},
		"with a path":      {serveOptions{externalURL: "http://tools.example.com:8080/aftercheck//"}, nil, "http://tools.example.com:8080/aftercheck"},
		"first address":    {serveOptions{}, []net.Listener{listener, anywhere}, "http://" + listener.Addr().String()},
		"every address":    {serveOptions{}, []net.Listener{anywhere}, "http://" + net.JoinHostPort(host, port)},
		"with TLS":         {serveOptions{webConfig: secure}, []net.Listener{listener}, "https://" + listener.Addr().String()},
		"TLS, and is said": {serveOptions{webConfig: secure, externalURL: "http://proxy/"}, []net.Listener{listener}, "http://proxy"},
	} {
		got, err := externalURL(c.options, c.listens)
		if err != nil || got.String() != c.want {
			t.Errorf("%s: %s and %v, want %s", name, got, err, c.want)
		}
	}
	for _, wrong := range []string{"aftercheck", "ftp://a", "http://", "http://user:secret@a", "https://a?b=c", "https://a#b", "//a", "javascript:alert(1)", "http://[::1"} {
		if got, err := externalURL(serveOptions{externalURL: wrong}, nil); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q gives %s and %v", wrong, got, err)
		}
	}
}

// startSidecar runs a sidecar with the web configuration in the file, or none,
// and one sensor: the patient.
func startSidecar(t *testing.T, webConfig string) (*sidecar, *client.Client, *patient) {
	t.Helper()
	ill := &patient{}
	ill.status.Store(http.StatusInternalServerError)
	server := httptest.NewServer(ill)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	settings := fmt.Sprintf("default_policy: {warmup: 200ms, deadline: 5m, interval: 200ms, rounds: 2}\nsensors:\n  kubernetes: {enabled: false}\n  http: [{name: shop, url: '%s/healthz', signal: true}]\n", server.URL)
	file := filepath.Join(dir, "aftercheck.yaml")
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := newSidecar(serveOptions{
		configFile: file, socket: filepath.Join(dir, "s.sock"), storagePath: filepath.Join(dir, "store.db"), grace: 10 * time.Second,
		webAddresses: []string{"127.0.0.1:0"}, webConfig: webConfig,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	c, err := client.New(s.options.socket)
	if err != nil {
		t.Fatal(err)
	}
	testbed.Eventually(t, time.Minute, func() error { return c.Ready(ctx) })
	return s, c, ill
}

// TestPagesOfARunningSidecar goes from the landing page to a verification that
// is under way, and sees its verdict arrive.
func TestPagesOfARunningSidecar(t *testing.T) {
	s, c, ill := startSidecar(t, "")
	ctx := context.Background()
	incident := aftercheck.Incident{ID: "inc-1", Alertname: "ShopDown"}
	snapshot, err := c.Capture(ctx, aftercheck.SnapshotRequest{Incident: incident, Action: aftercheck.Action{Text: "restart_service:shop"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Verify(ctx, aftercheck.VerificationRequest{ID: "ver-1", Incident: incident, Action: aftercheck.Action{Text: "restart_service:shop"}, SnapshotID: snapshot.ID}, 0); err != nil {
		t.Fatal(err)
	}
	p := browser.Start(t).Open(t, s.externalURL.String(), browser.Look{})
	p.Do(chromedp.Click(chromedp.CSS(`a[href="/verifications"]`)), chromedp.WaitVisible(chromedp.CSS(".list .verdict a")))
	p.Do(chromedp.Click(chromedp.CSS(".list .verdict a")), chromedp.WaitVisible(chromedp.CSS("#verdict-word")))
	ill.status.Store(http.StatusOK)
	testbed.Eventually(t, browser.Within, func() error {
		if got := browser.Get(p, chromedp.TextContent(chromedp.CSS("#status"))); got != "Verdict: success" {
			return fmt.Errorf("announced: %q", got)
		}
		return nil
	})
	if got := browser.Get(p, chromedp.Text(chromedp.CSS(".request"))); !strings.Contains(got, fmt.Sprintf("uid %d", os.Geteuid())) {
		t.Errorf("who asked is not shown: %s", got)
	}
}

// TestPagesAreBehindTLSAndPasswords: what guards /metrics guards the evidence.
func TestPagesAreBehindTLSAndPasswords(t *testing.T) {
	dir := t.TempDir()
	certificate := selfSigned(t, dir)
	// bcrypt of "correct horse", at the least cost
	const hash = "$2y$05$F/Yy.xqnYJkTOyTgMcYc9.G8gyxY4uKfBZWzZhxc1fRRssVsB88du"
	web := filepath.Join(dir, "web.yml")
	text := fmt.Sprintf("tls_server_config: {cert_file: %s/cert.pem, key_file: %s/key.pem}\nbasic_auth_users: {sre: '%s'}\n", dir, dir, hash)
	if err := os.WriteFile(web, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, _, _ := startSidecar(t, web)
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer transport.CloseIdleConnections()
	for _, path := range []string{"/verifications", "/verifications/absent", "/verifications/absent.json"} {
		for password, want := range map[string]bool{"": false, "wrong": false, "correct horse": true} {
			request, err := http.NewRequest(http.MethodGet, s.externalURL.String()+path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			if password != "" {
				request.SetBasicAuth("sre", password)
			}
			response, err := transport.RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(response.Body)
			response.Body.Close()
			if let := response.StatusCode != http.StatusUnauthorized; let != want {
				t.Errorf("%s with password %q: %d", path, password, response.StatusCode)
			}
			if !want && strings.Contains(string(body), "Aftercheck") {
				t.Errorf("%s with password %q: %s", path, password, body)
			}
		}
	}
}

// selfSigned writes cert.pem and key.pem for 127.0.0.1.
func selfSigned(t *testing.T, dir string) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}
