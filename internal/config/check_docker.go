package config

import (
	"net/url"
	"slices"

	promconfig "github.com/prometheus/common/config"
)

func (c *checker) docker(path string, w rawDocker, taken map[string]bool) DockerHost {
	h := DockerHost{
		Name: w.Name, URL: w.URL, Instances: slices.Clone(w.Instances), Match: c.match(path+".match", w.Match), MaxNeighbours: defaultDockerNeighbours,
		TLS:             c.tls(path+".tls_config", w.TLS),
		SSHIdentityFile: c.file(w.SSH.IdentityFile), SSHKnownHostsFile: c.file(w.SSH.KnownHostsFile),
	}
	c.name(path+".name", w.Name, taken)
	c.dockerURL(path, w)
	c.positive(path+".timeout", &h.Timeout, w.Timeout)
	count(c, path+".max_neighbours", &h.MaxNeighbours, w.MaxNeighbours, 1, 1000)
	return h
}

// dockerURL checks the form of an engine's address, and that the settings go with
// it.
func (c *checker) dockerURL(path string, w rawDocker) {
	parsed, err := url.Parse(w.URL)
	if err != nil {
		parsed = &url.URL{}
	}
	overSSH, overTLS := parsed.Scheme == "ssh", parsed.Scheme == "https" || parsed.Scheme == "tcp"
	_, password := parsed.User.Password()
	switch {
	case overSSH && (parsed.User.Username() == "" || password || parsed.Hostname() == ""):
		c.wrong(path+".url", "want ssh://user@host, without a password")
	case overSSH:
	case parsed.User != nil:
		c.wrong(path+".url", "want no user or password in the address")
	case parsed.Scheme == "unix" && parsed.Host == "" && parsed.Path != "":
	case (overTLS || parsed.Scheme == "http") && parsed.Hostname() != "":
	default:
		c.wrong(path+".url", "want an address such as unix:///var/run/docker.sock, https://host:2376, http://host:2375 or ssh://user@host")
	}
	if overSSH != (w.SSH != rawSSH{}) || overSSH && (w.SSH.IdentityFile == "" || w.SSH.KnownHostsFile == "") {
		c.wrong(path+".ssh", "want identity_file and known_hosts_file with an address of ssh://, and with no other")
	}
	if tls := c.tls(path+".tls_config", w.TLS); !overTLS && tls != (promconfig.TLSConfig{}) {
		c.wrong(path+".tls_config", "want it with an address of https:// or tcp:// alone")
	}
}
