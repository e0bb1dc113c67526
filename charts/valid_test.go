package charts_test

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/aftercheck/aftercheck/internal/testbed"
)

func TestLint(t *testing.T) {
	t.Parallel()
	for name, path := range valueFiles(t) {
		if out, err := testbed.Helm(t, "lint", "--strict", "aftercheck", "-f", path); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// TestObjectsFitTheSchemas holds every rendering against the schemas that the
// API server gives of its kinds and the operator's; e2e holds these equal.
func TestObjectsFitTheSchemas(t *testing.T) {
	t.Parallel()
	schemas := schemaDirectory(t)
	for name, path := range valueFiles(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := template(t, chartWithFiles(t), "-f", path)
			if err != nil {
				t.Fatal(err)
			}
			if err := conform(t, schemas, out); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestSchemasRefuse shows that the check above can fail.
func TestSchemasRefuse(t *testing.T) {
	t.Parallel()
	schemas := schemaDirectory(t)
	out, err := template(t, "aftercheck", "-f", valueFiles(t)["everything"])
	if err != nil {
		t.Fatal(err)
	}
	for right, wrong := range map[string]string{
		"containerPort: 19746": "containerPort: metrics",
		"policyTypes:":         "policyType:",
		"podMetricsEndpoints:": "endpoints:",
		"botToken:":            "botTokens:",
	} {
		if !strings.Contains(out, right) {
			t.Fatalf("%q is not rendered", right)
		}
		if err := conform(t, schemas, strings.Replace(out, right, wrong, 1)); err == nil {
			t.Errorf("%q in the place of %q fits the schemas", wrong, right)
		}
	}
}

// conform runs kubeconform on manifests.
func conform(t *testing.T, schemas, manifests string) error {
	t.Helper()
	check := exec.CommandContext(t.Context(), testbed.Tool(t, "kubeconform", "github.com/yannh/kubeconform/cmd/kubeconform"),
		"-strict", "-schema-location", schemas+"/{{.ResourceKind}}{{.KindSuffix}}.json", "-")
	check.Stdin = strings.NewReader(manifests)
	if out, err := check.CombinedOutput(); err != nil {
		return &refusal{string(out)}
	}
	return nil
}

type refusal struct{ said string }

func (r *refusal) Error() string { return r.said }

func schemaDirectory(t *testing.T) string {
	t.Helper()
	file, err := os.Open("testdata/schemas.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var schemas map[string]json.RawMessage
	if err := json.NewDecoder(reader).Decode(&schemas); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, schema := range schemas {
		if err := os.WriteFile(filepath.Join(dir, name), schema, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// built is the real sidecar.
func built(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "aftercheck")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../cmd/sidecar")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the sidecar: %v\n%s", err, out)
	}
	return binary
}

// TestTheSidecarTakesWhatIsRendered has the real sidecar check every rendered
// configuration, with the files that the rendered volumes bring, and knows its
// flags.
func TestTheSidecarTakesWhatIsRendered(t *testing.T) {
	t.Parallel()
	binary := built(t)
	help, err := exec.CommandContext(t.Context(), binary, "serve", "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name, path := range valueFiles(t) {
		t.Run(name, func(t *testing.T) {
			found := renderChart(t, "aftercheck", "-f", path)
			root := t.TempDir()
			config := filepath.Join(root, "aftercheck.yaml")
			content := found.config(t)
			for _, named := range regexp.MustCompile(`/etc/aftercheck/\S+`).FindAllString(content, -1) {
				mountedFile(t, found, root, named)
			}
			content = strings.ReplaceAll(content, "/etc/aftercheck/", root+"/etc/aftercheck/")
			if err := os.WriteFile(config, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			check := exec.CommandContext(t.Context(), binary, "check-config", config)
			check.Env = append(os.Environ(), "KUBECONFIG=testdata/kubeconfig.yaml") // outside of a pod
			if out, err := check.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s\n%s", err, out, content)
			}
			if len(all[*appsv1.Deployment](found)) == 0 {
				return
			}
			for _, argument := range sidecar(t, found.pod(t)).Args[1:] {
				flag, _, _ := strings.Cut(argument, "=")
				if !slices.Contains(strings.FieldsFunc(string(help), func(r rune) bool { return r == ' ' || r == '=' || r == '\n' || r == ',' }), flag) {
					t.Errorf("the sidecar does not know the flag %s", flag)
				}
			}
		})
	}
}

// mountedFile writes what the configuration names below root, if a volume of the
// sidecar brings it.
func mountedFile(t *testing.T, found objects, root, named string) {
	t.Helper()
	for _, mount := range sidecar(t, found.pod(t)).VolumeMounts {
		if key, inside := strings.CutPrefix(named, mount.MountPath+"/"); inside && brings(t, found, mount.Name, key) {
			if err := os.MkdirAll(filepath.Dir(root+named), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(root+named, []byte("a-secret-of-some-length"), 0o600); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Errorf("the configuration names %s, which no volume brings", named)
}

// brings reports whether the volume has a file of the name: any, if it is a whole
// Secret.
func brings(t *testing.T, found objects, volume, file string) bool {
	t.Helper()
	for _, candidate := range found.pod(t).Volumes {
		if candidate.Name != volume {
			continue
		}
		if candidate.Secret != nil {
			return len(candidate.Secret.Items) == 0
		}
		for _, source := range candidate.Projected.Sources {
			for _, item := range source.Secret.Items {
				if item.Path == file {
					return true
				}
			}
		}
	}
	return false
}
