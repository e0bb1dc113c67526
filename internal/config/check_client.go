package config

import (
	"net/url"

	promconfig "github.com/prometheus/common/config"
)

// client turns a client's settings into Prometheus' own, and lets Prometheus'
// own rules check that they go together.
func (c *checker) client(path string, w rawClient) promconfig.HTTPClientConfig {
	client := defaultClient()
	set(&client.FollowRedirects, w.FollowRedirects)
	set(&client.EnableHTTP2, w.EnableHTTP2)
	client.TLSConfig = c.tls(path+".tls_config", w.TLS)
	client.NoProxy, client.ProxyFromEnvironment = w.NoProxy, w.ProxyFromEnvironment
	if w.ProxyURL != "" {
		c.proxy(path+".proxy_url", &client, w.ProxyURL)
	}
	if a := w.BasicAuth; a != nil {
		client.BasicAuth = &promconfig.BasicAuth{
			Username: a.Username, UsernameFile: c.file(a.UsernameFile), PasswordFile: c.file(a.PasswordFile),
		}
	}
	if a := w.Authorization; a != nil {
		client.Authorization = &promconfig.Authorization{Type: a.Type, CredentialsFile: c.file(a.CredentialsFile)}
		if a.CredentialsFile == "" {
			c.wrong(path+".authorization", "want credentials_file")
		}
	}
	if a := w.OAuth2; a != nil {
		client.OAuth2 = &promconfig.OAuth2{
			ClientID: a.ClientID, ClientSecretFile: c.file(a.ClientSecretFile), TokenURL: a.TokenURL,
			Scopes: a.Scopes, EndpointParams: a.EndpointParams, TLSConfig: c.tls(path+".oauth2.tls_config", a.TLS),
		}
	}
	client.HTTPHeaders = c.headers(w.HTTPHeaders)
	if err := client.Validate(); err != nil {
		c.wrong(path, err.Error())
	}
	return client
}

func (c *checker) proxy(path string, client *promconfig.HTTPClientConfig, written string) {
	parsed, err := url.Parse(written)
	if err != nil || parsed.Host == "" || parsed.User != nil {
		c.wrong(path, "want the address of a proxy, without a user, such as http://127.0.0.1:3128")
		return
	}
	client.ProxyURL = promconfig.URL{URL: parsed}
}

func (c *checker) tls(path string, w rawTLS) promconfig.TLSConfig {
	t := promconfig.TLSConfig{
		CAFile: c.file(w.CAFile), CertFile: c.file(w.CertFile), KeyFile: c.file(w.KeyFile),
		ServerName: w.ServerName, InsecureSkipVerify: w.InsecureSkipVerify,
	}
	if (w.CertFile == "") != (w.KeyFile == "") {
		c.wrong(path, "want cert_file and key_file together")
	}
	if w.MinVersion == "" {
		return t
	}
	version, known := promconfig.TLSVersions[w.MinVersion]
	if !known {
		c.wrong(path+".min_version", "want TLS10, TLS11, TLS12 or TLS13")
	}
	t.MinVersion = version
	return t
}

func (c *checker) headers(written map[string]rawHeader) *promconfig.Headers {
	if len(written) == 0 {
		return nil
	}
	headers := &promconfig.Headers{Headers: map[string]promconfig.Header{}}
	for name, header := range written {
		headers.Headers[name] = promconfig.Header{Values: header.Values, Files: c.files(header.Files)}
	}
	return headers
}
