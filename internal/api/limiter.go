package api

import (
	"math"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits bounds the calls that are under way. Zero means the default that is
// named beside a field.
type Limits struct {
	// Calls bounds the calls under way, those that wait for a verdict among
	// them. 4,096.
	Calls int
	// BodyBytes bounds their bodies together, in bytes; one whose length is not
	// known counts as the longest that it may be. 128 MiB.
	BodyBytes int64
	// ClientShare is how much of both one client (aftercheck.Requester.Client)
	// may have, 0 to 1, so that the others find room. 1.
	ClientShare float64
	// Rate is how many calls one client may make in a second, on the average. It
	// is not bounded.
	Rate float64
}

func (l Limits) withDefaults() Limits {
	if l.Calls <= 0 {
		l.Calls = 4096
	}
	if l.BodyBytes <= 0 {
		l.BodyBytes = 128 << 20
	}
	if l.ClientShare <= 0 || l.ClientShare > 1 {
		l.ClientShare = 1
	}
	return l
}

// Share is how many of a number of things one client may have: the share of
// them, rounded up, so that one is always allowed.
func Share(of int, share float64) int { return int(math.Ceil(float64(of) * share)) }

// burst is how many calls a client may make at once before its rate counts: as
// many as in two seconds.
func (l Limits) burst() int { return max(1, int(2*l.Rate)) }

// maxClients bounds the clients that are told apart. A client is forgotten once
// nothing is known of it that a new one would not have; as long as all are
// remembered, further ones share what one may have.
const maxClients = 1024

// Limiter keeps calls within Limits, over all the listeners that it stands
// before.
type Limiter struct {
	limits Limits

	mu      sync.Mutex
	all     load
	clients map[string]*client
}

// load is what is under way.
type load struct {
	calls int
	bytes int64
}

func (l *load) add(calls int, bytes int64) {
	l.calls += calls
	l.bytes += bytes
}

// over reports whether one more call with such a body would be too much for the
// share of the limits.
func (l *load) over(limits Limits, share float64, bytes int64) bool {
	return l.calls >= Share(limits.Calls, share) || bytes > 0 && float64(l.bytes+bytes) > float64(limits.BodyBytes)*share
}

// client is what one client has under way.
type client struct {
	load
	pace *rate.Limiter // nil: not bounded
}

// NewLimiter returns a Limiter that nobody calls yet.
func NewLimiter(l Limits) *Limiter {
	return &Limiter{limits: l.withDefaults(), clients: map[string]*client{}}
}

// Before is what stands before the handler: it answers 429 with Retry-After to
// what is too much, before anything of the body is read. Whether the sidecar
// lives and is ready is answered to everybody.
func (l *Limiter) Before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isProbe(r) {
			next.ServeHTTP(w, r)
			return
		}
		bytes := reservation(r)
		c, problem := l.begin(requesterOf(r.Context()).Client(), bytes, time.Now())
		if problem != nil {
			problem.write(w)
			return
		}
		defer l.end(c, bytes)
		next.ServeHTTP(w, r)
	})
}

// reservation is how many bytes the body may take: what the request says, which
// net/http holds it to, or else the most. What is longer than the most is
// refused before it is read.
func reservation(r *http.Request) int64 {
	most := int64(maxBody)
	if r.URL.Path == assess().Path {
		most = maxAssessmentBody
	}
	switch {
	case r.ContentLength < 0:
		return most
	case r.ContentLength > most:
		return 0
	}
	return r.ContentLength
}

// begin counts a call of the client, or says why it may not be made now.
func (l *Limiter) begin(name string, bytes int64, now time.Time) (*client, *Problem) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.client(name, now)
	switch {
	case l.all.over(l.limits, 1, bytes):
		return nil, later(http.StatusTooManyRequests, "too much is under way; want the same request again later", 0)
	case c.over(l.limits, l.limits.ClientShare, bytes):
		return nil, later(http.StatusTooManyRequests, "too much of this client is under way; want the same request again later", 0)
	}
	if wait := c.tooEarly(now); wait > 0 {
		return nil, later(http.StatusTooManyRequests, "this client calls too often; want the same request again later", wait)
	}
	l.all.add(1, bytes)
	c.add(1, bytes)
	return c, nil
}

func (l *Limiter) end(c *client, bytes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all.add(-1, -bytes)
	c.add(-1, -bytes)
}

// client returns what is known of the client.
func (l *Limiter) client(name string, now time.Time) *client {
	if known := l.clients[name]; known != nil {
		return known
	}
	if len(l.clients) >= maxClients {
		l.forgetIdle(now)
	}
	if len(l.clients) >= maxClients {
		name = "" // with those of whom nothing is known
		if known := l.clients[name]; known != nil {
			return known
		}
	}
	added := &client{}
	if l.limits.Rate > 0 {
		added.pace = rate.NewLimiter(rate.Limit(l.limits.Rate), l.limits.burst())
	}
	l.clients[name] = added
	return added
}

// forgetIdle drops those that are as if they had never called.
func (l *Limiter) forgetIdle(now time.Time) {
	for name, c := range l.clients {
		if c.calls == 0 && (c.pace == nil || c.pace.TokensAt(now) >= float64(l.limits.burst())) {
			delete(l.clients, name)
		}
	}
}

// tooEarly takes a call out of the client's pace; if there is none left, it
// returns how long until there is, and takes nothing.
func (c *client) tooEarly(now time.Time) time.Duration {
	if c.pace == nil {
		return 0
	}
	reserved := c.pace.ReserveN(now, 1)
	wait := reserved.DelayFrom(now)
	if wait > 0 {
		reserved.CancelAt(now)
	}
	return wait
}
