package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/aftercheck/aftercheck"
)

// Proposals returns a page of rollback proposals, newest first.
func (c *Client) Proposals(ctx context.Context, f aftercheck.ProposalFilter) (aftercheck.ProposalPage, error) {
	query := url.Values{}
	for name, value := range map[string]string{"state": string(f.State), "incident": f.IncidentID, "cursor": f.Cursor} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if f.Limit != 0 {
		query.Set("limit", strconv.Itoa(f.Limit))
	}
	var page aftercheck.ProposalPage
	err := c.call(ctx, request{method: http.MethodGet, path: "/v1/proposals", query: query}, &page)
	return page, err
}

// Proposal returns a rollback proposal. The error is aftercheck.ErrNotFound if
// there is none.
func (c *Client) Proposal(ctx context.Context, id string) (aftercheck.Proposal, error) {
	var p aftercheck.Proposal
	err := c.call(ctx, request{method: http.MethodGet, path: "/v1/proposals/" + url.PathEscape(id)}, &p)
	return p, err
}

// Acknowledge takes an open proposal over: its alert is resolved and not sent any
// more. One that is acknowledged already is returned as it is; the error is
// aftercheck.ErrConflict if it is closed otherwise.
func (c *Client) Acknowledge(ctx context.Context, id string, r aftercheck.AcknowledgementRequest) (aftercheck.Proposal, error) {
	var p aftercheck.Proposal
	err := c.call(ctx, request{method: http.MethodPost, path: "/v1/proposals/" + url.PathEscape(id) + "/acknowledge", body: r}, &p)
	return p, err
}
