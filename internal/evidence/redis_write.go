package evidence

import (
	"context"
	"fmt"
	"strconv"
	"time"

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
	answer, err := r.runDurably(ctx, "storing a snapshot", scriptPutSnapshot, []string{r.snapshotKey(s.ID)}, text, r.timeToLive(time.Time{}))
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
	token, err := r.session(ctx)
	if err != nil {
		return aftercheck.Verification{}, false, err
	}
	record[fieldOwner] = token
	mine, ttl := newEntry(v), r.timeToLive(v.DeadlineAt)
	added, err := r.index(ctx, token, mine, ttl)
	if err != nil {
		return aftercheck.Verification{}, false, err
	}
	if now, valid := r.lease.current(time.Now()); now != token || !valid {
		// What is listed may have been taken over meanwhile, as a record that is missing.
		return aftercheck.Verification{}, false, unavailable("accepting a verification", errLapsed)
	}
	answer, err := r.runDurably(ctx, "accepting a verification", scriptAccept, []string{r.recordKey(v.ID)}, args(record, record[fieldDigest], ttl)...)
	switch {
	case err != nil:
		return aftercheck.Verification{}, false, err
	case answer.status == replyStored:
		return v, true, nil
	case answer.status == replyConflict:
		r.unlist(ctx, token, mine, entry(answer.text(0)), added)
		return aftercheck.Verification{}, false, fmt.Errorf("%s: %w: accepted before with another request", v.ID, aftercheck.ErrConflict)
	}
	before := answer.record()
	r.unlist(ctx, token, mine, entry(before[fieldEntry]), added && (before.sealed() || before[fieldOwner] != token))
	stored, err = before.verification()
	return stored, false, aboutID(v.ID, err)
}

// index lists a verification that is about to be stored, and reports whether it
// was not pending before. It may be sent twice.
func (r *Redis) index(ctx context.Context, token string, e entry, ttl int64) (added bool, err error) {
	answers, err := r.list(ctx, e, ttl, r.pendingKey(token), r.acceptedKey(), r.incidentKey(e.incident()))
	if err != nil {
		return false, err
	}
	return answers[0].text(0) == "1", nil
}

// list puts an entry into indexes.
func (r *Redis) list(ctx context.Context, e entry, ttl int64, indexes ...string) ([]reply, error) {
	var calls []call
	for _, key := range indexes {
		calls = append(calls, call{key, []any{string(e), ttl}})
	}
	return r.runAll(ctx, "listing a verification", scriptIndex, calls)
}

// unlist takes back what index did for a request that stored nothing: the
// entries, if they are not the record's own, and else the pending one where it
// is needless. What it cannot remove is passed over by readers, so its failure
// is no failure of the caller's.
func (r *Redis) unlist(ctx context.Context, token string, mine, stored entry, needless bool) {
	switch {
	case mine != stored:
		_ = r.removeEntries(ctx, token, []entry{mine})
	case needless:
		_ = r.client.ZRem(ctx, r.pendingKey(token), string(mine)).Err()
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
	token, err := r.session(ctx)
	if err != nil {
		return 0, err
	}
	answer, err := r.run(ctx, "adding a round", scriptAddRound, r.recordKey(id),
		args(f, revision, r.timeToLive(deadlineOf(round)), token, fieldRound(revision))...)
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
	case replyFenced:
		return aftercheck.ErrFenced
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
	token, err := r.session(ctx)
	if err != nil {
		return aftercheck.Verification{}, err
	}
	answer, err := r.runDurably(ctx, "sealing a verdict", scriptSeal, []string{r.recordKey(id)}, args(seal, revision, r.timeToLive(time.Time{}), token)...)
	if err != nil {
		return aftercheck.Verification{}, err
	}
	if answer.status != replyStored && answer.status != replySealed {
		return aftercheck.Verification{}, aboutID(id, answer.refusal())
	}
	return sealedBy(id, answer.record(), seal)
}
