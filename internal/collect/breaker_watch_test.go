package collect

import (
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
		{503, "7", 0}, // a failure, and the breaker's business
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
