//go:build e2e

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// writeCertificates writes below dir an authority (ca.crt, ca.key), the
// serving certificate that it signed (server.crt, server.key), and the key
// pair that signs the tokens of service accounts (accounts.key, accounts.pub).
// All of them are good for a day.
func writeCertificates(dir string) error {
	authorityKey, err := writeKey(dir, "ca.key")
	if err != nil {
		return err
	}
	authority := certificate("e2e-authority")
	authority.IsCA, authority.BasicConstraintsValid = true, true
	authority.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	if err := sign(dir, "ca.crt", authority, authority, &authorityKey.PublicKey, authorityKey); err != nil {
		return err
	}
	serverKey, err := writeKey(dir, "server.key")
	if err != nil {
		return err
	}
	server := certificate("kube-apiserver")
	server.SerialNumber = big.NewInt(2)
	server.KeyUsage = x509.KeyUsageDigitalSignature
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	server.DNSNames = []string{"localhost", "kubernetes", "kubernetes.default.svc"}
	server.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(10, 0, 0, 1)}
	if err := sign(dir, "server.crt", server, authority, &serverKey.PublicKey, authorityKey); err != nil {
		return err
	}
	return writeAccountKeys(dir)
}

func certificate(name string) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-time.Minute),
		NotAfter:     now.Add(24 * time.Hour),
	}
}

func sign(dir, name string, subject, issuer *x509.Certificate, public *ecdsa.PublicKey, key *ecdsa.PrivateKey) error {
	der, err := x509.CreateCertificate(rand.Reader, subject, issuer, public, key)
	if err != nil {
		return fmt.Errorf("signing %s: %w", name, err)
	}
	return writePEM(dir, name, "CERTIFICATE", der)
}

func writeAccountKeys(dir string) error {
	key, err := writeKey(dir, "accounts.key")
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	return writePEM(dir, "accounts.pub", "PUBLIC KEY", public)
}

func writeKey(dir, name string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, writePEM(dir, name, "EC PRIVATE KEY", der)
}

func writePEM(dir, name, kind string, der []byte) error {
	block := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	return os.WriteFile(filepath.Join(dir, name), block, 0o600)
}

// trusting returns a client that trusts the authority in the file alone.
func trusting(ca string) (*http.Client, error) {
	authority, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return nil, fmt.Errorf("%s holds no certificate", ca)
	}
	return &http.Client{
		Timeout:   5 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
	}, nil
}
