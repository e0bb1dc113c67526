package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/config"
)

func parsed(t *testing.T, text string) *config.Config {
	t.Helper()
	c, err := config.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPoliciesByNameAndByMatch(t *testing.T) {
	p, err := buildPolicies(parsed(t, `
default_policy: {rounds: 2}
policies:
- {name: asked, rounds: 3}
- {name: database, rounds: 4, match: {alertname: "Db.*"}}
- {name: shop, rounds: 5, match: {labels: [namespace=shop]}}
`))
	if err != nil {
		t.Fatal(err)
	}
	shop := map[string]string{"namespace": "shop"}
	for name, c := range map[string]struct {
		name     string
		incident aftercheck.Incident
		want     int
	}{
		"nothing fits":           {"", aftercheck.Incident{Alertname: "X"}, 2},
		"by the alert's name":    {"", aftercheck.Incident{Alertname: "DbDown", Labels: shop}, 4},
		"by labels":              {"", aftercheck.Incident{Alertname: "X", Labels: shop}, 5},
		"a part of the name":     {"", aftercheck.Incident{Alertname: "MyDbDown"}, 2},
		"by name":                {"asked", aftercheck.Incident{Labels: shop}, 3},
		"the default one's name": {"default", aftercheck.Incident{Labels: shop}, 2},
	} {
		got, err := p.find(c.name, c.incident)
		if err != nil || got.Rounds != c.want {
			t.Errorf("%s: got %d rounds and %v, want %d", name, got.Rounds, err, c.want)
		}
	}
	if _, err := p.find("absent", aftercheck.Incident{}); !errors.Is(err, aftercheck.ErrNotFound) {
		t.Errorf("an unknown policy gives %v", err)
	}
}

func TestChangesThatNeedARestart(t *testing.T) {
	before := parsed(t, "")
	for text, want := range map[string][]string{
		"":                                  nil,
		"default_policy: {warmup: 1s}":      nil,
		"store: {retention: 1d}":            {"store"},
		"limits: {max_in_flight: 5}":        {"limits.max_in_flight"},
		"limits: {max_reading_bytes: 2048}": nil,
		"limits: {max_calls: 5, client_share: 0.5, max_body_bytes: 16777216, client_calls_per_second: 5}": {
			"limits.client_calls_per_second", "limits.client_share", "limits.max_body_bytes", "limits.max_calls",
		},
		"listen: {unix: {allow_uids: [0]}}":  {"listen"},
		"metrics: {max_playbooks: 7}":        {"metrics"},
		"store: {redis: {url: 'redis://h'}}": {"store"},
	} {
		if got := changedForGood(before, parsed(t, text)); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// TestOwnSecretsAreRedacted leads a secret from its file to what removes it.
func TestOwnSecretsAreRedacted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("correct-horse-battery\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := parsed(t, "sensors: {http: [{name: a, url: 'http://a', authorization: {credentials_file: "+path+"}}]}")
	secrets, err := ownSecrets(c)
	if err != nil || !slices.Equal(secrets, []string{"correct-horse-battery"}) {
		t.Errorf("got %v and %v", secrets, err)
	}
}

// TestOwnSecretsInOneFile: each of several tokens in a file is a secret.
func TestOwnSecretsInOneFile(t *testing.T) {
	got := secretsIn("# ours\nci token-of-ci-0123456789\nagent token-of-agent-0123456789\n")
	for _, want := range []string{"token-of-ci-0123456789", "token-of-agent-0123456789"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is no secret: %v", want, got)
		}
	}
	if slices.Contains(got, "agent") || len(secretsIn(" \n")) != 0 {
		t.Errorf("short words are secrets: %v", got)
	}
}

// TestFixedLimits: what a reload cannot change stays, the rest changes.
func TestFixedLimits(t *testing.T) {
	current, loaded := parsed(t, "").Limits, parsed(t, "limits: {max_calls: 5, client_share: 0.5, max_in_flight: 7, max_reading_bytes: 2048}").Limits
	want := current
	want.MaxReadingBytes = 2048
	if got := fixedLimits(loaded, current); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestReferenceBuilds makes everything of the reference file, whose secrets are
// put where it says.
func TestReferenceBuilds(t *testing.T) {
	text, err := os.ReadFile("../../docs/aftercheck.reference.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "aftercheck.yaml")
	settings := strings.Replace(string(text), "enabled: auto # default", "enabled: false", 1)
	for _, certificate := range []string{"ca_file: secrets/ca.crt", "cert_file: secrets/client.crt", "key_file: secrets/client.key", "ca_file: secrets/docker-ca.crt"} {
		settings = strings.ReplaceAll(settings, certificate, strings.Split(certificate, ":")[0]+`: ""`)
	}
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(file)
	if err != nil {
		t.Fatal(config.Explain(err))
	}
	for _, path := range c.AllSecretFiles() {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("secret-"+filepath.Base(path)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	overSSH(t, c.Sensors.Docker[0])
	w, err := buildWorld(c, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := w.sensors.Names(), []string{"prometheus", "alerts", "web-1", "web-2", "shop-health", "queue-length"}; !slices.Equal(got, want) {
		t.Errorf("sensors are %v, want %v", got, want)
	}
	if w.proposals.Disabled || len(w.proposals.URLs) != 2 {
		t.Errorf("proposals are made so: %+v, though the reference has two Alertmanagers", w.proposals)
	}
}

// overSSH writes the files of a host that is reached by ssh.
func overSSH(t *testing.T, h config.DockerHost) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, keyErr := ssh.MarshalPrivateKey(private, "")
	host, hostErr := ssh.NewPublicKey(public)
	if err := errors.Join(keyErr, hostErr); err != nil {
		t.Fatal(err)
	}
	known := knownhosts.Line([]string{"web-1.example"}, host)
	if err := errors.Join(os.WriteFile(h.SSHIdentityFile, pem.EncodeToMemory(key), 0o600), os.WriteFile(h.SSHKnownHostsFile, []byte(known+"\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
}

var errRefused = errors.New("refused")

func TestTeardownIsBackwardsOnceAndBounded(t *testing.T) {
	var log bytes.Buffer
	td := teardown{log: slog.New(slog.NewTextHandler(&log, nil))}
	var order []string
	stuck := make(chan struct{})
	defer close(stuck)
	td.add("first", func() error { order = append(order, "first"); return nil })
	td.add("stuck", func() error { <-stuck; return nil })
	td.add("last", func() error { order = append(order, "last"); return errRefused })
	td.run(10 * time.Millisecond)
	td.run(10 * time.Millisecond)
	if !slices.Equal(order, []string{"last", "first"}) {
		t.Errorf("the order was %v", order)
	}
	for _, want := range []string{"what=stuck", "took longer", "what=last", "refused"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%s is not in %s", want, log.String())
		}
	}
}

func TestLineKeepsTheTerminalSafe(t *testing.T) {
	for text, want := range map[string]string{
		"plain":               "plain",
		"a\nb\x1b[31m\u009bc": "a b [31m c",
		"":                    "",
	} {
		if got := line(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	if got := []rune(line(strings.Repeat("ä", 1000))); len(got) != 201 {
		t.Errorf("%d characters are left of 1000", len(got))
	}
}

func TestExitCodes(t *testing.T) {
	for verdict, want := range map[aftercheck.Verdict]int{
		aftercheck.Success: 0, aftercheck.Degraded: 10, aftercheck.Failed: 11, aftercheck.Timeout: 12,
	} {
		v := aftercheck.Verification{Assessment: &aftercheck.Assessment{Verdict: verdict}}
		if got := exitCode(v, true); got != want {
			t.Errorf("%s: got %d, want %d", verdict, got, want)
		}
		if got := exitCode(v, false); got != 0 {
			t.Errorf("%s: got %d where nobody asked", verdict, got)
		}
	}
	if got := exitCode(aftercheck.Verification{}, true); got != 13 {
		t.Errorf("no verdict: got %d", got)
	}
}
