package collect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/aftercheck/aftercheck"
)

// The measures of a sensor's breaker. They are choices: three failures in a row
// are about one round of three verifications, or three rounds of one; the rest
// is one round of the default policy, so that an endpoint that is well again is
// seen by the next.
const (
	// breakerFailures is how many calls in a row fail before the breaker opens.
	breakerFailures = 3
	// breakerRest is how long an open breaker lets no call through. After it
	// one call at a time is let through, until one succeeds.
	breakerRest = 5 * time.Second
	// leastPatience is how long a call must have been under way for its
	// time-out to say something of the endpoint, and not only of a verification
	// whose deadline was near.
	leastPatience = time.Second
)

// errUntold is what a call that says nothing of its endpoint is reported as.
var errUntold = errors.New("the call says nothing of the endpoint")

// breaker keeps the calls of one sensor from an endpoint that does not serve.
type breaker struct {
	circuit *gobreaker.TwoStepCircuitBreaker[struct{}]

	mu    sync.Mutex
	since time.Time // when it opened; zero while it is closed
	last  string    // why the last failed call failed; redacted
	until time.Time // the endpoint asked for no request before this
}

func newBreaker(sensor string) *breaker {
	b := &breaker{}
	b.circuit = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Name:        sensor,
		MaxRequests: 1,
		Timeout:     breakerRest,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= breakerFailures },
		IsExcluded:  func(err error) bool { return errors.Is(err, errUntold) },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			b.changed(to, time.Now())
		},
	})
	return b
}

// changed notes when the breaker opened. A failure while it is half-open does
// not make it younger.
func (b *breaker) changed(to gobreaker.State, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case to == gobreaker.StateClosed:
		b.since = time.Time{}
	case b.since.IsZero():
		b.since = now
	}
}

// allow lets a call through, whose end is to be reported to done once, or says
// why not.
func (b *breaker) allow(now time.Time) (done func(error), refusal string) {
	b.mu.Lock()
	until := b.until
	b.mu.Unlock()
	if now.Before(until) {
		return nil, fmt.Sprintf("not asked: the server wants no request before %s (429 or 503 with Retry-After)", stamp(until))
	}
	done, err := b.circuit.Allow()
	if err == nil {
		return done, ""
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return nil, fmt.Sprintf("not asked: breaker open since %s, last error: %s", stamp(b.since), b.last)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// learn takes in what a call came to.
func (b *breaker) learn(done func(error), lesson error, until time.Time) {
	b.mu.Lock()
	if until.After(b.until) {
		b.until = until
	}
	if lesson != nil && !errors.Is(lesson, errUntold) {
		b.last = lesson.Error()
	}
	b.mu.Unlock()
	done(lesson)
}

// open reports whether calls are kept from the endpoint; also while a single
// one is let through to see whether it serves again.
func (b *breaker) open() bool { return b.circuit.State() != gobreaker.StateClosed }

// lesson says what a call tells of its endpoint: nil that it serves, errUntold
// nothing, another error that it does not. Findings, bad ones too, come from an
// endpoint that serves; and so does a refusal of this very question (4xx).
func lesson(reading aftercheck.Reading, status int, given error, lasted time.Duration) error {
	switch {
	case errors.Is(given, context.Canceled), reading.Outcome == aftercheck.ReadingPanic:
		return errUntold
	case reading.Outcome == aftercheck.ReadingOK:
		return nil
	case reading.Outcome == aftercheck.ReadingTimeout && lasted < leastPatience:
		return errUntold
	case reading.Outcome == aftercheck.ReadingError && refusesQuestion(status):
		return nil
	}
	return errors.New(reading.Error)
}

// refusesQuestion reports whether the status is of a server that works and
// wants no such request. Zero: there was no response.
func refusesQuestion(status int) bool {
	return status >= 400 && status < 500 && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests
}
