package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/config"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/exporter"
	"github.com/aftercheck/aftercheck/internal/notify"
	"github.com/aftercheck/aftercheck/internal/verify"
)

// store is the record with its background work.
type store struct {
	evidence.Store
	// Run works in the background until the context ends. It calls adopt for
	// what is taken over from other sidecars.
	Run   func(ctx context.Context, adopt func(id string, due time.Time)) error
	place string // where it is, for the log
}

// openStore opens Redis where it is configured, with its journal, else the
// embedded file at path. Socket stands for this sidecar on its host.
func openStore(c config.Store, path, socket string, metrics *exporter.Metrics, log *slog.Logger) (store, error) {
	if c.Redis == nil {
		file, err := evidence.OpenFile(path, evidence.FileOptions{Retention: c.Retention, Logger: log})
		if err != nil {
			return store{}, err
		}
		alone := func(ctx context.Context, _ func(string, time.Time)) error { return file.Run(ctx) }
		return store{file, alone, path}, nil
	}
	r := c.Redis
	sum, err := sumOf(socket)
	if err != nil {
		return store{}, err
	}
	identity, err := identityOf(r.Identity, sum)
	if err != nil {
		return store{}, err
	}
	redis, err := evidence.OpenRedis(evidence.RedisOptions{
		URL: r.URL, PasswordFile: r.PasswordFile, Cluster: r.Cluster,
		SentinelMaster: r.SentinelMaster, SentinelUsername: r.SentinelUsername, SentinelPasswordFile: r.SentinelPasswordFile,
		CAFile: r.CAFile, CertFile: r.CertFile, KeyFile: r.KeyFile, ServerName: r.ServerName,
		Prefix: r.KeyPrefix, Group: r.Group, Identity: identity, Lease: r.Lease, WaitReplicas: r.WaitReplicas,
		PoolSize: r.PoolSize, Retention: c.Retention, Logger: log,
		Caveats: func(found []evidence.Caveat) { metrics.StoreCaveats(holding(found)) },
	})
	if err != nil {
		return store{}, fmt.Errorf("opening the store in Redis: %w", err)
	}
	journal, err := openJournal(c, redis, filepath.Join(filepath.Dir(path), "journal-"+sum+".db"), metrics.Journal, log)
	switch {
	case err != nil:
		return store{}, errors.Join(err, redis.Close())
	case journal == nil:
		return store{redis, redis.Run, "redis"}, nil
	}
	return store{journal, journal.Run, "redis"}, nil
}

// holding says of all caveats whether they are among those that were found.
func holding(found []evidence.Caveat) map[string]bool {
	holds := map[string]bool{}
	for _, caveat := range evidence.AllCaveats() {
		holds[string(caveat)] = slices.Contains(found, caveat)
	}
	return holds
}

// openJournal opens the journal beside Redis, or returns nil for none. One whose
// place was not chosen is not needed to start: a directory that cannot be written
// is warned of. A damaged file is not passed over, since it may hold what was
// accepted.
func openJournal(c config.Store, redis *evidence.Redis, otherwise string, report func(bool, int), log *slog.Logger) (*evidence.Journal, error) {
	if !c.Journal.Enabled {
		return nil, nil
	}
	path := cmp.Or(c.Journal.Path, otherwise)
	file, err := evidence.OpenFile(path, evidence.FileOptions{Retention: c.Retention, Logger: log})
	if err != nil && c.Journal.Path == "" && !errors.Is(err, evidence.ErrUnreadable) {
		log.Warn("there is no journal for when Redis is away; store.journal.path can name a place for one, or store.journal.enabled turn it off", "err", err)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	journal, err := evidence.NewJournal(context.Background(), redis, file, evidence.JournalOptions{
		MaxEntries: c.Journal.MaxEntries, Logger: log, Report: report,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the journal: %w", err), file.Close())
	}
	return journal, nil
}

// identityOf is who this sidecar is among those that share a Redis: as it is
// configured, or else its host's name, which in a pod is the pod's, and the sum
// of its socket.
func identityOf(configured, sum string) (string, error) {
	if configured != "" {
		return configured, nil
	}
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("choosing an identity; store.redis.identity can name one: %w", err)
	}
	return fmt.Sprintf("%.100s-%s", host, sum), nil
}

// sumOf is a short sum of the path of the socket, which no two sidecars on a host
// serve. It stays the same where the host's name does not, as in a pod.
func sumOf(socket string) (string, error) {
	path, err := filepath.Abs(socket)
	if err != nil {
		return "", fmt.Errorf("naming the socket: %w", err)
	}
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:4]), nil
}

// answering is what the API asks: the engine, the record for snapshots, and who
// proposes.
type answering struct {
	*verify.Engine
	*notify.Proposer
	record verify.Store
}

// Snapshot returns a stored snapshot, or aftercheck.ErrNotFound.
func (a answering) Snapshot(ctx context.Context, id string) (aftercheck.Snapshot, error) {
	return a.record.Snapshot(ctx, id)
}
