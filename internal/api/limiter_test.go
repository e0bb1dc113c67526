package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
)

// begins counts how many of so many calls of the client may begin.
func begins(l *Limiter, name string, calls int, bytes int64, now time.Time) (begun []*client) {
	for range calls {
		if c, problem := l.begin(name, bytes, now); problem == nil {
			begun = append(begun, c)
		}
	}
	return begun
}

func TestOneClientLeavesRoomForOthers(t *testing.T) {
	l, now := NewLimiter(Limits{Calls: 10, ClientShare: 0.8}), time.Now()
	greedy := begins(l, "greedy", 100, 0, now)
	if len(greedy) != 8 {
		t.Errorf("%d calls of one client of ten", len(greedy))
	}
	if got := len(begins(l, "other", 100, 0, now)); got != 2 {
		t.Errorf("%d calls of another are left", got)
	}
	_, problem := l.begin("third", 0, now)
	if problem == nil || problem.Status != http.StatusTooManyRequests || problem.GetHeaders().Get("Retry-After") != "1" {
		t.Errorf("the eleventh: %+v", problem)
	}
	l.end(greedy[0], 0)
	if got := len(begins(l, "third", 100, 0, now)); got != 1 {
		t.Errorf("%d calls when one has ended", got)
	}
}

func TestOneClientsBodiesLeaveRoomForOthers(t *testing.T) {
	l, now := NewLimiter(Limits{Calls: 1000, BodyBytes: 100, ClientShare: 0.5}), time.Now()
	greedy := begins(l, "greedy", 100, 20, now)
	if len(greedy) != 2 {
		t.Errorf("%d bodies of 20 bytes of one client of 100 bytes", len(greedy))
	}
	if got := len(begins(l, "greedy", 3, 0, now)); got != 3 {
		t.Errorf("%d calls without a body", got)
	}
	if got := len(begins(l, "other", 100, 20, now)); got != 2 {
		t.Errorf("%d bodies of another", got)
	}
	l.end(greedy[0], 20)
	if got := len(begins(l, "greedy", 100, 20, now)); got != 1 {
		t.Errorf("%d bodies when one has ended", got)
	}
}

func TestOneIsAlwaysAllowed(t *testing.T) {
	for of, want := range map[int]int{1: 1, 2: 2, 10: 8, 100_000: 80_000} {
		if got := Share(of, 0.8); got != want {
			t.Errorf("of %d: %d, want %d", of, got, want)
		}
	}
}

func TestRateOfOneClient(t *testing.T) {
	l, now := NewLimiter(Limits{Calls: 10_000, Rate: 10}), time.Now()
	if got := len(begins(l, "quick", 100, 0, now)); got != 20 {
		t.Errorf("%d at once, want two seconds' worth", got)
	}
	_, problem := l.begin("quick", 0, now)
	if problem == nil || problem.retryAfter <= 0 || problem.GetHeaders().Get("Retry-After") != "1" {
		t.Errorf("too early: %+v", problem)
	}
	if got := len(begins(l, "other", 1, 0, now)); got != 1 {
		t.Error("another client waits too")
	}
	if got := len(begins(l, "quick", 100, 0, now.Add(time.Second))); got != 10 {
		t.Errorf("%d a second later", got)
	}
}

// TestClientsThatAreRememberedAreBounded: who comes with ever new names fills no
// memory, and gains no pace.
func TestClientsThatAreRememberedAreBounded(t *testing.T) {
	l, now := NewLimiter(Limits{Calls: 100_000, Rate: 10}), time.Now()
	begun := 0
	for n := range 3 * maxClients {
		begun += len(begins(l, fmt.Sprintf("name-%d", n), 1, 0, now))
	}
	if len(l.clients) > maxClients+1 || begun > maxClients+20 {
		t.Errorf("%d clients are remembered, %d calls begun", len(l.clients), begun)
	}
	for _, c := range l.clients {
		for c.calls > 0 {
			l.end(c, 0)
		}
	}
	if begins(l, "later", 1, 0, now.Add(time.Minute)); len(l.clients) != 1 {
		t.Errorf("%d clients are remembered though they are idle", len(l.clients))
	}
}

// TestRefusalsComeBeforeTheBody: what is refused is refused unread, and probes
// are answered all the same.
func TestRefusalsComeBeforeTheBody(t *testing.T) {
	l := NewLimiter(Limits{Calls: 1})
	uid := uint32(1000)
	held, problem := l.begin("somebody", 0, time.Now())
	if problem != nil {
		t.Fatal(problem)
	}
	ask := func(path string, length int64) int {
		r := httptest.NewRequest("POST", "http://localhost"+path, unread{t})
		r.ContentLength = length
		w := httptest.NewRecorder()
		l.Before(ok()).ServeHTTP(w, r.WithContext(withRequester(r.Context(), &aftercheck.Requester{UID: &uid})))
		if w.Code == http.StatusTooManyRequests && w.Header().Get("Retry-After") == "" {
			t.Error("429 without Retry-After")
		}
		return w.Code
	}
	if got := ask("/v1/verifications", -1); got != http.StatusTooManyRequests {
		t.Errorf("status %d", got)
	}
	if got := ask("/-/ready", 0); got != http.StatusOK {
		t.Errorf("a probe: status %d", got)
	}
	l.end(held, 0)
	if got := ask("/v1/verifications", 5); got != http.StatusOK {
		t.Errorf("when the call has ended: status %d", got)
	}
	if l.all != (load{}) {
		t.Errorf("still counted: %+v", l.all)
	}
}

// unread is a body that nobody may read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body is read")
	return 0, http.ErrBodyReadAfterClose
}

func TestReservation(t *testing.T) {
	for _, test := range []struct {
		path       string
		said, want int64
	}{
		{"/v1/verifications", 0, 0},
		{"/v1/verifications", 17, 17},
		{"/v1/verifications", -1, maxBody},
		{"/v1/verifications", maxBody + 1, 0}, // refused by its length
		{"/v1/assessments", -1, maxAssessmentBody},
		{"/v1/assessments", maxBody + 1, maxBody + 1},
	} {
		r := httptest.NewRequest("POST", "http://localhost"+test.path, strings.NewReader(""))
		r.ContentLength = test.said
		if got := reservation(r); got != test.want {
			t.Errorf("%+v: %d", test, got)
		}
	}
}
