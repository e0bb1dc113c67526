package evidence

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aftercheck/aftercheck"
)

// Lead implements Store. What a session led that the group does not know any
// more is taken over here: a failover may have lost that somebody did.
func (r *Redis) Lead(ctx context.Context, id string) (aftercheck.Verification, error) {
	token, err := r.session(ctx)
	if err != nil {
		return aftercheck.Verification{}, err
	}
	record, err := r.record(ctx, id)
	if err != nil {
		return aftercheck.Verification{}, err
	}
	v, err := record.verification()
	if err != nil {
		return v, aboutID(id, err)
	}
	owner := record[fieldOwner]
	switch {
	case v.Sealed():
		err = r.unsettled(ctx, owner, v)
		if err == nil && owner != token {
			err = aftercheck.ErrFenced
		}
	case owner != token:
		err = r.claimOrphan(ctx, record)
	}
	return v, aboutID(id, err)
}

// unsettled returns ErrSealed for a verdict that is settled.
func (r *Redis) unsettled(ctx context.Context, owner string, v aftercheck.Verification) error {
	err := r.client.ZScore(ctx, r.pendingKey(owner), string(newEntry(v))).Err()
	if errors.Is(err, redis.Nil) {
		return aftercheck.ErrSealed
	}
	return unavailable("reading whether a verdict is settled", err)
}

// claimOrphan takes over a record whose owner the group does not know, or
// returns ErrFenced.
func (r *Redis) claimOrphan(ctx context.Context, record fields) error {
	if !strings.HasPrefix(record[fieldOwner], r.options.Group+"/") {
		return aftercheck.ErrFenced // another group's, whose sessions this one does not know
	}
	err := r.client.ZScore(ctx, r.groupKey(), record[fieldOwner]).Err()
	if err == nil {
		return aftercheck.ErrFenced
	}
	if !errors.Is(err, redis.Nil) {
		return unavailable("reading who leads", err)
	}
	claimed := false
	err = r.inherit(ctx, record[fieldOwner], []entry{entry(record[fieldEntry])}, func(string, time.Time) { claimed = true })
	if err == nil && !claimed {
		err = aftercheck.ErrFenced
	}
	return err
}

// Settle implements Store.
func (r *Redis) Settle(ctx context.Context, v aftercheck.Verification) error {
	mine, err := settling(v)
	if err != nil {
		return err
	}
	token, err := r.session(ctx)
	if err != nil {
		return err
	}
	return unavailable("settling a verdict", r.client.ZRem(ctx, r.pendingKey(token), string(mine)).Err())
}

// Pending implements Store.
func (r *Redis) Pending(ctx context.Context, each func(id string, due time.Time) error) error {
	if err := r.goOn(ctx); err != nil {
		return err
	}
	token, err := r.session(ctx)
	if err != nil {
		return err
	}
	return r.walk(ctx, r.pendingKey(token), "+", func(entries []entry) error {
		return eachDue(ctx, r, token, entries, each)
	})
}

// goOn takes over what ended sessions of this identity led.
func (r *Redis) goOn(ctx context.Context) error {
	if _, err := r.session(ctx); err != nil { // joins, which ends them
		return err
	}
	var around []neighbour
	err := r.inTurn(ctx, func() (err error) {
		around, err = r.renew(ctx)
		return err
	})
	if err != nil {
		return err
	}
	for _, n := range around {
		if !r.ours(n.name) {
			continue
		}
		if err := r.takeOver(ctx, n, func(string, time.Time) {}); err != nil {
			return err
		}
	}
	return nil
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
