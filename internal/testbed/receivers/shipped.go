package receivers

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"testing"

	"github.com/goccy/go-yaml"
)

// ReviewersToken is what the reviewer is asked with.
const ReviewersToken = "reviewers-token"

// Chat is the ID of the chat that the configuration names.
const Chat = "-1001234567890"

// ConfigFile and TemplateFile return the absolute paths of the configuration of
// Alertmanager and of its messages for Telegram.
func ConfigFile() string { return shipped("alertmanager/alertmanager.yaml") }

// TemplateFile is explained at ConfigFile.
func TemplateFile() string { return shipped("alertmanager/telegram.tmpl") }

// RulesFile returns the absolute path of the rules for Prometheus.
func RulesFile() string { return shipped("rules/aftercheck.rules.yaml") }

func shipped(name string) string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "../../../charts/aftercheck/files", name)
}

var tokenFile = regexp.MustCompile(`bot_token_file: .*`)

// ConfigFor025 is the configuration as Alertmanager 0.25 takes it: with the token
// in place of its file.
func ConfigFor025(t testing.TB) string {
	t.Helper()
	content, err := os.ReadFile(ConfigFile())
	if err != nil {
		t.Fatal(err)
	}
	return tokenFile.ReplaceAllString(string(content), `bot_token: "123:TOKEN"`)
}

// ConfigOf returns the shipped configuration for Alertmanager 0.25, in which
// addresses and secrets alone are others: those of the stand-ins. Whatever else
// change does to it is the caller's; nil does nothing. It is called for each key of
// each map.
func ConfigOf(t testing.TB, telegram *Standin[Message], reviewer *Standin[map[string]any], change func(parent map[string]any, key string)) string {
	t.Helper()
	var config map[string]any
	if err := yaml.Unmarshal([]byte(ConfigFor025(t)), &config); err != nil {
		t.Fatal(err)
	}
	token := filepath.Join(t.TempDir(), "reviewer-token")
	if err := os.WriteFile(token, []byte(ReviewersToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config["templates"] = []string{TemplateFile()}
	config["global"] = map[string]any{"telegram_api_url": telegram.URL}
	Each(config, func(parent map[string]any, key string) {
		switch key {
		case "url":
			parent[key] = reviewer.URL + "/aftercheck/proposals"
		case "credentials_file":
			parent[key] = token
		}
		if change != nil {
			change(parent, key)
		}
	})
	text, err := yaml.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Each calls back for each key of the maps in a tree.
func Each(node any, key func(parent map[string]any, key string)) {
	switch n := node.(type) {
	case map[string]any:
		for name, value := range n {
			key(n, name)
			Each(value, key)
		}
	case []any:
		for _, value := range n {
			Each(value, key)
		}
	}
}
