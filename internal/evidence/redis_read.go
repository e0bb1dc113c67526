package evidence

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aftercheck/aftercheck"
)

// Snapshot implements Store.
func (r *Redis) Snapshot(ctx context.Context, id string) (aftercheck.Snapshot, error) {
	if !validID(id) {
		return aftercheck.Snapshot{}, aboutID(id, aftercheck.ErrNotFound)
	}
	text, err := r.client.Get(ctx, r.snapshotKey(id)).Result()
	if errors.Is(err, redis.Nil) {
		return aftercheck.Snapshot{}, aboutID(id, aftercheck.ErrNotFound)
	}
	if err != nil {
		return aftercheck.Snapshot{}, unavailable("reading a snapshot", err)
	}
	s, err := decode[aftercheck.Snapshot](text)
	return s, aboutID(id, err)
}

// Verification implements Store.
func (r *Redis) Verification(ctx context.Context, id string) (aftercheck.Verification, error) {
	if !validID(id) {
		return aftercheck.Verification{}, aboutID(id, aftercheck.ErrNotFound)
	}
	record, err := r.client.HGetAll(ctx, r.recordKey(id)).Result()
	if err != nil {
		return aftercheck.Verification{}, unavailable("reading a verification", err)
	}
	if len(record) == 0 {
		return aftercheck.Verification{}, aboutID(id, aftercheck.ErrNotFound)
	}
	v, err := fields(record).verification()
	return v, aboutID(id, err)
}

// List implements Store.
func (r *Redis) List(ctx context.Context, filter aftercheck.Filter) (aftercheck.Page, error) {
	return list(ctx, r, filter)
}

// entries implements catalogue.
func (r *Redis) entries(ctx context.Context, incident string, before entry, since string, n int) ([]entry, error) {
	key, newest, oldest := r.acceptedKey(), "+", "-"
	if incident != "" {
		key = r.incidentKey(incident)
	}
	if before != "" {
		newest = "(" + string(before)
	}
	if since != "" {
		oldest = "[" + since
	}
	members, err := r.client.ZRevRangeByLex(ctx, key, &redis.ZRangeBy{Max: newest, Min: oldest, Count: int64(n)}).Result()
	return asEntries(members), unavailable("listing verifications", err)
}

// asEntries keeps what has the form of an entry: nothing else is ever written.
func asEntries(members []string) []entry {
	out := make([]entry, 0, len(members))
	for _, member := range members {
		if e, ok := parseEntry(member); ok {
			out = append(out, e)
		}
	}
	return out
}

// read implements catalogue.
func (r *Redis) read(ctx context.Context, ids, names []string) ([]fields, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	answers := make([]*redis.SliceCmd, len(ids))
	_, err := r.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for i, id := range ids {
			answers[i] = pipe.HMGet(ctx, r.recordKey(id), names...)
		}
		return nil
	})
	if err != nil {
		return nil, unavailable("reading verifications", err)
	}
	out := make([]fields, len(ids))
	for i, answer := range answers {
		out[i] = fields{}
		for j, value := range answer.Val() {
			out[i][names[j]], _ = value.(string)
		}
	}
	return out, nil
}

// Pending implements Store.
func (r *Redis) Pending(ctx context.Context, each func(id string, due time.Time) error) error {
	return r.walk(ctx, r.pendingKey(), "+", func(entries []entry) error {
		return eachDue(ctx, r, entries, each)
	})
}

// walk calls visit with the entries of an index from the oldest up to a bound,
// some at a time. Visit may remove them.
func (r *Redis) walk(ctx context.Context, key, bound string, visit func([]entry) error) error {
	from := "-"
	for {
		members, err := r.client.ZRangeByLex(ctx, key, &redis.ZRangeBy{Min: from, Max: bound, Count: scanChunk}).Result()
		if err != nil {
			return unavailable("walking an index", err)
		}
		if len(members) == 0 {
			return nil
		}
		if err := visit(asEntries(members)); err != nil {
			return err
		}
		from = "(" + members[len(members)-1]
	}
}
