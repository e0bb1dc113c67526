package evidence

import (
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Run logs and reports the server's Caveats, at once and from time to time; until
// the context ends it keeps this sidecar's lease, calls adopt with ID and due time of each
// verification that it takes over from a sidecar that is gone, and removes index
// entries that nobody needs. Then it returns nil. Without Run the lease expires,
// and is asked for again by the calls that need it.
func (r *Redis) Run(ctx context.Context, adopt func(id string, due time.Time)) error {
	looks := make(chan []neighbour, 1)
	var all sync.WaitGroup
	all.Go(func() { r.renewing(ctx, looks) })
	all.Go(func() { r.inheriting(ctx, looks, adopt) })
	all.Go(func() { r.sweeping(ctx) })
	all.Go(func() { r.inspecting(ctx) })
	all.Wait()
	return nil
}

func (r *Redis) sweeping(ctx context.Context) {
	ticks := time.NewTicker(sweepInterval(r.options.Retention))
	defer ticks.Stop()
	for {
		if err := r.sweep(ctx); err != nil && ctx.Err() == nil {
			r.options.Logger.Warn("sweeping the store", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}

// sweep removes entries older than the retention that no record has, from all
// indexes, and such pending ones whose record another session leads. A younger
// entry is left alone: its record may be about to be written, or claimed.
func (r *Redis) sweep(ctx context.Context) error {
	token, _ := r.lease.current(time.Now())
	old := time.Now().Add(-r.options.Retention)
	err := r.walk(ctx, r.acceptedKey(), "("+timeKey(old), func(entries []entry) error {
		return r.sweepSome(ctx, entries, func(record fields, e entry) bool { return !record.listed(e) }, func(ctx context.Context, dead []entry) error {
			return r.removeEntries(ctx, token, dead)
		})
	})
	if err == nil {
		err = r.sweepErrands(ctx)
	}
	if err != nil {
		return err
	}
	return r.walk(ctx, r.pendingKey(token), "+", func(entries []entry) error {
		return r.sweepSome(ctx, entries, func(record fields, e entry) bool {
			return (!record.listed(e) || record[fieldOwner] != token) && e.acceptedBefore(old)
		}, func(ctx context.Context, dead []entry) error {
			return r.client.ZRem(ctx, r.pendingKey(token), members(dead)...).Err()
		})
	})
}

// sweepSome removes those entries whose record says that they are needless.
func (r *Redis) sweepSome(ctx context.Context, entries []entry, needless func(fields, entry) bool, remove func(context.Context, []entry) error) error {
	marks, err := r.read(ctx, ids(entries), []string{fieldEntry, fieldOwner})
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

// removeEntries removes entries from all indexes, that of what a session leads
// included.
func (r *Redis) removeEntries(ctx context.Context, token string, entries []entry) error {
	_, err := r.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, e := range entries {
			pipe.ZRem(ctx, r.acceptedKey(), string(e))
			pipe.ZRem(ctx, r.incidentKey(e.incident()), string(e))
			pipe.ZRem(ctx, r.pendingKey(token), string(e))
		}
		return nil
	})
	return err
}
