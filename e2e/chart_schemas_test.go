//go:build e2e

package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	flags "flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/aftercheck/aftercheck/internal/testbed"
)

const (
	// schemasFile holds, packed, the schemas that the chart's objects are checked
	// against, by the names under which kubeconform looks for them.
	schemasFile = "../charts/testdata/schemas.json.gz"
	// definitionsFile holds, packed, the definitions of the Prometheus operator's
	// kinds that the chart makes.
	definitionsFile = "../charts/testdata/definitions.json.gz"
)

var (
	writeSchemas = flags.Bool("write-schemas", false, "write the schemas that the chart is checked against again")
	operator     = flags.String("operator", "", "directory with the Prometheus operator's definitions, to write those of the chart again")
)

// ofTheChart are the kinds that the chart makes.
var ofTheChart = []string{
	"ServiceAccount", "ConfigMap", "PersistentVolumeClaim", "Service", "Deployment", "Role", "RoleBinding", "ClusterRole",
	"ClusterRoleBinding", "NetworkPolicy", "PodDisruptionBudget", "PodMonitor", "PrometheusRule", "AlertmanagerConfig",
}

// TestSchemasAreTheServers holds the checked-in schemas equal to what the API
// server itself says of the kinds.
func TestSchemasAreTheServers(t *testing.T) {
	t.Parallel()
	c := Shared(t)
	c.defineOperatorKinds(t)
	got := map[string]any{}
	testbed.Eventually(t, 2*time.Minute, func() error {
		answer, err := c.Client.Discovery().RESTClient().Get().AbsPath("/openapi/v2").DoRaw(t.Context())
		if err != nil {
			return err
		}
		if got, err = schemasOf(answer); err != nil {
			return err
		}
		if len(got) < len(ofTheChart) {
			return fmt.Errorf("the API server describes %q, want all of %q", slices.Sorted(maps.Keys(got)), ofTheChart)
		}
		return nil
	})
	if *writeSchemas {
		pack(t, schemasFile, got)
	}
	var want map[string]any
	unpack(t, schemasFile, &want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the checked-in schemas are not the API server's (scripts/chart-schemas.sh writes them again):\n%.2000s", diff)
	}
}

var defined sync.Mutex

// defineOperatorKinds makes PodMonitor, PrometheusRule and AlertmanagerConfig
// known to the API server.
func (c *Cluster) defineOperatorKinds(t *testing.T) {
	t.Helper()
	defined.Lock()
	defer defined.Unlock()
	if *operator != "" {
		pack(t, definitionsFile, readDefinitions(t, *operator))
	}
	var definitions map[string]any
	unpack(t, definitionsFile, &definitions)
	for _, name := range slices.Sorted(maps.Keys(definitions)) {
		manifest, err := json.Marshal(definitions[name])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.runKubectl(t.Context(), string(manifest), "apply", "--server-side", "-f", "-"); err != nil {
			t.Fatal(err)
		}
		testbed.Eventually(t, time.Minute, func() error {
			_, err := c.runKubectl(t.Context(), "", "get", name, "--all-namespaces")
			return err
		})
	}
}

// readDefinitions reads the operator's definitions of the chart's kinds without
// the descriptions, which are most of their size.
func readDefinitions(t *testing.T, dir string) map[string]any {
	t.Helper()
	definitions := map[string]any{}
	for _, plural := range []string{"podmonitors", "prometheusrules", "alertmanagerconfigs"} {
		content, err := os.ReadFile(filepath.Join(dir, "monitoring.coreos.com_"+plural+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		var definition map[string]any
		if err := yaml.Unmarshal(content, &definition); err != nil {
			t.Fatal(err)
		}
		definitions[plural+".monitoring.coreos.com"] = withoutDescriptions(definition)
	}
	return definitions
}

func withoutDescriptions(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			if _, text := inner.(string); key == "description" && text {
				delete(value, key)
				continue
			}
			value[key] = withoutDescriptions(inner)
		}
	case []any:
		for i := range value {
			value[i] = withoutDescriptions(value[i])
		}
	}
	return value
}

// schemasOf turns the API server's description of itself into a strict JSON
// schema for each of the chart's kinds.
func schemasOf(openapi []byte) (map[string]any, error) {
	var described struct {
		Definitions map[string]map[string]any `json:"definitions"`
	}
	if err := json.Unmarshal(openapi, &described); err != nil {
		return nil, err
	}
	schemas := map[string]any{}
	for _, definition := range described.Definitions {
		kinds, _ := definition["x-kubernetes-group-version-kind"].([]any)
		if len(kinds) != 1 {
			continue // parts of objects, and what is common to many
		}
		is := kinds[0].(map[string]any)
		kind, group, version := is["kind"].(string), is["group"].(string), is["version"].(string)
		if !slices.Contains(ofTheChart, kind) || strings.Contains(group, "events") {
			continue
		}
		name := strings.ToLower(kind) + "-" + version
		if short, _, _ := strings.Cut(group, "."); short != "" {
			name = strings.ToLower(kind) + "-" + short + "-" + version
		}
		schemas[name+".json"] = strictSchema(described.Definitions, definition, kind, strings.TrimPrefix(group+"/"+version, "/"))
	}
	return schemas, nil
}

// strictSchema is the schema of one kind with all that it refers to.
func strictSchema(all map[string]map[string]any, definition map[string]any, kind, apiVersion string) map[string]any {
	parts := map[string]any{}
	schema := strict(all, definition, parts).(map[string]any)
	properties := schema["properties"].(map[string]any)
	properties["kind"] = map[string]any{"const": kind}
	properties["apiVersion"] = map[string]any{"const": apiVersion}
	required, _ := schema["required"].([]any)
	schema["required"] = append(required, "apiVersion", "kind")
	schema["$schema"] = "http://json-schema.org/draft-07/schema#"
	schema["$defs"] = parts
	return schema
}

// strict converts one part of the description; what it refers to is added to
// parts. Properties that are not described are refused, and those that are not
// required may be null.
func strict(all map[string]map[string]any, value any, parts map[string]any) any {
	switch value := value.(type) {
	case []any:
		converted := []any{}
		for _, inner := range value {
			converted = append(converted, strict(all, inner, parts))
		}
		return converted
	case map[string]any:
		if value["format"] == "int-or-string" {
			return map[string]any{"type": []any{"string", "integer"}}
		}
		if target, ok := value["$ref"].(string); ok {
			return map[string]any{"$ref": "#/$defs/" + refer(all, target[strings.LastIndex(target, "/")+1:], parts)}
		}
		return strictObject(all, value, parts)
	}
	return value
}

func refer(all map[string]map[string]any, name string, parts map[string]any) string {
	if _, known := parts[name]; !known {
		parts[name] = nil // a part may refer to itself
		parts[name] = strict(all, all[name], parts)
		if strings.HasSuffix(name, ".resource.Quantity") {
			parts[name] = map[string]any{"type": []any{"string", "number"}}
		}
	}
	return name
}

func strictObject(all map[string]map[string]any, value map[string]any, parts map[string]any) any {
	converted := map[string]any{}
	for key, inner := range value {
		switch {
		case key == "properties":
			converted[key] = strictProperties(all, value, parts)
		case key == "description" || key == "format" || key == "default" || strings.HasPrefix(key, "x-kubernetes"):
		default:
			converted[key] = strict(all, inner, parts)
		}
	}
	if converted["properties"] != nil && converted["additionalProperties"] == nil {
		converted["additionalProperties"] = false
	}
	return converted
}

func strictProperties(all map[string]map[string]any, value map[string]any, parts map[string]any) map[string]any {
	required, _ := value["required"].([]any)
	properties := map[string]any{}
	for name, property := range value["properties"].(map[string]any) {
		properties[name] = strict(all, property, parts)
		if !slices.Contains(required, any(name)) {
			properties[name] = map[string]any{"anyOf": []any{properties[name], map[string]any{"type": "null"}}}
		}
	}
	return properties
}

func pack(t *testing.T, path string, value any) {
	t.Helper()
	content, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	writer, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writer.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func unpack(t *testing.T, path string, into any) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, into); err != nil {
		t.Fatal(err)
	}
}
