package config

import (
	"slices"

	promconfig "github.com/prometheus/common/config"
)

// AllSecretFiles lists every file that holds a secret: those of redaction, and
// those that the store and the HTTP clients take theirs from.
func (c *Config) AllSecretFiles() []string {
	files := append([]string(nil), c.SecretFiles...)
	if r := c.Store.Redis; r != nil {
		files = append(files, r.PasswordFile, r.SentinelPasswordFile)
	}
	files = append(files, secretsOf(c.Sensors.Prometheus.Client)...)
	files = append(files, secretsOf(c.SelfHealing.Client)...)
	for _, h := range c.Sensors.Docker {
		files = append(files, h.SSHIdentityFile)
	}
	for _, p := range c.Sensors.HTTP {
		files = append(files, secretsOf(p.Client)...)
	}
	for _, s := range c.Sensors.Scrape {
		files = append(files, secretsOf(s.Client)...)
	}
	slices.Sort(files)
	return slices.DeleteFunc(slices.Compact(files), func(path string) bool { return path == "" })
}

func secretsOf(client promconfig.HTTPClientConfig) []string {
	var files []string
	if client.BasicAuth != nil {
		files = append(files, client.BasicAuth.PasswordFile)
	}
	if client.Authorization != nil {
		files = append(files, client.Authorization.CredentialsFile)
	}
	if client.OAuth2 != nil {
		files = append(files, client.OAuth2.ClientSecretFile)
	}
	if client.HTTPHeaders != nil {
		for _, header := range client.HTTPHeaders.Headers {
			files = append(files, header.Files...)
		}
	}
	return files
}
