package evidence

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aftercheck/aftercheck"
)

// A verification is stored in fields, so that a transition writes only what it
// changes. Documents are in envelopes; the rest is plain text.
const (
	fieldAccepted   = "accepted"   // document: the verification as it was accepted, without evidence
	fieldEvidence   = "evidence"   // document: the evidence as it was accepted, without rounds
	fieldDigest     = "digest"     // the request's digest
	fieldEntry      = "entry"      // its line in the indexes
	fieldPlaybook   = "playbook"   // the playbook's ID, or empty
	fieldDeadline   = "deadline"   // RFC 3339
	fieldWait       = "wait"       // document: the wait that a round brought, if one did
	fieldRevision   = "revision"   // decimal
	fieldNext       = "next"       // RFC 3339, or empty: when the next round is due
	fieldOwner      = "owner"      // the session that leads it; a file has one process and no such field
	fieldRaw        = "raw"        // document: raw texts of the last round's readings, in their order
	fieldVerdict    = "verdict"    // the verdict, once sealed
	fieldAssessment = "assessment" // document: the assessment, once sealed
	fieldSealedAt   = "sealed_at"  // RFC 3339, once sealed
)

// fields are a record's fields by name.
type fields map[string]string

// fieldRound names the field of the round that was added at a revision: a
// document without raw texts.
func fieldRound(revision int64) string { return "round:" + strconv.FormatInt(revision, 10) }

// begin returns the verification as it is when its life begins.
func begin(v aftercheck.Verification) aftercheck.Verification {
	evidence := aftercheck.Evidence{SchemaVersion: aftercheck.SchemaVersion}
	if v.Evidence != nil {
		evidence.PreState, evidence.Held = v.Evidence.PreState, v.Evidence.Held
	}
	v.State, v.Revision = aftercheck.StateWaiting, 1
	v.Assessment, v.SealedAt, v.Evidence = nil, time.Time{}, &evidence
	return v
}

// acceptedFields writes a verification that begins.
func acceptedFields(v aftercheck.Verification) (fields, error) {
	evidence, err := encode(v.Evidence)
	if err != nil {
		return nil, err
	}
	head := v
	head.Evidence = nil
	accepted, err := encode(head)
	if err != nil {
		return nil, err
	}
	return fields{
		fieldAccepted: accepted,
		fieldEvidence: evidence,
		fieldDigest:   v.RequestDigest,
		fieldEntry:    string(newEntry(v)),
		fieldPlaybook: v.Playbook,
		fieldDeadline: timeText(v.DeadlineAt),
		fieldRevision: "1",
		fieldNext:     timeText(v.NextRoundAt),
	}, nil
}

// roundFields writes a round that is added at a revision, and what changes
// with it.
func roundFields(revision int64, r aftercheck.Round, next time.Time) (fields, error) {
	raws := make([]string, len(r.Readings))
	r.Readings = slices.Clone(r.Readings)
	for i := range r.Readings {
		raws[i], r.Readings[i].Raw = r.Readings[i].Raw, ""
	}
	raw, err := encode(raws)
	if err != nil {
		return nil, err
	}
	round, err := encode(r)
	if err != nil {
		return nil, err
	}
	if _, err := next.MarshalText(); err != nil {
		return nil, fmt.Errorf("%w: next round: %w", ErrUnstorable, err)
	}
	f := fields{
		fieldRound(revision): round,
		fieldRaw:             raw,
		fieldRevision:        strconv.FormatInt(revision+1, 10),
		fieldNext:            timeText(next),
	}
	if r.Wait == nil {
		return f, nil
	}
	f[fieldDeadline] = timeText(r.Wait.DeadlineAt)
	f[fieldWait], err = encode(r.Wait)
	return f, err
}

// deadlineOf returns the deadline that a round sets, or zero if it sets none.
func deadlineOf(r aftercheck.Round) time.Time {
	if r.Wait == nil {
		return time.Time{}
	}
	return r.Wait.DeadlineAt
}

// sealFields writes a verdict that is given at a revision.
func sealFields(revision int64, a aftercheck.Assessment, at time.Time) (fields, error) {
	assessment, err := encode(a)
	if err != nil {
		return nil, err
	}
	if _, err := at.MarshalText(); err != nil {
		return nil, fmt.Errorf("%w: sealed at: %w", ErrUnstorable, err)
	}
	return fields{
		fieldAssessment: assessment,
		fieldVerdict:    string(a.Verdict),
		fieldSealedAt:   at.Format(time.RFC3339Nano), // never empty: it marks the record as sealed
		fieldRevision:   strconv.FormatInt(revision+1, 10),
	}, nil
}

// sameSeal reports whether a record was sealed by exactly these fields.
func sameSeal(stored, seal fields) bool {
	return stored[fieldAssessment] == seal[fieldAssessment] && stored[fieldSealedAt] == seal[fieldSealedAt] &&
		stored[fieldRevision] == seal[fieldRevision]
}

// sameRound reports whether a stored round, if there is one, was taken at the
// given time.
func sameRound(document string, at time.Time) (bool, error) {
	if document == "" {
		return false, nil
	}
	round, err := decode[aftercheck.Round](document)
	return err == nil && round.At.Equal(at), err
}

// timeText writes a time as JSON does; the zero time is the empty text. A time
// beyond the year 9999, which JSON cannot write, was refused before.
func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

func parseTime(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: field %s is no time", ErrUnreadable, name)
	}
	return t, nil
}
