package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/aftercheck/aftercheck"
)

// Capture captures the state before an action. It answers also when no sensor
// did. Without an ID the client chooses one, so that the call can be repeated
// after a lost connection.
func (c *Client) Capture(ctx context.Context, r aftercheck.SnapshotRequest) (aftercheck.Snapshot, error) {
	if r.ID == "" {
		r.ID = newID()
	}
	var s aftercheck.Snapshot
	err := again(ctx, func() error { return c.call(ctx, http.MethodPost, "/v1/snapshots", nil, r, &s) })
	return s, err
}

// Snapshot returns a captured snapshot. The error is aftercheck.ErrNotFound if
// there is none.
func (c *Client) Snapshot(ctx context.Context, id string) (aftercheck.Snapshot, error) {
	var s aftercheck.Snapshot
	err := again(ctx, func() error {
		return c.call(ctx, http.MethodGet, "/v1/snapshots/"+url.PathEscape(id), nil, nil, &s)
	})
	return s, err
}

// Verify asks whether an action worked, and waits for the verdict at most so
// long; zero does not wait. The verification may not be sealed when it returns.
// Without an ID the client chooses one, so that the call can be repeated after
// a lost connection.
func (c *Client) Verify(ctx context.Context, r aftercheck.VerificationRequest, wait time.Duration) (aftercheck.Verification, error) {
	if r.ID == "" {
		r.ID = newID()
	}
	var v aftercheck.Verification
	err := again(ctx, func() error {
		return c.call(ctx, http.MethodPost, "/v1/verifications", waiting(wait), r, &v)
	})
	return v, err
}

// Get returns a verification as it is now, with its evidence.
func (c *Client) Get(ctx context.Context, id string) (aftercheck.Verification, error) {
	return c.Wait(ctx, id, 0)
}

// Wait returns a verification with its evidence as soon as it is sealed, or as
// it is after atMost. The sidecar holds a call for ten minutes at most.
func (c *Client) Wait(ctx context.Context, id string, atMost time.Duration) (aftercheck.Verification, error) {
	var v aftercheck.Verification
	err := again(ctx, func() error {
		return c.call(ctx, http.MethodGet, "/v1/verifications/"+url.PathEscape(id), waiting(atMost), nil, &v)
	})
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
	err := again(ctx, func() error { return c.call(ctx, http.MethodGet, "/v1/verifications", query, nil, &page) })
	return page, err
}

// Assess judges a pre-state and a post-state that the caller brings; nothing is
// stored.
func (c *Client) Assess(ctx context.Context, r aftercheck.AssessmentRequest) (aftercheck.Assessment, error) {
	var a aftercheck.Assessment
	err := again(ctx, func() error { return c.call(ctx, http.MethodPost, "/v1/assessments", nil, r, &a) })
	return a, err
}

// Healthy reports whether the sidecar is alive; nil means that it is.
func (c *Client) Healthy(ctx context.Context) error {
	return c.call(ctx, http.MethodGet, "/-/healthy", nil, nil, nil)
}

// Ready reports whether the sidecar can serve; nil means that it can.
func (c *Client) Ready(ctx context.Context) error {
	return c.call(ctx, http.MethodGet, "/-/ready", nil, nil, nil)
}

// Reload makes the sidecar load its configuration again. The error says what is
// wrong with it; the old one stays in force then.
func (c *Client) Reload(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "/-/reload", nil, nil, nil)
}

func waiting(d time.Duration) url.Values {
	if d <= 0 {
		return nil
	}
	return url.Values{"wait": {d.String()}}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
