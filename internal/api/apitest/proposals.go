package apitest

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aftercheck/aftercheck"
)

// Propose adds a proposal, or replaces the one of its ID.
func (e *Engine) Propose(p aftercheck.Proposal) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range e.proposals {
		if e.proposals[i].ID == p.ID {
			e.proposals[i] = p
			return
		}
	}
	e.proposals = append(e.proposals, p)
}

// Proposal returns a proposal.
func (e *Engine) Proposal(ctx context.Context, id string) (aftercheck.Proposal, error) {
	if err := e.begin(ctx, "Proposal"); err != nil {
		return aftercheck.Proposal{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, p := range e.proposals {
		if p.ID == id {
			return p, nil
		}
	}
	return aftercheck.Proposal{}, fmt.Errorf("reading a proposal: %w", aftercheck.ErrNotFound)
}

// Proposals returns the proposals that match, the last added first; a cursor is
// the number of proposals in the pages before.
func (e *Engine) Proposals(ctx context.Context, f aftercheck.ProposalFilter) (aftercheck.ProposalPage, error) {
	if err := e.begin(ctx, "Proposals"); err != nil {
		return aftercheck.ProposalPage{}, err
	}
	skip, err := strconv.Atoi(f.Cursor)
	if f.Cursor != "" && err != nil {
		return aftercheck.ProposalPage{}, &aftercheck.FieldError{Field: "cursor", Want: "the next_cursor of a page"}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var found []aftercheck.Proposal
	for i := len(e.proposals) - 1; i >= 0; i-- {
		p := e.proposals[i]
		if (f.State == "" || p.State == f.State) && (f.IncidentID == "" || p.IncidentID == f.IncidentID) {
			found = append(found, p)
		}
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	rest := found[min(max(skip, 0), len(found)):]
	page := aftercheck.ProposalPage{Proposals: rest[:min(limit, len(rest))]}
	if len(rest) > limit {
		page.NextCursor = strconv.Itoa(skip + limit)
	}
	return page, nil
}

// Acknowledge acknowledges an open proposal.
func (e *Engine) Acknowledge(ctx context.Context, id string, r aftercheck.AcknowledgementRequest) (aftercheck.Proposal, error) {
	if err := e.begin(ctx, "Acknowledge"); err != nil {
		return aftercheck.Proposal{}, err
	}
	p, err := e.Proposal(ctx, id)
	if err != nil || p.State == aftercheck.ProposalAcknowledged {
		return p, err
	}
	if p.State != aftercheck.ProposalOpen {
		return p, fmt.Errorf("%w: the proposal is %s", aftercheck.ErrConflict, p.State)
	}
	p.State, p.ClosedAt = aftercheck.ProposalAcknowledged, time.Now().UTC()
	p.Acknowledgement = &aftercheck.Acknowledgement{At: p.ClosedAt, By: r.By, Comment: r.Comment, RequestedBy: r.RequestedBy}
	e.Propose(p)
	return p, nil
}
