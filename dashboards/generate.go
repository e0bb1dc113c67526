// Command dashboards writes the Grafana dashboards, and docs/dashboards.md, into
// the tree. It is run by go generate, in the directory of this file.
//
//go:generate go run .
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/aftercheck/aftercheck/internal/dashboards"
)

func main() {
	if err := write("."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(directory string) error {
	files, err := dashboards.Files()
	if err != nil {
		return err
	}
	for path, content := range files {
		// #nosec G306 -- they are for everybody to read
		if err := os.WriteFile(filepath.Join(directory, "..", path), content, 0o644); err != nil {
			return fmt.Errorf("writing what is generated: %w", err)
		}
	}
	return nil
}
