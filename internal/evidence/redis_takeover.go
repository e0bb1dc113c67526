package evidence

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// renewing keeps the lease until the context ends, and hands each look at the
// group to inheriting, unless that is busy still.
func (r *Redis) renewing(ctx context.Context, looks chan<- []neighbour) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		around, next := r.keep(ctx)
		timer.Reset(next)
		select {
		case looks <- around:
		default:
		}
	}
}

// keep renews the lease once, and returns the neighbours and when to renew it
// again: soon where it failed, and when a late neighbour's lease ends, so that
// it is seen at once.
func (r *Redis) keep(ctx context.Context) (around []neighbour, next time.Duration) {
	length := r.options.Lease
	ctx, cancel := context.WithTimeout(ctx, length/4)
	defer cancel()
	err := r.inTurn(ctx, func() (err error) {
		around, err = r.renew(ctx)
		return err
	})
	if err != nil {
		return nil, length / 8 // the calls that need the lease fail as well, and say so
	}
	next = renewEvery(length)
	for _, n := range around {
		if n.left > 0 {
			next = min(next, n.left+length/64)
		}
	}
	return around, next
}

// inheriting takes over what sessions left whose lease has expired, one after
// the other, until the context ends.
func (r *Redis) inheriting(ctx context.Context, looks <-chan []neighbour, adopt func(id string, due time.Time)) {
	for {
		select {
		case <-ctx.Done():
			return
		case around := <-looks:
			r.inheritFrom(ctx, around, adopt)
		}
	}
}

// inheritFrom takes over from those neighbours who are gone. What another
// identity led is left for a while after an outage, so that whoever is alive
// goes on with its own.
func (r *Redis) inheritFrom(ctx context.Context, around []neighbour, adopt func(id string, due time.Time)) {
	for _, n := range around {
		if n.left > 0 || !r.ours(n.name) && !r.lease.steady(time.Now(), r.options.Lease) {
			continue
		}
		if err := r.takeOver(ctx, n, adopt); err != nil {
			if ctx.Err() == nil {
				r.options.Logger.Warn("taking over from a sidecar that is gone", "session", n.name, "err", err)
			}
			return // the next look finds what is left
		}
	}
}

// takeOver ends a session, leads all that it led, and calls adopt for each. It
// may be broken off anywhere and begun again, also by several at a time. A
// session is forgotten a lease after its end: until then its process may not have
// noticed, and accept what nobody would find.
func (r *Redis) takeOver(ctx context.Context, n neighbour, adopt func(id string, due time.Time)) error {
	session, ended := strings.CutPrefix(n.name, endedMark)
	if !ended {
		answer, err := r.run(ctx, "ending a session", scriptEnd, r.groupKey(), session, "expired")
		if err != nil || answer.status != replyStored {
			return err // or it has come back, or somebody else was quicker
		}
	}
	taken := 0
	err := r.walk(ctx, r.pendingKey(session), "+", func(entries []entry) error {
		return r.inherit(ctx, session, entries, func(id string, due time.Time) {
			taken++
			adopt(id, due)
		})
	})
	if taken > 0 {
		r.options.Logger.Info("took over verifications from a sidecar that is gone", "session", session, "verifications", taken)
	}
	if err != nil || !ended || -n.left <= r.options.Lease {
		return err
	}
	return unavailable("forgetting a session", r.client.ZRem(ctx, r.groupKey(), endedMark+session).Err())
}

// inherit leads those of the entries' records that a session led: first they
// are listed under this one, then claimed, at last unlisted there, so that a
// crash leaves an entry too many and none too few.
func (r *Redis) inherit(ctx context.Context, session string, entries []entry, adopt func(id string, due time.Time)) error {
	token, err := r.session(ctx)
	if err != nil {
		return err
	}
	marks, err := r.read(ctx, ids(entries), markNames)
	if err != nil {
		return err
	}
	var listings, claims []call
	var led []int
	for i, e := range entries {
		if !marks[i].listed(e) || marks[i][fieldOwner] != session {
			continue
		}
		deadline, err := parseTime(fieldDeadline, marks[i][fieldDeadline])
		if err != nil {
			return aboutID(e.id(), err)
		}
		led = append(led, i)
		listings = append(listings, call{r.pendingKey(token), []any{string(e), r.timeToLive(deadline)}})
		claims = append(claims, call{r.recordKey(e.id()), []any{session, token}})
	}
	if _, err := r.runAll(ctx, "listing what is taken over", scriptIndex, listings); err != nil {
		return err
	}
	answers, err := r.runAll(ctx, "taking over verifications", scriptClaim, claims)
	if err != nil {
		return err
	}
	for n, i := range led {
		if answers[n].status != replyStored {
			_ = r.client.ZRem(ctx, r.pendingKey(token), string(entries[i])).Err() // readers pass over it
			continue
		}
		if due, err := marks[i].due(); err == nil {
			adopt(entries[i].id(), due)
		}
	}
	return unavailable("unlisting what was taken over", r.client.ZRem(ctx, r.pendingKey(session), members(entries)...).Err())
}

// members are entries as arguments of a command.
func members(entries []entry) []any {
	out := make([]any, len(entries))
	for i, e := range entries {
		out[i] = string(e)
	}
	return out
}

// call is one of many calls of a script: its key and arguments.
type call struct {
	key  string
	args []any
}

// runAll runs a script once for each call, in one pipeline; in one after the
// other on a server that does not know the script yet.
func (r *Redis) runAll(ctx context.Context, doing string, script *redis.Script, calls []call) ([]reply, error) {
	if len(calls) == 0 {
		return nil, nil
	}
	cmds := make([]*redis.Cmd, len(calls))
	_, err := r.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for i, c := range calls {
			cmds[i] = script.EvalSha(ctx, pipe, []string{c.key}, c.args...)
		}
		return nil
	})
	unknown := err != nil && (redis.HasErrorPrefix(err, "NOSCRIPT") || errors.Is(err, redis.ErrNoScript))
	if err != nil && !unknown {
		return nil, unavailable(doing, err)
	}
	replies := make([]reply, len(calls))
	for i, c := range calls {
		if unknown {
			cmds[i] = script.Run(ctx, r.client, []string{c.key}, c.args...)
		}
		if replies[i], err = asReply(cmds[i]); err != nil {
			return nil, unavailable(doing, err)
		}
	}
	return replies, nil
}
