//go:build chaos && linux

package chaos

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// diskBytes is the size of the disk that is filled. A bbolt file doubles as it
// grows, so it holds some hundreds of verifications.
const diskBytes = "size=24m"

// smallDisk is a file store on a disk of its own: a tmpfs, which only root can
// mount.
func smallDisk(t *testing.T) *place {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, diskBytes); err != nil {
		t.Fatalf("mounting a tmpfs, which root can: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return &place{storage: filepath.Join(dir, "evidence.db")}
}

// fill takes the rest of the disk. Removing the file that it returns gives it
// back.
func fill(dir string) (filler string, err error) {
	filler = filepath.Join(dir, "filler")
	file, err := os.OpenFile(filler, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	defer file.Close()
	for chunk := make([]byte, 64<<10); len(chunk) > 0; {
		if _, err := file.Write(chunk); err != nil {
			chunk = chunk[:len(chunk)/2] // down to the last byte
		}
	}
	return filler, file.Sync()
}
