package collect

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/aftercheck/aftercheck"
)

// gate is what all calls of one sensor go through: questions that would ask the
// same join one call, and the calls under way are bounded.
type gate struct {
	sensor  Sensor
	timeout time.Duration
	options Options
	breaker *breaker
	slots   chan struct{} // one for each call under way, given up or not

	mu      sync.Mutex
	flights map[string]*flight // those that may be joined, by Plan.Key
	hung    int                // calls that outlived their context and still run
}

// flight is one call of a sensor, and those who wait for it. It is settled
// once: by its answer, or by the end of its context. What a sensor answers
// after that goes nowhere.
type flight struct {
	key     string
	created time.Time
	ctx     context.Context
	cancel  context.CancelCauseFunc
	unwatch func() bool
	// exchange is what the endpoint answered, and report what the breaker is
	// told the call came to.
	exchange *exchange
	report   func(error)

	once  sync.Once
	done  chan struct{}
	taken taken // to be read once done is closed; never changed then

	// Guarded by the gate's mutex.
	waiters int
	flying  bool // the sensor's Read is running
	flown   bool // and has been
	hung    bool // counted in gate.hung
}

// taken is what a call came to: the reading of a question that takes the answer
// as it is, and what the readings of others are made of.
type taken struct {
	reading aftercheck.Reading
	answer  Answer         // as the sensor gave it; zero unless the reading is ok
	inRaw   map[string]int // how many secrets were removed from the raw text, by rule
}

func newGate(sensor Sensor, o Options) *gate {
	timeout := sensor.Timeout
	if timeout <= 0 {
		timeout = o.Timeout
	}
	return &gate{
		sensor:  sensor,
		timeout: timeout,
		options: o,
		breaker: newBreaker(sensor.Name),
		slots:   make(chan struct{}, o.MaxConcurrent),
		flights: map[string]*flight{},
	}
}

// ask joins or begins the call that answers q. It reports false if the sensor
// has nothing to say about it.
func (g *gate) ask(ctx context.Context, q Question) (question, bool) {
	now := time.Now()
	plan, fits, failed := g.plan(q, now)
	switch {
	case failed != nil:
		return question{gate: g, flight: g.settled(*failed), at: now}, true
	case !fits:
		return question{}, false
	case ctx.Err() != nil:
		return question{gate: g, flight: g.settled(g.late(now, ctx.Err())), at: now}, true
	}
	return question{gate: g, flight: g.join(plan, q.After, now), at: now, interpret: plan.Interpret}, true
}

// plan calls the sensor's Plan. A panic in it is a reading.
func (g *gate) plan(q Question, now time.Time) (plan Plan, fits bool, failed *aftercheck.Reading) {
	defer func() {
		if thrown := recover(); thrown != nil {
			reading := g.panicked(now, thrown, debug.Stack())
			failed = &reading
		}
	}()
	plan, fits = g.sensor.Plan(q)
	return plan, fits, nil
}

// join returns the call under way for the same key, if it began at or after the
// given time, or else a new one.
func (g *gate) join(plan Plan, after, now time.Time) *flight {
	g.mu.Lock()
	defer g.mu.Unlock()
	if f := g.flights[plan.Key]; f != nil && !f.created.Before(after) {
		f.waiters++
		return f
	}
	if g.hung >= cap(g.slots) {
		return g.settled(g.failure(now, aftercheck.ReadingError,
			fmt.Sprintf("not asked: %d earlier calls have outlived their time-out and still run", g.hung)))
	}
	report, refusal := g.breaker.allow(now)
	if refusal != "" {
		return g.settled(g.failure(now, aftercheck.ReadingError, cut(refusal, maxError)))
	}
	f := g.launch(plan, now, report)
	if plan.Key != "" {
		g.flights[plan.Key] = f
	}
	return f
}

// launch begins a call in a context of its own, so that it does not end with
// the first who asked.
func (g *gate) launch(plan Plan, now time.Time, report func(error)) *flight {
	watched, exchange := withExchange(context.Background())
	parent, cancel := context.WithCancelCause(watched)
	ctx, release := context.WithTimeout(parent, g.timeout)
	f := &flight{
		key: plan.Key, created: now, ctx: ctx, waiters: 1, done: make(chan struct{}),
		exchange: exchange, report: report,
		cancel: func(cause error) { cancel(cause); release() },
	}
	f.unwatch = context.AfterFunc(ctx, func() { g.expire(f) })
	go g.fly(f, plan)
	return f
}

// settled returns a flight that never took place.
func (g *gate) settled(reading aftercheck.Reading) *flight {
	f := &flight{done: make(chan struct{}), taken: taken{reading: reading}}
	close(f.done)
	g.options.Observer.SensorAsked(g.sensor.Name, reading.Outcome, 0)
	return f
}

// fly waits for a slot and takes the reading.
func (g *gate) fly(f *flight, plan Plan) {
	select {
	case g.slots <- struct{}{}:
	case <-f.ctx.Done():
		return // expire settles it
	}
	g.mu.Lock()
	f.flying, f.flown = true, true
	g.mu.Unlock()
	took := taken{reading: g.failure(f.created, aftercheck.ReadingPanic, "the sensor ended its goroutine")}
	defer func() {
		g.settle(f, took)
		g.land(f)
	}()
	took = g.read(f.ctx, plan)
}

// land gives the slot back.
func (g *gate) land(f *flight) {
	g.mu.Lock()
	f.flying = false
	if f.hung {
		g.hung--
	}
	g.mu.Unlock()
	<-g.slots
}

// expire settles a flight whose context ended before its answer came.
func (g *gate) expire(f *flight) {
	g.mu.Lock()
	if f.flying && !f.hung {
		f.hung = true
		g.hung++
	}
	g.mu.Unlock()
	g.settle(f, taken{reading: g.late(f.created, context.Cause(f.ctx))})
}

// leave takes one who waits off the flight. A flight without any is cancelled.
func (g *gate) leave(f *flight, cause error) {
	g.mu.Lock()
	f.waiters--
	abandoned := f.waiters == 0
	if abandoned {
		g.forget(f)
	}
	g.mu.Unlock()
	if abandoned {
		f.cancel(cause)
		g.expire(f)
	}
}

// settle gives those who wait what the call came to, once.
func (g *gate) settle(f *flight, took taken) {
	f.once.Do(func() {
		g.mu.Lock()
		g.forget(f)
		flown := f.flown
		g.mu.Unlock()
		f.unwatch()
		given := context.Cause(f.ctx)
		f.cancel(nil)
		g.learn(f, flown, took.reading, given)
		f.taken = took
		defer close(f.done)
		if !errors.Is(given, context.Canceled) { // given up by those who asked: says nothing of the sensor
			g.options.Observer.SensorAsked(g.sensor.Name, took.reading.Outcome, time.Since(f.created))
			g.redacted(took.reading.Redactions)
		}
	})
}

// learn tells the breaker what a call came to. One that only waited for its
// turn tells nothing.
func (g *gate) learn(f *flight, flown bool, reading aftercheck.Reading, given error) {
	status, until := f.exchange.seen()
	told := errUntold
	if flown {
		told = lesson(reading, status, given, time.Since(f.created))
	}
	g.breaker.learn(f.report, told, until)
	g.options.Observer.SensorBreaker(g.sensor.Name, g.breaker.open())
}

func (g *gate) redacted(counts map[string]int) {
	for rule, n := range counts {
		g.options.Observer.Redacted(rule, n)
	}
}

// forget makes sure that nobody joins the flight any more. The mutex is held.
func (g *gate) forget(f *flight) {
	if g.flights[f.key] == f {
		delete(g.flights, f.key)
	}
}

// read calls the sensor and makes a reading of what it answers or throws.
func (g *gate) read(ctx context.Context, plan Plan) (took taken) {
	at := time.Now()
	defer func() {
		if thrown := recover(); thrown != nil {
			took = taken{reading: g.panicked(at, thrown, debug.Stack())}
		}
	}()
	answer, err := plan.Read(ctx)
	return g.keep(ctx, at, answer, err)
}

// reading makes one question's own reading of what the call came to.
func (g *gate) reading(took taken, interpret func(Answer) Answer) (reading aftercheck.Reading) {
	if interpret == nil || took.reading.Outcome != aftercheck.ReadingOK {
		return clone(took.reading)
	}
	defer func() {
		if thrown := recover(); thrown != nil {
			reading = g.panicked(took.reading.At, thrown, debug.Stack())
			reading.DurationSeconds = took.reading.DurationSeconds
			g.options.Observer.SensorAsked(g.sensor.Name, reading.Outcome, 0)
		}
	}()
	own := took.answer
	own.Findings = cloneFindings(own.Findings)
	return g.reread(took, interpret(own))
}
