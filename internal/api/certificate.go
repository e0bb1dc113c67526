package api

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate is a certificate with its key, in two files that may change.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu       sync.Mutex
	loaded   *tls.Certificate
	versions [2]fileVersion // of what is loaded, or was refused last
}

// fileVersion tells whether a file was replaced or written.
type fileVersion struct {
	info     fs.FileInfo
	modified time.Time
	size     int64
}

func versionOf(path string) (fileVersion, error) {
	info, err := os.Stat(path)
	if err != nil {
		return fileVersion{}, err
	}
	return fileVersion{info, info.ModTime(), info.Size()}, nil
}

func (v fileVersion) same(other fileVersion) bool {
	return v.info != nil && other.info != nil && os.SameFile(v.info, other.info) &&
		v.modified.Equal(other.modified) && v.size == other.size
}

// TLSConfig serves with the certificate in the two PEM files, TLS 1.2 or later,
// HTTP/1.1. Once one of the files has changed, new connections get the new
// certificate; while the new one cannot be used, they get the old one, and the
// log says why. It fails if the files cannot be used now.
func TLSConfig(certFile, keyFile string, log *slog.Logger) (*tls.Config, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log}
	if _, err := c.reload(); err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current(), nil },
	}, nil
}

// current is the certificate for a new connection.
func (c *certificate) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	changed, err := c.reload()
	switch {
	case err != nil:
		c.log.Error("going on with the certificate as it was", "err", err)
	case changed:
		c.log.Info("the certificate was loaded again", "file", c.certFile)
	}
	return c.loaded
}

// reload loads the files if one of them has changed. It tells of trouble with
// one pair of files once.
func (c *certificate) reload() (changed bool, err error) {
	var versions [2]fileVersion
	for i, path := range []string{c.certFile, c.keyFile} {
		if versions[i], err = versionOf(path); err != nil && c.loaded == nil {
			return false, fmt.Errorf("reading the certificate: %w", err)
		}
	}
	if versions[0].same(c.versions[0]) && versions[1].same(c.versions[1]) {
		return false, nil
	}
	gone := versions[0].info == nil || versions[1].info == nil
	if gone && (c.versions[0].info == nil || c.versions[1].info == nil) {
		return false, nil // told already
	}
	c.versions = versions
	if gone {
		return false, errors.New("reading the certificate: want both of its files; one is gone")
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return false, fmt.Errorf("reading the certificate: %w", err)
	}
	c.loaded = &pair
	return true, nil
}
