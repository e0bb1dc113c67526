package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/aftercheck/aftercheck/internal/api"
	"github.com/aftercheck/aftercheck/internal/config"
)

// defaultMetricsAddress is where Prometheus scrapes. The port is in neither part
// of Prometheus' list of default port allocations: 9100 to 9999 are all taken,
// and the rest begins at 10000 and is some hundreds long.
const defaultMetricsAddress = "127.0.0.1:19746"

// serveOptions are the flags of serve.
type serveOptions struct {
	configFile   string
	socket       string
	apiAddress   string // empty: no TCP listener
	tokenFile    string // empty: no token
	storagePath  string
	grace        time.Duration
	webAddresses []string
	webConfig    string // empty: plain HTTP
	externalURL  string // empty: the first address listened on
	withoutPages bool   // no evidence on the metrics listener
}

// load reads the configuration. The tokens that callers bring are secrets like
// those that it names.
func (o serveOptions) load() (*config.Config, error) {
	settings, err := config.Load(o.configFile)
	if err != nil || o.tokenFile == "" {
		return settings, err
	}
	if _, err := api.TokenFile(o.tokenFile); err != nil {
		return nil, err
	}
	settings.SecretFiles = append(settings.SecretFiles, o.tokenFile)
	return settings, nil
}

func serveCommand(app *kingpin.Application, c *console) command {
	clause := app.Command("serve", "Run the sidecar.")
	var o serveOptions
	clause.Flag("config.file", "Configuration file. Without one, the defaults hold.").StringVar(&o.configFile)
	clause.Flag("socket", "Unix socket of the API.").Default(api.DefaultSocket()).StringVar(&o.socket)
	clause.Flag("api.tcp-address", "Serve the API on this TCP address too, such as 127.0.0.1:8077. It wants a token file, and any but a loopback address a certificate (listen.tcp in the configuration).").StringVar(&o.apiAddress)
	clause.Flag("api.bearer-token-file", "File with the tokens that callers over TCP bring, one a line, each behind its name if it has one. Read again when it changes.").StringVar(&o.tokenFile)
	clause.Flag("storage.path", "File of the embedded store, unless Redis is configured.").Default(defaultStorage()).StringVar(&o.storagePath)
	clause.Flag("shutdown.grace-period", "How long calls and observations under way may take to end.").Default("10s").DurationVar(&o.grace)
	clause.Flag("web.listen-address", "Address of /metrics and of the evidence pages. Repeatable.").Default(defaultMetricsAddress).StringsVar(&o.webAddresses)
	clause.Flag("web.config.file", "File that turns on TLS or authentication for that address; see the exporter-toolkit's documentation.").StringVar(&o.webConfig)
	clause.Flag("web.external-url", "Where people reach the evidence pages, such as https://aftercheck.example.com: the base of links to them. The first listen address, if absent.").StringVar(&o.externalURL)
	pages := clause.Flag("web.evidence-pages", "Serve the evidence pages too, to everybody who reaches that address.").Default("true").Bool()
	return command{clause.FullCommand(), func(ctx context.Context) (int, error) {
		o.withoutPages = !*pages
		log := newLogger(c.log)
		s, err := newSidecar(o, log)
		if err == nil {
			err = s.run(ctx)
		}
		if err != nil {
			log.Error("the sidecar ended", "err", err)
			return exitTrouble, nil
		}
		return exitOK, nil
	}}
}

// defaultStorage is $XDG_STATE_HOME/aftercheck, else /var/lib/aftercheck for
// root or where it can be written, else the state directory in the home.
func defaultStorage() string {
	const file, system = "aftercheck.db", "/var/lib/aftercheck"
	if state := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "aftercheck", file)
	}
	home, err := os.UserHomeDir()
	if err != nil || os.Geteuid() == 0 || canWrite(system) {
		return filepath.Join(system, file)
	}
	return filepath.Join(home, ".local", "state", "aftercheck", file)
}

func canWrite(dir string) bool {
	probe, err := os.MkdirTemp(dir, ".probe-")
	return err == nil && os.Remove(probe) == nil
}
