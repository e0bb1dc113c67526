package evidence

import (
	"context"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/aftercheck/aftercheck"
)

// scriptAccede stores a record that was kept elsewhere until now.
//
//	KEYS[1]  the record
//	ARGV[1]  the request's digest
//	ARGV[2]  time to live, milliseconds
//	ARGV[3]  the session that leads it
//	ARGV[4]  its revision
//	ARGV[5]  when it was sealed, or an empty text
//	ARGV[6…] its fields: name, value, name, value…
//	returns  {"stored"}, also where it was stored before, or {"conflict"},
//	         {"sealed"}, {"fenced"} where another record stands
var scriptAccede = redis.NewScript(`
local at = redis.call('HMGET', KEYS[1], 'digest', 'sealed_at', 'owner', 'revision')
if at[1] and at[1] ~= ARGV[1] then
  return {'conflict'}
end
if at[2] then
  if at[2] == ARGV[5] and at[4] == ARGV[4] then
    return {'stored'}
  end
  return {'sealed'}
end
if at[1] and at[3] ~= ARGV[3] then
  return {'fenced'}
end
redis.call('HSET', KEYS[1], unpack(ARGV, 6))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {'stored'}
`)

// accede stores a record that was kept elsewhere until now, and leads it. It may
// be sent twice. ErrConflict, ErrSealed and ErrFenced say that another record
// stands under the ID, has its verdict, or is led by another sidecar.
func (r *Redis) accede(ctx context.Context, id string, record fields, settled bool) error {
	token, err := r.session(ctx)
	if err != nil {
		return err
	}
	deadline, err := parseTime(fieldDeadline, record[fieldDeadline])
	if err != nil {
		return err
	}
	revision, err := record.revision()
	if err != nil {
		return err
	}
	mine, ttl := entry(record[fieldEntry]), r.timeToLive(deadline)
	record[fieldOwner] = token
	indexes := []string{r.acceptedKey(), r.incidentKey(mine.incident())}
	if !settled {
		indexes = append(indexes, r.pendingKey(token))
	}
	if _, err := r.list(ctx, mine, ttl, indexes...); err != nil {
		return err
	}
	answer, err := r.runDurably(ctx, "delivering a verification", scriptAccede, []string{r.recordKey(id)},
		args(record, record[fieldDigest], ttl, token, strconv.FormatInt(revision, 10), record[fieldSealedAt])...)
	if err != nil {
		return err
	}
	switch answer.status {
	case replyStored:
		return nil
	case replyConflict:
		_ = r.removeEntries(ctx, token, []entry{mine}) // readers pass over them
		return aftercheck.ErrConflict
	}
	_ = r.client.ZRem(ctx, r.pendingKey(token), string(mine)).Err() // readers pass over it
	return answer.refusal()
}
