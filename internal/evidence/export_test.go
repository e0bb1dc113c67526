package evidence

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
	bolt "go.etcd.io/bbolt"
)

// Client returns the client, for tests that look at keys and break commands.
func (r *Redis) Client() redis.UniversalClient { return r.client }

// Session is the fencing token, or empty.
func (r *Redis) Session() string {
	token, _ := r.lease.current(time.Now())
	return token
}

// Sweep sweeps once.
func (r *Redis) Sweep(ctx context.Context) error { return r.sweep(ctx) }

// Sweep sweeps once.
func (f *File) Sweep(ctx context.Context) error { return f.sweep(ctx) }

// Keys returns the number of keys in each bucket.
func (f *File) Keys() map[string]int {
	keys := map[string]int{}
	_ = f.db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, bucket *bolt.Bucket) error {
			keys[string(name)] = bucket.Stats().KeyN
			return nil
		})
	})
	return keys
}

// Overwrite sets a field of a stored verification.
func (f *File) Overwrite(id, name, value string) error {
	return f.db.Update(func(tx *bolt.Tx) error { return records(tx).put(id, fields{name: value}) })
}

// Overwrite sets a field of a stored verification.
func (r *Redis) Overwrite(id, name, value string) error {
	return r.client.HSet(context.Background(), r.recordKey(id), name, value).Err()
}

// Allocated returns the bytes of all pages in use; the file itself grows in
// steps of 16 MiB.
func (f *File) Allocated() int {
	sum := 0
	_ = f.db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(_ []byte, bucket *bolt.Bucket) error {
			stats := bucket.Stats()
			sum += stats.BranchAlloc + stats.LeafAlloc
			return nil
		})
	})
	return sum
}

// RenewEvery is how often a lease of the default length is renewed.
func RenewEvery() time.Duration { return renewEvery(defaultLease) }

// TakeOver takes over what a session led that has ended.
func (r *Redis) TakeOver(ctx context.Context, session string, adopt func(id string, due time.Time)) error {
	return r.takeOver(ctx, neighbour{name: endedMark + session}, adopt)
}

// Look looks once whether Redis is back, and delivers.
func (j *Journal) Look(ctx context.Context, adopt func(id string, due time.Time)) error {
	return j.look(ctx, adopt)
}

// Far returns the store in Redis.
func (j *Journal) Far() *Redis { return j.far }
