package evidence

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aftercheck/aftercheck"
)

// RedisACL is the rule of a Redis user who may do what the store does under the
// prefix "aftercheck", and nothing else, for ACL SETUSER:
//
//	ACL SETUSER aftercheck on >PASSWORD <RedisACL>
//
// Select is for another database than 0, cluster|slots for a cluster, whose
// client also asks for command and does without it, but not silently.
const RedisACL = "resetkeys resetchannels -@all ~aftercheck:* " +
	"+select +cluster|slots +command +info " +
	"+evalsha +eval +time +get +set +pexpire +pttl +exists " +
	"+hget +hset +hmget +hgetall +hdel +zadd +zrem +zcard +zscore +zlexcount +zrange +zrangebyscore +zrangebylex +zrevrangebylex"

// Redis is the Store in Redis 6.2 or newer or Valkey: one server, one behind
// sentinels, or a cluster. A call that returns nil was acknowledged by the
// server, or the shard's master: it is as durable as that server is configured
// to be ("appendonly yes", "appendfsync always" for every crash), and a
// failover may lose what was not replicated yet.
//
// Many sidecars may share a prefix. Each leads what it has accepted, under a
// lease that Run renews; what one leaves that is gone, another of the same group
// takes over: see redis_lease.go. The token that fences is in the record itself,
// since a script reaches the keys of one hash slot only.
//
// All keys of one verification carry its ID as hash tag and expire by
// themselves; those of a kind's errands carry the kind. The indexes are other keys, on other shards, so a record and its
// entries are not written together. An entry is written before the record, and
// a pending entry is removed after the verdict is made known, so that a crash between the two
// leaves at most an entry too many: one without a record, or one of a record that
// another sidecar leads. Readers hold every entry against the record and pass over those that
// are not the record's own; Run removes those that are older than the
// retention, and pending ones of records that another leads.
type Redis struct {
	client  redis.UniversalClient
	options RedisOptions
	lease   lease
	turn    chan struct{} // of capacity 1: who fills it may ask for the lease
	kinds   kinds
}

var _ Store = (*Redis)(nil)

// OpenRedis makes the store ready and checks its options; it does not connect,
// so that a sidecar starts while Redis is away. Check connects.
func OpenRedis(o RedisOptions) (*Redis, error) {
	o = o.withDefaults()
	redis.SetLogger(quiet{})
	client, err := o.client()
	if err != nil {
		return nil, fmt.Errorf("opening Redis store: %w", err)
	}
	return &Redis{client: client, options: o, turn: make(chan struct{}, 1)}, nil
}

func (r *Redis) recordKey(id string) string   { return r.options.Prefix + ":{" + id + "}:verification" }
func (r *Redis) snapshotKey(id string) string { return r.options.Prefix + ":{" + id + "}:snapshot" }
func (r *Redis) acceptedKey() string          { return r.options.Prefix + ":index:accepted" }
func (r *Redis) groupKey() string             { return r.options.Prefix + ":group:" + r.options.Group }
func (r *Redis) pendingKey(session string) string {
	return r.options.Prefix + ":index:pending:" + session
}
func (r *Redis) incidentKey(incident string) string {
	return r.options.Prefix + ":index:incident:" + incident
}

// quiet takes what the library would print on its own: each failure reaches the
// caller, who logs it once.
type quiet struct{}

// Printf discards the line.
func (quiet) Printf(context.Context, string, ...any) {}

// reply is what a script answered.
type reply struct {
	status string
	rest   []any
}

// run runs a script on one key.
func (r *Redis) run(ctx context.Context, doing string, script *redis.Script, key string, args ...any) (reply, error) {
	return r.runOn(ctx, doing, script, []string{key}, args...)
}

// runOn runs a script on keys of one slot.
func (r *Redis) runOn(ctx context.Context, doing string, script *redis.Script, keys []string, args ...any) (reply, error) {
	answer, err := asReply(script.Run(ctx, r.client, keys, args...))
	return answer, unavailable(doing, err)
}

// asReply reads a script's answer.
func asReply(cmd *redis.Cmd) (reply, error) {
	answer, err := cmd.Slice()
	if err != nil {
		return reply{}, err
	}
	if len(answer) > 0 {
		if status, ok := answer[0].(string); ok {
			return reply{status, answer[1:]}, nil
		}
	}
	return reply{}, errors.New("unexpected answer from the script")
}

// text returns an element of the answer, or the empty string.
func (a reply) text(i int) string {
	if i >= len(a.rest) {
		return ""
	}
	text, _ := a.rest[i].(string)
	return text
}

// record returns the fields in the answer's first element.
func (a reply) record() fields {
	out := fields{}
	if len(a.rest) == 0 {
		return out
	}
	pairs, _ := a.rest[0].([]any)
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		out[name], _ = pairs[i+1].(string)
	}
	return out
}

// args are a script's arguments: the first ones, then the fields.
func args(f fields, first ...any) []any {
	for name, value := range f {
		first = append(first, name, value)
	}
	return first
}

// Check writes a mark, so that a server that is full, loading, read-only, without
// its disk or without the replicas that are waited for shows, and not only one
// that is away.
func (r *Redis) Check(ctx context.Context) error {
	if r.options.WaitReplicas > 0 {
		return r.checkReplicas(ctx)
	}
	err := r.client.Set(ctx, r.options.Prefix+":check", aftercheck.SchemaVersion, time.Minute).Err()
	return unavailable("checking the store", err)
}

// Close gives the lease back, so that others take over at once what is left,
// and closes the connections. It may be called twice.
func (r *Redis) Close() error {
	r.leave()
	if err := r.client.Close(); err != nil && !errors.Is(err, redis.ErrClosed) {
		return fmt.Errorf("closing Redis store: %w", err)
	}
	return nil
}
