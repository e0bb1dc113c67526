package evidence

import "github.com/redis/go-redis/v9"

// The scripts on a group: a sorted set whose members are sessions. A session's
// score is when its lease expires, by Redis' clock, in milliseconds since the
// epoch. A session that was ended has a ! before it, and when that was as score.

// scriptJoin begins a session.
//
//	KEYS[1]  the group
//	ARGV[1]  the session
//	ARGV[2]  length of the lease, milliseconds
//	ARGV[3]  time to live of the group, milliseconds
//	ARGV[4]  sessions that begin so are ended, also one that is not there
//	returns  {"stored"}
var scriptJoin = redis.NewScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local before = {ARGV[4]}
if string.sub(ARGV[4], -1) == '/' then
  before = redis.call('ZRANGE', KEYS[1], 0, -1)
end
for _, name in ipairs(before) do
  if string.sub(name, 1, #ARGV[4]) == ARGV[4] and name ~= ARGV[1] then
    redis.call('ZREM', KEYS[1], name)
    redis.call('ZADD', KEYS[1], now, '!' .. name)
  end
end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {'stored'}
`)

// scriptRenew prolongs a session's lease, also one that has expired, as long as
// nobody has ended the session.
//
//	KEYS[1]  the group
//	ARGV[1]  the session
//	ARGV[2]  length of the lease, milliseconds
//	ARGV[3]  what another's lease has left when it is late, milliseconds
//	ARGV[4]  time to live of the group, milliseconds, or 0 to leave it
//	returns  {"missing"} or {"stored", the time, {name, expiry, name, expiry…},
//	         how many sessions the group has} with at most 256 sessions that are
//	         late, expired or ended; without any the group is not counted: 0
var scriptRenew = redis.NewScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('ZADD', KEYS[1], 'XX', 'CH', now + ARGV[2], ARGV[1]) == 0 and
    not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  return {'missing'}
end
if ARGV[4] ~= '0' then
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
local around = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now + ARGV[3], 'WITHSCORES', 'LIMIT', 0, 256)
local members = 0
if #around > 0 then
  members = redis.call('ZCARD', KEYS[1])
end
return {'stored', string.format('%d', now), around, members}
`)

// scriptEnd ends a session whose lease has expired: it never comes back.
//
//	KEYS[1]  the group
//	ARGV[1]  the session
//	ARGV[2]  "always", or "expired" to leave a session whose lease is valid
//	returns  {"stored"}, also where it was ended before, {"missing"}, or
//	         {"moved"} where the lease is valid again
var scriptEnd = redis.NewScript(`
local expires = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not expires then
  if redis.call('ZSCORE', KEYS[1], '!' .. ARGV[1]) then
    return {'stored'}
  end
  return {'missing'}
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[2] ~= 'always' and tonumber(expires) > now then
  return {'moved'}
end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[1], now, '!' .. ARGV[1])
return {'stored'}
`)

// scriptClaim lets another session lead a record.
//
//	KEYS[1]  the record
//	ARGV[1]  the session that led it
//	ARGV[2]  the session that is to lead it
//	returns  {"stored"}, {"missing"} or {"fenced", the session that leads it}
var scriptClaim = redis.NewScript(`
local at = redis.call('HMGET', KEYS[1], 'revision', 'owner')
if not at[1] then
  return {'missing'}
end
if at[2] == ARGV[2] then
  return {'stored'}
end
if at[2] ~= ARGV[1] then
  return {'fenced', at[2] or ''}
end
redis.call('HSET', KEYS[1], 'owner', ARGV[2])
return {'stored'}
`)
