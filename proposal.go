package aftercheck

import "time"

// ProposalState is where a proposal is in its life.
type ProposalState string

// The states of a proposal. One that is not open is closed, and may be opened
// again by a later verification of the same incident and playbook.
const (
	// ProposalOpen: people are asked to decide.
	ProposalOpen ProposalState = "open"
	// ProposalResolved: a later verification of the incident was a success.
	ProposalResolved ProposalState = "resolved"
	// ProposalAcknowledged: somebody has taken it over.
	ProposalAcknowledged ProposalState = "acknowledged"
	// ProposalExpired: nobody has acted on it in its lifetime.
	ProposalExpired ProposalState = "expired"
)

// ProposalStates returns every state, the open one first.
func ProposalStates() []ProposalState {
	return []ProposalState{ProposalOpen, ProposalResolved, ProposalAcknowledged, ProposalExpired}
}

// Proposal proposes to people to roll an action back. There is one for an incident
// and a playbook; later verifications change it. Nothing is rolled back by itself.
type Proposal struct {
	ID              string            `json:"id"`
	State           ProposalState     `json:"state" enum:"open,resolved,acknowledged,expired"`
	IncidentID      string            `json:"incident_id"`
	Playbook        string            `json:"playbook,omitempty" doc:"The playbook that the action's text names."`
	VerificationID  string            `json:"verification_id" doc:"The last verification that called for it."`
	Verdict         Verdict           `json:"verdict" enum:"success,degraded,failed,timeout" doc:"Of that verification."`
	Score           float64           `json:"score" minimum:"0" maximum:"1" doc:"Of that verification."`
	JudgedAt        time.Time         `json:"judged_at" format:"date-time" doc:"When that verification was sealed."`
	OpenedAt        time.Time         `json:"opened_at" format:"date-time" doc:"When the verification that opened it was sealed."`
	ExpiresAt       time.Time         `json:"expires_at" format:"date-time" doc:"When it is closed as expired if it is open still."`
	DeliveredAt     time.Time         `json:"delivered_at,omitzero" format:"date-time" doc:"When an Alertmanager first took it. Absent: none has."`
	ClosedAt        time.Time         `json:"closed_at,omitzero" format:"date-time" doc:"Absent while it is open."`
	ResolvedBy      string            `json:"resolved_by,omitempty" doc:"The verification whose success resolved it."`
	Acknowledgement *Acknowledgement  `json:"acknowledgement,omitempty" doc:"Absent: nobody has acknowledged it."`
	StartsAt        time.Time         `json:"starts_at" format:"date-time" doc:"Start of the alert with these labels."`
	Labels          map[string]string `json:"labels" doc:"Labels of the alert."`
	Annotations     map[string]string `json:"annotations" doc:"Annotations of the alert."`
}

// Acknowledgement is that somebody has taken a proposal over.
type Acknowledgement struct {
	At          time.Time  `json:"at" format:"date-time"`
	By          string     `json:"by,omitempty" doc:"Who, by their own word."`
	Comment     string     `json:"comment,omitempty" doc:"Why, or what is done about it."`
	RequestedBy *Requester `json:"requested_by,omitempty" doc:"Who asked for it, as the connection showed. Absent: it did not show."`
}

// AcknowledgementRequest acknowledges a proposal.
type AcknowledgementRequest struct {
	By          string     `json:"by,omitempty" maxLength:"256" doc:"Who acknowledges it. It is kept beside what the connection shows."`
	Comment     string     `json:"comment,omitempty" maxLength:"1024" doc:"Why, or what is done about it."`
	RequestedBy *Requester `json:"-"`
}

// ProposalFilter chooses proposals for a list. The zero value of a field does not
// filter.
type ProposalFilter struct {
	State      ProposalState
	IncidentID string
	Limit      int    // at most so many in a page; 0 means 50, the most is 500
	Cursor     string // where the page before this one ended
}

// ProposalPage is one page of a list, newest first by OpenedAt. NextCursor is
// empty on the last.
type ProposalPage struct {
	Proposals  []Proposal `json:"proposals"`
	NextCursor string     `json:"next_cursor,omitempty"`
}
