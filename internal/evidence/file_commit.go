package evidence

import (
	"context"
	"errors"
	"slices"
	"sync"

	bolt "go.etcd.io/bbolt"
)

// maxGroup is how many writes share one transaction at most.
const maxGroup = 512

// errClosed is what writes get after Close.
var errClosed = errors.New("store is closed")

// committer lets writes that come together share one transaction and so one
// fsync. The first write is committed at once; those that come while the disk
// works wait and go together into the next. So a single write waits for
// nothing, where bolt's own Batch waits some milliseconds for company.
type committer struct {
	db    *bolt.DB
	guard *guard

	mu      sync.Mutex
	queue   []*write
	running bool // a goroutine is committing
	closed  bool
	done    sync.WaitGroup
}

// write is one write that waits for its commit.
type write struct {
	do     func(tx *bolt.Tx) error
	result chan error // of capacity 1
}

// commit runs do in a transaction and returns once that is on the disk. An
// error of do rolls the transaction back. If the context ends before the
// transaction has begun, nothing is stored; if it ends later, commit returns
// and the write may still be stored: do must not touch what the caller reads
// after an error.
func (c *committer) commit(ctx context.Context, do func(tx *bolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w := &write{do: do, result: make(chan error, 1)}
	if err := c.enqueue(w); err != nil {
		return err
	}
	select {
	case err := <-w.result:
		return err
	case <-ctx.Done():
		c.withdraw(w)
		return ctx.Err()
	}
}

// enqueue adds a write and sees to it that somebody commits it.
func (c *committer) enqueue(w *write) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errClosed
	}
	c.queue = append(c.queue, w)
	if !c.running {
		c.running = true
		c.done.Go(c.drain)
	}
	return nil
}

// withdraw takes back a write whose transaction has not begun.
func (c *committer) withdraw(w *write) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.queue, w); i >= 0 {
		c.queue = slices.Delete(c.queue, i, i+1)
	}
}

// drain commits groups until nothing waits.
func (c *committer) drain() {
	for {
		group := c.take()
		if group == nil {
			return
		}
		err := c.update(group)
		for _, w := range group {
			w.result <- err
		}
	}
}

// take returns the next group, or nil and the end of the draining.
func (c *committer) take() []*write {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		c.running, c.queue = false, nil
		return nil
	}
	n := min(len(c.queue), maxGroup)
	group := slices.Clone(c.queue[:n])
	c.queue = slices.Delete(c.queue, 0, n)
	return group
}

func (c *committer) update(group []*write) error {
	return c.guard.run(func() error {
		return c.db.Update(func(tx *bolt.Tx) error {
			for _, w := range group {
				if err := w.do(tx); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// close lets what waits be committed and refuses what comes.
func (c *committer) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.done.Wait()
}
