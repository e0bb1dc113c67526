package config

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	promconfig "github.com/prometheus/common/config"
)

const referencePath = "../../docs/aftercheck.reference.yaml"

func reference(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(referencePath)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// same compares two configurations and not the texts that they come from.
func same(t *testing.T, a, b *Config) string {
	t.Helper()
	return cmp.Diff(a, b, cmpopts.IgnoreFields(Config{}, "source"), cmpopts.EquateEmpty(),
		cmpopts.IgnoreUnexported(promconfig.ProxyConfig{}))
}

func TestReferenceIsValid(t *testing.T) {
	if _, err := Parse([]byte(reference(t))); err != nil {
		t.Fatal(Explain(err))
	}
}

// TestReferenceDefaults takes each line that says it shows a default out of the
// file: nothing may change.
func TestReferenceDefaults(t *testing.T) {
	text := reference(t)
	whole, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(text, "\n")
	checked := 0
	for i, line := range lines {
		if !strings.HasSuffix(line, " # default") {
			continue
		}
		checked++
		without, err := Parse([]byte(strings.Join(slices.Delete(slices.Clone(lines), i, i+1), "\n")))
		if err != nil {
			t.Errorf("without line %d (%s): %v", i+1, line, err)
			continue
		}
		if diff := same(t, whole, without); diff != "" {
			t.Errorf("line %d does not show the default: %s\n%s", i+1, line, diff)
		}
	}
	if checked < 40 {
		t.Errorf("only %d lines show a default", checked)
	}
}

// TestReferenceCoversEveryKey compares the file's keys with those that the raw
// types take. What sensors share stands at one of them.
func TestReferenceCoversEveryKey(t *testing.T) {
	var document any
	if err := yaml.Unmarshal([]byte(reference(t)), &document); err != nil {
		t.Fatal(err)
	}
	written := map[string]bool{}
	for _, path := range pathsOf(document, "") {
		written[shared(path)] = true
	}
	for _, path := range keys(reflect.TypeFor[rawConfig](), "") {
		path = regexp.MustCompile(`weights\{\}|endpoint_params\{\}|http_headers\{\}|\[\]`).ReplaceAllStringFunc(path, func(m string) string {
			return strings.TrimSuffix(strings.TrimSuffix(m, "{}"), "[]")
		})
		if !written[shared(path)] {
			t.Errorf("the reference lacks %s", path)
		}
	}
}

// shared maps the keys of a sensor's HTTP client to one path.
func shared(path string) string {
	client := regexp.MustCompile(`^(?:sensors\.(?:prometheus|http|scrape|docker)|self_healing)\.(basic_auth|authorization|oauth2|tls_config|follow_redirects|enable_http2|proxy_url|no_proxy|proxy_from_environment|http_headers)`)
	path = client.ReplaceAllString(path, "client.$1")
	path = strings.Replace(path, "client.oauth2.tls_config", "client.tls_config", 1)
	return regexp.MustCompile(`\.match\..*`).ReplaceAllString(path, ".match")
}

func pathsOf(node any, prefix string) []string {
	var paths []string
	switch n := node.(type) {
	case map[string]any:
		for key, value := range n {
			path := strings.TrimPrefix(prefix+"."+key, ".")
			if strings.HasSuffix(prefix, ".http_headers") { // the names of headers
				for field := range value.(map[string]any) {
					paths = append(paths, prefix+"."+field)
				}
				continue
			}
			paths = append(paths, path)
			if strings.HasSuffix(path, "weights") || strings.HasSuffix(path, "endpoint_params") {
				continue
			}
			paths = append(paths, pathsOf(value, path)...)
		}
	case []any:
		for _, item := range n {
			paths = append(paths, pathsOf(item, prefix)...)
		}
	case nil:
		panic(fmt.Sprintf("%s is empty in the reference", prefix))
	}
	return paths
}
