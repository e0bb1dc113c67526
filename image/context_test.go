package image

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestContextHasWhatIsCompiled: .dockerignore lets every file through that the
// binary is made of, those embedded too.
func TestContextHasWhatIsCompiled(t *testing.T) {
	written, err := os.ReadFile("../.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	sent := map[string]bool{}
	for line := range strings.Lines(string(written)) {
		if path, let := strings.CutPrefix(strings.TrimSpace(line), "!"); let {
			sent[path] = true
		}
	}
	files := compiled(t)
	if len(files) < 100 {
		t.Fatalf("only %d files are compiled", len(files))
	}
	for _, file := range files {
		top, _, nested := strings.Cut(file, "/")
		if nested && !sent[top] || !nested && !sent["*.go"] || strings.Contains(file, "/testdata/") || strings.HasSuffix(file, "_test.go") {
			t.Errorf("%s is compiled, and .dockerignore keeps it from the image's builder", file)
		}
	}
}

// compiled returns the module's own files in the binary, below its root.
func compiled(t *testing.T) []string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	list := exec.Command("go", "list", "-deps", "-json=Dir,Module,GoFiles,EmbedFiles", "./cmd/sidecar")
	list.Dir, list.Stderr = root, os.Stderr
	printed, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	packages := json.NewDecoder(strings.NewReader(string(printed)))
	for {
		var one struct {
			Dir                 string
			Module              *struct{ Main bool }
			GoFiles, EmbedFiles []string
		}
		err := packages.Decode(&one)
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if one.Module == nil || !one.Module.Main {
			continue
		}
		for _, name := range append(one.GoFiles, one.EmbedFiles...) {
			below, err := filepath.Rel(root, filepath.Join(one.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, filepath.ToSlash(below))
		}
	}
}
