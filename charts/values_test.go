package charts_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

var write = flag.Bool("write", false, "write the table of values in the chart's README again")

// property is what the schema says of one value.
type property struct {
	Description          string               `json:"description"`
	Type                 any                  `json:"type"`
	Properties           map[string]*property `json:"properties"`
	AdditionalProperties *bool                `json:"additionalProperties"`
}

func readSchema(t *testing.T) *property {
	t.Helper()
	content, err := os.ReadFile("aftercheck/values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		AdditionalProperties bool                       `json:"additionalProperties"`
		Properties           map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(content, &schema); err != nil {
		t.Fatal(err)
	}
	root := &property{Properties: map[string]*property{}, AdditionalProperties: &schema.AdditionalProperties}
	for name, raw := range schema.Properties {
		into := &property{}
		if err := json.Unmarshal(raw, into); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		root.Properties[name] = into
	}
	return root
}

// leaves returns the values that the schema describes one by one, by their paths;
// those inside of what is Kubernetes' own are not described.
func (p *property) leaves(t *testing.T, at string, into map[string]*property) map[string]*property {
	t.Helper()
	for name, inner := range p.Properties {
		path := strings.TrimPrefix(at+"."+name, ".")
		if inner.Description == "" || !strings.HasSuffix(inner.Description, ".") {
			t.Errorf("%s is not described in a sentence", path)
		}
		if inner.Properties == nil {
			into[path] = inner
			continue
		}
		if inner.AdditionalProperties == nil || *inner.AdditionalProperties {
			t.Errorf("%s takes keys that there are not", path)
		}
		inner.leaves(t, path, into)
	}
	return into
}

// defaults returns the values of values.yaml at the paths.
func defaults(t *testing.T) (paths []string, at map[string]any) {
	t.Helper()
	content, err := os.ReadFile("aftercheck/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var ordered yamlMap
	var values map[string]any
	if err := yaml.UnmarshalStrict(content, &values); err != nil {
		t.Fatal(err)
	}
	ordered.read(string(content))
	at = map[string]any{}
	leaves := readSchema(t).leaves(t, "", map[string]*property{})
	for path := range leaves {
		if path == "global" || path == "enabled" {
			continue // a parent chart sets them
		}
		value, ok := find(values, path)
		if !ok {
			t.Errorf("%s has no default in values.yaml", path)
		}
		at[path] = value
		paths = append(paths, path)
	}
	slices.SortFunc(paths, func(a, b string) int { return ordered.index(a) - ordered.index(b) })
	return paths, at
}

// yamlMap knows in which order values.yaml has its top-level keys and those below
// them.
type yamlMap struct{ order []string }

func (m *yamlMap) read(content string) {
	top := ""
	for line := range strings.Lines(content) {
		trimmed := strings.TrimLeft(line, " ")
		name, _, found := strings.Cut(trimmed, ":")
		if !found || strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, "-") {
			continue
		}
		switch len(line) - len(trimmed) {
		case 0:
			top = name
			m.order = append(m.order, name)
		default:
			m.order = append(m.order, top+"."+name)
		}
	}
}

func (m *yamlMap) index(path string) int {
	parts := strings.Split(path, ".")
	if at := slices.Index(m.order, strings.Join(parts[:min(2, len(parts))], ".")); at >= 0 {
		return at*100 + len(path)
	}
	return 1 << 30
}

func find(values map[string]any, path string) (any, bool) {
	name, rest, deeper := strings.Cut(path, ".")
	value, ok := values[name]
	if !deeper || !ok {
		return value, ok
	}
	inner, ok := value.(map[string]any)
	if !ok {
		return nil, false
	}
	return find(inner, rest)
}

// TestValuesAndSchemaAreTheSame finds keys that only one of the two has.
func TestValuesAndSchemaAreTheSame(t *testing.T) {
	t.Parallel()
	_, at := defaults(t)
	content, err := os.ReadFile("aftercheck/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(content, &values); err != nil {
		t.Fatal(err)
	}
	undescribed(t, "", values, at)
	if root := readSchema(t); *root.AdditionalProperties {
		t.Error("the schema takes keys that there are not")
	}
}

func undescribed(t *testing.T, at string, values map[string]any, described map[string]any) {
	t.Helper()
	for name, value := range values {
		path := strings.TrimPrefix(at+"."+name, ".")
		if _, ok := described[path]; ok {
			continue
		}
		inner, ok := value.(map[string]any)
		if !ok {
			t.Errorf("%s is not in the schema", path)
			continue
		}
		undescribed(t, path, inner, described)
	}
}

// TestReadmeHasTheValues holds the table of the README equal to schema and
// defaults; -write writes it again.
func TestReadmeHasTheValues(t *testing.T) {
	t.Parallel()
	const path, begin, end = "aftercheck/README.md", "<!-- values -->\n", "<!-- end of values -->\n"
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(content), begin)
	got, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no marks around its table", path)
	}
	want := table(t)
	if *write {
		if err := os.WriteFile(path, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the table of values is old; go test ./charts -run TestReadmeHasTheValues -write (-want +got):\n%s", diff)
	}
}

func table(t *testing.T) string {
	t.Helper()
	leaves := readSchema(t).leaves(t, "", map[string]*property{})
	paths, at := defaults(t)
	var rows strings.Builder
	rows.WriteString("| value | default | what |\n|---|---|---|\n")
	for _, path := range paths {
		value, err := json.Marshal(at[path])
		if err != nil {
			t.Fatal(err)
		}
		shown := fmt.Sprintf("`%s`", value)
		if len(value) > 60 {
			shown = "see values.yaml"
		}
		fmt.Fprintf(&rows, "| `%s` | %s | %s |\n", path, shown, strings.ReplaceAll(leaves[path].Description, "|", `\|`))
	}
	return rows.String()
}
