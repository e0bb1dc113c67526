package aftercheck_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentsNameTestsThatExist: what a document says is shown by a test is shown
// by one that is there.
func TestDocumentsNameTestsThatExist(t *testing.T) {
	written := testsOfTheRepository(t)
	for file, least := range map[string]int{"SECURITY.md": 30, "docs/migrating.md": 30} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		named := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z]+)`").FindAllStringSubmatch(string(text), -1)
		if len(named) < least {
			t.Errorf("%s: only %d tests are named", file, len(named))
		}
		for _, name := range named {
			if !written[name[1]] {
				t.Errorf("%s: %s is named, and does not exist", file, name[1])
			}
		}
	}
}

// testsOfTheRepository returns the names of all test functions.
func testsOfTheRepository(t *testing.T) map[string]bool {
	t.Helper()
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	found := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, name := range function.FindAllStringSubmatch(string(text), -1) {
			found[name[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
