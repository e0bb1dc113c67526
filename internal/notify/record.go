package notify

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/aftercheck/aftercheck"
)

// Kind is the kind of errand that a proposal is.
const Kind = "proposal"

// The tags of a proposal, beside its state.
const tagUndelivered = "undelivered"

// record is a proposal as it is stored.
type record struct {
	aftercheck.Proposal
	// Former are alerts that this proposal had before its labels changed, which
	// are told to be over; at most maxFormer.
	Former []former `json:"former,omitempty"`
	// Telling is another each time that a verdict is told, so that the store does
	// not take the second telling for the first sent again, and it is counted once.
	Telling string `json:"telling"`
}

// former is an alert that is over.
type former struct {
	Labels   map[string]string `json:"labels"`
	StartsAt time.Time         `json:"starts_at"`
	EndedAt  time.Time         `json:"ended_at"`
}

const maxFormer = 2

// proposalID is the same for every verification of an incident and playbook.
func proposalID(incident, playbook string) string {
	sum := sha256.Sum256([]byte(incident + "\x00" + playbook))
	return "proposal-" + hex.EncodeToString(sum[:12])
}

// newRecord is the proposal that a verification calls for. All its times follow
// from the verdict's, so that it is the same whenever it is told.
func newRecord(v aftercheck.Verification, w writer, lifetime time.Duration) record {
	at := v.SealedAt.UTC()
	return record{Telling: rand.Text(), Proposal: aftercheck.Proposal{
		ID: proposalID(v.Incident.ID, v.Playbook), State: aftercheck.ProposalOpen,
		IncidentID: v.Incident.ID, Playbook: cut(v.Playbook, shownLabel), VerificationID: v.ID,
		Verdict: v.Verdict, Score: *v.Score, JudgedAt: at, OpenedAt: at, StartsAt: at, ExpiresAt: at.Add(lifetime),
		Labels: w.labels(v), Annotations: w.annotations(v),
	}}
}

func (r record) open() bool { return r.State == aftercheck.ProposalOpen }

// followedBy is the proposal once a later verification calls for it too; false
// where that verification is the same, or not later.
func (r record) followedBy(next record) (record, bool) {
	since := r.JudgedAt
	if !r.open() && r.ClosedAt.After(since) {
		since = r.ClosedAt
	}
	if next.VerificationID == r.VerificationID || !next.JudgedAt.After(since) {
		return r, false
	}
	next.Former = r.Former
	if !maps.Equal(r.Labels, next.Labels) {
		ended := next.JudgedAt
		if !r.open() {
			ended = r.ClosedAt
		}
		next.Former = append(next.Former, former{r.Labels, r.StartsAt, ended})
		next.Former = next.Former[max(0, len(next.Former)-maxFormer):]
	} else if r.open() {
		next.StartsAt = r.StartsAt
	}
	if r.open() {
		next.OpenedAt, next.DeliveredAt = r.OpenedAt, r.DeliveredAt
	}
	return next, true
}

// closed is the proposal once it is closed.
func (r record) closed(state aftercheck.ProposalState, at time.Time) record {
	r.State, r.ClosedAt = state, at.UTC()
	return r
}

// alerts are what is told of the proposal at a time: its alert, which ends four
// resend intervals later unless it is told again or is over; and those that it
// had before.
func (r record) alerts(now time.Time, resend time.Duration) []alert {
	evidence := r.Annotations["evidence"]
	current := alert{Labels: r.Labels, Annotations: r.Annotations, StartsAt: r.StartsAt, EndsAt: now.Add(endsAfter(resend)), GeneratorURL: evidence}
	if !r.open() {
		current.EndsAt = r.ClosedAt
		current.Annotations = map[string]string{"outcome": outcome(r.Proposal)}
		maps.Copy(current.Annotations, r.Annotations)
	}
	out := []alert{current}
	for _, f := range r.Former {
		if now.Before(f.EndedAt.Add(endsAfter(resend))) {
			out = append(out, alert{Labels: f.Labels, Annotations: map[string]string{"outcome": outcomeReplaced}, StartsAt: f.StartsAt, EndsAt: f.EndedAt})
		}
	}
	for i := range out {
		if over := i > 0 || !r.open(); over && out[i].EndsAt.After(now) {
			out[i].EndsAt = now // an end that is to come would be taken for a time-out
		}
		if out[i].EndsAt.Before(out[i].StartsAt) { // refused otherwise
			out[i].EndsAt = out[i].StartsAt
		}
	}
	return out
}

// endsAfter is how long an alert stands that is not told again: so that three
// may be lost.
func endsAfter(resend time.Duration) time.Duration { return 4 * resend }

// errand is the record as the store keeps it: due at the given time, forgotten
// when it has been closed for as long as closed ones are kept.
func (r record) errand(revision int64, updated, due time.Time, keep time.Duration, sent bool) (aftercheck.Errand, error) {
	payload, err := json.Marshal(r)
	if err != nil {
		return aftercheck.Errand{}, fmt.Errorf("encoding a proposal: %w", err)
	}
	tags := []string{string(r.State)}
	if r.open() && sent && r.DeliveredAt.IsZero() {
		tags = append(tags, tagUndelivered)
	}
	expires := r.ExpiresAt
	if r.ClosedAt.After(expires) {
		expires = r.ClosedAt
	}
	return aftercheck.Errand{
		ID: r.ID, Kind: Kind, Subject: r.IncidentID, Tags: tags, CreatedAt: r.OpenedAt, UpdatedAt: updated,
		DueAt: due, ExpiresAt: expires.Add(keep), Revision: revision, Payload: payload,
	}, nil
}

// recordOf reads what the store keeps.
func recordOf(e aftercheck.Errand) (record, error) {
	var r record
	if err := json.Unmarshal(e.Payload, &r); err != nil {
		return r, fmt.Errorf("%s: reading a proposal: %w", e.ID, err)
	}
	return r, nil
}
