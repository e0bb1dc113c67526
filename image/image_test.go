//go:build docker

package image

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercheck/aftercheck/client"
	"github.com/aftercheck/aftercheck/internal/testbed"
)

const (
	name     = "testbed/aftercheck:test"
	revision = "0123456789abcdef0123456789abcdef01234567"
	built    = "2026-11-20T12:00:00+00:00"
	epoch    = 1795176000
	maxSize  = 60 << 20
	patience = time.Minute
)

// TestImage builds the image as `make image` does, from the binary as `make
// build` makes it, and runs it.
func TestImage(t *testing.T) {
	engine, err := testbed.StartDocker()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.End)
	build(t, engine)
	t.Run("description", func(t *testing.T) { described(t, engine) })
	t.Run("files", func(t *testing.T) { files(t, engine) })
	t.Run("serves", func(t *testing.T) { serves(t, engine) })
	t.Run("unhealthy", func(t *testing.T) { unhealthy(t, engine) })
	t.Run("built again", func(t *testing.T) { builtAgain(t) })
}

// makeTargets runs make at the repository's root, with a fixed commit.
func makeTargets(t *testing.T, engine *testbed.Docker, args ...string) {
	t.Helper()
	command := exec.Command("make", append([]string{
		"VERSION=1.2.3", "REVISION=" + revision, "BRANCH=main", "BUILT=" + built, "BIN=bin/aftercheck-of-image", "DOCKER=" + dockerCLI(t),
	}, args...)...)
	command.Dir = ".."
	command.Env = append(os.Environ(), fmt.Sprintf("SOURCE_DATE_EPOCH=%d", epoch), "DOCKER_HOST=unix://"+engine.Socket, "DOCKER_CONFIG="+t.TempDir())
	if printed, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
}

// dockerCLI is the client that goes with the engine. Another one on the path may
// want a plugin for BuildKit.
func dockerCLI(t *testing.T) string {
	t.Helper()
	for _, candidate := range []string{"/usr/bin/docker", "docker"} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	t.Fatal("docker is not installed: run `scripts/install-deps.sh docker`")
	return ""
}

func build(t *testing.T, engine *testbed.Docker) {
	t.Helper()
	makeTargets(t, engine, "image-root", "image", "IMAGE="+name, "IMAGE_ARGS=--build-arg=ROOT=prebuilt")
}

func described(t *testing.T, engine *testbed.Docker) {
	type config struct {
		User                  string
		Entrypoint, Cmd       []string
		Volumes, ExposedPorts map[string]struct{}
		Labels                map[string]string
		Healthcheck           struct{ Test []string }
	}
	var image struct {
		Size         int
		Os           string
		Architecture string
		Config       config
	}
	engine.Inspect(t, "/images/"+name+"/json", &image)
	if image.Size > maxSize {
		t.Errorf("the image has %d bytes, want at most %d", image.Size, maxSize)
	}
	want := config{
		User:         "65532:65532",
		Entrypoint:   []string{"/usr/bin/aftercheck"},
		Cmd:          []string{"serve"},
		Volumes:      map[string]struct{}{"/run/aftercheck": {}, "/var/lib/aftercheck": {}},
		ExposedPorts: map[string]struct{}{"19746/tcp": {}},
		Labels: map[string]string{
			"org.opencontainers.image.title":       "Aftercheck",
			"org.opencontainers.image.description": "Did the fix work? A sidecar that judges automated repairs with evidence.",
			"org.opencontainers.image.source":      "https://github.com/aftercheck/aftercheck",
			"org.opencontainers.image.version":     "1.2.3",
			"org.opencontainers.image.revision":    revision,
			"org.opencontainers.image.created":     built,
		},
	}
	want.Healthcheck.Test = []string{"CMD", "/usr/bin/aftercheck", "healthcheck", "--healthy"}
	if diff := cmp.Diff(want, image.Config); diff != "" {
		t.Errorf("the image's configuration (-want +got):\n%s", diff)
	}
}

// files holds the image's files, each with mode and owner, to what they are to
// be: one binary, certificates, users, and no shell.
func files(t *testing.T, engine *testbed.Docker) {
	held := saved(t, engine)
	want := []string{
		"drwxr-xr-x 0:0 etc/",
		"-rw-r--r-- 0:0 etc/group",
		"-rw-r--r-- 0:0 etc/passwd",
		"drwxr-xr-x 0:0 etc/ssl/",
		"drwxr-xr-x 0:0 etc/ssl/certs/",
		"-rw-r--r-- 0:0 etc/ssl/certs/ca-certificates.crt",
		"drwxr-xr-x 0:0 run/",
		"drwxr-xr-x 65532:65532 run/aftercheck/",
		"dtrwxrwxrwx 0:0 tmp/",
		"drwxr-xr-x 0:0 usr/",
		"drwxr-xr-x 0:0 usr/bin/",
		"-rwxr-xr-x 0:0 usr/bin/aftercheck",
		"drwxr-xr-x 0:0 var/",
		"drwxr-xr-x 0:0 var/lib/",
		"drwxr-xr-x 65532:65532 var/lib/aftercheck/",
	}
	if diff := cmp.Diff(want, held.listing()); diff != "" {
		t.Errorf("the image's files (-want +got):\n%s", diff)
	}
	binary := held["usr/bin/aftercheck"].content
	program, err := elf.NewFile(bytes.NewReader(binary))
	if err != nil {
		t.Fatal(err)
	}
	for _, segment := range program.Progs {
		if segment.Type == elf.PT_INTERP || segment.Type == elf.PT_DYNAMIC {
			t.Errorf("the binary is linked dynamically: it has a segment %s", segment.Type)
		}
	}
	if n := bytes.Count(held["etc/ssl/certs/ca-certificates.crt"].content, []byte("-----BEGIN CERTIFICATE-----\n")); n < 100 {
		t.Errorf("there are %d certificates, want Mozilla's, which are over 100", n)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(binary, []byte(root)) {
		t.Errorf("the binary names the directory that it was built in")
	}
}

// container is what all runs of the image have in common: nothing that a sidecar
// does not need.
func container(cmd []string, binds ...string) map[string]any {
	return map[string]any{
		"Image": name,
		"Cmd":   cmd,
		// more often than the image says, so that the test does not wait
		"Healthcheck": map[string]any{"Interval": int(300 * time.Millisecond), "StartPeriod": int(time.Millisecond)},
		"HostConfig": map[string]any{
			"NetworkMode": "none", "ReadonlyRootfs": true, "CapDrop": []string{"ALL"},
			"SecurityOpt": []string{"no-new-privileges"}, "Binds": binds,
		},
	}
}

type state struct {
	State struct {
		Status   string
		ExitCode int
		Health   struct{ Status string }
	}
}

// serves: the sidecar answers on its socket, to whom may open it, is healthy for
// Docker, runs as its own user, and ends when it is asked to.
func serves(t *testing.T, engine *testbed.Docker) {
	dir := t.TempDir()
	if err := os.Chown(dir, 65532, 65532); err != nil {
		t.Fatal(err)
	}
	id := engine.Run(t, "serves", container([]string{"serve"}, dir+":/run/aftercheck"))
	defer engine.Remove(t, id)
	sidecar, err := client.New(filepath.Join(dir, "aftercheck.sock"))
	if err != nil {
		t.Fatal(err)
	}
	testbed.Eventually(t, patience, func() error { return sidecar.Healthy(t.Context()) })
	testbed.Eventually(t, patience, func() error { return sidecar.Ready(t.Context()) })
	awaitHealth(t, engine, id, "healthy")
	var processes struct{ Processes [][]string }
	engine.Inspect(t, "/containers/"+id+"/top?ps_args=-o+uid,gid,pid,args", &processes)
	for _, p := range processes.Processes {
		if p[0] != "65532" || p[1] != "65532" {
			t.Errorf("a process runs as %s:%s", p[0], p[1])
		}
	}
	if len(processes.Processes) == 0 {
		t.Error("no process is seen")
	}
	engine.Post(t, "/containers/"+id+"/stop?t=60")
	var ended state
	engine.Inspect(t, "/containers/"+id+"/json", &ended)
	if ended.State.Status != "exited" || ended.State.ExitCode != 0 {
		t.Errorf("asked to end, it is %s with exit code %d", ended.State.Status, ended.State.ExitCode)
	}
}

// unhealthy: where nothing serves on the socket that callers use, Docker is
// told.
func unhealthy(t *testing.T, engine *testbed.Docker) {
	id := engine.Run(t, "unhealthy", container([]string{"serve", "--socket=/var/lib/aftercheck/other.sock"}))
	defer engine.Remove(t, id)
	awaitHealth(t, engine, id, "unhealthy")
}

func awaitHealth(t *testing.T, engine *testbed.Docker, id, want string) {
	t.Helper()
	testbed.Eventually(t, patience, func() error {
		var seen state
		engine.Inspect(t, "/containers/"+id+"/json", &seen)
		if seen.State.Health.Status != want {
			return fmt.Errorf("the container is %s and %s", seen.State.Status, seen.State.Health.Status)
		}
		return nil
	})
}

// builtAgain: the same sources at another place give the same binary.
func builtAgain(t *testing.T) {
	copied := filepath.Join(t.TempDir(), "elsewhere")
	if err := copySources("..", copied); err != nil {
		t.Fatal(err)
	}
	stamped := exec.Command("make", "build", "VERSION=1.2.3", "REVISION="+revision, "BRANCH=main", "BUILT="+built)
	stamped.Dir = copied
	if printed, err := stamped.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	if here, there := digest(t, "../bin/aftercheck-of-image"), digest(t, filepath.Join(copied, "bin/aftercheck")); here != there {
		t.Errorf("two builds of the same commit differ: %s and %s", here, there)
	}
}

func digest(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(content))
}

// copySources copies what is compiled, and the Makefile.
func copySources(from, to string) error {
	if err := os.Mkdir(to, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"Makefile", "go.mod", "go.sum", "client", "cmd", "internal"} {
		if err := copyTree(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			return err
		}
	}
	sources, err := filepath.Glob(filepath.Join(from, "*.go"))
	for _, path := range sources {
		err = errors.Join(err, copyTree(path, filepath.Join(to, filepath.Base(path))))
	}
	return err
}

func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := to + strings.TrimPrefix(path, from)
		if entry.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o600)
	})
}

// listing is one line a file, in the order of their paths.
func (s savedFiles) listing() []string {
	var lines []string
	for path, file := range s {
		lines = append(lines, fmt.Sprintf("%s %s %s", file.mode, file.owner, path))
	}
	slices.SortFunc(lines, func(a, b string) int {
		return strings.Compare(a[strings.LastIndexByte(a, ' '):], b[strings.LastIndexByte(b, ' '):])
	})
	return lines
}
