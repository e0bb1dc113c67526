package verify

import (
	"context"
	"time"

	"github.com/aftercheck/aftercheck"
)

// longestSleep bounds the time after which the queue is looked at again, so
// that a wall clock which is set, or a machine that slept, is noticed.
const longestSleep = 30 * time.Second

// dispatch starts workers for what is due until the context ends. It is the
// one goroutine that waits for all the verifications that wait.
func (e *Engine) dispatch(ctx, steps context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-e.wake:
		}
		timer.Reset(e.startWorkers(steps))
	}
}

// startWorkers starts one worker for each entry that is due, as far as the
// bound allows, and returns when to look again.
func (e *Engine) startWorkers(steps context.Context) time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.steady()
	for e.workers < e.opts.Workers {
		due := e.queue.take(now)
		if due == nil {
			break
		}
		e.workers++
		go e.work(steps, due)
	}
	wait, waiting := e.queue.next(now)
	if !waiting || e.workers >= e.opts.Workers {
		return longestSleep // a new entry, or a worker that is free, wakes
	}
	return min(max(wait, 0), longestSleep)
}

// work takes one step with the entry, and then with whatever else is due.
func (e *Engine) work(ctx context.Context, due *entry) {
	for due != nil {
		due = e.after(due, e.step(ctx, due))
	}
}

// after puts an entry back or forgets it, and returns the next that is due, or
// nil if the worker is to end.
func (e *Engine) after(done *entry, then outcome) *entry {
	then = e.unlessRenewed(done, then)
	if then.over {
		// Waiters are woken before the entry is forgotten: whoever finds it
		// gone finds the verdict.
		e.waiters.wake(done.id, nil)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	then = unlessRenewed(done, then) // once more: something may have come in between
	done.renewed = time.Time{}
	if then.over || then.elsewhere {
		e.queue.forget(done)
	} else {
		e.queue.put(done, then.again)
	}
	e.opts.Metrics.InFlight(e.queue.len())
	if e.phase != phaseStopping {
		if next := e.queue.take(e.steady()); next != nil {
			return next
		}
	}
	e.workers--
	e.poke()
	return nil
}

// unlessRenewed goes on with an entry that is over for a worker who looked before
// the verification came, or came again: its request may have been stored since.
func unlessRenewed(done *entry, then outcome) outcome {
	if (then.over || then.elsewhere) && !done.renewed.IsZero() {
		return again(done.renewed)
	}
	return then
}

func (e *Engine) unlessRenewed(done *entry, then outcome) outcome {
	e.mu.Lock()
	defer e.mu.Unlock()
	return unlessRenewed(done, then)
}

// Adopt goes on with a verification that this sidecar leads now, after another
// one is gone: its store calls it. A known one stays as it is.
func (e *Engine) Adopt(id string, due time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	known := e.queue.has(id)
	e.addSoon(id, due)
	if !known {
		e.queue.byID[id].adopted = e.steady()
	}
	e.opts.Metrics.InFlight(e.queue.len())
}

// addSoon puts in what another process accepted. It is looked at soon, whenever it
// is due: only the record tells whether the clock was set back since. The mutex is
// held.
func (e *Engine) addSoon(id string, due time.Time) {
	ahead, looked := e.ahead(), due
	if soon := e.steady().Add(ahead + longestSleep); soon.Before(due) {
		looked = soon
	}
	if e.queue.add(id, looked, due, ahead, 0) {
		e.poke()
	}
}

// schedule puts a verification into the queue, unless it is there already,
// with the overhead that it has had so far.
func (e *Engine) schedule(v aftercheck.Verification, overhead time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.queue.add(v.ID, v.Due(), v.DeadlineAt, e.ahead(), overhead) {
		e.poke()
	}
	e.opts.Metrics.InFlight(e.queue.len())
}

// charge counts a verification in the queue as its requester's. What another
// process accepted counts once its request is repeated here.
func (e *Engine) charge(v aftercheck.Verification) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if found := e.queue.byID[v.ID]; found != nil && found.place != beingWorked {
		found.stored = true
	}
	e.queue.charge(v.ID, v.RequestedBy.Client())
}

// poke makes dispatch look at the queue.
func (e *Engine) poke() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// drain ends the life of the engine: those who wait for what is not being
// worked on are answered at once, the others when the steps under way have
// ended by themselves or because the grace time is over.
func (e *Engine) drain(stopSteps func()) {
	e.enter(phaseStopping)
	e.waiters.wakeAll(func(id string) bool { return !e.worked(id) })
	grace := time.AfterFunc(e.opts.Grace, stopSteps)
	defer grace.Stop()
	for e.busy() {
		<-e.wake
	}
	e.waiters.close()
}

func (e *Engine) worked(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	found := e.queue.byID[id]
	return found != nil && found.place == beingWorked
}

func (e *Engine) busy() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.workers > 0
}
