package evidence_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
)

// filled returns the path of a closed store that holds some records.
func filled(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "evidence.db")
	s := openFile(t, path, evidence.FileOptions{})
	for n := range 20 {
		if err := evidencetest.Live(t.Context(), s, n); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFileIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "aftercheck", "evidence.db")
	openFile(t, path, evidence.FileOptions{})
	for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700, filepath.Dir(filepath.Dir(path)): 0o700} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", name, got, want)
		}
	}
}

func TestFileHeldByAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "evidence.db")
	first := openFile(t, path, evidence.FileOptions{})
	_, err := evidence.OpenFile(path, evidence.FileOptions{LockTimeout: 100 * time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "another process holds the file") {
		t.Fatalf("error %v, want that another process holds the file", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	openFile(t, path, evidence.FileOptions{})
}

func TestFileInTheWay(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, "file", "evidence.db")} {
		if s, err := evidence.OpenFile(path, evidence.FileOptions{}); err == nil {
			_ = s.Close()
			t.Errorf("opened %s", path)
		}
	}
}

// TestFileDamaged breaks a store in many ways. It is refused with a reason or,
// where bolt's second meta page saves it, read; it is never changed by being
// refused.
func TestFileDamaged(t *testing.T) {
	whole, err := os.ReadFile(filled(t))
	if err != nil {
		t.Fatal(err)
	}
	garbage := bytes.Repeat([]byte("not a store\n"), 5000)
	for name, content := range map[string][]byte{
		"garbage":            garbage,
		"short garbage":      []byte("x"),
		"zeroes":             make([]byte, len(whole)),
		"cut in the metas":   whole[:5000],
		"cut after metas":    whole[:2*4096],
		"cut in the middle":  whole[:len(whole)/2],
		"both metas garbage": append(bytes.Clone(garbage[:2*4096]), whole[2*4096:]...),
		"pages garbage":      append(bytes.Clone(whole[:2*4096]), bytes.Repeat(garbage, 100)[:len(whole)-2*4096]...),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "evidence.db")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := evidence.OpenFile(path, evidence.FileOptions{})
			if !errors.Is(err, evidence.ErrUnreadable) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "left as it is") {
				t.Errorf("error %v, want ErrUnreadable that names the file and says that it was left as it is", err)
			}
			after, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(after, content) {
				t.Error("the file was changed")
			}
			// The lock is free again: whoever moves the file away can start.
			if err := os.Rename(path, path+".away"); err != nil {
				t.Fatal(err)
			}
			openFile(t, path, evidence.FileOptions{})
		})
	}
}

func TestFileOfAnotherProgramOrVersion(t *testing.T) {
	for name, c := range map[string]struct {
		bucket, value string
		want          string
	}{
		"another program": {"users", "x", "another program"},
		"newer layout":    {"aftercheck", "\x63", "layout 99"},
		"no layout":       {"aftercheck", "", "layout 0"},
	} {
		path := filepath.Join(t.TempDir(), "evidence.db")
		db, err := bolt.Open(path, 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = db.Update(func(tx *bolt.Tx) error {
			bucket, err := tx.CreateBucket([]byte(c.bucket))
			if err != nil {
				return err
			}
			return bucket.Put([]byte("layout"), []byte(c.value))
		})
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		_, err = evidence.OpenFile(path, evidence.FileOptions{LockTimeout: 100 * time.Millisecond})
		if !errors.Is(err, evidence.ErrUnreadable) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want it to say %q", name, err, c.want)
		}
	}
}

// TestFileDamagedWhileOpen breaks pages under an open store: calls fail, and
// the process goes on.
func TestFileDamagedWhileOpen(t *testing.T) {
	path := filled(t)
	s := openFile(t, path, evidence.FileOptions{})
	if err := os.Truncate(path, 2*4096); err != nil {
		t.Fatal(err)
	}
	_, err := s.Verification(t.Context(), evidencetest.Sample(1).ID)
	if !errors.Is(err, evidence.ErrUnreadable) {
		t.Errorf("reading: error %v, want ErrUnreadable", err)
	}
	if _, _, err := s.Accept(t.Context(), evidencetest.Sample(1000)); !errors.Is(err, evidence.ErrUnreadable) {
		t.Errorf("accepting: error %v, want ErrUnreadable", err)
	}
	if err := s.Check(t.Context()); err == nil {
		t.Error("the check found nothing")
	}
}
