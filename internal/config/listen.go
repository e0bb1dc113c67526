package config

import (
	"fmt"
	"math"
)

// Listen says who may call the API. The addresses are flags.
type Listen struct {
	Unix ListenUnix
	TCP  ListenTCP
}

// ListenUnix is who may call over the socket, beside what its file's
// permissions say. Without either list those decide alone.
type ListenUnix struct {
	AllowUIDs []uint32 // effective user IDs
	AllowGIDs []uint32 // effective group IDs
}

// ListenTCP is how callers over TCP are known, beside the token file, which is a
// flag.
type ListenTCP struct {
	WithoutToken      bool   // on a loopback address, everybody may call
	CertFile, KeyFile string // empty: in the clear, on a loopback address alone
}

type rawListen struct {
	Unix rawListenUnix `yaml:"unix"`
	TCP  rawListenTCP  `yaml:"tcp"`
}

type rawListenUnix struct {
	AllowUIDs []float64 `yaml:"allow_uids"`
	AllowGIDs []float64 `yaml:"allow_gids"`
}

type rawListenTCP struct {
	WithoutToken bool          `yaml:"without_token"`
	TLS          rawListenTCPS `yaml:"tls_config"`
}

// rawListenTCPS has the names of the exporter-toolkit's tls_server_config.
type rawListenTCPS struct {
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

func (c *checker) listen(into *Listen, written rawListen) {
	into.Unix.AllowUIDs = c.ids("listen.unix.allow_uids", written.Unix.AllowUIDs)
	into.Unix.AllowGIDs = c.ids("listen.unix.allow_gids", written.Unix.AllowGIDs)
	into.TCP = ListenTCP{
		WithoutToken: written.TCP.WithoutToken,
		CertFile:     c.file(written.TCP.TLS.CertFile),
		KeyFile:      c.file(written.TCP.TLS.KeyFile),
	}
	if (into.TCP.CertFile == "") != (into.TCP.KeyFile == "") {
		c.wrong("listen.tcp.tls_config", "want cert_file and key_file together")
	}
}

// ids checks the numbers of users or groups.
func (c *checker) ids(path string, written []float64) []uint32 {
	var ids []uint32
	for i, id := range written {
		if id != math.Trunc(id) || !(id >= 0 && id < math.MaxUint32) { // the largest means nobody
			c.wrong(fmt.Sprintf("%s[%d]", path, i), "want a numeric ID from 0 to 4294967294")
			continue
		}
		ids = append(ids, uint32(id))
	}
	return ids
}
