package api

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/aftercheck/aftercheck"
)

const tagPropose = "propose"

// Proposer has the rollback proposals that the API shows. Its errors are those of
// Engine.
type Proposer interface {
	// Proposal returns a proposal.
	Proposal(ctx context.Context, id string) (aftercheck.Proposal, error)
	// Proposals returns a page of proposals, newest first.
	Proposals(ctx context.Context, f aftercheck.ProposalFilter) (aftercheck.ProposalPage, error)
	// Acknowledge closes an open proposal, since somebody has taken it over. One
	// that is acknowledged already stays as it is.
	Acknowledge(ctx context.Context, id string, r aftercheck.AcknowledgementRequest) (aftercheck.Proposal, error)
}

func listProposals() huma.Operation {
	op := operation("listProposals", http.MethodGet, "/v1/proposals", tagPropose, "List rollback proposals, newest first",
		http.StatusServiceUnavailable)
	op.Description = "There is one proposal for an incident and a playbook; later verifications change it. A page may hold fewer than the limit, " +
		"even none, and still name a next_cursor: the last page is the one without."
	return answering(op, http.StatusOK, "One page.", nil)
}

func getProposal() huma.Operation {
	op := operation("getProposal", http.MethodGet, "/v1/proposals/{id}", tagPropose, "Read a rollback proposal",
		http.StatusNotFound, http.StatusServiceUnavailable)
	return answering(op, http.StatusOK, "The proposal.", exampleProposal())
}

func acknowledgeProposal() huma.Operation {
	op := operation("acknowledgeProposal", http.MethodPost, "/v1/proposals/{id}/acknowledge", tagPropose, "Take a rollback proposal over",
		http.StatusNotFound, http.StatusConflict, http.StatusServiceUnavailable)
	op.Description = "Closes an open proposal: its alert is resolved and not sent any more. One that is acknowledged already is answered as it is; " +
		"one that is closed otherwise is 409. Nothing is rolled back. The body may be absent."
	return answering(withBody(op, exampleAcknowledgementRequest()), http.StatusOK, "The proposal.", exampleAcknowledged())
}

// mayLackBody reports whether an operation takes no body for an empty object.
func mayLackBody(op *huma.Operation) bool {
	return op.OperationID == acknowledgeProposal().OperationID
}

type proposalsInput struct {
	State    aftercheck.ProposalState `query:"state" enum:"open,resolved,acknowledged,expired" doc:"Only proposals in this state."`
	Incident string                   `query:"incident" maxLength:"256" doc:"Only proposals about this incident."`
	Limit    int                      `query:"limit" minimum:"0" maximum:"500" doc:"At most so many in a page. Absent or 0: 50."`
	Cursor   string                   `query:"cursor" maxLength:"4096" doc:"The next_cursor of the page before. Absent: the first page."`
}

type proposalsFound struct{ Body aftercheck.ProposalPage }

func (s *server) listProposals(ctx context.Context, in *proposalsInput) (*proposalsFound, error) {
	page, err := s.Engine.Proposals(ctx, aftercheck.ProposalFilter{State: in.State, IncidentID: in.Incident, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, s.problem(ctx, "query", err)
	}
	page.Proposals = orEmpty(slices.Clone(page.Proposals))
	for i := range page.Proposals {
		page.Proposals[i] = proposalWithMaps(page.Proposals[i])
	}
	return &proposalsFound{page}, nil
}

type proposalFound struct{ Body aftercheck.Proposal }

func (s *server) getProposal(ctx context.Context, in *idInput) (*proposalFound, error) {
	p, err := s.Engine.Proposal(ctx, in.ID)
	if err != nil {
		return nil, s.problem(ctx, "path", err)
	}
	return &proposalFound{proposalWithMaps(p)}, nil
}

type acknowledgeInput struct {
	ID   string `path:"id" minLength:"1" maxLength:"128" pattern:"^[A-Za-z0-9][A-Za-z0-9._:-]*$" doc:"The identifier of the proposal."`
	Body aftercheck.AcknowledgementRequest
}

func (s *server) acknowledgeProposal(ctx context.Context, in *acknowledgeInput) (*proposalFound, error) {
	in.Body.RequestedBy = requesterOf(ctx)
	in.Body.By, in.Body.Comment = s.Redact(in.Body.By), s.Redact(in.Body.Comment)
	p, err := s.Engine.Acknowledge(ctx, in.ID, in.Body)
	if err != nil {
		return nil, s.problem(ctx, "path", err)
	}
	return &proposalFound{proposalWithMaps(p)}, nil
}

// proposalWithMaps has {} where there is no label or annotation, never null.
func proposalWithMaps(p aftercheck.Proposal) aftercheck.Proposal {
	p.Labels, p.Annotations = orNoPairs(p.Labels), orNoPairs(p.Annotations)
	return p
}

func orNoPairs(pairs map[string]string) map[string]string {
	if pairs == nil {
		return map[string]string{}
	}
	return maps.Clone(pairs)
}

func exampleProposal() aftercheck.Proposal {
	return aftercheck.Proposal{
		ID: "proposal-3c2f0c1d5a7b9e8f6a4d2b10", State: aftercheck.ProposalOpen, IncidentID: "inc-2041", VerificationID: "inc-2041-attempt-1",
		Verdict: aftercheck.Failed, Score: 0.21, JudgedAt: minute(6, 19), OpenedAt: minute(6, 19), StartsAt: minute(6, 19),
		ExpiresAt: minute(6, 19).AddDate(0, 0, 1), DeliveredAt: minute(6, 20),
		Labels: map[string]string{
			"alertname": "AftercheckRollbackProposed", "severity": "critical", "namespace": "shop", "incident": "inc-2041", "verdict": "failed",
		},
		Annotations: map[string]string{"summary": "Rollback proposed: self-healing score 0.21 is under 0.50", "score": "0.21"},
	}
}

func exampleAcknowledgementRequest() aftercheck.AcknowledgementRequest {
	return aftercheck.AcknowledgementRequest{By: "kim", Comment: "Rolled back to revision 41 by hand."}
}

func exampleAcknowledged() aftercheck.Proposal {
	p := exampleProposal()
	p.State, p.ClosedAt = aftercheck.ProposalAcknowledged, minute(9, 0)
	p.Acknowledgement = &aftercheck.Acknowledgement{
		At: p.ClosedAt, By: exampleAcknowledgementRequest().By, Comment: exampleAcknowledgementRequest().Comment, RequestedBy: exampleRequester(),
	}
	return p
}
