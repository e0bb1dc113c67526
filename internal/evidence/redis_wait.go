package evidence

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aftercheck/aftercheck"
)

// RedisWaitACL is the rule that a user needs beside RedisACL where
// RedisOptions.WaitReplicas is set.
const RedisWaitACL = "+wait"

// longestWait bounds how long a write waits for replicas.
const longestWait = time.Second

// runDurably is runOn for what is promised to be stored: where WaitReplicas says
// so, it waits until so many replicas have it too. WAIT speaks of the writes of
// its own connection, and a call that is sent again may find that it has nothing
// to write; so a mark is written before WAIT, which no replica has without all
// that was written earlier. The script is sent as its text, since a pipeline
// cannot fall back to it.
func (r *Redis) runDurably(ctx context.Context, doing string, script *redis.Script, keys []string, args ...any) (reply, error) {
	if r.options.WaitReplicas <= 0 {
		return r.runOn(ctx, doing, script, keys, args...)
	}
	var answer *redis.Cmd
	err := r.replicated(ctx, keys[0]+":written", func(pipe redis.Pipeliner) {
		answer = script.Eval(ctx, pipe, keys, args...)
	})
	if err != nil {
		return reply{}, unavailable(doing, err)
	}
	done, err := asReply(answer)
	return done, unavailable(doing, err)
}

// checkReplicas is Check where replicas are waited for.
func (r *Redis) checkReplicas(ctx context.Context) error {
	err := r.replicated(ctx, r.options.Prefix+":check", func(redis.Pipeliner) {})
	return unavailable("checking the store", err)
}

// replicated sends commands to the server that has the slot of a mark's key, then
// writes the mark, and waits until the replicas have it.
func (r *Redis) replicated(ctx context.Context, mark string, do func(redis.Pipeliner)) error {
	node, err := r.node(ctx, mark)
	if err != nil {
		return err
	}
	var acks *redis.Cmd
	_, err = node.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		do(pipe)
		pipe.Set(ctx, mark, aftercheck.SchemaVersion, time.Minute)
		acks = pipe.Do(ctx, "wait", r.options.WaitReplicas, waitAtMost(ctx).Milliseconds())
		return nil
	})
	if err != nil {
		r.moved(ctx, err)
		return err
	}
	if got, err := acks.Int64(); err != nil || got < int64(r.options.WaitReplicas) {
		return errors.Join(err, fmt.Errorf("%d of %d replicas have it", got, r.options.WaitReplicas))
	}
	return nil
}

// waitAtMost leaves a fifth of the context's time for the answer.
func waitAtMost(ctx context.Context) time.Duration {
	deadline, limited := ctx.Deadline()
	if !limited {
		return longestWait
	}
	return min(longestWait, max(time.Until(deadline)*4/5, time.Millisecond))
}

// node returns the client of the one server that has a key.
func (r *Redis) node(ctx context.Context, key string) (*redis.Client, error) {
	switch client := r.client.(type) {
	case *redis.ClusterClient:
		return client.MasterForKey(ctx, key)
	case *redis.Client:
		return client, nil
	default:
		return nil, fmt.Errorf("no way to wait for replicas with a %T", client)
	}
}

// moved looks at a cluster anew where a server says that it is not the one for a
// key any more: the client of one node does not do so by itself.
func (r *Redis) moved(ctx context.Context, err error) {
	if cluster, is := r.client.(*redis.ClusterClient); is && (redis.HasErrorPrefix(err, "MOVED") || redis.HasErrorPrefix(err, "READONLY")) {
		cluster.ReloadState(ctx)
	}
}
