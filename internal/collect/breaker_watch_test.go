package collect

import (
	"context"
	"net/http"
	"testing"
	"time"
)

func TestHoldUntil(t *testing.T) {
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	for _, example := range []struct {
		status int
		asked  string
		want   time.Duration // zero: no hold
	}{
		{429, "", 0},
		{429, "7", 7 * time.Second},
		{429, "0", 0},
		{429, "-3", 0},
		{429, "soon", 0},
		{429, "86400", longestHold},
		{429, "99999999999999999999", 0},
		{429, now.Add(9 * time.Second).Format(http.TimeFormat), 9 * time.Second},
		{429, now.Add(-time.Hour).Format(http.TimeFormat), 0},
		{503, "7", 7 * time.Second},
		{503, "", 0},
		{502, "7", 0}, // a failure, and the breaker's business
		{200, "7", 0},
	} {
		response := &http.Response{StatusCode: example.status, Header: http.Header{"Retry-After": {example.asked}}}
		var want time.Time
		if example.want > 0 {
			want = now.Add(example.want)
		}
		if got := holdUntil(response, now); !got.Equal(want) {
			t.Errorf("%d %q: %s, want %s", example.status, example.asked, got, want)
		}
	}
}

// answers is a transport that answers so.
type answers http.Response

func (a *answers) RoundTrip(*http.Request) (*http.Response, error) { return (*http.Response)(a), nil }

// TestWatchHolds has servers ask for patience: one that overloads, and one that does
// not serve just now, unless that is what was asked.
func TestWatchHolds(t *testing.T) {
	for _, example := range []struct {
		status int
		watch  func(http.RoundTripper) http.RoundTripper
		holds  bool
	}{
		{429, Watch, true}, {503, Watch, true}, {500, Watch, false},
		{429, WatchProbed, true}, {503, WatchProbed, false},
	} {
		ctx, exchange := withExchange(context.Background())
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://server/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		server := &answers{StatusCode: example.status, Header: http.Header{"Retry-After": {"7"}}, Body: http.NoBody}
		if _, err := example.watch(server).RoundTrip(request); err != nil {
			t.Fatal(err)
		}
		if _, until := exchange.seen(); until.IsZero() == example.holds {
			t.Errorf("%d: no request before %s, want a hold: %v", example.status, until, example.holds)
		}
	}
}
