package client

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/aftercheck/aftercheck"
)

// longestHold is how long the sidecar holds one call at the most.
const longestHold = 10 * time.Minute

// holdGrace is how long after its wait an answer that was held may come.
const holdGrace = 5 * time.Second

// Capture captures the state before an action. It answers also when no sensor
// did. Without an ID the client chooses one, so that the call can be repeated
// after a lost connection.
func (c *Client) Capture(ctx context.Context, r aftercheck.SnapshotRequest) (aftercheck.Snapshot, error) {
	if r.ID == "" {
		r.ID = newID()
	}
	var s aftercheck.Snapshot
	err := c.call(ctx, request{method: http.MethodPost, path: "/v1/snapshots", body: r}, &s)
	return s, err
}

// Snapshot returns a captured snapshot. The error is aftercheck.ErrNotFound if
// there is none.
func (c *Client) Snapshot(ctx context.Context, id string) (aftercheck.Snapshot, error) {
	var s aftercheck.Snapshot
	err := c.call(ctx, request{method: http.MethodGet, path: "/v1/snapshots/" + url.PathEscape(id)}, &s)
	return s, err
}

// Verify asks whether an action worked, and waits for the verdict at most so
// long; zero does not wait. Once the verification is accepted there is no error
// any more, but it may not be sealed yet: ask again with Wait. Without an ID the
// client chooses one, so that the call can be repeated after a lost connection.
func (c *Client) Verify(ctx context.Context, r aftercheck.VerificationRequest, wait time.Duration) (aftercheck.Verification, error) {
	if r.ID == "" {
		r.ID = newID()
	}
	began := time.Now()
	var v aftercheck.Verification
	err := c.call(ctx, request{method: http.MethodPost, path: "/v1/verifications", wait: min(wait, longestHold), body: r}, &v)
	if left := wait - time.Since(began); err == nil && !v.Sealed() && left > 0 {
		if later, err := c.Wait(ctx, v.ID, left); err == nil {
			v = later
		}
	}
	return v, err
}

// Get returns a verification as it is now, with its evidence. The error is
// aftercheck.ErrNotFound if there is none.
func (c *Client) Get(ctx context.Context, id string) (aftercheck.Verification, error) {
	return c.hold(ctx, id, 0, maxAttempts)
}

// Wait returns a verification with its evidence as soon as it is sealed, or as
// it is after atMost, however often it has to ask for that. A sidecar that does
// not answer, or not just now, is asked again until then: it may be starting
// again, and goes on with what it accepted. The verification is the last that
// was seen, also beside an error.
func (c *Client) Wait(ctx context.Context, id string, atMost time.Duration) (last aftercheck.Verification, err error) {
	for over := time.Now().Add(atMost); ; {
		v, err := c.hold(ctx, id, min(time.Until(over), longestHold), 1)
		if err == nil {
			last = v
		}
		if last.Sealed() || err != nil && !retryable(err) {
			return last, err
		}
		// A sidecar for which too many wait, or that stops, answers early.
		if left := time.Until(over); left <= 0 || !pause(ctx, min(left, betweenAsks(err))) {
			return last, cmp.Or(err, ctx.Err())
		}
	}
}

// betweenAsks is how long Wait pauses after an answer: a second, or what the
// sidecar asks for.
func betweenAsks(err error) time.Duration {
	if problem := (*Problem)(nil); errors.As(err, &problem) {
		return max(problem.RetryAfter, time.Second)
	}
	return time.Second
}

// hold asks for a verification, and lets the sidecar hold the answer for so long.
func (c *Client) hold(ctx context.Context, id string, wait time.Duration, attempts int) (aftercheck.Verification, error) {
	if wait > 0 {
		// One that hangs must not hang its caller: that ends soon after the wait.
		bounded, cancel := context.WithTimeout(ctx, wait+holdGrace)
		defer cancel()
		ctx = bounded
	}
	var v aftercheck.Verification
	err := c.call(ctx, request{method: http.MethodGet, path: "/v1/verifications/" + url.PathEscape(id), wait: wait, attempts: attempts}, &v)
	return v, err
}

// List returns a page of verifications without evidence, newest first.
func (c *Client) List(ctx context.Context, f aftercheck.Filter) (aftercheck.Page, error) {
	query := url.Values{}
	for name, value := range map[string]string{
		"incident": f.IncidentID, "verdict": string(f.Verdict), "playbook": f.Playbook, "cursor": f.Cursor,
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if !f.Since.IsZero() {
		query.Set("since", f.Since.Format(time.RFC3339Nano))
	}
	if f.Limit != 0 {
		query.Set("limit", strconv.Itoa(f.Limit))
	}
	var page aftercheck.Page
	err := c.call(ctx, request{method: http.MethodGet, path: "/v1/verifications", query: query}, &page)
	return page, err
}

// Assess judges a pre-state and a post-state that the caller brings; nothing is
// stored.
func (c *Client) Assess(ctx context.Context, r aftercheck.AssessmentRequest) (aftercheck.Assessment, error) {
	if r.PostState == nil {
		r.PostState = []aftercheck.Reading{} // nothing was seen; null would be no list
	}
	var a aftercheck.Assessment
	err := c.call(ctx, request{method: http.MethodPost, path: "/v1/assessments", body: r}, &a)
	return a, err
}

// Healthy reports whether the sidecar is alive; nil means that it is.
func (c *Client) Healthy(ctx context.Context) error {
	return c.call(ctx, request{method: http.MethodGet, path: "/-/healthy", attempts: 1}, nil)
}

// Ready reports whether the sidecar can serve; nil means that it can.
func (c *Client) Ready(ctx context.Context) error {
	return c.call(ctx, request{method: http.MethodGet, path: "/-/ready", attempts: 1}, nil)
}

// Reload makes the sidecar load its configuration again. If that is not valid
// it is an error, and the one before stays; the sidecar's log says why.
func (c *Client) Reload(ctx context.Context) error {
	return c.call(ctx, request{method: http.MethodPost, path: "/-/reload"}, nil)
}

// newID is 26 random letters and digits.
func newID() string { return rand.Text() }
