package kube

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck/internal/collect"
)

// apiServer serves one handler as an API server and returns a sensor for it.
func apiServer(t testing.TB, config Config, handler http.HandlerFunc) collect.Sensor {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	config.Kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf(`{apiVersion: v1, kind: Config, current-context: c, clusters: [{name: c, cluster: {server: %q}}],
		contexts: [{name: c, context: {cluster: c, user: u, namespace: shop}}], users: [{name: u, user: {token: t}}]}`, server.URL)
	if err := os.WriteFile(config.Kubeconfig, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNewWithoutACluster(t *testing.T) {
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	t.Setenv("HOME", t.TempDir())
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	if _, err := New(Config{}); !errors.Is(err, ErrNoCluster) {
		t.Errorf("error %v", err)
	}
	if _, err := New(Config{Kubeconfig: filepath.Join(t.TempDir(), "missing")}); err == nil || errors.Is(err, ErrNoCluster) {
		t.Errorf("a kubeconfig that is not there: error %v", err)
	}
}

func TestHugeAnswerIsAnError(t *testing.T) {
	s := apiServer(t, Config{MaxResponse: 1 << 10}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"api"},"spec":{"x":%q}}`, strings.Repeat("x", 1<<20))
	})
	if _, err := ask(t, s, about("deployment", "api")); err == nil || !strings.Contains(err.Error(), "longer than 1024 bytes") {
		t.Errorf("error %v", err)
	}
}

func TestGarbageIsAnError(t *testing.T) {
	s := apiServer(t, Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"kind":`)
	})
	if answer, err := ask(t, s, about("deployment", "api")); err == nil {
		t.Errorf("no error, but %v", answer.Findings)
	}
}

func TestThrottlingEndsWithTheDeadline(t *testing.T) {
	s := apiServer(t, Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	plan, _ := s.Plan(about("deployment", "api"))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := plan.Read(ctx); err == nil {
		t.Error("no error")
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestUnauthorizedIsAnError(t *testing.T) {
	s := apiServer(t, Config{}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	if _, err := ask(t, s, about("app", "api")); err == nil {
		t.Error("a sensor that may read nothing must not say that nothing is there")
	}
}
