package evidence

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Defaults of RedisOptions.
const (
	defaultPrefix   = "aftercheck"
	defaultPoolSize = 32
	defaultPort     = "6379"
	defaultGroup    = "default"
	defaultLease    = 8 * time.Second
)

// RedisOptions configure a Redis store.
type RedisOptions struct {
	// URL names the servers, the ACL user and the database:
	// redis://user@host:6379/0, or rediss:// for TLS. Several addresses,
	// separated by commas, are seeds of a cluster, or sentinels. A password
	// does not belong here.
	URL string
	// PasswordFile holds the password. It is read for each new connection, so
	// a password may be changed without a restart. Empty means none.
	PasswordFile string
	// Cluster says that the servers are a Redis Cluster, also where only one
	// address is given.
	Cluster bool
	// SentinelMaster is the name of the master to ask the sentinels for; then
	// the addresses are those of the sentinels. Empty means no sentinels.
	SentinelMaster string
	// SentinelUsername and SentinelPasswordFile are for the sentinels
	// themselves; the file is read once.
	SentinelUsername, SentinelPasswordFile string
	// CAFile holds the certificates to trust instead of the system's.
	CAFile string
	// CertFile and KeyFile hold our own certificate, read for each new
	// connection. Empty means none.
	CertFile, KeyFile string
	// ServerName is the name in the server's certificate where it differs from
	// the address.
	ServerName string
	// Prefix begins every key; empty means "aftercheck".
	Prefix string
	// Group names the sidecars that take over from each other: those that
	// could observe each other's incidents alike. Empty means "default".
	Group string
	// Identity tells the sidecars of a group apart, and stays the same over
	// restarts, so that one that starts again goes on at once. Empty means that
	// no two processes are the same sidecar.
	Identity string
	// Lease is how long a sidecar that does not answer any more keeps what it
	// leads; zero means 8 seconds. It is measured by Redis' clock.
	Lease time.Duration
	// WaitReplicas is how many replicas must have acknowledged a snapshot, an
	// acceptance or a verdict before it counts as stored; with fewer the call is
	// ErrUnavailable, though the master has it. Zero asks none.
	WaitReplicas int
	// PoolSize is how many connections there are at most, to each node; zero
	// means 32.
	PoolSize int
	// Retention is how long records are kept; zero means 30 days.
	Retention time.Duration
	// MaxErrands bounds the errands of one kind; zero means MaxErrands.
	MaxErrands int
	// Caveats is told by Run what the server's configuration may lose, at the start
	// and once a minute; nil means nobody. It must not use the store.
	Caveats func([]Caveat)
	// Logger is told what goes wrong in Run; nil means nobody.
	Logger *slog.Logger
}

func (o RedisOptions) withDefaults() RedisOptions {
	if o.Prefix == "" {
		o.Prefix = defaultPrefix
	}
	if o.Group == "" {
		o.Group = defaultGroup
	}
	if o.Identity == "" {
		o.Identity = rand.Text()
	}
	if o.Lease <= 0 {
		o.Lease = defaultLease
	}
	if o.PoolSize <= 0 {
		o.PoolSize = defaultPoolSize
	}
	if o.Retention <= 0 {
		o.Retention = defaultRetention
	}
	if o.MaxErrands <= 0 {
		o.MaxErrands = MaxErrands
	}
	if o.Caveats == nil {
		o.Caveats = func([]Caveat) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

var prefixForm = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)

// client checks the options and makes the client, which connects when it is
// first used.
func (o RedisOptions) client() (redis.UniversalClient, error) {
	if !prefixForm.MatchString(o.Prefix) {
		return nil, errors.New("prefix: want 1 to 64 letters, digits and . _ : -")
	}
	for name, value := range map[string]string{"group": o.Group, "identity": o.Identity} {
		if !validID(value) {
			return nil, fmt.Errorf("%s: want 1 to 128 letters, digits and . _ : -, a letter or digit first", name)
		}
	}
	universal, err := o.universal()
	if err != nil {
		return nil, err
	}
	switch {
	case o.SentinelMaster != "" && o.Cluster:
		return nil, errors.New("want either a cluster or a sentinel's master")
	case o.SentinelMaster != "":
		return redis.NewFailoverClient(universal.Failover()), nil
	case o.Cluster || len(universal.Addrs) > 1:
		if universal.DB != 0 {
			return nil, errors.New("url: want no database, since a cluster has only one")
		}
		return redis.NewClusterClient(universal.Cluster()), nil
	default:
		return redis.NewClient(universal.Simple()), nil
	}
}

// universal translates the options. The library retries nothing (MaxRetries 0
// would mean three times): a caller that knows how long it can wait does. A
// cluster's client may still send a command again where a node does not answer or
// redirects it; every command of ours may be sent twice.
func (o RedisOptions) universal() (*redis.UniversalOptions, error) {
	place, err := parseRedisURL(o.URL)
	if err != nil {
		return nil, err
	}
	u := &redis.UniversalOptions{
		Addrs: place.addresses, DB: place.database, MasterName: o.SentinelMaster,
		MaxRetries: -1, DialerRetries: 1,
		DialTimeout: 2 * time.Second, ReadTimeout: 3 * time.Second, WriteTimeout: 3 * time.Second,
		ContextTimeoutEnabled: true,
		PoolSize:              o.PoolSize, MaxActiveConns: o.PoolSize, PipelinePoolSize: -1,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	if err := o.credentials(u, place.user); err != nil {
		return nil, err
	}
	if u.TLSConfig, err = o.tls(place.tls); err != nil {
		return nil, err
	}
	return u, nil
}

// credentials sets where users and passwords come from. It reads the files
// once, so that a wrong path shows at the start.
func (o RedisOptions) credentials(u *redis.UniversalOptions, user string) error {
	if o.PasswordFile == "" {
		if user != "" {
			return errors.New("password file: want one for the user in url")
		}
	} else {
		if _, err := readSecret(o.PasswordFile); err != nil {
			return fmt.Errorf("password file: %w", err)
		}
		u.CredentialsProviderContext = func(context.Context) (string, string, error) {
			password, err := readSecret(o.PasswordFile)
			return user, password, err
		}
	}
	if o.SentinelPasswordFile == "" {
		return nil
	}
	password, err := readSecret(o.SentinelPasswordFile)
	if err != nil {
		return fmt.Errorf("sentinel password file: %w", err)
	}
	u.SentinelUsername, u.SentinelPassword = o.SentinelUsername, password
	return nil
}

// readSecret reads a file without the line end that editors add.
func readSecret(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	secret := strings.TrimRight(string(text), "\r\n")
	if secret == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return secret, nil
}

// tls returns the TLS settings, or nil for a plain connection.
func (o RedisOptions) tls(wanted bool) (*tls.Config, error) {
	if !wanted {
		if o.CAFile != "" || o.CertFile != "" || o.KeyFile != "" || o.ServerName != "" {
			return nil, errors.New("url: want rediss:// where certificates or a server name are configured")
		}
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: o.ServerName}
	if o.CAFile != "" {
		text, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("CA file: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("CA file: %s holds no certificate in PEM form", o.CAFile)
		}
	}
	if o.CertFile == "" && o.KeyFile == "" {
		return config, nil
	}
	load := func() (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		return &pair, err
	}
	if _, err := load(); err != nil {
		return nil, fmt.Errorf("certificate and key file: %w", err)
	}
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return load() }
	return config, nil
}

// redisPlace is what a URL says.
type redisPlace struct {
	addresses []string
	user      string
	database  int
	tls       bool
}

// parseRedisURL reads redis[s]://[user@]host[:port][,host[:port]…][/database].
// Its errors do not repeat the URL, which might hold a password after all.
func parseRedisURL(text string) (redisPlace, error) {
	scheme, rest, found := strings.Cut(text, "://")
	if !found || scheme != "redis" && scheme != "rediss" {
		return redisPlace{}, errors.New("url: want redis:// or rediss:// and an address, such as redis://127.0.0.1:6379/0")
	}
	authority, database, _ := strings.Cut(rest, "/")
	place := redisPlace{tls: scheme == "rediss"}
	if at := strings.LastIndex(authority, "@"); at >= 0 {
		user, err := url.PathUnescape(authority[:at])
		if err != nil || user == "" || strings.Contains(authority[:at], ":") {
			return redisPlace{}, errors.New("url: want a user name without a password before the @; the password belongs in the password file")
		}
		place.user, authority = user, authority[at+1:]
	}
	var err error
	if place.addresses, err = parseAddresses(authority); err != nil {
		return redisPlace{}, err
	}
	if database == "" {
		return place, nil
	}
	place.database, err = strconv.Atoi(database)
	if err != nil || place.database < 0 {
		return redisPlace{}, errors.New("url: want the number of a database, or nothing, after the address")
	}
	return place, nil
}

func parseAddresses(authority string) ([]string, error) {
	var addresses []string
	for one := range strings.SplitSeq(authority, ",") {
		host, port, err := net.SplitHostPort(one)
		if err != nil {
			host, port, err = net.SplitHostPort(one + ":" + defaultPort)
		}
		if number, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil || number == 0 || host == "" || strings.ContainsAny(host, "?#@ ") {
			return nil, errors.New("url: want addresses as host:port, separated by commas, an IPv6 address in brackets")
		}
		addresses = append(addresses, net.JoinHostPort(host, port))
	}
	return addresses, nil
}
