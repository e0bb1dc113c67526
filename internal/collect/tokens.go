package collect

import (
	"context"
	"net"
	"net/url"

	promconfig "github.com/prometheus/common/config"
)

// TokensStay returns the options of an HTTP client that is to talk to the servers
// at these URLs, and asks an OAuth 2 endpoint for its tokens: it connects to those
// and to nobody else, so that the token endpoint, whose redirects the library
// follows, cannot lead the client's secret elsewhere. Without OAuth 2 there are no
// options. Behind a proxy there are none either: it makes the connections.
func TokensStay(c promconfig.HTTPClientConfig, servers ...string) []promconfig.HTTPClientOption {
	if c.OAuth2 == nil || proxied(c.ProxyConfig) || proxied(c.OAuth2.ProxyConfig) {
		return nil
	}
	allowed := map[string]bool{}
	for _, server := range append(servers, c.OAuth2.TokenURL) {
		allowed[placeOf(server)] = true
	}
	return []promconfig.HTTPClientOption{promconfig.WithDialContextFunc(func(ctx context.Context, network, place string) (net.Conn, error) {
		if !allowed[place] {
			return nil, ErrElsewhere
		}
		return new(net.Dialer).DialContext(ctx, network, place)
	})}
}

func proxied(p promconfig.ProxyConfig) bool { return p.ProxyURL.URL != nil || p.ProxyFromEnvironment }

// placeOf is the host and port that a URL is connected to; empty for none.
func placeOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}
