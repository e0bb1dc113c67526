package alertmanagertest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/aftercheck/aftercheck/internal/testbed/receivers"
)

func read(t testing.TB, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// amtools are Debian's amtool and today's, each with a file of the configuration
// that it takes, beside which the template lies.
func amtools(t testing.TB) map[string][2]string {
	t.Helper()
	old, err := exec.LookPath("amtool")
	if err != nil {
		t.Fatal("amtool is not installed: run `make deps`")
	}
	dir := t.TempDir()
	older := filepath.Join(dir, "alertmanager.yaml")
	for path, content := range map[string]string{older: receivers.ConfigFor025(t), filepath.Join(dir, "telegram.tmpl"): read(t, receivers.TemplateFile())} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return map[string][2]string{"debian": {old, older}, "today": {today(t), receivers.ConfigFile()}}
}

var build = sync.OnceValues(func() (string, error) {
	command := exec.Command("scripts/build-tool.sh", "amtool", "github.com/prometheus/alertmanager/cmd/amtool")
	command.Dir, command.Stderr = "../..", os.Stderr
	path, err := command.Output()
	return strings.TrimSpace(string(path)), err
})

func today(t testing.TB) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatalf("building amtool: %v", err)
	}
	return path
}

func run(t testing.TB, path string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), path, args...)
	var complaint strings.Builder
	command.Stderr = &complaint
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", path, strings.Join(args, " "), err, output, complaint.String())
	}
	return strings.TrimSpace(string(output))
}

func TestAmtoolAcceptsTheConfiguration(t *testing.T) {
	for name, tool := range amtools(t) {
		if output := run(t, tool[0], "check-config", tool[1]); !strings.Contains(output, "SUCCESS") || !strings.Contains(output, "1 templates") {
			t.Errorf("%s: %s", name, output)
		}
	}
}

// TestDebiansAlertmanagerWantsTheTokenItself tells when what is documented of
// 0.25 does not hold any more.
func TestDebiansAlertmanagerWantsTheTokenItself(t *testing.T) {
	output, err := exec.CommandContext(t.Context(), amtools(t)["debian"][0], "check-config", receivers.ConfigFile()).CombinedOutput()
	if err == nil || !strings.Contains(string(output), "bot_token_file") {
		t.Errorf("want a complaint of bot_token_file: %v\n%s", err, output)
	}
}

func TestRoutes(t *testing.T) {
	for _, route := range []struct {
		want   string
		labels []string
	}{
		{"reviewer,proposals-critical", []string{"alertname=AftercheckRollbackProposed", "severity=critical", "namespace=shop", "incident=inc-1"}},
		{"reviewer,proposals-warning", []string{"alertname=AftercheckRollbackProposed", "severity=warning"}},
		{"reviewer,proposals-warning", []string{"alertname=AftercheckRollbackProposed"}},
		{"sre-critical", []string{"alertname=AftercheckVerificationsOverdue", "severity=critical", "job=aftercheck"}},
		{"sre-warning", []string{"alertname=AftercheckSensorSlow", "severity=warning", "quantile=0.9"}},
		{"sre-warning", []string{"alertname=SomethingElse", "severity=info"}},
	} {
		for name, tool := range amtools(t) {
			if got := run(t, tool[0], append([]string{"config", "routes", "test", "--config.file=" + tool[1]}, route.labels...)...); got != route.want {
				t.Errorf("%s: %v goes to %s, want %s", name, route.labels, got, route.want)
			}
		}
	}
}

// TestBothVersionsRenderTheSame renders the documented proposal, whose layout is
// that of a template's data.
func TestBothVersionsRenderTheSame(t *testing.T) {
	data, err := json.Marshal(documented(t))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "data.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tool := range amtools(t) {
		text := run(t, tool[0], "template", "render", "--template.glob="+receivers.TemplateFile(), "--template.type=html",
			"--template.data="+path, `--template.text={{ template "aftercheck.telegram.proposals" . }}`)
		visible, _, err := receivers.Shown(text)
		if want := strings.TrimSpace(read(t, "testdata/proposed.txt")); err != nil || visible != want {
			t.Errorf("%s: %v: shows\n%s\nwant\n%s", name, err, visible, want)
		}
	}
}

// TestNoSecretStandsInTheConfiguration: each is in a file of its own.
func TestNoSecretStandsInTheConfiguration(t *testing.T) {
	var config map[string]any
	if err := yaml.Unmarshal([]byte(read(t, receivers.ConfigFile())), &config); err != nil {
		t.Fatal(err)
	}
	receivers.Each(config, func(parent map[string]any, key string) {
		switch key {
		case "bot_token", "credentials", "password", "routing_key", "service_key", "api_key":
			t.Errorf("%s: want %s_file", key, key)
		}
	})
}
