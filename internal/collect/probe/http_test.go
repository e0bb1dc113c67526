package probe_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	promconfig "github.com/prometheus/common/config"
	"go.uber.org/goleak"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
	"github.com/aftercheck/aftercheck/internal/collect/probe"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ask takes one reading through a Set, as it is done in earnest.
func ask(t *testing.T, sensor collect.Sensor, q collect.Question) aftercheck.Reading {
	t.Helper()
	readings := collect.NewSet([]collect.Sensor{sensor}, collect.Options{}).Ask(t.Context(), q)
	if len(readings) != 1 {
		t.Fatalf("%d readings, want 1", len(readings))
	}
	return readings[0]
}

// only returns the one finding of a reading that answered.
func only(t *testing.T, r aftercheck.Reading) aftercheck.Finding {
	t.Helper()
	if r.Outcome != aftercheck.ReadingOK || len(r.Findings) != 1 {
		t.Fatalf("want one finding: %+v", r)
	}
	return r.Findings[0]
}

func newHTTP(t *testing.T, c probe.HTTPConfig) collect.Sensor {
	t.Helper()
	if c.Name == "" {
		c.Name = "front door"
	}
	sensor, err := probe.NewHTTP(c)
	if err != nil {
		t.Fatal(err)
	}
	return sensor
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func answering(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// inMaintenance wants no request for longer than any probe lasts; that it does is
// what the probe asks for.
func inMaintenance(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Retry-After", "3600")
	w.WriteHeader(http.StatusServiceUnavailable)
}

func TestHTTPReadsAnswers(t *testing.T) {
	late := func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(60 * time.Millisecond):
		case <-r.Context().Done():
		}
	}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		config  probe.HTTPConfig
		state   aftercheck.State
		reason  string
		wanted  string
	}{
		"ok":              {answering(200, "fine"), probe.HTTPConfig{}, aftercheck.StateHealthy, probe.ReasonAnswered, "status 200..299"},
		"no content":      {answering(204, ""), probe.HTTPConfig{}, aftercheck.StateHealthy, probe.ReasonAnswered, "status 200..299"},
		"expected 503":    {answering(503, ""), probe.HTTPConfig{ExpectStatus: []int{200, 503}}, aftercheck.StateHealthy, probe.ReasonAnswered, "status 200 or 503"},
		"unexpected":      {answering(503, ""), probe.HTTPConfig{}, aftercheck.StateUnhealthy, probe.ReasonUnexpectedStatus, "status 200..299"},
		"maintenance":     {inMaintenance, probe.HTTPConfig{}, aftercheck.StateUnhealthy, probe.ReasonUnexpectedStatus, "status 200..299"},
		"not the wanted":  {answering(200, ""), probe.HTTPConfig{ExpectStatus: []int{204}}, aftercheck.StateUnhealthy, probe.ReasonUnexpectedStatus, "status 204"},
		"gone":            {answering(404, ""), probe.HTTPConfig{}, aftercheck.StateUnhealthy, probe.ReasonUnexpectedStatus, "status 200..299"},
		"unauthorized":    {answering(401, ""), probe.HTTPConfig{}, aftercheck.StateUnknown, probe.ReasonUnauthorized, "status 200..299"},
		"forbidden":       {answering(403, ""), probe.HTTPConfig{}, aftercheck.StateUnknown, probe.ReasonUnauthorized, "status 200..299"},
		"wanted 403":      {answering(403, ""), probe.HTTPConfig{ExpectStatus: []int{403}}, aftercheck.StateHealthy, probe.ReasonAnswered, "status 403"},
		"rate limited":    {answering(429, ""), probe.HTTPConfig{}, aftercheck.StateUnknown, probe.ReasonRateLimited, "status 200..299"},
		"body":            {answering(200, "status: green"), probe.HTTPConfig{BodyContains: "green"}, aftercheck.StateHealthy, probe.ReasonAnswered, "status 200..299 with the wanted text"},
		"another body":    {answering(200, "status: red"), probe.HTTPConfig{BodyContains: "green"}, aftercheck.StateUnhealthy, probe.ReasonBodyMismatch, "status 200..299 with the wanted text"},
		"half a body":     {answering(200, strings.Repeat("-", 20)+"green"), probe.HTTPConfig{BodyContains: "green", MaxBytes: 10}, aftercheck.StateUnknown, probe.ReasonBodyTruncated, "status 200..299 with the wanted text"},
		"bad before body": {answering(500, "green"), probe.HTTPConfig{BodyContains: "green"}, aftercheck.StateUnhealthy, probe.ReasonUnexpectedStatus, "status 200..299 with the wanted text"},
		"slow":            {late, probe.HTTPConfig{MaxLatency: 20 * time.Millisecond}, aftercheck.StateUnhealthy, probe.ReasonSlow, "status 200..299 within 20ms"},
		"quick enough":    {answering(200, ""), probe.HTTPConfig{MaxLatency: 5 * time.Second}, aftercheck.StateHealthy, probe.ReasonAnswered, "status 200..299 within 5s"},
	} {
		t.Run(name, func(t *testing.T) {
			c.config.URL = serve(t, c.handler) + "/health"
			begun := time.Now()
			got := only(t, ask(t, newHTTP(t, c.config), collect.Question{}))
			if got.Value == nil || got.Value.Unit != "seconds" || got.Value.Number <= 0 || got.At.Before(begun) || got.Message == "" {
				t.Errorf("value %v at %s, message %q", got.Value, got.At, got.Message)
			}
			got.Value, got.At, got.Message = nil, time.Time{}, ""
			want := aftercheck.Finding{
				Subject: aftercheck.Subject{Kind: "Endpoint", Name: "front door"}, Check: aftercheck.CheckProbe, Scope: aftercheck.ScopeTarget,
				State: c.state, Reason: c.reason, Wanted: c.wanted, Query: "GET " + c.config.URL,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHTTPKeepsTheBodyRedactedAndCapped(t *testing.T) {
	url := serve(t, answering(500, "panic: cannot dial redis://app:"+"hunter2@cache:6379\n"+strings.Repeat("x ", 100)))
	got := ask(t, newHTTP(t, probe.HTTPConfig{URL: url, MaxBytes: 60}), collect.Question{})
	if strings.Contains(got.Raw, "hunter2") || !strings.Contains(got.Raw, "panic: cannot dial redis://app:[REDACTED:url_password]@cache") || len(got.Raw) > 90 {
		t.Errorf("raw: %q", got.Raw)
	}
}

func TestHTTPSendsWhatIsConfigured(t *testing.T) {
	var seen atomic.Pointer[http.Request]
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { seen.Store(r) })
	match, err := collect.NewMatch("Api.*", `namespace="shop"`)
	if err != nil {
		t.Fatal(err)
	}
	sensor := newHTTP(t, probe.HTTPConfig{
		Name: "orders", URL: url + "/ns/$namespace?pod=$pod&alert=$alertname", Method: http.MethodHead, Match: match,
		Scope: aftercheck.ScopeNeighbour, Signal: true,
		Client: promconfig.HTTPClientConfig{Authorization: &promconfig.Authorization{Type: "Bearer", Credentials: "c0nf1gured"}},
	})
	incident := aftercheck.Incident{Alertname: "ApiDown", Labels: map[string]string{"namespace": "shop", "pod": "a/b"}}
	got := only(t, ask(t, sensor, collect.Question{Incident: incident}))
	if got.State != aftercheck.StateHealthy || !got.Signal || got.Scope != aftercheck.ScopeNeighbour || got.Query != "HEAD "+url+"/ns/shop?pod=a%2Fb&alert=ApiDown" {
		t.Errorf("%+v", got)
	}
	r := seen.Load()
	if r.Method != "HEAD" || r.URL.Query().Get("pod") != "a/b" || r.Header.Get("Authorization") != "Bearer c0nf1gured" {
		t.Errorf("sent %s %s", r.Method, r.URL)
	}
	incident.Labels["namespace"] = "other"
	if readings := collect.NewSet([]collect.Sensor{sensor}, collect.Options{}).Ask(t.Context(), collect.Question{Incident: incident}); len(readings) != 0 {
		t.Errorf("asked for an incident that it is not for: %+v", readings)
	}
}

func TestHTTPWithoutALabelAsksNobody(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("asked") })
	for value, reason := range map[string]string{"": probe.ReasonMissingLabel, "..": probe.ReasonBadLabel} {
		incident := aftercheck.Incident{Labels: map[string]string{"pod": value}}
		got := only(t, ask(t, newHTTP(t, probe.HTTPConfig{URL: url + "/$pod"}), collect.Question{Incident: incident}))
		if got.State != aftercheck.StateUnknown || got.Reason != reason || got.Query != "GET "+url+"/$pod" {
			t.Errorf("%q: %+v, want %s", value, got, reason)
		}
	}
}

func TestHTTPRedirects(t *testing.T) {
	var elsewhere atomic.Int32
	other := serve(t, func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) })
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", answering(200, ""))
	for path, to := range map[string]string{"/same": "/ok", "/other": other + "/ok", "/loop": "/loop", "/metadata": "http://169.254.169.254/latest"} {
		mux.Handle(path, http.RedirectHandler(to, http.StatusFound))
	}
	url := serve(t, mux.ServeHTTP)
	for _, c := range []struct {
		path   string
		follow bool
		expect []int
		state  aftercheck.State
		reason string
	}{
		{"/same", true, nil, aftercheck.StateHealthy, probe.ReasonAnswered},
		{"/same", false, nil, aftercheck.StateUnhealthy, probe.ReasonUnexpectedStatus},
		{"/same", true, []int{302}, aftercheck.StateHealthy, probe.ReasonAnswered},
		{"/other", true, nil, aftercheck.StateUnknown, probe.ReasonRedirectRefused},
		{"/metadata", true, nil, aftercheck.StateUnknown, probe.ReasonRedirectRefused},
		{"/loop", true, nil, aftercheck.StateUnhealthy, probe.ReasonRedirectLoop},
	} {
		sensor := newHTTP(t, probe.HTTPConfig{URL: url + c.path, ExpectStatus: c.expect, Client: promconfig.HTTPClientConfig{FollowRedirects: c.follow}})
		if got := only(t, ask(t, sensor, collect.Question{})); got.State != c.state || got.Reason != c.reason {
			t.Errorf("%s, follow %v: %s %s, want %s %s", c.path, c.follow, got.State, got.Reason, c.state, c.reason)
		}
	}
	if elsewhere.Load() != 0 {
		t.Error("a redirect to another host was followed")
	}
}

// listen accepts connections and hands each to handle.
func listen(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			handle(conn)
			conn.Close()
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	return listener.Addr().String()
}

func readRequest(conn net.Conn) { conn.Read(make([]byte, 4096)) }

func TestHTTPReadsFaults(t *testing.T) {
	speaking := func(text string) string {
		return listen(t, func(conn net.Conn) { readRequest(conn); io.WriteString(conn, text) })
	}
	reset := listen(t, func(conn net.Conn) { readRequest(conn); conn.(*net.TCPConn).SetLinger(0) })
	silent := listen(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	plain := strings.TrimPrefix(serve(t, answering(200, "")), "http://")
	for name, c := range map[string]struct {
		url    string
		state  aftercheck.State
		reason string
	}{
		"refused":       {fmt.Sprintf("http://127.0.0.1:%d", testbed.FreePort(t)), aftercheck.StateUnhealthy, probe.ReasonConnectionRefused},
		"silent":        {"http://" + silent, aftercheck.StateUnhealthy, probe.ReasonTimeout},
		"reset":         {"http://" + reset, aftercheck.StateUnhealthy, probe.ReasonConnectionReset},
		"hung up":       {"http://" + speaking(""), aftercheck.StateUnhealthy, probe.ReasonConnectionReset},
		"half a body":   {"http://" + speaking("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), aftercheck.StateUnhealthy, probe.ReasonConnectionReset},
		"no HTTP":       {"http://" + speaking("SSH-2.0-OpenSSH_9.2\r\n"), aftercheck.StateUnhealthy, probe.ReasonMalformedResponse},
		"bad chunks":    {"http://" + speaking("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), aftercheck.StateUnhealthy, probe.ReasonMalformedResponse},
		"no such host":  {"http://no-such-host.invalid/", aftercheck.StateUnknown, probe.ReasonHostNotFound},
		"no TLS there":  {"https://" + plain, aftercheck.StateUnknown, probe.ReasonTLSFailure},
		"own authority": {tlsServer(t, time.Now().Add(time.Hour)).url, aftercheck.StateUnknown, probe.ReasonTLSFailure},
	} {
		t.Run(name, func(t *testing.T) {
			got := only(t, ask(t, newHTTP(t, probe.HTTPConfig{URL: c.url, Timeout: 300 * time.Millisecond}), collect.Question{}))
			if got.State != c.state || got.Reason != c.reason || got.Value != nil || got.Message == "" {
				t.Errorf("%s %s %q, want %s %s", got.State, got.Reason, got.Message, c.state, c.reason)
			}
		})
	}
}

func TestHTTPThroughAProxyThatIsAway(t *testing.T) {
	away := &url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", testbed.FreePort(t))}
	sensor := newHTTP(t, probe.HTTPConfig{
		URL:    serve(t, answering(200, "")),
		Client: promconfig.HTTPClientConfig{ProxyConfig: promconfig.ProxyConfig{ProxyURL: promconfig.URL{URL: away}}},
	})
	if got := only(t, ask(t, sensor, collect.Question{})); got.State != aftercheck.StateUnknown || got.Reason != probe.ReasonProxyFailed {
		t.Errorf("%+v", got)
	}
}

func TestHTTPWhenTheCallerGivesUpIsNoFinding(t *testing.T) {
	silent := listen(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	sensor := newHTTP(t, probe.HTTPConfig{URL: "http://" + silent})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	got := collect.NewSet([]collect.Sensor{sensor}, collect.Options{}).Ask(ctx, collect.Question{})[0]
	if got.Outcome != aftercheck.ReadingTimeout || len(got.Findings) != 0 {
		t.Errorf("%+v, want a late reading: the endpoint had more time", got)
	}
}

// trusted is a server with a certificate, and the file to trust it by.
type trusted struct {
	url, file string
}

func tlsServer(t *testing.T, until time.Time) trusted {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: until.Add(-24 * time.Hour), NotAfter: until, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(answering(200, ""))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return trusted{server.URL, file}
}

func TestHTTPSReadsCertificates(t *testing.T) {
	for reason, until := range map[string]time.Time{
		probe.ReasonAnswered:           time.Now().Add(time.Hour),
		probe.ReasonCertificateExpired: time.Now().Add(-time.Hour),
	} {
		server := tlsServer(t, until)
		sensor := newHTTP(t, probe.HTTPConfig{URL: server.url, Client: promconfig.HTTPClientConfig{TLSConfig: promconfig.TLSConfig{CAFile: server.file}}})
		if got := only(t, ask(t, sensor, collect.Question{})); got.Reason != reason {
			t.Errorf("%s, want %s: %s", got.Reason, reason, got.Message)
		}
	}
}

func TestHTTPRejects(t *testing.T) {
	valid := func() probe.HTTPConfig { return probe.HTTPConfig{Name: "n", URL: "http://a/"} }
	for want, change := range map[string]func(*probe.HTTPConfig){
		"name: ":          func(c *probe.HTTPConfig) { c.Name = "" },
		"url: ":           func(c *probe.HTTPConfig) { c.URL = "http://$host/" },
		"method: ":        func(c *probe.HTTPConfig) { c.Method = "POST" },
		"body_contains: ": func(c *probe.HTTPConfig) { c.Method, c.BodyContains = "HEAD", "x" },
		"expect_status: ": func(c *probe.HTTPConfig) { c.ExpectStatus = []int{20} },
		"timeout: ":       func(c *probe.HTTPConfig) { c.Timeout = -1 },
		"max_latency: want no more than the timeout, 5s": func(c *probe.HTTPConfig) { c.MaxLatency = time.Minute },
		"max_latency: want a duration":                   func(c *probe.HTTPConfig) { c.MaxLatency = -1 },
		"max_bytes: ":                                    func(c *probe.HTTPConfig) { c.MaxBytes = -1 },
		"scope: ":                                        func(c *probe.HTTPConfig) { c.Scope = "far" },
		"http client: ": func(c *probe.HTTPConfig) {
			c.Client.BasicAuth = &promconfig.BasicAuth{}
			c.Client.Authorization = &promconfig.Authorization{}
		},
	} {
		config := valid()
		change(&config)
		if _, err := probe.NewHTTP(config); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if sensor, err := probe.NewHTTP(valid()); err != nil || sensor.Timeout != 6*time.Second {
		t.Errorf("%v, time-out %s, want the endpoint's 5s and one more", err, sensor.Timeout)
	}
}
