package evidence

import (
	"context"
	"errors"

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
	record, err := r.record(ctx, id)
	if err != nil {
		return aftercheck.Verification{}, err
	}
	v, err := record.verification()
	return v, aboutID(id, err)
}

// record reads all fields of a record.
func (r *Redis) record(ctx context.Context, id string) (fields, error) {
	if !validID(id) {
		return nil, aboutID(id, aftercheck.ErrNotFound)
	}
	record, err := r.client.HGetAll(ctx, r.recordKey(id)).Result()
	if err != nil {
		return nil, unavailable("reading a verification", err)
	}
	if len(record) == 0 {
		return nil, aboutID(id, aftercheck.ErrNotFound)
	}
	return record, nil
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
