package verify

import (
	"container/heap"
	"time"
)

// entry is one verification that is accepted and not sealed: all that is kept
// of it in memory while it waits. Whoever took it out of the queue owns it; in
// the queue it belongs to the queue.
type entry struct {
	id       string
	client   string        // who asked for it, if its share counts; see charge
	due      int64         // in nanoseconds since the epoch, by the steady clock
	ahead    time.Duration // how far its own clock is ahead of the steady one
	place    int           // in the heap, or one of the two below
	failures int           // consecutive store failures
	overhead time.Duration // the sidecar's own time so far, since it started
	adopted  time.Time     // when it was taken over from another sidecar, by the steady clock; zero: it was not
	stored   bool          // the store has held it
	told     bool          // its verdict was made known, and that is not noted yet
	unsaved  *unsaved      // nil unless the store is in trouble
	renewed  time.Time     // when it is due by what came while it was worked on; zero: nothing came

	deadline      int64 // in nanoseconds since the epoch, by the steady clock; meaningless without a place
	deadlinePlace int   // in deadlines.ahead, or why it is not there
}

// Places of an entry outside the heap.
const (
	beingWorked = -1 // a worker owns it
	forgotten   = -2
)

// queue holds the entries by due time and by ID. It is not safe for concurrent
// use.
type queue struct {
	byDue dueHeap
	byID  map[string]*entry
	held  map[string]int // how many entries each client holds

	deadlines deadlines
}

func newQueue() queue { return queue{byID: map[string]*entry{}, held: map[string]int{}} }

// len is how many entries there are, those being worked on included.
func (q *queue) len() int { return len(q.byID) }

func (q *queue) has(id string) bool { return q.byID[id] != nil }

// add puts in a new entry and reports whether it is the earliest now. An ID
// that is known already stays as it is; if it is being worked on, it is noted
// that there is more to do, which the worker may not have seen. Both times are
// by the entry's own clock, which is so far ahead of the steady one.
func (q *queue) add(id string, due, deadline time.Time, ahead, overhead time.Duration) (earliest bool) {
	if known := q.byID[id]; known != nil {
		if known.place == beingWorked {
			known.renewed = due
		}
		return false
	}
	e := &entry{id: id, ahead: ahead, overhead: overhead, deadlinePlace: noDeadline}
	q.byID[id] = e
	q.deadlines.set(e, deadline)
	return q.put(e, due)
}

// charge counts the entry of the ID as the client's until it is forgotten. An
// entry that is counted already, or that is gone, stays as it is.
func (q *queue) charge(id, client string) {
	if e := q.byID[id]; e != nil && e.client == "" && client != "" {
		e.client = client
		q.held[client]++
	}
}

// put puts an entry back that take returned; due is by its own clock.
func (q *queue) put(e *entry, due time.Time) (earliest bool) {
	e.due = due.Add(-e.ahead).UnixNano()
	heap.Push(&q.byDue, e)
	return e.place == 0
}

// take returns the earliest entry if it is due, or else nil. Now is by the steady
// clock.
func (q *queue) take(now time.Time) *entry {
	if len(q.byDue) == 0 || q.byDue[0].due > now.UnixNano() {
		return nil
	}
	return heap.Pop(&q.byDue).(*entry)
}

// forget drops an entry that take returned.
func (q *queue) forget(e *entry) {
	e.place = forgotten
	q.deadlines.set(e, time.Time{})
	delete(q.byID, e.id)
	if e.client == "" {
		return
	}
	if q.held[e.client]--; q.held[e.client] == 0 {
		delete(q.held, e.client)
	}
}

// next is how long it is until the earliest entry is due; false without one.
func (q *queue) next(now time.Time) (time.Duration, bool) {
	if len(q.byDue) == 0 {
		return 0, false
	}
	return time.Unix(0, q.byDue[0].due).Sub(now), true
}

// dueHeap implements heap.Interface, earliest first.
type dueHeap []*entry

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due < h[j].due }

func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

func (h *dueHeap) Push(x any) {
	e := x.(*entry)
	e.place = len(*h)
	*h = append(*h, e)
}

func (h *dueHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	last.place = beingWorked
	return last
}
