package evidence_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

func write(t testing.TB, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// admin runs a command on a server, words separated by spaces.
func admin(t testing.TB, addr, command string) {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: addr})
	defer client.Close()
	var words []any
	for word := range strings.FieldsSeq(command) {
		words = append(words, word)
	}
	if err := client.Do(t.Context(), words...).Err(); err != nil {
		t.Fatalf("%.30s: %v", command, err)
	}
}

// everything calls everything that a store does.
func everything(t testing.TB, s *evidence.Redis) error {
	t.Helper()
	for n := range 3 {
		if err := evidencetest.Live(t.Context(), s, n); err != nil {
			return err
		}
	}
	other := evidencetest.Sample(1)
	other.RequestDigest, other.Incident.ID = "another", "another"
	if _, _, err := s.Accept(t.Context(), other); !errors.Is(err, aftercheck.ErrConflict) { // takes entries back
		return fmt.Errorf("a conflict: %w", errors.Join(err, errors.New("want ErrConflict")))
	}
	if _, err := evidencetest.World(t.Context(), s, evidencetest.LifeSnapshots(3)...); err != nil {
		return err
	}
	if _, err := s.List(t.Context(), aftercheck.Filter{Since: time.Now().Add(-time.Hour)}); err != nil {
		return err
	}
	if err := everyErrandCall(t.Context(), s); err != nil {
		return err
	}
	if err := s.Sweep(t.Context()); err != nil {
		return err
	}
	if _, err := s.Caveats(t.Context()); err != nil {
		return err
	}
	return s.Check(t.Context())
}

// withACL gives the user a rule on all servers, forgets their scripts, and
// calls everything as that user on keys of its own.
func withACL(t testing.TB, addrs []string, rule string) error {
	t.Helper()
	database := ""
	if len(addrs) == 1 {
		database = "/1"
	}
	for _, addr := range addrs {
		admin(t, addr, "ACL SETUSER sidecar reset on >s3cret "+rule)
		admin(t, addr, "SCRIPT FLUSH")
	}
	o := evidence.RedisOptions{
		URL: "redis://sidecar@" + strings.Join(addrs, ",") + database, Prefix: "aftercheck:" + freshPrefix(),
		PasswordFile: write(t, filepath.Join(t.TempDir(), "password"), "s3cret\n"),
	}
	gone := openRedis(t, o)
	if _, _, err := gone.Accept(t.Context(), evidencetest.Sample(4)); err != nil {
		return err
	}
	_ = gone.Close() // leaves something to take over, if it may
	return everything(t, openRedis(t, o))
}

// TestRedisACL gives a user exactly RedisACL: everything works, on one server
// and on a cluster, and without any one command of it something does not, but
// for the one that the cluster's client can do without.
func TestRedisACL(t *testing.T) {
	single, cluster := []string{testbed.Redis(t)}, testbed.RedisCluster(t)
	for _, addrs := range [][]string{single, cluster} {
		if err := withACL(t, addrs, evidence.RedisACL); err != nil {
			t.Errorf("on %d servers: %v", len(addrs), err)
		}
	}
	words := strings.Fields(evidence.RedisACL)
	for i, word := range words {
		if !strings.HasPrefix(word, "+") || word == "+command" {
			continue
		}
		without := strings.Join(slices.Delete(slices.Clone(words), i, i+1), " ")
		if withACL(t, single, without) == nil && withACL(t, cluster, without) == nil {
			t.Errorf("everything works without %s", word)
		}
	}
}

// TestRedisACLKeepsToThePrefix sees that the user reaches no other keys.
func TestRedisACLKeepsToThePrefix(t *testing.T) {
	addr := testbed.Redis(t)
	admin(t, addr, "ACL SETUSER sidecar on >s3cret "+evidence.RedisACL)
	password := write(t, filepath.Join(t.TempDir(), "password"), "s3cret")
	s := openRedis(t, evidence.RedisOptions{URL: "redis://sidecar@" + addr, PasswordFile: password, Prefix: "another"})
	if err := s.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "NOPERM") {
		t.Errorf("under another prefix: error %v, want NOPERM", err)
	}
}

// TestRedisPasswordIsReadAgain changes the password while the store is open.
func TestRedisPasswordIsReadAgain(t *testing.T) {
	addr := testbed.Redis(t)
	passwordFile := write(t, filepath.Join(t.TempDir(), "password"), "first")
	admin(t, addr, "ACL SETUSER sidecar on >first "+evidence.RedisACL)
	s := openRedis(t, evidence.RedisOptions{URL: "redis://sidecar@" + addr, PasswordFile: passwordFile})
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	admin(t, addr, "ACL SETUSER sidecar resetpass >second")
	admin(t, addr, "CLIENT KILL USER sidecar")
	testbed.Eventually(t, 10*time.Second, func() error {
		if err := s.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "WRONGPASS") {
			return fmt.Errorf("with the old password: error %w, want WRONGPASS", err)
		}
		return nil
	})
	write(t, passwordFile, "second\r\n")
	testbed.Eventually(t, 10*time.Second, func() error { return s.Check(t.Context()) })
}

// certificate makes a certificate for 127.0.0.1 that is its own CA.
func certificate(t testing.TB) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: []string{"redis.example"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	return write(t, filepath.Join(dir, "cert.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))),
		write(t, filepath.Join(dir, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
}

func TestRedisTLS(t *testing.T) {
	cert, key := certificate(t)
	port := fmt.Sprint(testbed.FreePort(t))
	testbed.Redis(t, "--tls-port", port, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert, "--tls-auth-clients", "yes")
	url := "rediss://127.0.0.1:" + port
	for name, c := range map[string]struct {
		options evidence.RedisOptions
		works   bool
	}{
		"both trust each other":     {evidence.RedisOptions{URL: url, CAFile: cert, CertFile: cert, KeyFile: key}, true},
		"under its other name":      {evidence.RedisOptions{URL: url, CAFile: cert, CertFile: cert, KeyFile: key, ServerName: "redis.example"}, true},
		"under a name of others":    {evidence.RedisOptions{URL: url, CAFile: cert, CertFile: cert, KeyFile: key, ServerName: "other.example"}, false},
		"no certificate of our own": {evidence.RedisOptions{URL: url, CAFile: cert}, false},
		"an unknown authority":      {evidence.RedisOptions{URL: url, CertFile: cert, KeyFile: key}, false},
		"without TLS":               {evidence.RedisOptions{URL: "redis://127.0.0.1:" + port}, false},
	} {
		err := openRedis(t, c.options).Check(t.Context())
		if (err == nil) != c.works {
			t.Errorf("%s: error %v, want it to work: %v", name, err, c.works)
		}
	}
}

// TestRedisSentinel finds the master by asking a sentinel.
func TestRedisSentinel(t *testing.T) {
	master := testbed.Redis(t)
	host, port, _ := net.SplitHostPort(master)
	dir := t.TempDir()
	config := write(t, filepath.Join(dir, "sentinel.conf"), fmt.Sprintf("sentinel monitor shop %s %s 1\n", host, port))
	at := fmt.Sprint(testbed.FreePort(t))
	sentinel, err := testbed.Launch(testbed.Command{
		Name: "sentinel", Path: "/usr/bin/redis-server", Dir: dir,
		Args: []string{config, "--sentinel", "--port", at, "--bind", "127.0.0.1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sentinel.Kill)
	s := openRedis(t, evidence.RedisOptions{URL: "redis://127.0.0.1:" + at, SentinelMaster: "shop"})
	testbed.Eventually(t, 10*time.Second, func() error { return s.Check(t.Context()) })
	if err := everything(t, s); err != nil {
		t.Error(err)
	}
	wrong := openRedis(t, evidence.RedisOptions{URL: "redis://127.0.0.1:" + at, SentinelMaster: "unknown"})
	if err := wrong.Check(t.Context()); err == nil {
		t.Error("a master that the sentinel does not know was found")
	}
}

// TestDocumentedACL holds the documented rule equal to the one that is tested.
func TestDocumentedACL(t *testing.T) {
	page, err := os.ReadFile("../../docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	if rule := "ACL SETUSER aftercheck on >PASSWORD " + evidence.RedisACL + "\n"; !strings.Contains(string(page), rule) {
		t.Errorf("docs/reliability.md does not have the line\n%s", rule)
	}
}
