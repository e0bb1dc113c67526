package evidence

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// Run logs the server's Caveats, if it answers, and removes index entries whose
// record is gone until the context ends; then it returns nil. Records expire by
// themselves.
func (r *Redis) Run(ctx context.Context) error {
	caveats, err := r.Caveats(ctx)
	if err != nil {
		caveats = nil // the first sweep meets the same trouble and says so
	}
	for _, caveat := range caveats {
		r.options.Logger.Warn("the Redis server has a caveat", "caveat", caveat)
	}
	ticks := time.NewTicker(sweepInterval(r.options.Retention))
	defer ticks.Stop()
	for {
		if err := r.sweep(ctx); err != nil && ctx.Err() == nil {
			r.options.Logger.Warn("sweeping the store", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
	}
}

// sweep removes entries older than the retention that no record has, from all
// indexes, and pending entries of sealed records. A younger entry without a
// record is left alone: its record may be about to be written.
func (r *Redis) sweep(ctx context.Context) error {
	old := time.Now().Add(-r.options.Retention)
	err := r.walk(ctx, r.acceptedKey(), "("+timeKey(old), func(entries []entry) error {
		return r.sweepSome(ctx, entries, func(record fields, e entry) bool { return !record.listed(e) }, r.removeEntries)
	})
	if err != nil {
		return err
	}
	return r.walk(ctx, r.pendingKey(), "+", func(entries []entry) error {
		return r.sweepSome(ctx, entries, func(record fields, e entry) bool {
			return record.listed(e) && record.sealed() || !record.listed(e) && e.acceptedBefore(old)
		}, r.removePending)
	})
}

// sweepSome removes those entries whose record says that they are needless.
func (r *Redis) sweepSome(ctx context.Context, entries []entry, needless func(fields, entry) bool, remove func(context.Context, []entry) error) error {
	marks, err := r.read(ctx, ids(entries), []string{fieldEntry, fieldSealedAt})
	if err != nil {
		return err
	}
	var dead []entry
	for i, e := range entries {
		if needless(marks[i], e) {
			dead = append(dead, e)
		}
	}
	if len(dead) == 0 {
		return nil
	}
	return unavailable("removing entries", remove(ctx, dead))
}

// removeEntries removes entries from all indexes.
func (r *Redis) removeEntries(ctx context.Context, entries []entry) error {
	_, err := r.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, e := range entries {
			pipe.ZRem(ctx, r.acceptedKey(), string(e))
			pipe.ZRem(ctx, r.incidentKey(e.incident()), string(e))
			pipe.ZRem(ctx, r.pendingKey(), string(e))
		}
		return nil
	})
	return err
}

// removePending removes entries from the index of what is pending.
func (r *Redis) removePending(ctx context.Context, entries []entry) error {
	members := make([]any, len(entries))
	for i, e := range entries {
		members[i] = string(e)
	}
	return r.client.ZRem(ctx, r.pendingKey(), members...).Err()
}
