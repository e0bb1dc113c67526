package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/config"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/verify"
)

// store is the record with its background work.
type store struct {
	evidence.Store
	Run   func(context.Context) error
	place string // where it is, for the log
}

// openStore opens Redis where it is configured, else the embedded file.
func openStore(c config.Store, path string, log *slog.Logger) (store, error) {
	if c.Redis == nil {
		file, err := evidence.OpenFile(path, evidence.FileOptions{Retention: c.Retention, Logger: log})
		if err != nil {
			return store{}, err
		}
		return store{file, file.Run, path}, nil
	}
	r := c.Redis
	redis, err := evidence.OpenRedis(evidence.RedisOptions{
		URL: r.URL, PasswordFile: r.PasswordFile, Cluster: r.Cluster,
		SentinelMaster: r.SentinelMaster, SentinelUsername: r.SentinelUsername, SentinelPasswordFile: r.SentinelPasswordFile,
		CAFile: r.CAFile, CertFile: r.CertFile, KeyFile: r.KeyFile, ServerName: r.ServerName,
		Prefix: r.KeyPrefix, PoolSize: r.PoolSize, Retention: c.Retention, Logger: log,
	})
	if err != nil {
		return store{}, fmt.Errorf("opening the store in Redis: %w", err)
	}
	return store{redis, redis.Run, "redis"}, nil
}

// answering is what the API asks: the engine, and the record for snapshots.
type answering struct {
	*verify.Engine
	record verify.Store
}

// Snapshot returns a stored snapshot, or aftercheck.ErrNotFound.
func (a answering) Snapshot(ctx context.Context, id string) (aftercheck.Snapshot, error) {
	return a.record.Snapshot(ctx, id)
}
