package aftercheck

import "time"

// SnapshotRequest asks to capture the state before an action, now.
type SnapshotRequest struct {
	ID       string   `json:"id,omitempty" maxLength:"128" pattern:"^[A-Za-z0-9][A-Za-z0-9._:-]*$" doc:"Chosen by the caller, so that a repeated request answers the same snapshot. Absent: the sidecar chooses."`
	Incident Incident `json:"incident"`
	Action   Action   `json:"action" doc:"What is about to be done; its times are not known yet."`

	// RequestedBy is set by whoever knows the connection; nil: unknown. No body
	// holds it.
	RequestedBy *Requester `json:"-"`
}

// VerificationRequest asks whether an action worked.
type VerificationRequest struct {
	ID         string    `json:"id,omitempty" maxLength:"128" pattern:"^[A-Za-z0-9][A-Za-z0-9._:-]*$" doc:"Chosen by the caller, so that a repeated request answers the same verification. Absent: the sidecar chooses."`
	Incident   Incident  `json:"incident"`
	Action     Action    `json:"action"`
	SnapshotID string    `json:"snapshot_id,omitempty" maxLength:"128" doc:"The snapshot of the pre-state. Absent or unknown: the verification goes on without one and says so."`
	Warmup     *Duration `json:"warmup,omitempty" doc:"Instead of the policy's: time between the action's end and the first observation."`
	Deadline   *Duration `json:"deadline,omitempty" doc:"Instead of the policy's: how long to observe after the warm-up."`
	Policy     string    `json:"policy,omitempty" maxLength:"128" doc:"Name of a configured policy. Absent: the one that fits the incident, else the default."`

	// RequestedBy is set by whoever knows the connection; nil: unknown. No body
	// holds it.
	RequestedBy *Requester `json:"-"`
}

// AssessmentRequest brings a pre-state and a post-state to be judged at once.
// What PostState shows is taken as seen after the action, and as held.
type AssessmentRequest struct {
	Incident  Incident  `json:"incident"`
	Action    Action    `json:"action"`
	PreState  []Reading `json:"pre_state,omitempty" doc:"Readings before the action. Absent: there is no pre-state, and the assessment says so."`
	PostState []Reading `json:"post_state" doc:"Readings after the action."`
	Policy    string    `json:"policy,omitempty" maxLength:"128" doc:"Name of a configured policy. Absent: the one that fits the incident, else the default."`
	Now       time.Time `json:"now,omitzero" format:"date-time" doc:"The time to judge at. Absent: now."`
}
