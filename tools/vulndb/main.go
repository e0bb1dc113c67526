// Command vulndb makes a database for govulncheck -db out of the reports of Go's
// vulnerability database, so that it can be asked without a network. The reports
// are those in the module golang.org/x/vulndb, under data/osv; the layout is
// that of https://go.dev/doc/security/vuln/database.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// report is what the indexes need of a report in the OSV format.
type report struct {
	ID        string    `json:"id"`
	Modified  time.Time `json:"modified"` // zero in the module
	Published time.Time `json:"published"`
	Affected  []struct {
		Package struct {
			Name string `json:"name"`
		} `json:"package"`
		Ranges []struct {
			Events []struct {
				Fixed string `json:"fixed"`
			} `json:"events"`
		} `json:"ranges"`
	} `json:"affected"`
}

// module is one entry of index/modules.json.
type module struct {
	Path  string          `json:"path"`
	Vulns []vulnerability `json:"vulns"`
}

type vulnerability struct {
	ID       string    `json:"id"`
	Modified time.Time `json:"modified"`
	Fixed    string    `json:"fixed,omitempty"` // the last version that mends it; empty: none does
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: vulndb REPORTS DATABASE")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "vulndb:", err)
		os.Exit(1)
	}
}

// run reads all reports and writes the database.
func run(reports, database string) error {
	paths, err := filepath.Glob(filepath.Join(reports, "GO-*.json"))
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		return fmt.Errorf("no report stands in %s", reports)
	}
	modules := map[string]*module{}
	var newest time.Time
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var r report
		if err := json.Unmarshal(content, &r); err != nil {
			return fmt.Errorf("reading %s: %w", path, err)
		}
		index(modules, r)
		if r.Published.After(newest) {
			newest = r.Published
		}
		if err := write(filepath.Join(database, "ID", r.ID+".json"), json.RawMessage(content)); err != nil {
			return err
		}
	}
	if err := write(filepath.Join(database, "index", "modules.json"), sorted(modules)); err != nil {
		return err
	}
	// The database is as old as its newest report.
	return write(filepath.Join(database, "index", "db.json"), map[string]time.Time{"modified": newest})
}

// index adds a report under each module that it affects.
func index(modules map[string]*module, r report) {
	for _, affected := range r.Affected {
		path := affected.Package.Name
		if modules[path] == nil {
			modules[path] = &module{Path: path}
		}
		known := modules[path]
		if slices.ContainsFunc(known.Vulns, func(v vulnerability) bool { return v.ID == r.ID }) {
			continue
		}
		fixed := ""
		for _, affectedRange := range affected.Ranges {
			for _, event := range affectedRange.Events {
				if event.Fixed != "" {
					fixed = event.Fixed
				}
			}
		}
		known.Vulns = append(known.Vulns, vulnerability{r.ID, r.Modified, fixed})
	}
}

func sorted(modules map[string]*module) []*module {
	var all []*module
	for _, m := range modules {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b *module) int { return strings.Compare(a.Path, b.Path) })
	return all
}

func write(path string, value any) error {
	content, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}
