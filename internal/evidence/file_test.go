package evidence_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
)

// openFile opens a store that is closed with the test.
func openFile(t testing.TB, path string, o evidence.FileOptions) *evidence.File {
	t.Helper()
	s, err := evidence.OpenFile(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func newFile(t testing.TB, o evidence.FileOptions) *evidence.File {
	t.Helper()
	return openFile(t, filepath.Join(t.TempDir(), "evidence.db"), o)
}

// copyFile copies what the kernel has of a file, which is what a killed process
// leaves behind.
func copyFile(t testing.TB, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
}

func TestFileKeepsThePromises(t *testing.T) {
	evidencetest.Run(t, evidencetest.Backend{
		Open: func(t testing.TB, retention time.Duration) evidence.Store {
			return newFile(t, evidence.FileOptions{Retention: retention})
		},
		Crash: func(t testing.TB) (evidence.Store, func() evidence.Store) {
			path := filepath.Join(t.TempDir(), "evidence.db")
			return openFile(t, path, evidence.FileOptions{}), func() evidence.Store {
				copyFile(t, path, path+".after")
				return openFile(t, path+".after", evidence.FileOptions{})
			}
		},
	})
}
