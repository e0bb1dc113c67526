//go:build docker

package image

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/aftercheck/aftercheck/internal/testbed"
)

// savedFiles are an image's files by their path; those of directories end in a
// slash.
type savedFiles map[string]savedFile

type savedFile struct {
	mode, owner string
	content     []byte
}

// saved reads the image's layers as they are, without what a container gets
// besides. Every file's time must be that of the commit; a directory's is only with
// a BuildKit that knows rewrite-timestamp, which Debian's does not.
func saved(t *testing.T, engine *testbed.Docker) savedFiles {
	t.Helper()
	archive, err := engine.Ask(t.Context(), "GET", "/images/"+name+"/get", nil)
	if err != nil {
		t.Fatal(err)
	}
	outer := map[string][]byte{}
	untar(t, archive, func(h *tar.Header, content []byte) { outer[h.Name] = content })
	var manifest []struct{ Layers []string }
	if err := json.Unmarshal(outer["manifest.json"], &manifest); err != nil || len(manifest) != 1 {
		t.Fatalf("manifest of %d images: %v", len(manifest), err)
	}
	files := savedFiles{}
	for _, layer := range manifest[0].Layers {
		untar(t, outer[layer], func(h *tar.Header, content []byte) {
			files[h.Name] = savedFile{h.FileInfo().Mode().String(), fmt.Sprintf("%d:%d", h.Uid, h.Gid), content}
			if at := h.ModTime.Unix(); h.Typeflag != tar.TypeDir && at != epoch {
				t.Errorf("%s is of %s, not of the commit's time", h.Name, h.ModTime)
			}
		})
	}
	return files
}

func untar(t *testing.T, archive []byte, each func(*tar.Header, []byte)) {
	t.Helper()
	reader := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		each(header, content)
	}
}
