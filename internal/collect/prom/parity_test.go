package prom

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/aftercheck/aftercheck/internal/collect"
)

func load[T any](t *testing.T, name string) []T {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var vectors []T
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) == 0 {
		t.Fatalf("%s is empty", name)
	}
	return vectors
}

// The two places where the replaced verifier's answer is not wanted, as rules.
// kept are the values that it does not drop.
var kept = regexp.MustCompile(`^[a-zA-Z0-9_.:-]{1,128}$`)

// dropped: it drops a value that it cannot quote; then the value is wanted,
// quoted.
func dropped(value string) bool {
	value = strings.TrimSpace(value)
	return value != "" && !kept.MatchString(value)
}

// brokenHost: it cuts an IPv6 instance at its first colon.
func brokenHost(instance string) bool { return strings.HasPrefix(instance, "[") }

// wantedQuery is the vector's query, put right where one of the rules says so.
func wantedQuery(t *testing.T, alertname string, labels map[string]string, query string) (wanted string, deviates bool) {
	t.Helper()
	wanted = query
	if dropped(labels["namespace"]) {
		wanted = strings.ReplaceAll(wanted, `namespace=""`, "namespace="+strconv.Quote(strings.TrimSpace(labels["namespace"])))
	}
	if pod := labels["pod"]; dropped(pod) && strings.Contains(wanted, "(container_") {
		end := strings.LastIndex(wanted, `"}`) + 1
		wanted = wanted[:end] + ",pod=~" + strconv.Quote(regexp.QuoteMeta(pod)+".*") + wanted[end:]
	}
	if brokenHost(labels["instance"]) && strings.HasPrefix(alertname, "Docker") {
		host := `{host="` + strings.Split(strings.TrimPrefix(labels["instance"], "["), "]")[0] + `"}`
		wanted = regexp.MustCompile(`docker_container_\w+`).ReplaceAllString(wanted, "${0}"+host)
	}
	return wanted, wanted != query
}

func TestBuiltInQueriesMeetTheVectors(t *testing.T) {
	type vector struct {
		Alertname        string            `json:"alertname"`
		Labels           map[string]string `json:"labels"`
		DefaultNamespace string            `json:"default_namespace"`
		Query            string            `json:"query"`
	}
	deviations := 0
	for _, v := range load[vector](t, "promql.json") {
		wanted, deviates := wantedQuery(t, v.Alertname, v.Labels, v.Query)
		if deviates {
			deviations++
		}
		b := builtInFor(v.Alertname, v.Labels, v.DefaultNamespace)
		if b.expr != wanted {
			t.Errorf("%s %v:\n got %s\nwant %s", v.Alertname, v.Labels, b.expr, wanted)
		}
		parsed, err := promQL.ParseExpr(b.expr)
		if err != nil {
			t.Errorf("%s: %v", b.expr, err)
			continue
		}
		if parsed.Type() != parser.ValueTypeVector {
			t.Errorf("%s gives a %s", b.expr, parsed.Type())
		}
	}
	if deviations != 20 {
		t.Errorf("%d vectors deviate, want 20: the rules of this test have changed their reach", deviations)
	}
}

func TestParametersMeetTheVectors(t *testing.T) {
	type vector struct {
		Alertname        string            `json:"alertname"`
		Labels           map[string]string `json:"labels"`
		DefaultNamespace string            `json:"default_namespace"`
		Params           Params            `json:"params"`
	}
	for _, v := range load[vector](t, "sensor_params.json") {
		want := v.Params
		want.Query, _ = wantedQuery(t, v.Alertname, v.Labels, want.Query)
		if brokenHost(v.Labels["instance"]) {
			want.Host = "2001:db8::1"
		}
		if diff := cmp.Diff(want, ReadParams(v.Alertname, v.Labels, v.DefaultNamespace)); diff != "" {
			t.Errorf("%s %v: (-want +got)\n%s", v.Alertname, v.Labels, diff)
		}
	}
}

func TestContainerNamesMeetTheVectors(t *testing.T) {
	type vector struct {
		Labels        map[string]string `json:"labels"`
		ContainerName string            `json:"container_name"`
	}
	for _, v := range load[vector](t, "container_name.json") {
		if got := collect.ContainerName(v.Labels); got != v.ContainerName {
			t.Errorf("%v: got %q, want %q", v.Labels, got, v.ContainerName)
		}
	}
}
