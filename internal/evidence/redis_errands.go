package evidence

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aftercheck/aftercheck"
)

// errandKeys are the keys of a kind's errands, in the order of the scripts.
func (r *Redis) errandKeys(kind string) []string {
	r.kinds.add(kind)
	begin := r.options.Prefix + ":{errands:" + kind + "}:"
	return []string{begin + "rows", begin + "due", begin + "expires", begin + "finished", begin + "index"}
}

// kinds are the kinds of errands that this process knows, which it sweeps.
type kinds struct {
	mu    sync.Mutex
	known []string
}

func (k *kinds) add(kind string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !slices.Contains(k.known, kind) {
		k.known = append(k.known, kind)
	}
}

func (k *kinds) all() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.known)
}

// dueText is when an errand is due as the scripts take it.
func dueText(e aftercheck.Errand) string {
	if e.Finished() {
		return ""
	}
	return strconv.FormatInt(e.DueAt.UnixMilli(), 10)
}

// parseDue reads milliseconds as Redis writes a score.
func parseDue(text string) time.Time {
	milliseconds, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(milliseconds, 0) || math.IsNaN(milliseconds) {
		return time.Time{}
	}
	return time.UnixMilli(int64(milliseconds)).UTC()
}

// PutErrand implements Errands.
func (r *Redis) PutErrand(ctx context.Context, e aftercheck.Errand) (aftercheck.Errand, bool, error) {
	row, err := beginErrand(e)
	if err != nil {
		return aftercheck.Errand{}, false, err
	}
	answer, err := r.runDurably(ctx, "storing an errand", scriptPutErrand, r.errandKeys(e.Kind), e.ID, row.text, dueText(row.errand), r.options.MaxErrands)
	switch {
	case err != nil:
		return aftercheck.Errand{}, false, err
	case answer.status == replyStored:
		return row.errand, true, nil
	case answer.status == replyFull:
		return aftercheck.Errand{}, false, aboutID(e.ID, ErrFull)
	}
	before, err := parseRow(answer.text(0), parseDue(answer.text(1)))
	return before.errand, err == nil && before.same(row), aboutID(e.ID, err)
}

// UpdateErrand implements Errands.
func (r *Redis) UpdateErrand(ctx context.Context, e aftercheck.Errand) (aftercheck.Errand, error) {
	row, err := nextErrand(e)
	if err != nil {
		return aftercheck.Errand{}, err
	}
	answer, err := r.runDurably(ctx, "changing an errand", scriptUpdateErrand, r.errandKeys(e.Kind),
		e.ID, row.text, dueText(row.errand), r.options.MaxErrands, e.Revision)
	if err == nil {
		err = aboutID(e.ID, answer.refusal())
	}
	if err != nil {
		return aftercheck.Errand{}, err
	}
	return row.errand, nil
}

// ClaimErrands implements Errands.
func (r *Redis) ClaimErrands(ctx context.Context, kind string, lease time.Duration, limit int) ([]aftercheck.Errand, error) {
	if err := checkKind(kind); err != nil {
		return nil, err
	}
	answer, err := r.runOn(ctx, "claiming errands", scriptClaimErrands, r.errandKeys(kind), lease.Milliseconds(), claimAtMost(limit))
	if err != nil {
		return nil, err
	}
	var claimed []aftercheck.Errand
	for i := 1; i < len(answer.rest); i++ {
		row, err := parseRow(answer.text(i), parseDue(answer.text(0)))
		if err != nil {
			r.options.Logger.Warn("an errand cannot be read", "kind", kind, "err", err)
			continue // the others are this caller's to do
		}
		claimed = append(claimed, row.errand)
	}
	return claimed, nil
}

// NextErrand implements Errands.
func (r *Redis) NextErrand(ctx context.Context, kind string) (time.Time, error) {
	if err := checkKind(kind); err != nil {
		return time.Time{}, err
	}
	first, err := r.client.ZRangeWithScores(ctx, r.errandKeys(kind)[1], 0, 0).Result()
	if err != nil || len(first) == 0 {
		return time.Time{}, unavailable("looking for an errand that is due", err)
	}
	return time.UnixMilli(int64(first[0].Score)).UTC(), nil
}

// Errand implements Errands.
func (r *Redis) Errand(ctx context.Context, kind, id string) (aftercheck.Errand, error) {
	return errandOf(ctx, r, kind, id)
}

// ListErrands implements Errands.
func (r *Redis) ListErrands(ctx context.Context, f aftercheck.ErrandFilter) (aftercheck.ErrandPage, error) {
	return listErrands(ctx, r, f)
}

// errandEntries implements errandCatalogue.
func (r *Redis) errandEntries(ctx context.Context, kind, prefix, before string, n int) ([]string, error) {
	newest := "(" + prefix[:len(prefix)-1] + "!" // comes after the space that ends the prefix
	if before != "" {
		newest = "(" + before
	}
	members, err := r.client.ZRevRangeByLex(ctx, r.errandKeys(kind)[4], &redis.ZRangeBy{Max: newest, Min: "[" + prefix, Count: int64(n)}).Result()
	return members, unavailable("listing errands", err)
}

// errandRows implements errandCatalogue.
func (r *Redis) errandRows(ctx context.Context, kind string, ids []string) ([]*errandRow, error) {
	rows := make([]*errandRow, len(ids))
	if len(ids) == 0 {
		return rows, nil
	}
	var texts *redis.SliceCmd
	dues := make([]*redis.FloatCmd, len(ids))
	keys := r.errandKeys(kind)
	_, err := r.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		texts = pipe.HMGet(ctx, keys[0], ids...)
		for i, id := range ids {
			dues[i] = pipe.ZScore(ctx, keys[1], id)
		}
		return nil
	})
	if err = notNil(err); err != nil {
		return nil, unavailable("reading errands", err)
	}
	now := time.Now()
	for i, value := range texts.Val() {
		text, found := value.(string)
		if !found {
			continue
		}
		due := time.Time{}
		if score, err := dues[i].Result(); err == nil {
			due = time.UnixMilli(int64(score)).UTC()
		}
		row, err := parseRow(text, due)
		if err != nil {
			return nil, aboutID(ids[i], err)
		}
		if !row.expired(now) {
			rows[i] = &row
		}
	}
	return rows, nil
}

// notNil passes over that a key or member is not there.
func notNil(err error) error {
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}

// CountErrands implements Errands.
func (r *Redis) CountErrands(ctx context.Context, kind string, tags ...string) ([]int, error) {
	if err := checkKind(kind); err != nil {
		return nil, err
	}
	answers := make([]*redis.IntCmd, len(tags))
	index := r.errandKeys(kind)[4]
	_, err := r.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for i, tag := range tags {
			answers[i] = pipe.ZLexCount(ctx, index, "["+tagMark+tag+" ", "("+tagMark+tag+"!")
		}
		return nil
	})
	if err != nil {
		return nil, unavailable("counting errands", err)
	}
	counts := make([]int, len(tags))
	for i, answer := range answers {
		counts[i] = int(answer.Val())
	}
	return counts, nil
}

// RemoveErrand implements Errands.
func (r *Redis) RemoveErrand(ctx context.Context, kind, id string) error {
	if err := checkKind(kind); err != nil {
		return err
	}
	_, err := r.runOn(ctx, "removing an errand", scriptRemoveErrand, r.errandKeys(kind), id)
	return err
}

// sweepErrands removes errands that have expired, of the kinds that this process
// knows.
func (r *Redis) sweepErrands(ctx context.Context) error {
	for _, kind := range r.kinds.all() {
		for {
			answer, err := r.runOn(ctx, "sweeping errands", scriptSweepErrands, r.errandKeys(kind))
			if err != nil {
				return err
			}
			if n, err := strconv.Atoi(answer.text(0)); err != nil || n < sweepGroup {
				break
			}
		}
	}
	return nil
}
