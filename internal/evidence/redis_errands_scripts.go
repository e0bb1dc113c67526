package evidence

import "github.com/redis/go-redis/v9"

// The scripts on errands. Those of one kind are in five keys of one slot:
//
//	KEYS[1]  the rows, a hash by ID: see errand_row.go
//	KEYS[2]  when each that is to be done is due, milliseconds since the epoch
//	KEYS[3]  when each expires
//	KEYS[4]  since when each finished one is finished
//	KEYS[5]  the index: a sorted set whose members all have the score 0
//
// All times that are compared are by Redis' clock. Each script may be sent twice.

// errandTools are functions that all of them begin with.
const errandTools = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function read(row)
  return string.match(row, '^(%d+) (%S+) (%S+) (%S+) (%d+) ')
end
local function members(id, row)
  local _, tags, created, subject = read(row)
  local at = ' ' .. created .. ' ' .. id
  local out = {'all' .. at, 'of:' .. subject .. at}
  if tags ~= '-' then
    for tag in string.gmatch(tags, '[^,]+') do
      out[#out + 1] = 'is:' .. tag .. at
    end
  end
  return out
end
local function remove(id, row)
  redis.call('HDEL', KEYS[1], id)
  for key = 2, 4 do
    redis.call('ZREM', KEYS[key], id)
  end
  if row then
    for _, member in ipairs(members(id, row)) do
      redis.call('ZREM', KEYS[5], member)
    end
  end
end
local function live(id)
  local row = redis.call('HGET', KEYS[1], id)
  if row and tonumber((select(5, read(row)))) > now then
    return row
  end
  if row then
    remove(id, row)
  end
  return false
end
local function expire(most)
  local gone = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, most)
  for _, id in ipairs(gone) do
    remove(id, redis.call('HGET', KEYS[1], id))
  end
  return #gone
end
local function put(id, row, due, kept, before)
  if before then
    remove(id, before)
  end
  redis.call('HSET', KEYS[1], id, row)
  local expires = (select(5, read(row)))
  redis.call('ZADD', KEYS[3], expires, id)
  for _, member in ipairs(members(id, row)) do
    redis.call('ZADD', KEYS[5], 0, member)
  end
  if due ~= '' then
    redis.call('ZADD', KEYS[2], due, id)
  else
    redis.call('ZADD', KEYS[4], now, id)
    if redis.call('ZCARD', KEYS[4]) > kept then
      local first = redis.call('ZRANGE', KEYS[4], 0, 0)[1]
      remove(first, redis.call('HGET', KEYS[1], first))
    end
  end
  for _, key in ipairs(KEYS) do
    if redis.call('PTTL', key) < expires - now then
      redis.call('PEXPIRE', key, expires - now)
    end
  end
end
`

// scriptPutErrand stores an errand if its ID is free.
//
//	ARGV[1]  its ID
//	ARGV[2]  its row
//	ARGV[3]  when it is due, or an empty text if it is finished
//	ARGV[4]  how many may be to be done, and how many finished
//	returns  {"stored"}, {"exists", row, when it is due or an empty text} or
//	         {"full"}
var scriptPutErrand = redis.NewScript(errandTools + `
local before = live(ARGV[1])
if before then
  return {'exists', before, redis.call('ZSCORE', KEYS[2], ARGV[1]) or ''}
end
expire(100)
if ARGV[3] ~= '' and redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[4]) then
  return {'full'}
end
put(ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]))
return {'stored'}
`)

// scriptUpdateErrand replaces an errand that is at a revision.
//
//	ARGV[1…4]  as for scriptPutErrand
//	ARGV[5]    the revision
//	returns    {"stored"}, {"missing"} or {"moved", revision}
var scriptUpdateErrand = redis.NewScript(errandTools + `
local before = live(ARGV[1])
if not before then
  return {'missing'}
end
if before == ARGV[2] and tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or '') == tonumber(ARGV[3]) then
  return {'stored'}
end
local revision = read(before)
if revision ~= ARGV[5] then
  return {'moved', revision}
end
put(ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), before)
return {'stored'}
`)

// scriptClaimErrands leases errands that are due.
//
//	ARGV[1]  length of the lease, milliseconds
//	ARGV[2]  how many at most
//	returns  {"stored", when they are due again, row, row…}
var scriptClaimErrands = redis.NewScript(errandTools + `
expire(100)
local again = now + ARGV[1]
local out = {'stored', string.format('%d', again)}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[2])) do
  local row = live(id)
  if row then
    local revision = read(row)
    local next = string.format('%d', revision + 1) .. string.sub(row, #revision + 1)
    redis.call('HSET', KEYS[1], id, next)
    redis.call('ZADD', KEYS[2], again, id)
    out[#out + 1] = next
  else
    redis.call('ZREM', KEYS[2], id)
  end
end
return out
`)

// scriptRemoveErrand removes an errand.
//
//	ARGV[1]  its ID
//	returns  {"stored"}
var scriptRemoveErrand = redis.NewScript(errandTools + `
remove(ARGV[1], redis.call('HGET', KEYS[1], ARGV[1]))
return {'stored'}
`)

// scriptSweepErrands removes errands that have expired.
//
//	returns  {"stored", how many}
var scriptSweepErrands = redis.NewScript(errandTools + `
return {'stored', tostring(expire(200))}
`)
