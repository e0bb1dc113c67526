package evidence

import "github.com/redis/go-redis/v9"

// What a script answers first. Further elements follow where its header says
// so.
const (
	replyStored   = "stored"   // done, now or when the same was sent before
	replyExists   = "exists"   // the ID is taken by the same request
	replyConflict = "conflict" // the ID is taken by another request
	replyMoved    = "moved"    // the record is at another revision
	replySealed   = "sealed"   // the verdict stands
	replyFenced   = "fenced"   // another session leads the record
	replyMissing  = "missing"  // there is no such record
	replyFull     = "full"     // there are too many
)

// Every script touches one key, or those of errands that are in one slot, so that it is atomic on a Redis Cluster too;
// writes before it fails at nothing; and answers the same when it is sent
// twice. They need Redis 6.2 or any Valkey.

// scriptPutSnapshot stores a snapshot if there is none.
//
//	KEYS[1]  the snapshot
//	ARGV[1]  document
//	ARGV[2]  time to live, milliseconds
//	returns  {"stored"} or {"exists", document}
var scriptPutSnapshot = redis.NewScript(`
local stored = redis.call('GET', KEYS[1])
if stored then
  return {'exists', stored}
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {'stored'}
`)

// scriptAccept stores a verification if there is none.
//
//	KEYS[1]  the record
//	ARGV[1]  the request's digest
//	ARGV[2]  time to live, milliseconds
//	ARGV[3…] the record's fields: name, value, name, value…
//	returns  {"stored"}, {"exists", all fields} or {"conflict", entry} of the record that is there
var scriptAccept = redis.NewScript(`
if redis.call('EXISTS', KEYS[1]) == 1 then
  if redis.call('HGET', KEYS[1], 'digest') ~= ARGV[1] then
    return {'conflict', redis.call('HGET', KEYS[1], 'entry')}
  end
  return {'exists', redis.call('HGETALL', KEYS[1])}
end
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {'stored'}
`)

// scriptAddRound appends a round at a revision.
//
//	KEYS[1]  the record
//	ARGV[1]  the revision that the caller has seen
//	ARGV[2]  least time to live from now, milliseconds
//	ARGV[3]  the session that writes: the fencing token
//	ARGV[4]  name of the round's field
//	ARGV[5…] the fields to set: name, value, name, value…
//	returns  {"stored"}, {"missing"}, {"sealed"}, {"fenced"}, or {"moved",
//	         revision, the round that was added at ARGV[1], or an empty text}
var scriptAddRound = redis.NewScript(`
local at = redis.call('HMGET', KEYS[1], 'revision', 'sealed_at', 'owner', ARGV[4])
if not at[1] then
  return {'missing'}
end
if at[2] then
  return {'sealed'}
end
if at[3] ~= ARGV[3] then
  return {'fenced'}
end
if at[1] ~= ARGV[1] then
  return {'moved', at[1], at[4] or ''}
end
redis.call('HSET', KEYS[1], unpack(ARGV, 5))
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return {'stored'}
`)

// scriptSeal sets the verdict at a revision, once.
//
//	KEYS[1]  the record
//	ARGV[1]  the revision that the caller has seen
//	ARGV[2]  least time to live from now, milliseconds
//	ARGV[3]  the session that writes: the fencing token
//	ARGV[4…] the fields to set: name, value, name, value…
//	returns  {"stored", all fields}, {"sealed", all fields}, {"missing"},
//	         {"fenced"} or {"moved", revision}
var scriptSeal = redis.NewScript(`
local at = redis.call('HMGET', KEYS[1], 'revision', 'sealed_at', 'owner')
if not at[1] then
  return {'missing'}
end
if at[2] then
  return {'sealed', redis.call('HGETALL', KEYS[1])}
end
if at[3] ~= ARGV[3] then
  return {'fenced'}
end
if at[1] ~= ARGV[1] then
  return {'moved', at[1]}
end
redis.call('HSET', KEYS[1], unpack(ARGV, 4))
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return {'stored', redis.call('HGETALL', KEYS[1])}
`)

// scriptIndex lists an entry, and lets the index live at the least as long as
// the record.
//
//	KEYS[1]  the index: a sorted set whose members all have the score 0, so
//	         that they are in the order of their bytes
//	ARGV[1]  entry
//	ARGV[2]  least time to live from now, milliseconds
//	returns  {"stored", "1"}, or {"stored", "0"} where it was listed before
var scriptIndex = redis.NewScript(`
local added = redis.call('ZADD', KEYS[1], 0, ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return {'stored', tostring(added)}
`)
