package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aftercheck/aftercheck"
)

// Proposal returns a proposal, or aftercheck.ErrNotFound.
func (p *Proposer) Proposal(ctx context.Context, id string) (aftercheck.Proposal, error) {
	e, err := p.options.Store.Errand(ctx, Kind, id)
	if err != nil {
		return aftercheck.Proposal{}, err
	}
	r, err := recordOf(e)
	return r.Proposal, err
}

// ProposalOf returns the proposal that a verification called for, which a later one
// of the same incident and playbook may have changed since; false if it called for
// none, or if that one is not kept any more.
func (p *Proposer) ProposalOf(ctx context.Context, v aftercheck.Verification) (aftercheck.Proposal, bool, error) {
	if !v.Sealed() || Decide(v) != DecisionPropose {
		return aftercheck.Proposal{}, false, nil
	}
	proposal, err := p.Proposal(ctx, proposalID(v.Incident.ID, v.Playbook))
	if errors.Is(err, aftercheck.ErrNotFound) {
		return aftercheck.Proposal{}, false, nil
	}
	return proposal, err == nil, err
}

// Proposals returns a page of proposals, newest first. A cursor that no page has
// given is an *aftercheck.FieldError for the field cursor.
func (p *Proposer) Proposals(ctx context.Context, f aftercheck.ProposalFilter) (aftercheck.ProposalPage, error) {
	found := aftercheck.ProposalPage{Proposals: []aftercheck.Proposal{}}
	page, err := p.options.Store.ListErrands(ctx, aftercheck.ErrandFilter{
		Kind: Kind, Subject: f.IncidentID, Tag: string(f.State), Limit: f.Limit, Cursor: f.Cursor,
	})
	if err != nil {
		return found, err
	}
	for _, e := range page.Errands {
		r, err := recordOf(e)
		if err != nil {
			return found, err
		}
		found.Proposals = append(found.Proposals, r.Proposal)
	}
	found.NextCursor = page.NextCursor
	return found, nil
}

// Acknowledge closes an open proposal, since somebody has taken it over, and
// returns it. One that is acknowledged already stays as it is. It is an
// aftercheck.ErrConflict where the proposal is closed otherwise.
func (p *Proposer) Acknowledge(ctx context.Context, id string, a aftercheck.AcknowledgementRequest) (aftercheck.Proposal, error) {
	now := time.Now().UTC()
	r, err := p.close(ctx, id, func(r record) (record, bool, error) {
		r = r.closed(aftercheck.ProposalAcknowledged, now)
		r.Acknowledgement = &aftercheck.Acknowledgement{At: now, By: a.By, Comment: a.Comment, RequestedBy: a.RequestedBy}
		return r, true, nil
	})
	if err == nil && r.State != aftercheck.ProposalAcknowledged {
		err = fmt.Errorf("%w: the proposal is %s", aftercheck.ErrConflict, r.State)
	}
	return r.Proposal, err
}
