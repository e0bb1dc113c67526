package evidence

import (
	"context"
	"crypto/rand"
	"errors"
	"hash/maphash"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Many sidecars may share a Redis. Those of one group stand in one sorted set,
// each as a session: its group, its identity and a random part that no two
// processes have, with the time at which its lease expires by Redis' clock. A session is the
// fencing token too: each record names the one that leads it, and each write
// names the one that writes. A session whose lease has expired may renew it as
// long as nobody has ended the session; one that was ended never comes back,
// since its random part is not used again.

// endedMark goes before a session that was ended, in the set of the group.
const endedMark = "!"

// errLapsed is what a write gets whose lease was lost on the way.
var errLapsed = errors.New("the lease was lost on the way")

// lease is what a process knows of its own lease.
type lease struct {
	mu       sync.Mutex
	token    string    // the session; empty: not joined yet
	since    time.Time // since when it is held without a gap
	until    time.Time // when it expires, by our own clock and not later than by Redis'
	extended time.Time // when the group's key was last given its time to live
}

// current returns the session, and whether its lease is valid.
func (l *lease) current(now time.Time) (token string, valid bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.token, l.token != "" && now.Before(l.until)
}

// grant notes that a lease was given to what asked for it at asked.
func (l *lease) grant(token string, asked time.Time, length time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if token != l.token || !asked.Before(l.until) {
		l.since = asked
	}
	l.token, l.until = token, asked.Add(length)
}

// steady reports whether the lease has been held without a gap so long that all
// others who are alive have renewed theirs: not so after an outage of Redis,
// which makes everybody's expire.
func (l *lease) steady(now time.Time, length time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.Before(l.until) && now.Sub(l.since) >= renewEvery(length)
}

// extension is the time to live that the group's key is to be given, or zero if
// it has been given one in the last quarter of it.
func (l *lease) extension(now time.Time, retention time.Duration) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.extended) < retention/4 {
		return 0
	}
	l.extended = now
	return retention
}

// renewEvery is the time between two renewals: five eighths of the lease, so
// that there is time for a second and third try, and one renewal costs less
// than a command a second, those within its script counted too.
func renewEvery(length time.Duration) time.Duration { return length * 5 / 8 }

// lateUnder is the time left at which another's lease is late: half of what a
// sidecar that renews in time has left at the least.
func lateUnder(length time.Duration) time.Duration { return length * 3 / 16 }

// neighbour is another session of the group that is late, expired or ended.
type neighbour struct {
	name string        // as it stands in the group's set
	left time.Duration // of its lease; zero or less: since when it has none, or was ended
}

// session returns the fencing token of this process under a valid lease, and
// asks for one where there is none: in the first call, and where Run could not
// renew it in time or is not running.
func (r *Redis) session(ctx context.Context) (string, error) {
	if token, valid := r.lease.current(time.Now()); valid {
		return token, nil
	}
	err := r.inTurn(ctx, func() error {
		if _, valid := r.lease.current(time.Now()); valid {
			return nil
		}
		_, err := r.renew(ctx)
		return err
	})
	token, _ := r.lease.current(time.Now())
	return token, err
}

// inTurn lets one at a time ask for the lease.
func (r *Redis) inTurn(ctx context.Context, do func() error) error {
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return unavailable("waiting for the lease", ctx.Err())
	}
	defer func() { <-r.turn }()
	return do()
}

// renew prolongs the lease, or joins the group anew where there is none any
// more, and returns the neighbours that this sidecar looks after. The caller has
// the turn.
func (r *Redis) renew(ctx context.Context) ([]neighbour, error) {
	asked, length := time.Now(), r.options.Lease
	token, _ := r.lease.current(asked)
	if token == "" {
		return nil, r.join(ctx, "")
	}
	answer, err := r.run(ctx, "renewing the lease", scriptRenew, r.groupKey(), token, length.Milliseconds(),
		lateUnder(length).Milliseconds(), r.lease.extension(asked, r.options.Retention).Milliseconds())
	if err != nil {
		return nil, err
	}
	if answer.status == replyMissing {
		r.options.Logger.Warn("this sidecar's lease was ended, and what it led is with others now; is its identity used twice, or was it stopped for long?",
			"identity", r.options.Identity, "group", r.options.Group)
		return nil, r.join(ctx, token)
	}
	r.lease.grant(token, asked, length)
	return r.watched(token, answer.neighbours(), answer.members()), nil
}

// join begins a new session. In the first one of a process, earlier sessions of
// the same identity are ended: a sidecar that is started again goes on at once.
// A later one ends none but its own before, so that two processes of one
// identity do not end each other in turn.
func (r *Redis) join(ctx context.Context, before string) error {
	asked, length := time.Now(), r.options.Lease
	mine := r.ownSessions()
	token := mine + rand.Text()
	if before != "" {
		mine = before
	}
	_, err := r.run(ctx, "joining the group", scriptJoin, r.groupKey(), token, length.Milliseconds(), r.options.Retention.Milliseconds(), mine)
	if err != nil {
		return err
	}
	r.lease.extension(asked, r.options.Retention)
	r.lease.grant(token, asked, length)
	return nil
}

// leave ends the session, so that what it leads is taken over at once. Where
// that fails, the lease expires.
func (r *Redis) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if token, _ := r.lease.current(time.Now()); token != "" {
		_, _ = r.run(ctx, "leaving the group", scriptEnd, r.groupKey(), token, "always")
	}
}

// watchers is how many of a group look after one session that is late, about: in a
// group of no more, everybody. If all of a thousand did, each death would cost a
// thousand looks at what is left of it, and so much of Redis that others are late.
const watchers = 8

// watchSeed makes the choice of watchers this process' own.
var watchSeed = maphash.MakeSeed()

// watched are those neighbours that the session looks after: those of its own
// identity, and its share of the others.
func (r *Redis) watched(token string, around []neighbour, members int) []neighbour {
	return slices.DeleteFunc(around, func(n neighbour) bool {
		return !r.ours(n.name) && !watches(token, n, members, r.options.Lease)
	})
}

// watches reports whether a session looks after a neighbour. It is the same at each
// look, and twice as many do with each quarter of a lease that nobody has: those
// who should may be gone as well.
func watches(token string, n neighbour, members int, length time.Duration) bool {
	session := strings.TrimPrefix(n.name, endedMark)
	place := float64(maphash.String(watchSeed, token+" "+session)) / math.MaxUint64
	overdue := float64(max(0, -n.left)) / float64(length/4)
	return place*float64(members) < watchers*math.Exp2(overdue)
}

// neighbours reads the answer of scriptRenew.
func (a reply) neighbours() []neighbour {
	now, err := strconv.ParseInt(a.text(0), 10, 64)
	if err != nil || len(a.rest) < 2 {
		return nil
	}
	pairs, _ := a.rest[1].([]any)
	var found []neighbour
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		score, _ := pairs[i+1].(string)
		expires, err := strconv.ParseFloat(score, 64)
		if err == nil {
			found = append(found, neighbour{name, time.Duration(int64(expires)-now) * time.Millisecond})
		}
	}
	return found
}

// members reads how many sessions the group has, out of the answer of scriptRenew.
func (a reply) members() int {
	if len(a.rest) < 3 {
		return 0
	}
	members, _ := a.rest[2].(int64)
	return int(members)
}

// ours reports whether a name in the group's set is an ended session of this
// identity.
func (r *Redis) ours(name string) bool {
	return strings.HasPrefix(name, endedMark+r.ownSessions())
}

// ownSessions is how every session of this identity begins.
func (r *Redis) ownSessions() string { return r.options.Group + "/" + r.options.Identity + "/" }
