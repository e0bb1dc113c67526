package verify

import (
	"container/heap"
	"time"

	"github.com/aftercheck/aftercheck"
)

// deadlines counts the entries whose deadline has passed. Each entry is looked
// at once when its deadline passes, however often is counted. It is not safe for
// concurrent use.
type deadlines struct {
	ahead  deadlineHeap
	passed int
}

// Places of an entry that is not in deadlines.ahead.
const (
	noDeadline     = -1 // the verdict stands, or the entry is forgotten
	deadlinePassed = -2
)

// set notes when the entry's verdict has to be there, by the entry's own clock.
// Zero: it is.
func (d *deadlines) set(e *entry, deadline time.Time) {
	switch {
	case e.deadlinePlace == deadlinePassed:
		d.passed--
	case e.deadlinePlace >= 0:
		heap.Remove(&d.ahead, e.deadlinePlace)
	}
	e.deadlinePlace = noDeadline
	if !deadline.IsZero() {
		e.deadline = deadline.Add(-e.ahead).UnixNano()
		heap.Push(&d.ahead, e)
	}
}

// overdue is how many entries have a deadline before now, by the steady clock.
func (d *deadlines) overdue(now time.Time) int {
	for len(d.ahead) > 0 && d.ahead[0].deadline < now.UnixNano() {
		heap.Pop(&d.ahead).(*entry).deadlinePlace = deadlinePassed
		d.passed++
	}
	return d.passed
}

// overdue is how many verifications of this sidecar have no verdict although
// their deadline has passed. One that has not been read since the start is
// counted from when it is due, which is its deadline at the latest.
func (e *Engine) overdue() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.queue.deadlines.overdue(e.steady())
}

// expect notes the deadline that a verification has by now, or that its verdict
// stands.
func (e *Engine) expect(due *entry, v aftercheck.Verification) {
	deadline := v.DeadlineAt
	if v.Sealed() {
		deadline = time.Time{}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if deadline.IsZero() || due.deadlinePlace == noDeadline || due.deadline != deadline.Add(-due.ahead).UnixNano() {
		e.queue.deadlines.set(due, deadline)
	}
}

// deadlineHeap implements heap.Interface, earliest first.
type deadlineHeap []*entry

func (h deadlineHeap) Len() int           { return len(h) }
func (h deadlineHeap) Less(i, j int) bool { return h[i].deadline < h[j].deadline }

func (h deadlineHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].deadlinePlace, h[j].deadlinePlace = i, j
}

func (h *deadlineHeap) Push(x any) {
	e := x.(*entry)
	e.deadlinePlace = len(*h)
	*h = append(*h, e)
}

func (h *deadlineHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	last.deadlinePlace = noDeadline
	return last
}
