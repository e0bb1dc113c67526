package evidence

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aftercheck/aftercheck"
)

// PutSnapshot implements Store.
func (r *Redis) PutSnapshot(ctx context.Context, s aftercheck.Snapshot) (aftercheck.Snapshot, error) {
	if err := checkID(s.ID); err != nil {
		return aftercheck.Snapshot{}, err
	}
	text, err := encode(s)
	if err != nil {
		return aftercheck.Snapshot{}, err
	}
	answer, err := r.run(ctx, "storing a snapshot", scriptPutSnapshot, r.snapshotKey(s.ID), text, r.timeToLive(time.Time{}))
	if err != nil {
		return aftercheck.Snapshot{}, err
	}
	if answer.status == replyStored || answer.text(0) == text {
		return s, nil
	}
	s, err = decode[aftercheck.Snapshot](answer.text(0))
	return s, aboutID(s.ID, err)
}

// timeToLive is the retention in milliseconds, from the deadline on where that
// is still to come.
func (r *Redis) timeToLive(deadline time.Time) int64 {
	return (r.options.Retention + max(0, time.Until(deadline))).Milliseconds()
}

// Accept implements Store.
func (r *Redis) Accept(ctx context.Context, v aftercheck.Verification) (stored aftercheck.Verification, created bool, err error) {
	if err := checkID(v.ID); err != nil {
		return aftercheck.Verification{}, false, err
	}
	v = begin(v)
	record, err := acceptedFields(v)
	if err != nil {
		return aftercheck.Verification{}, false, err
	}
	mine, ttl := newEntry(v), r.timeToLive(v.DeadlineAt)
	if err := r.index(ctx, mine, ttl); err != nil {
		return aftercheck.Verification{}, false, unavailable("listing a verification", err)
	}
	answer, err := r.run(ctx, "accepting a verification", scriptAccept, r.recordKey(v.ID), args(record, record[fieldDigest], ttl)...)
	switch {
	case err != nil:
		return aftercheck.Verification{}, false, err
	case answer.status == replyStored:
		return v, true, nil
	case answer.status == replyConflict:
		r.unlist(ctx, mine, entry(answer.text(0)), false)
		return aftercheck.Verification{}, false, fmt.Errorf("%s: %w: accepted before with another request", v.ID, aftercheck.ErrConflict)
	}
	before := answer.record()
	r.unlist(ctx, mine, entry(before[fieldEntry]), before.sealed())
	stored, err = before.verification()
	return stored, false, aboutID(v.ID, err)
}

// index lists a verification that is about to be stored. It may be sent twice.
func (r *Redis) index(ctx context.Context, e entry, ttl int64) error {
	keys := []string{r.acceptedKey(), r.pendingKey(), r.incidentKey(e.incident())}
	_, err := r.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, key := range keys {
			scriptIndex.EvalSha(ctx, pipe, []string{key}, string(e), ttl)
		}
		return nil
	})
	if err == nil || !redis.HasErrorPrefix(err, "NOSCRIPT") && !errors.Is(err, redis.ErrNoScript) {
		return err
	}
	for _, key := range keys { // a server that does not know the script yet
		if err := scriptIndex.Run(ctx, r.client, []string{key}, string(e), ttl).Err(); err != nil {
			return err
		}
	}
	return nil
}

// unlist takes back what index did for a request that stored nothing: the
// entries, if they are not the record's own, and else the pending one of a
// sealed record. What it cannot remove is passed over by readers, so its
// failure is no failure of the caller's.
func (r *Redis) unlist(ctx context.Context, mine, stored entry, sealed bool) {
	switch {
	case mine != stored:
		_ = r.removeEntries(ctx, []entry{mine})
	case sealed:
		_ = r.client.ZRem(ctx, r.pendingKey(), string(mine)).Err()
	}
}

// AddRound implements Store.
func (r *Redis) AddRound(ctx context.Context, id string, revision int64, round aftercheck.Round, next time.Time) (int64, error) {
	if !validID(id) {
		return 0, aboutID(id, aftercheck.ErrNotFound)
	}
	f, err := roundFields(revision, round, next)
	if err != nil {
		return 0, err
	}
	answer, err := r.run(ctx, "adding a round", scriptAddRound, r.recordKey(id),
		args(f, revision, r.timeToLive(deadlineOf(round)), fieldRound(revision))...)
	if err != nil {
		return 0, err
	}
	refusal := answer.refusal()
	if answer.status == replyMoved {
		same, err := sameRound(answer.text(1), round.At)
		if err != nil || same {
			refusal = err
		}
	}
	if refusal != nil {
		return 0, aboutID(id, refusal)
	}
	return revision + 1, nil
}

// refusal is the error that a script's answer stands for, or nil.
func (a reply) refusal() error {
	switch a.status {
	case replyStored:
		return nil
	case replyMissing:
		return aftercheck.ErrNotFound
	case replySealed:
		return aftercheck.ErrSealed
	default:
		at, _ := strconv.ParseInt(a.text(0), 10, 64)
		return movedOn(at)
	}
}

// Seal implements Store.
func (r *Redis) Seal(ctx context.Context, id string, revision int64, a aftercheck.Assessment, at time.Time) (aftercheck.Verification, error) {
	if !validID(id) {
		return aftercheck.Verification{}, aboutID(id, aftercheck.ErrNotFound)
	}
	seal, err := sealFields(revision, a, at)
	if err != nil {
		return aftercheck.Verification{}, err
	}
	answer, err := r.run(ctx, "sealing a verdict", scriptSeal, r.recordKey(id), args(seal, revision, r.timeToLive(time.Time{}))...)
	if err != nil {
		return aftercheck.Verification{}, err
	}
	if answer.status != replyStored && answer.status != replySealed {
		return aftercheck.Verification{}, aboutID(id, answer.refusal())
	}
	record := answer.record()
	// The verdict stands. A pending entry that stays is passed over by readers.
	_ = r.client.ZRem(ctx, r.pendingKey(), record[fieldEntry]).Err()
	return sealedBy(id, record, seal)
}
