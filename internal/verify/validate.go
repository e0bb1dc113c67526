package verify

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/aftercheck/aftercheck"
)

// The bounds of a request.
const (
	maxIncidentID = 256
	maxAlertname  = 256
	maxActionText = 4096
	maxLabels     = 64
	maxLabelBytes = 1024
	maxPolicyName = 128
	maxReadings   = 256
	maxListLimit  = 500
	maxWarmup     = 24 * time.Hour
	minDeadline   = 100 * time.Millisecond
	maxDeadline   = 24 * time.Hour
)

// validID is what a caller may choose as the ID of a snapshot or verification.
var validID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$`)

func wrong(field, want string) error { return &aftercheck.FieldError{Field: field, Want: want} }

// first returns the first error that is not nil.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func checkID(field, id string) error {
	if id == "" || validID.MatchString(id) {
		return nil
	}
	return wrong(field, "up to 128 letters, digits and . _ : - that begin with a letter or digit, or nothing")
}

func checkIncident(i aftercheck.Incident) error {
	switch {
	case i.ID == "":
		return wrong("incident.id", "the caller's identifier of the incident; it is missing")
	case len(i.ID) > maxIncidentID:
		return wrong("incident.id", fmt.Sprintf("at most %d bytes", maxIncidentID))
	case len(i.Alertname) > maxAlertname:
		return wrong("incident.alertname", fmt.Sprintf("at most %d bytes", maxAlertname))
	case len(i.Labels) > maxLabels:
		return wrong("incident.labels", fmt.Sprintf("at most %d labels", maxLabels))
	}
	if !plausible(i.StartsAt) {
		return wrong("incident.starts_at", wantYears)
	}
	for name, value := range i.Labels {
		if name == "" || len(name) > maxLabelBytes || len(value) > maxLabelBytes {
			return wrong("incident.labels", fmt.Sprintf("names of 1 to %d bytes and values of at most %d bytes", maxLabelBytes, maxLabelBytes))
		}
	}
	return nil
}

func checkAction(a aftercheck.Action, now time.Time) error {
	latest := now.Add(clockTolerance)
	end := a.FinishedAt
	if end.IsZero() {
		end = latest
	}
	switch {
	case !plausible(a.StartedAt):
		return wrong("action.started_at", wantYears)
	case !plausible(a.FinishedAt):
		return wrong("action.finished_at", wantYears)
	case len(a.Text) > maxActionText:
		return wrong("action.text", fmt.Sprintf("at most %d bytes", maxActionText))
	case end.After(latest):
		return wrong("action.finished_at", fmt.Sprintf("a time that is not after the sidecar's own (%s of difference are let pass)", clockTolerance))
	case a.StartedAt.After(end):
		return wrong("action.started_at", "a time that is not after action.finished_at, or not after now if that is missing")
	}
	return nil
}

// wantYears goes with plausible.
const wantYears = "a time in the years 1 to 9998"

// plausible reports whether a time can be written in JSON in every time zone.
func plausible(at time.Time) bool {
	year := at.UTC().Year()
	return year >= 1 && year <= 9998
}

func checkPolicyName(name string) error {
	if len(name) > maxPolicyName {
		return wrong("policy", wantPolicy)
	}
	return nil
}

func checkTimes(warmup, deadline *aftercheck.Duration) error {
	if warmup != nil && (*warmup < 0 || time.Duration(*warmup) > maxWarmup) {
		return wrong("warmup", fmt.Sprintf("a duration from 0s to %s, such as 10s", maxWarmup))
	}
	if deadline != nil && (time.Duration(*deadline) < minDeadline || time.Duration(*deadline) > maxDeadline) {
		return wrong("deadline", fmt.Sprintf("a duration from %s to %s, such as 30s", minDeadline, maxDeadline))
	}
	return nil
}

func checkVerification(r aftercheck.VerificationRequest, now time.Time) error {
	return first(
		checkID("id", r.ID),
		checkIncident(r.Incident),
		checkAction(r.Action, now),
		checkID("snapshot_id", r.SnapshotID),
		checkTimes(r.Warmup, r.Deadline),
		checkPolicyName(r.Policy),
	)
}

// checkSnapshot ignores the action's times: it has not begun.
func checkSnapshot(r aftercheck.SnapshotRequest) error {
	return first(
		checkID("id", r.ID),
		checkIncident(r.Incident),
		checkAction(aftercheck.Action{Text: r.Action.Text}, time.Time{}),
	)
}

func checkAssessment(r aftercheck.AssessmentRequest, now time.Time) error {
	tooMany := func(field string, readings []aftercheck.Reading) error {
		if len(readings) > maxReadings {
			return wrong(field, fmt.Sprintf("at most %d readings", maxReadings))
		}
		return nil
	}
	if !plausible(r.Now) {
		return wrong("now", wantYears)
	}
	return first(
		checkIncident(r.Incident),
		checkAction(r.Action, now),
		checkPolicyName(r.Policy),
		tooMany("pre_state", r.PreState),
		tooMany("post_state", r.PostState),
	)
}

func checkFilter(f aftercheck.Filter) error {
	if f.Limit < 0 || f.Limit > maxListLimit {
		return wrong("limit", fmt.Sprintf("a number from 0 (as many as usual) to %d", maxListLimit))
	}
	verdicts := []aftercheck.Verdict{"", aftercheck.Success, aftercheck.Degraded, aftercheck.Failed, aftercheck.Timeout}
	if !slices.Contains(verdicts, f.Verdict) {
		return wrong("verdict", "one of success, degraded, failed, timeout, or nothing")
	}
	return nil
}

const wantPolicy = "the name of a configured policy, or nothing for the one that fits the incident"

// resolve finds the policy and fills in what would make no sense at zero. An
// unknown name is a FieldError.
func resolve(policies Policies, name string, i aftercheck.Incident) (aftercheck.Policy, error) {
	policy, err := policies(name, i)
	if err != nil {
		if field := (*aftercheck.FieldError)(nil); errors.As(err, &field) {
			return aftercheck.Policy{}, field
		}
		return aftercheck.Policy{}, wrong("policy", wantPolicy)
	}
	usual := aftercheck.DefaultPolicy()
	positive(&policy.Deadline, usual.Deadline)
	positive(&policy.Interval, usual.Interval)
	positive(&policy.SensorTimeout, usual.SensorTimeout)
	positive(&policy.CaptureTimeout, usual.CaptureTimeout)
	positive(&policy.MaxWait, usual.MaxWait)
	positive(&policy.Rounds, usual.Rounds)
	policy.Warmup = max(policy.Warmup, 0)
	return policy, nil
}

func positive[T aftercheck.Duration | int](field *T, usual T) {
	if *field <= 0 {
		*field = usual
	}
}
