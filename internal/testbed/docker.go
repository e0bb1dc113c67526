//go:build docker

package testbed

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// DockerImage is the image that every engine of the testbed has: busybox, and
// nothing else.
const DockerImage = "testbed/busybox:1"

// Docker is a Docker engine of a test's own. It wants root, has no networks but
// the host's and none, and keeps its containers from everybody else's.
type Docker struct {
	// Socket is the path of the engine's unix socket.
	Socket string

	*Process
	dir    string
	client *http.Client
}

// StartDocker starts dockerd with the busybox image. The flags are dockerd's
// own, such as "--host=tcp://127.0.0.1:2376". The test's end removes every
// container; one who calls without a test calls End.
func StartDocker(flags ...string) (*Docker, error) {
	daemon, err := lookUp("dockerd", "/usr/sbin/dockerd")
	if err != nil {
		return nil, err
	}
	busybox, err := lookUp("busybox")
	if err != nil {
		return nil, err
	}
	// a short path: containerd's sockets lie below it
	dir, err := os.MkdirTemp("", "docker-")
	if err != nil {
		return nil, err
	}
	d := &Docker{Socket: filepath.Join(dir, "docker.sock"), dir: dir}
	d.client = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", d.Socket)
	}}}
	args := append([]string{
		"--data-root=" + dir + "/data", "--exec-root=" + dir + "/exec", "--pidfile=" + dir + "/dockerd.pid", "--host=unix://" + d.Socket,
		"--config-file=" + dir + "/none.json", "--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false",
		"--ip-masq=false", "--userland-proxy=false", "--storage-driver=vfs", "--exec-opt=native.cgroupdriver=cgroupfs",
	}, flags...)
	err = os.WriteFile(filepath.Join(dir, "none.json"), []byte("{}"), 0o600)
	if err == nil {
		d.Process, err = Launch(Command{
			Name: "dockerd", Path: daemon, Args: args, Dir: dir, Gentle: true, Within: time.Minute,
			Ready: func(ctx context.Context) error { _, err := d.Ask(ctx, http.MethodGet, "/_ping", nil); return err },
		})
	}
	if err == nil {
		err = d.importBusybox(busybox)
	}
	if err != nil {
		d.End()
		return nil, err
	}
	return d, nil
}

// End removes all containers, stops the engine and removes its files.
func (d *Docker) End() {
	if d.Process != nil {
		d.RemoveAll()
		d.Stop(time.Minute)
	}
	_ = syscall.Unmount(filepath.Join(d.dir, "exec/netns/default"), syscall.MNT_DETACH)
	_ = os.RemoveAll(d.dir)
}

// RemoveAll removes all containers, whatever they do.
func (d *Docker) RemoveAll() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	answer, err := d.Ask(ctx, http.MethodGet, "/containers/json?all=1", nil)
	var containers []struct{ ID string }
	if err != nil || json.Unmarshal(answer, &containers) != nil {
		return
	}
	for _, c := range containers {
		_, _ = d.Ask(ctx, http.MethodDelete, "/containers/"+c.ID+"?force=1&v=1", nil)
	}
}

// Ask sends one request and returns the answer's body, of whatever length. A
// body that is no reader is sent as JSON. A status of 400 or more is an error
// with what the engine says.
func (d *Docker) Ask(ctx context.Context, method, path string, body any) ([]byte, error) {
	kind, content := "application/x-tar", io.Reader(http.NoBody)
	if reader, is := body.(io.Reader); is {
		content = reader
	} else if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		kind, content = "application/json", bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://docker"+path, content)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", kind)
	response, err := d.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	return answer, err
}

// Create makes a container as the Engine API's POST /containers/create is told
// and returns its ID. Without an Image it is busybox's.
func (d *Docker) Create(t testing.TB, name string, config map[string]any) string {
	t.Helper()
	if config["Image"] == nil {
		config["Image"] = DockerImage
	}
	var created struct{ ID string }
	d.must(t, http.MethodPost, "/containers/create?name="+url.QueryEscape(name), config, &created)
	return created.ID
}

// Run makes a container and starts it.
func (d *Docker) Run(t testing.TB, name string, config map[string]any) string {
	t.Helper()
	id := d.Create(t, name, config)
	d.Post(t, "/containers/"+id+"/start")
	return id
}

// Post does something to a container, such as "/containers/name/pause".
func (d *Docker) Post(t testing.TB, path string) {
	t.Helper()
	d.must(t, http.MethodPost, path, nil, nil)
}

// Remove removes a container, whatever it does.
func (d *Docker) Remove(t testing.TB, name string) {
	t.Helper()
	d.must(t, http.MethodDelete, "/containers/"+name+"?force=1&v=1", nil, nil)
}

// Inspect reads what the engine tells of a container or an image, such as
// "/containers/name/json".
func (d *Docker) Inspect(t testing.TB, path string, into any) {
	t.Helper()
	d.must(t, http.MethodGet, path, nil, into)
}

func (d *Docker) must(t testing.TB, method, path string, body, into any) {
	t.Helper()
	answer, err := d.Ask(t.Context(), method, path, body)
	if err == nil && into != nil {
		err = json.Unmarshal(answer, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// importBusybox makes the image: /bin/busybox, and sh for it, which finds all
// its other commands by itself.
func (d *Docker) importBusybox(path string) error {
	binary, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var files bytes.Buffer
	w := tar.NewWriter(&files)
	for _, h := range []tar.Header{
		{Name: "bin/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o777},
		{Name: "bin/busybox", Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(binary))},
		{Name: "bin/sh", Typeflag: tar.TypeSymlink, Linkname: "busybox"},
	} {
		err = errors.Join(err, w.WriteHeader(&h))
		if h.Typeflag == tar.TypeReg {
			_, written := w.Write(binary)
			err = errors.Join(err, written)
		}
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, err = d.Ask(ctx, http.MethodPost, "/images/create?fromSrc=-&repo=testbed/busybox&tag=1", &files)
	return err
}

func lookUp(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not installed: run `scripts/install-deps.sh docker`", names[0])
}
