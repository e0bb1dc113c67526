// Command vulnverdict reads what govulncheck -format json writes and says what
// it means: a known vulnerability in a function that we call makes it exit with
// 1. Those of the standard library are only told, since they are the business of
// the Go that builds us and no change of ours mends them.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// message is one of the values that govulncheck writes.
type message struct {
	Finding *struct {
		OSV   string `json:"osv"`
		Fixed string `json:"fixed_version"`
		Trace []struct {
			Module   string `json:"module"`
			Version  string `json:"version"`
			Function string `json:"function"`
		} `json:"trace"`
	} `json:"finding"`
	Config *struct {
		GoVersion string `json:"go_version"`
	} `json:"config"`
}

// standardLibrary is what govulncheck calls the module of the standard library.
const standardLibrary = "stdlib"

func main() {
	called, about, err := read(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "vulnverdict:", err)
		os.Exit(2)
	}
	fmt.Println(about)
	ours := 0
	for _, line := range called {
		fmt.Println(line)
		if !strings.HasPrefix(line, standardLibrary) {
			ours++
		}
	}
	fmt.Printf("known vulnerabilities in what is called: %d in modules, %d in the standard library\n", ours, len(called)-ours)
	if ours > 0 {
		os.Exit(1)
	}
}

// read returns a line for each vulnerability that is called, and what was asked.
// Without the configuration, which comes first, govulncheck has not run.
func read(in io.Reader) (called []string, about string, err error) {
	decoder := json.NewDecoder(in)
	for {
		var m message
		err := decoder.Decode(&m)
		switch {
		case errors.Is(err, io.EOF) && about == "":
			return nil, "", errors.New("govulncheck has said nothing")
		case errors.Is(err, io.EOF):
			slices.Sort(called)
			return slices.Compact(called), about, nil
		case err != nil:
			return nil, "", fmt.Errorf("reading what govulncheck says: %w", err)
		}
		if m.Config != nil {
			about = m.Config.GoVersion
		}
		if f := m.Finding; f != nil && len(f.Trace) > 0 && f.Trace[0].Function != "" {
			called = append(called, fmt.Sprintf("%s %s: %s, fixed in %s", f.Trace[0].Module, f.Trace[0].Version, f.OSV, orNone(f.Fixed)))
		}
	}
}

func orNone(version string) string {
	if version == "" {
		return "no version"
	}
	return version
}
