package charts_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheGuideNamesWhatThereIs looks up every template and value that
// docs/kubernetes.md names.
func TestTheGuideNamesWhatThereIs(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../docs/kubernetes.md")
	if err != nil {
		t.Fatal(err)
	}
	var templates strings.Builder
	paths, err := filepath.Glob("aftercheck/templates/*.tpl")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		templates.Write(content)
	}
	included := regexp.MustCompile(`include "([^"]+)"`).FindAllStringSubmatch(string(guide), -1)
	for _, name := range included {
		if !strings.Contains(templates.String(), `define "`+name[1]+`"`) {
			t.Errorf("there is no template %s", name[1])
		}
	}
	schema := readSchema(t)
	named := 0
	for _, match := range regexp.MustCompile("[`=,' ](?:aftercheck\\.)?([a-z][a-zA-Z]*)\\.([a-zA-Z]+)\\b").FindAllStringSubmatch(string(guide), -1) {
		top, ok := schema.Properties[match[1]]
		if !ok || top.Properties == nil {
			continue // no value, or one whose inside is not the chart's
		}
		named++
		if top.Properties[match[2]] == nil {
			t.Errorf("there is no value %s.%s", match[1], match[2])
		}
	}
	if len(included) < 6 || named < 10 {
		t.Errorf("only %d templates and %d values were found in the guide", len(included), named)
	}
}

// TestUsersGivenByThePlatform: null takes a default away, for platforms that
// choose users themselves.
func TestUsersGivenByThePlatform(t *testing.T) {
	t.Parallel()
	pod := render(t, executor("containerSecurityContext: {runAsUser: null, runAsGroup: null}\npodSecurityContext: {fsGroup: null}")).pod(t)
	container := sidecar(t, pod).SecurityContext
	if container.RunAsUser != nil || container.RunAsGroup != nil || pod.SecurityContext.FSGroup != nil {
		t.Errorf("the users stay: %+v %+v", container, pod.SecurityContext)
	}
	if !or(container.RunAsNonRoot, false) || !or(container.ReadOnlyRootFilesystem, false) {
		t.Errorf("more than the users went: %+v", container)
	}
}
