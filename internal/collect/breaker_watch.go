package collect

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// longestHold bounds what a Retry-After may ask for, so that a server cannot
// blind a sensor for long.
const longestHold = time.Minute

// Watch returns a transport that tells the Set how the server answers the
// sensor's requests: so the breaker knows a server that refuses a question from
// one that does not serve, and a Retry-After (429 or 503) is honoured. Where that is
// later than the request's deadline the response is an error, so that a client
// that would wait for it need not. Requests whose context is not of a Set's call
// pass as they are.
//
// A 503 counts likewise, except from an endpoint whose own status is what is asked
// for: there it is the answer.
func Watch(next http.RoundTripper) http.RoundTripper { return watcher{next: next} }

// WatchProbed is Watch for an endpoint whose own status is what is asked for.
func WatchProbed(next http.RoundTripper) http.RoundTripper { return watcher{next, true} }

type watcher struct {
	next   http.RoundTripper
	probed bool
}

// RoundTrip implements http.RoundTripper.
func (w watcher) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := w.next.RoundTrip(request)
	seen, watched := request.Context().Value(exchangeKey{}).(*exchange)
	if err != nil || !watched {
		return response, err
	}
	now := time.Now()
	var until time.Time
	if !w.probed || response.StatusCode == http.StatusTooManyRequests {
		until = holdUntil(response, now)
	}
	seen.note(response.StatusCode, until)
	deadline, bounded := request.Context().Deadline()
	if until.IsZero() || !bounded || until.Before(deadline) {
		return response, nil
	}
	response.Body.Close()
	return nil, fmt.Errorf("the server answered %s and wants no request before %s", response.Status, stamp(until))
}

// holdUntil returns until when the response asks for no further request, or
// zero where it does not.
func holdUntil(response *http.Response, now time.Time) time.Time {
	asked := response.Header.Get("Retry-After")
	refuses := response.StatusCode == http.StatusTooManyRequests || response.StatusCode == http.StatusServiceUnavailable
	if !refuses || asked == "" {
		return time.Time{}
	}
	until, err := http.ParseTime(asked)
	if seconds, notNumber := strconv.ParseUint(asked, 10, 31); notNumber == nil {
		until, err = now.Add(time.Duration(seconds)*time.Second), nil
	}
	switch {
	case err != nil || !until.After(now):
		return time.Time{}
	case until.After(now.Add(longestHold)):
		return now.Add(longestHold)
	}
	return until
}

// exchange is what the responses of one call were. A call may make several
// requests at the same time.
type exchange struct {
	mu     sync.Mutex
	status int       // of the last response; zero: none came
	until  time.Time // no request before this; zero: not asked for
}

// exchangeKey is where a call's context has its exchange.
type exchangeKey struct{}

func withExchange(ctx context.Context) (context.Context, *exchange) {
	e := &exchange{}
	return context.WithValue(ctx, exchangeKey{}, e), e
}

func (e *exchange) note(status int, until time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.status = status
	if until.After(e.until) {
		e.until = until
	}
}

func (e *exchange) seen() (status int, until time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.status, e.until
}
