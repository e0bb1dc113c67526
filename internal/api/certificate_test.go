package api

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// authority signs certificates for the tests' servers.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tests"}, IsCA: true, BasicConstraintsValid: true,
		NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	key := newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return authority{certificate, key}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// issue writes a certificate for 127.0.0.1 with the serial number, and its key.
func (a authority) issue(t *testing.T, serial int64, certFile, keyFile string) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "sidecar"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	key := newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	// A new file in the old one's place, as a Secret's mount and cert-manager do.
	replaceFile(t, certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	replaceFile(t, keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}

func replaceFile(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// overTLS is a sidecar that serves over real TLS, and how it is called.
type overTLS struct {
	t       *testing.T
	address string
	trust   *x509.CertPool
	log     *LogLines
}

func serveTLS(t *testing.T, certFile, keyFile, tokenFile string, trust *x509.CertPool) *overTLS {
	t.Helper()
	s := &overTLS{t: t, trust: trust, log: &LogLines{}}
	log := slog.New(slog.NewTextHandler(s.log, nil))
	settings, err := TLSConfig(certFile, keyFile, log)
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := TokenFile(tokenFile)
	if err != nil {
		t.Fatal(err)
	}
	l, err := ListenTCP(TCP{Address: "127.0.0.1:0", Tokens: tokens, TLS: settings})
	if err != nil {
		t.Fatal(err)
	}
	s.address = l.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, l, Guard(whoami(), tokens, log), time.Second, log) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s
}

// whoami answers with what is known of the caller.
func whoami() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(requesterOf(r.Context()).String()))
	})
}

// call makes a request on a new connection, and returns the status, the answer
// and the serial number of the certificate.
func (s *overTLS) call(token string) (status int, body string, serial int64) {
	s.t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: s.trust, MinVersion: tls.VersionTLS12}}}
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "https://"+s.address+"/v1/verifications", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(response.Body); err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, text.String(), response.TLS.PeerCertificates[0].SerialNumber.Int64()
}

func (s *overTLS) want(token string, status int, body string, serial int64) {
	s.t.Helper()
	gotStatus, gotBody, gotSerial := s.call(token)
	if gotStatus != status || body != "" && gotBody != body || gotSerial != serial {
		s.t.Errorf("status %d, serial %d, %s; want %d, %d, %s", gotStatus, gotSerial, gotBody, status, serial, body)
	}
}

// TestTokensAndCertificatesAreRotated over real TLS, without a restart.
func TestTokensAndCertificatesAreRotated(t *testing.T) {
	dir, ca := t.TempDir(), newAuthority(t)
	certFile, keyFile, tokenFile := filepath.Join(dir, "crt"), filepath.Join(dir, "key"), filepath.Join(dir, "tokens")
	ca.issue(t, 101, certFile, keyFile)
	writeToken(t, tokenFile, "ci first-token-of-ci\n")
	s := serveTLS(t, certFile, keyFile, tokenFile, ca.pool())

	s.want("first-token-of-ci", http.StatusOK, "token ci address 127.0.0.1", 101)
	s.want("wrong", http.StatusUnauthorized, "", 101)

	writeToken(t, tokenFile, "ci first-token-of-ci\nci-next second-token-of-ci\n")
	s.want("first-token-of-ci", http.StatusOK, "token ci address 127.0.0.1", 101)
	s.want("second-token-of-ci", http.StatusOK, "token ci-next address 127.0.0.1", 101)
	writeToken(t, tokenFile, "ci-next second-token-of-ci\n")
	s.want("first-token-of-ci", http.StatusUnauthorized, "", 101)

	ca.issue(t, 102, certFile, keyFile)
	s.want("second-token-of-ci", http.StatusOK, "", 102)

	writeToken(t, certFile, "no certificate") // the old one stays, and the log says why
	s.want("second-token-of-ci", http.StatusOK, "", 102)
	s.want("second-token-of-ci", http.StatusOK, "", 102)
	if err := os.Remove(certFile); err != nil {
		t.Fatal(err)
	}
	s.want("second-token-of-ci", http.StatusOK, "", 102)
	s.want("second-token-of-ci", http.StatusOK, "", 102)
	ca.issue(t, 103, certFile, keyFile)
	s.want("second-token-of-ci", http.StatusOK, "", 103)
	if got := strings.Count(s.log.String(), "going on with the certificate as it was"); got != 2 {
		t.Errorf("told %d times of trouble with the certificate, want once each: %s", got, s.log)
	}
	for _, secret := range []string{"first-token", "second-token"} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("a token stands in the log: %s", s.log)
		}
	}
}

// TestTLSRefusesWhatIsOld: no version under 1.2, no plain HTTP.
func TestTLSRefusesWhatIsOld(t *testing.T) {
	dir, ca := t.TempDir(), newAuthority(t)
	certFile, keyFile, tokenFile := filepath.Join(dir, "crt"), filepath.Join(dir, "key"), filepath.Join(dir, "tokens")
	if _, err := TLSConfig(certFile, keyFile, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "reading the certificate") {
		t.Errorf("without files: %v", err)
	}
	ca.issue(t, 101, certFile, keyFile)
	writeToken(t, tokenFile, "first-token-of-ci")
	s := serveTLS(t, certFile, keyFile, tokenFile, ca.pool())
	old := &tls.Config{RootCAs: s.trust, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	if conn, err := (&tls.Dialer{Config: old}).DialContext(t.Context(), "tcp", s.address); err == nil {
		_ = conn.Close()
		t.Error("TLS 1.1 is spoken")
	}
	response, err := http.Get("http://" + s.address + "/v1/verifications")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusBadRequest {
		t.Errorf("plain HTTP is answered with status %d", response.StatusCode)
	}
}
