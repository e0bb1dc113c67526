package aftercheck

import "time"

// VerificationState is where a verification is in its life.
type VerificationState string

// The states of a verification, in their order.
const (
	// StateWaiting: accepted and stored; the warm-up is not over.
	StateWaiting VerificationState = "waiting"
	// StateObserving: at least one round was observed.
	StateObserving VerificationState = "observing"
	// StateSealed: the verdict stands and never changes.
	StateSealed VerificationState = "sealed"
)

// SchemaVersion is the version of the stored and exported forms of Snapshot
// and Verification. It rises with each change that an older reader would
// misread.
const SchemaVersion = 1

// Verification is one request to verify, and its life. All its times are
// absolute, so that it survives a restart of the sidecar. Once it is sealed,
// the fields of its Assessment are set.
type Verification struct {
	ID            string            `json:"id"`
	State         VerificationState `json:"state" enum:"waiting,observing,sealed"`
	Incident      Incident          `json:"incident"`
	Action        Action            `json:"action"`
	Playbook      string            `json:"playbook,omitempty" doc:"The playbook that the action's text names."`
	SnapshotID    string            `json:"snapshot_id,omitempty" doc:"The snapshot of the pre-state. Absent: there was none."`
	Policy        Policy            `json:"policy" doc:"The policy as it was when the verification was accepted, with the request's own warm-up and deadline."`
	RequestedBy   *Requester        `json:"requested_by,omitempty" doc:"Who asked for it, as the connection showed; of a request that was repeated, the first. Absent: it did not show."`
	AcceptedAt    time.Time         `json:"accepted_at" format:"date-time"`
	ObserveFrom   time.Time         `json:"observe_from" format:"date-time" doc:"End of the warm-up: the first round."`
	NextRoundAt   time.Time         `json:"next_round_at,omitzero" format:"date-time" doc:"When the next round is due. Absent once sealed."`
	DeadlineAt    time.Time         `json:"deadline_at" format:"date-time" doc:"The verdict is given at this time at the latest, with what was seen by then. Where the policy follows the signals' delays and there is no pre-state that tells them, the first round that does may put it off, once."`
	Wait          *Wait             `json:"wait,omitempty" doc:"What deadline_at follows from. Absent: it is set by the request or the policy, or no sensor has told of a delay."`
	SealedAt      time.Time         `json:"sealed_at,omitzero" format:"date-time"`
	Revision      int64             `json:"revision" doc:"Rises with each stored transition."`
	RequestDigest string            `json:"request_digest" doc:"Tells whether a repeated request with this ID is the same."`
	// Assessment is inlined: its fields stand beside those above.
	*Assessment
	Evidence *Evidence `json:"evidence,omitempty" doc:"What was seen. Absent in lists."`
}

// Sealed reports whether the verdict stands.
func (v Verification) Sealed() bool { return v.State == StateSealed }

// Due is the absolute time at which the verification next needs attention: its
// next round, or its deadline if that is earlier or no round is planned.
func (v Verification) Due() time.Time {
	if v.NextRoundAt.IsZero() || v.DeadlineAt.Before(v.NextRoundAt) {
		return v.DeadlineAt
	}
	return v.NextRoundAt
}

// LatestDeadline is the latest deadline that the verification may come to have:
// DeadlineAt, or the end of the policy's longest wait as long as a round may
// still put the deadline off.
func (v Verification) LatestDeadline() time.Time {
	most := v.ObserveFrom.Add(time.Duration(v.Policy.MaxWait))
	if !v.Policy.FollowDelays || v.Wait != nil || most.Before(v.DeadlineAt) {
		return v.DeadlineAt
	}
	return most
}

// Evidence is everything that the judge is given besides the policy and the
// time. It can be judged again and gives the same verdict.
type Evidence struct {
	SchemaVersion int       `json:"schema_version"`
	PreState      *Snapshot `json:"pre_state,omitempty" doc:"Absent: there is no pre-state, and the verdict says so."`
	Rounds        []Round   `json:"rounds,omitempty" doc:"The observations after the action, oldest first. Only the last keeps its raw readings."`
	Held          bool      `json:"held,omitempty" doc:"What the last round shows is taken as seen in as many rounds as the policy wants: evidence that a caller brought."`
}

// Filter chooses verifications for a list. The zero value of a field does not
// filter.
type Filter struct {
	IncidentID string
	Verdict    Verdict
	Playbook   string
	Since      time.Time // accepted at or after
	Limit      int       // at most so many in a page; 0 means 50, the most is 500
	Cursor     string    // where the page before this one ended
}

// Page is one page of a list, newest first. NextCursor is empty on the last.
type Page struct {
	Verifications []Verification `json:"verifications"`
	NextCursor    string         `json:"next_cursor,omitempty"`
}
