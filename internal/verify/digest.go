package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/aftercheck/aftercheck"
)

// digest tells whether two requests are the same: the SHA-256, in hex, of their
// JSON with sorted keys and times in UTC, so that neither the order of labels
// nor a time zone makes a difference.
func digest(r aftercheck.VerificationRequest) (string, error) {
	r.Incident, r.Action = inUTC(r.Incident, r.Action)
	return sum(r)
}

// sameCapture reports whether a stored snapshot is of what the request is about.
func sameCapture(s aftercheck.Snapshot, r aftercheck.SnapshotRequest) (bool, error) {
	stored, err := captureDigest(s.Incident, s.Action)
	if err != nil {
		return false, err
	}
	asked, err := captureDigest(r.Incident, r.Action)
	return stored == asked, err
}

func captureDigest(i aftercheck.Incident, a aftercheck.Action) (string, error) {
	i, a = inUTC(i, a)
	return sum(aftercheck.SnapshotRequest{Incident: i, Action: a})
}

func inUTC(i aftercheck.Incident, a aftercheck.Action) (aftercheck.Incident, aftercheck.Action) {
	for _, at := range []*time.Time{&i.StartsAt, &a.StartedAt, &a.FinishedAt} {
		if !at.IsZero() {
			*at = at.UTC().Round(0)
		}
	}
	return i, a
}

func sum(request any) (string, error) {
	canonical, err := json.Marshal(request)
	if err != nil {
		return "", fmt.Errorf("encoding the request: %w", err)
	}
	hash := sha256.Sum256(canonical)
	return hex.EncodeToString(hash[:]), nil
}

// newID returns the chosen ID, or a new UUIDv7, which sorts by time.
func newID(chosen string) (string, error) {
	if chosen != "" {
		return chosen, nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("choosing an ID: %w", err)
	}
	return id.String(), nil
}
