package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/aftercheck/aftercheck"
)

type snapshotInput struct {
	Body aftercheck.SnapshotRequest
}

type snapshotCreated struct {
	Location string `header:"Location" doc:"Where the snapshot can be read again."`
	Body     aftercheck.Snapshot
}

func (s *server) captureSnapshot(ctx context.Context, in *snapshotInput) (*snapshotCreated, error) {
	in.Body.RequestedBy = requesterOf(ctx)
	in.Body.Incident, in.Body.Action = s.redactIncident(in.Body.Incident), s.redactAction(in.Body.Action)
	snapshot, err := s.Engine.Capture(ctx, in.Body)
	if err != nil {
		return nil, s.problem(ctx, "body", err)
	}
	return &snapshotCreated{"/v1/snapshots/" + url.PathEscape(snapshot.ID), snapshotWithLists(snapshot)}, nil
}

type idInput struct {
	ID string `path:"id" minLength:"1" maxLength:"128" pattern:"^[A-Za-z0-9][A-Za-z0-9._:-]*$" doc:"The identifier that the call which created it answered."`
}

type snapshotFound struct{ Body aftercheck.Snapshot }

func (s *server) getSnapshot(ctx context.Context, in *idInput) (*snapshotFound, error) {
	snapshot, err := s.Engine.Snapshot(ctx, in.ID)
	if err != nil {
		return nil, s.problem(ctx, "path", err)
	}
	return &snapshotFound{snapshotWithLists(snapshot)}, nil
}

type verificationInput struct {
	Wait wait `query:"wait" doc:"Hold the answer until the verdict, or so long at the most: a duration such as 60s, up to 10m. Absent: answer at once."`
	Body aftercheck.VerificationRequest
}

type verificationAccepted struct {
	Location string `header:"Location" doc:"Where the verification can be asked after."`
	Body     aftercheck.Verification
}

// createVerification answers with what was accepted even if waiting for the
// verdict then fails: the executor must learn that it may ask again.
func (s *server) createVerification(ctx context.Context, in *verificationInput) (*verificationAccepted, error) {
	in.Body.RequestedBy = requesterOf(ctx)
	in.Body.Incident, in.Body.Action = s.redactIncident(in.Body.Incident), s.redactAction(in.Body.Action)
	v, _, err := s.Engine.Accept(ctx, in.Body)
	if err != nil {
		return nil, s.problem(ctx, "body", err)
	}
	if in.Wait.Duration > 0 && !v.Sealed() {
		v = s.later(ctx, v, in.Wait.Duration)
	}
	return &verificationAccepted{"/v1/verifications/" + url.PathEscape(v.ID), verificationWithLists(v)}, nil
}

// later is the verification after the wait, or as it was if that cannot be told.
func (s *server) later(ctx context.Context, v aftercheck.Verification, atMost time.Duration) aftercheck.Verification {
	waited, err := s.Engine.Wait(ctx, v.ID, atMost)
	if err == nil {
		return waited
	}
	if !errors.Is(err, context.Canceled) {
		s.Logger.WarnContext(ctx, "waiting for a verdict", "id", v.ID, "err", err)
	}
	return v
}

type verificationQuery struct {
	ID   string `path:"id" minLength:"1" maxLength:"128" pattern:"^[A-Za-z0-9][A-Za-z0-9._:-]*$" doc:"The identifier that the call which created it answered."`
	Wait wait   `query:"wait" doc:"Hold the answer until the verdict, or so long at the most: a duration such as 60s, up to 10m. Absent: answer at once."`
}

type verificationFound struct{ Body aftercheck.Verification }

func (s *server) getVerification(ctx context.Context, in *verificationQuery) (*verificationFound, error) {
	v, err := s.Engine.Wait(ctx, in.ID, in.Wait.Duration)
	if err != nil {
		return nil, s.problem(ctx, "path", err)
	}
	return &verificationFound{verificationWithLists(v)}, nil
}

type listFound struct{ Body aftercheck.Page }

func (s *server) listVerifications(ctx context.Context, in *listInput) (*listFound, error) {
	page, err := s.Engine.List(ctx, in.filter())
	if err != nil {
		return nil, s.problem(ctx, "query", err)
	}
	return &listFound{pageWithLists(page)}, nil
}

type assessmentInput struct {
	Body aftercheck.AssessmentRequest
}

type assessmentMade struct{ Body aftercheck.Assessment }

func (s *server) assess(ctx context.Context, in *assessmentInput) (*assessmentMade, error) {
	assessment, err := s.Engine.Assess(ctx, in.Body)
	if err != nil {
		return nil, s.problem(ctx, "body", err)
	}
	return &assessmentMade{assessment}, nil
}

type nothing struct{}

// plain is a text answer, as Prometheus servers give it.
type plain struct {
	Status      int
	ContentType string `header:"Content-Type" hidden:"true"`
	Body        []byte
}

func text(status int, line string) *plain {
	return &plain{status, "text/plain; charset=utf-8", []byte(line + "\n")}
}

func (s *server) healthy(context.Context, *nothing) (*plain, error) {
	return text(http.StatusOK, "Aftercheck is Healthy."), nil
}

func (s *server) ready(ctx context.Context, _ *nothing) (*plain, error) {
	if err := s.Engine.Ready(ctx); err != nil {
		s.Logger.DebugContext(ctx, "not ready", "err", err)
		return text(http.StatusServiceUnavailable, "Service Unavailable"), nil
	}
	return text(http.StatusOK, "Aftercheck is Ready."), nil
}

func (s *server) reload(ctx context.Context, _ *nothing) (*plain, error) {
	if s.Reload == nil {
		return text(http.StatusForbidden, "Reloading is not enabled."), nil
	}
	if err := s.Reload(ctx); err != nil {
		s.Logger.ErrorContext(ctx, "reloading the configuration", "err", err)
		return text(http.StatusInternalServerError, "The configuration was not reloaded; the sidecar's log says why. The one before it stays."), nil
	}
	return text(http.StatusOK, "Reloaded."), nil
}
