package config

import (
	"net/url"
	"slices"
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
	if want := wrongEngine(parsed); want != "" {
		c.wrong(path+".url", want)
	}
	both := w.SSH.IdentityFile != "" && w.SSH.KnownHostsFile != ""
	if overSSH && !both || !overSSH && (w.SSH != rawSSH{}) {
		c.wrong(path+".ssh", "want identity_file and known_hosts_file with an address of ssh://, and with no other")
	}
	if !overTLS && (w.TLS != rawTLS{}) {
		c.wrong(path+".tls_config", "want it with an address of https:// or tcp:// alone")
	}
}

// wrongEngine says what would be right for an engine's address, or nothing.
func wrongEngine(address *url.URL) string {
	const form = "want an address such as unix:///var/run/docker.sock, https://host:2376, http://host:2375 or ssh://user@host"
	right := false
	switch address.Scheme {
	case "ssh":
		if _, password := address.User.Password(); password || address.User.Username() == "" || address.Hostname() == "" {
			return "want ssh://user@host, without a password"
		}
		return ""
	case "unix":
		right = address.Host == "" && address.Path != ""
	case "tcp", "http", "https":
		right = address.Hostname() != ""
	}
	switch {
	case !right:
		return form
	case address.User != nil:
		return "want no user or password in the address"
	}
	return ""
}
